import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Database } from '#mongo/connect.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { runInTurn, turnLeaseMs } from './turns.ts';

let database: Database;
const clock = { ms: Date.parse('2026-03-01T10:00:00Z') };
const options = { now: () => clock.ms, everyMs: 3_600_000 };
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database?.close());

it('a turn is kept with each step, and ends for a process that another has taken it over from', async () => {
  const { connection } = database;
  const taken: string[] = [];
  const take = (name: string, run: (keep: () => Promise<void>) => Promise<void>) =>
    runInTurn(connection, 'anchor', options, async (keep) => {
      taken.push(name);
      await run(keep);
    });
  const first = take('first', async (keep) => {
    clock.ms += turnLeaseMs - 1;
    await keep();
    clock.ms += turnLeaseMs - 1;
    expect(await take('too early', async () => {})).toBe(false);
    clock.ms += 1;
    expect(await take('second', async (kept) => kept())).toBe(true);
    await keep();
  });
  await expect(first).rejects.toThrow('Another process has taken over the turn "anchor"');
  expect(taken).toEqual(['first', 'second']);
  // It is done from then on, for an hour since the second one began.
  clock.ms += options.everyMs - 1;
  expect(await take('too early', async () => {})).toBe(false);
  clock.ms += 1;
  expect(await take('third', async () => {})).toBe(true);
});
