import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from '../../store.ts';
import { KNOWN_GAPS } from './known-gaps.ts';
import { SUITES, specsFolder } from './locate.ts';
import { disagreements, formatReport, type NamedVerdict, runSuite } from './report.ts';
import { askServer, type ServerFacts } from './requirements.ts';

const folder = specsFolder();
const dir = mkdtempSync(join(tmpdir(), 'heddle-spec-'));
const verdicts: NamedVerdict[] = [];

describe('MongoDB’s unified specification tests', () => {
  if (folder === undefined) {
    it('are not on this machine: MONGO_SPECS_DIR states where they are', () => {
      console.log('MongoDB’s specification tests: none found (MONGO_SPECS_DIR), so none ran');
    });
    return;
  }

  let store: Awaited<ReturnType<typeof openStore>>;
  let inner: MongoClient;
  let facts: ServerFacts;

  beforeAll(async () => {
    store = await openStore({ dir, listen: { host: '127.0.0.1', port: 0 }, failPoints: true });
    inner = new MongoClient(store.uri);
    facts = await askServer(inner);
  });

  afterAll(async () => {
    console.log(`the store says of itself: ${JSON.stringify(facts)}\n\n${formatReport(verdicts)}`);
    await inner.close();
    await store.close();
    rmSync(dir, { recursive: true, force: true });
  });

  for (const suite of SUITES) {
    it(`${suite}: passes, but for the gaps that known-gaps.ts names`, { timeout: 120_000 }, async () => {
      const mine = await runSuite(store.uri, inner, facts, suite, join(folder, suite));
      verdicts.push(...mine);
      const known = (names: Record<string, string>) =>
        Object.fromEntries(Object.entries(names).filter(([name]) => name.startsWith(`${suite}/`)));
      const gaps = { failed: known(KNOWN_GAPS.failed), refused: known(KNOWN_GAPS.refused) };
      expect(disagreements(mine, gaps)).toEqual([]);
    });
  }
});
