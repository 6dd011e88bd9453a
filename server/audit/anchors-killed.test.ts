import { hash } from 'node:crypto';
import { readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readAnchor } from '#mongo/audit/anchors.ts';
import { toCanonicalText } from '#mongo/audit/chain.ts';
import { readAuditKeys } from '#mongo/audit/keys.ts';
import { auditLog, createAuditLog } from '#mongo/audit/log.ts';
import { turnLeaseMs } from '#mongo/audit/turns.ts';
import type { Database } from '#mongo/connect.ts';
import { openFailingDatabase } from '#test/support/database.ts';
import { temporaryDirectory } from '#test/support/mesh.ts';
import { killedAfter } from '#test/support/processes/killed.ts';
import { testSecrets } from '#test/support/seal.ts';
import { readEnvironment } from '../config.ts';
import { runAuditUpkeep } from './audit-upkeep.ts';

const hourMs = 3_600_000;
const clock = { ms: Date.parse('2026-03-01T10:00:00Z') };
const opened = new AsyncDisposableStack();
let database: Database;
let dir: string;
let file: string;
let files = 0;
let received: string[];
let isReceiverAway = false;

beforeAll(async () => {
  database = opened.use(await openFailingDatabase());
  dir = opened.use(await temporaryDirectory()).path;
});
afterAll(() => opened.disposeAsync());
beforeEach(() => {
  received = [];
  file = join(dir, `anchors-${++files}`);
});

async function change(): Promise<void> {
  const log = createAuditLog(database.connection, () => clock.ms);
  const id = await log.begin({
    ...{ tenantId: 'acme', action: 'app.update', arguments: null, requestId: 'r', clientAddress: null },
    actor: { kind: 'API_KEY', keyId: 'k1', appId: 'a1', subject: null },
  });
  const target = { targetType: 'App', targetId: 'a1', before: null, after: null };
  await log.end(id, { outcome: 'SUCCEEDED', errorCode: null, ...target });
}

const upkeep = () =>
  runAuditUpkeep(database.connection, {
    environment: readEnvironment({
      HEDDLE_DATA_DIR: dir,
      HEDDLE_AUDIT_ANCHOR_FILE: file,
      HEDDLE_AUDIT_ANCHOR_URL: 'http://receiver.example/',
    }),
    secrets: testSecrets,
    events: { record: async () => undefined },
    fetch: async (_url, init) => {
      if (!isReceiverAway) received.push(String(init?.body));
      return new Response(null, { status: isReceiverAway ? 503 : 200 });
    },
    log: pino({ level: 'silent' }),
    now: () => clock.ms,
    pause: async () => {},
  });

const readLines = async () => {
  // Any error: there is no file yet.
  const text = await readFile(file, 'utf8').catch(() => '');
  return text === '' ? [] : text.trimEnd().split('\n');
};

/** The anchors of the file, each of which is signed, whole, and follows the one before. */
async function readAnchors(): Promise<readonly string[]> {
  const lines = await readLines();
  const keys = await readAuditKeys(database.connection);
  let previous: string | null | undefined;
  for (const line of lines) {
    const anchor = readAnchor(line, keys);
    if (anchor === undefined) throw new Error(`This is no anchor: ${line}`);
    const { keyId: _, signature: __, ...body } = anchor;
    if (previous !== undefined) expect(body.previous).toBe(previous);
    previous = hash('sha256', toCanonicalText(body), 'hex');
  }
  expect(new Set(lines).size).toBe(lines.length);
  return lines;
}

const readHead = (line = '') => {
  const { heads } = JSON.parse(line) as { heads: [string, number][] };
  return heads.find(([chain]) => chain === 'changes:acme')?.[1];
};

/** Writes anchors with only so many writes of the store; whether the turn ended before the process was killed. */
async function killAfter(writes: number): Promise<boolean> {
  let isEnded = false;
  await killedAfter(database.connection, writes, async () => {
    await upkeep();
    isEnded = true;
  });
  return isEnded;
}

describe('a process that is killed while it writes anchors', () => {
  it('leaves no gap, between whichever writes of the store: the next one continues', async () => {
    const { connection } = database;
    for (let writes = 0, isEnded = false; !isEnded; writes++) {
      expect(writes).toBeLessThan(30);
      await change();
      clock.ms += 2 * hourMs;
      isEnded = await killAfter(writes);
      const atMs = clock.ms;
      clock.ms += turnLeaseMs;
      await upkeep();
      const lines = await readAnchors();
      expect([...new Set(received)], `${writes} writes`).toEqual(lines);
      const last = await auditLog(connection).countDocuments({ chain: 'changes:acme' });
      expect(readHead(lines.at(-1)), `${writes} writes`).toBe(last);
      const counted = { action: 'audit.anchor', at: { $gte: new Date(atMs) } };
      expect(await auditLog(connection).countDocuments(counted), `${writes} writes`).toBeGreaterThan(0);
    }
  });

  it.each([
    ['nothing', () => 0],
    ['the line break', () => 1],
    ['the last character', () => 2],
    ['half', (length: number) => Math.floor(length / 2)],
    ['all but the first character', (length: number) => length],
    ['all', (length: number) => length + 1],
  ])('leaves a file that is completed where %s of its line was not written', async (_what, countCut) => {
    await change();
    for (let writes = 0; ; writes++) {
      const before = (await readLines()).length;
      clock.ms += 2 * hourMs;
      if (await killAfter(writes)) throw new Error('It was never killed with a line in the file.');
      const lines = await readLines();
      if (lines.length === before) {
        clock.ms += turnLeaseMs;
        await upkeep();
        continue;
      }
      const { size } = await stat(file);
      await truncate(file, size - countCut(Buffer.byteLength(lines.at(-1) ?? '')));
      clock.ms += turnLeaseMs;
      await upkeep();
      expect((await readAnchors()).slice(0, lines.length)).toEqual(lines);
      return;
    }
  });
});

describe('anchors', () => {
  it('begin a line of their own after another one that was cut', async () => {
    await writeFile(file, '{"version":2');
    await change();
    clock.ms += 2 * hourMs;
    await upkeep();
    expect(await readLines()).toEqual(['{"version":2', received[0]]);
  });

  it('are written to one target while the other fails, which gets the last one when it is back', async () => {
    isReceiverAway = true;
    for (let turn = 0; turn < 2; turn++) {
      await change();
      clock.ms += 2 * hourMs;
      await expect(upkeep()).rejects.toThrow('answered with 503');
    }
    isReceiverAway = false;
    expect(await readAnchors()).toHaveLength(2);
    clock.ms += 2 * hourMs;
    await upkeep();
    expect(received).toEqual((await readAnchors()).slice(1));
  });

  it('are not started by another process within the lease of a turn', async () => {
    await change();
    clock.ms += 2 * hourMs;
    // Both writes of the other turn, and the claim of this one.
    await killAfter(3);
    clock.ms += turnLeaseMs - 1;
    await upkeep();
    expect(received).toEqual([]);
    clock.ms += 1;
    await upkeep();
    expect(received).toHaveLength(1);
  });
});
