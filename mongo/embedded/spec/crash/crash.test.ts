import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { MongoClient } from 'mongodb';
import { afterAll, expect, it } from 'vitest';
import { checkDataFile } from '../../storage/check.ts';
import { DATA_FILE } from '../../storage/format.ts';
import { openStore } from '../../store.ts';
import { Random, seedFrom } from '../random.ts';

/** Rounds of kill -9; HEDDLE_CRASH_ROUNDS asks for more, HEDDLE_TEST_SEED repeats a run. */
const ROUNDS = Number(process.env.HEDDLE_CRASH_ROUNDS ?? 8);
const ACKNOWLEDGED_MAX = 1000;

const dir = mkdtempSync(join(tmpdir(), 'heddle-crash-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** What the killed writers heard acknowledged, over all rounds. */
class Acknowledged {
  readonly inserted = new Set<string>();
  readonly deleted = new Set<string>();
  readonly twins = new Set<string>();
  readonly increments = new Map<string, number>();
  count = 0;

  note(line: string): void {
    const [kind, id = ''] = line.split(' ');
    if (kind === 'x') {
      // From here on the document may be there or not, until the deletion is acknowledged.
      this.inserted.delete(id);
      return;
    }
    this.count++;
    if (kind === 'i') this.inserted.add(id);
    else if (kind === 't') this.twins.add(id);
    else if (kind === 'u') this.increments.set(id, (this.increments.get(id) ?? 0) + 1);
    else if (kind === 'd') this.deleted.add(id);
  }
}

/** Lets a writer run until it has acknowledged so many writes, then kills it; reads its last words. */
async function killWriter(acknowledged: Acknowledged, round: number, random: Random): Promise<void> {
  const script = fileURLToPath(new URL('./writer.ts', import.meta.url));
  const args = [
    '--disable-warning=ExperimentalWarning',
    script,
    dir,
    String(round),
    String(random.below(1e9)),
  ];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const closed = once(child.stdout, 'close');
  const until = acknowledged.count + 1 + random.below(ACKNOWLEDGED_MAX);
  const lines = createInterface({ input: child.stdout });
  const ended = once(lines, 'close');
  lines.on('line', (line) => {
    acknowledged.note(line);
    if (acknowledged.count === until) child.kill('SIGKILL');
  });
  const [, signal] = await exited;
  await Promise.all([closed, ended]);
  expect(signal).toBe('SIGKILL');
}

it(
  `loses no acknowledged write and keeps its indexes through ${ROUNDS} kills at random moments`,
  async () => {
    const seed = seedFrom(process.env.HEDDLE_TEST_SEED);
    console.log(`crash test: HEDDLE_TEST_SEED=${seed}`);
    const random = new Random(seed);
    const acknowledged = new Acknowledged();
    for (let round = 0; round < ROUNDS; round++) {
      await killWriter(acknowledged, round, random);
      expect(checkDataFile(join(dir, DATA_FILE))).toEqual([]);
    }

    await using store = disposable(await openStore({ dir }));
    const client = new MongoClient(store.uri);
    try {
      const db = client.db('crash');
      const ids = async (name: string) => new Set(await db.collection<{ _id: string }>(name).distinct('_id'));
      const docs = await ids('docs');
      expect([...acknowledged.inserted].filter((id) => !docs.has(id))).toEqual([]);
      expect([...acknowledged.deleted].filter((id) => docs.has(id))).toEqual([]);
      const [left, right] = [await ids('twin_a'), await ids('twin_b')];
      expect([...acknowledged.twins].filter((id) => !left.has(id))).toEqual([]);
      expect(left).toEqual(right);
      for (const [worker, increments] of acknowledged.increments) {
        const counter = await db.collection<{ _id: string; n: number }>('counters').findOne({ _id: worker });
        expect(counter?.n).toBeGreaterThanOrEqual(increments);
        // Each kill can leave one increment done and not heard of.
        expect(counter?.n).toBeLessThanOrEqual(increments + ROUNDS);
      }
      console.log(`crash test: ${acknowledged.count} acknowledged writes, ${ROUNDS} kills, none missing`);
    } finally {
      await client.close();
    }
  },
  Math.max(60_000, ROUNDS * 10_000),
);

function disposable<T extends { close(): Promise<void> }>(resource: T): T & AsyncDisposable {
  return Object.assign(resource, { [Symbol.asyncDispose]: () => resource.close() });
}
