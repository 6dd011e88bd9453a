import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Connection } from 'mongoose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openTestDatabase } from '#test/support/database.ts';
import type { Database } from './connect.ts';
import { freeLocks, withLock, withPartOfLock, withWholeLock } from './locks.ts';

const leaseMs = 30_000;
const waitMsMax = 10_000;
const overloaded = { code: 'OVERLOADED', extensions: { notBegun: true } };

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database?.close());
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A connection of another process to the same database. */
const otherProcess = (): Connection => database.connection.useDb(database.connection.name);
const pass = (ms: number) => vi.setSystemTime(Date.now() + ms);

/** Takes the lock and keeps it until `release`. */
async function hold(connection: Connection, name: string) {
  const [taken, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const ended = withLock(connection, name, async () => {
    taken.resolve();
    await released.promise;
  });
  await taken.promise;
  return {
    release: async () => {
      released.resolve();
      await ended;
    },
  };
}

/** Asks for the lock and lets the time pass for which it is waited. */
async function waitInVain(name: string, run: () => Promise<unknown> = async () => undefined): Promise<void> {
  const refused = expect(withLock(otherProcess(), name, run)).rejects.toMatchObject(overloaded);
  await nextTurn();
  pass(waitMsMax);
  await refused;
}

describe('a lock', () => {
  it('is refused with OVERLOADED after ten seconds while another process has it, and nothing is run', async () => {
    const holder = await hold(otherProcess(), 'a');
    const run = vi.fn(async () => undefined);
    await waitInVain('a', run);
    expect(run).not.toHaveBeenCalled();
    await withLock(otherProcess(), 'b', run);
    await holder.release();
    await withLock(otherProcess(), 'a', run);
    expect(run).toHaveBeenCalledTimes(2);
  });

  it('of a process that was killed is free at the end of its lease, and not before', async () => {
    const until = new Date(Date.now() + leaseMs);
    await database.connection
      .collection<{ _id: string; holder: string; until: Date }>('locks')
      .insertOne({ _id: 'killed', holder: 'x', until });
    pass(leaseMs - waitMsMax - 1);
    await waitInVain('killed');
    pass(1);
    expect(await withLock(otherProcess(), 'killed', async () => 2)).toBe(2);
  });

  it('is not taken from its next holder by one whose lease has ended', async () => {
    const late = await hold(otherProcess(), 'lease');
    pass(leaseMs);
    const next = await hold(otherProcess(), 'lease');
    await late.release();
    await waitInVain('lease');
    await next.release();
  });

  it('is handed on in order within a process, one at a time, also by those who fail', async () => {
    const { connection } = database;
    const seen: string[] = [];
    const enter = (n: number) =>
      withLock(connection, 'order', async () => {
        seen.push(`in ${n}`);
        await Promise.resolve();
        seen.push(`out ${n}`);
        if (n % 2 === 0) throw new Error(`failed ${n}`);
        return n;
      });
    const ended = await Promise.allSettled([0, 1, 2, 3].map(enter));
    expect(seen).toEqual([0, 1, 2, 3].flatMap((n) => [`in ${n}`, `out ${n}`]));
    expect(ended.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected', 'fulfilled']);
    expect(ended[2]).toMatchObject({ reason: new Error('failed 2') });
  });

  it('is waited for by two hundred of a process at most, and by as many again afterwards', async () => {
    const { connection } = database;
    for (const round of [1, 2]) {
      const holder = await hold(connection, 'many');
      const waiting = Array.from({ length: 199 }, (_, n) => withLock(connection, 'many', async () => n));
      await expect(withLock(connection, 'many', async () => -1)).rejects.toMatchObject(overloaded);
      await holder.release();
      expect(await Promise.all(waiting), `round ${round}`).toEqual(Array.from({ length: 199 }, (_, n) => n));
    }
  });
});

describe('a lock with parts', () => {
  /** Runs until `release`; `entered` lists who is inside. */
  function enter(entered: string[], name: string, take: (run: () => Promise<void>) => Promise<void>) {
    const [taken, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const ended = take(async () => {
      entered.push(`in ${name}`);
      taken.resolve();
      await released.promise;
      entered.push(`out ${name}`);
    });
    return { taken: taken.promise, ended, release: released.resolve };
  }
  const part = (name: string) => (run: () => Promise<void>) => withPartOfLock(otherProcess(), 'l', name, run);
  const whole = (run: () => Promise<void>) => withWholeLock(otherProcess(), 'l', run);

  it('lets those of different parts in at once, and those of one part one after another', async () => {
    const entered: string[] = [];
    const [a, b] = [enter(entered, 'a', part('a')), enter(entered, 'b', part('b'))];
    await Promise.all([a.taken, b.taken]);
    const again = enter(entered, 'a again', part('a'));
    b.release();
    await b.ended;
    expect(entered.slice(2)).toEqual(['out b']);
    a.release();
    await again.taken;
    again.release();
    await Promise.all([a.ended, again.ended]);
    expect(entered.slice(3)).toEqual(['out a', 'in a again', 'out a again']);
  });

  it('lets no one in beside who has the whole, whoever came first', async () => {
    const entered: string[] = [];
    const first = enter(entered, 'a', part('a'));
    await first.taken;
    const all = enter(entered, 'all', whole);
    const late = enter(entered, 'b', part('b'));
    first.release();
    await Promise.race([all.taken, late.taken]);
    const waiting = entered.includes('in all') ? late : all;
    expect(entered).toHaveLength(3);
    (waiting === late ? all : late).release();
    await waiting.taken;
    waiting.release();
    await Promise.all([first.ended, all.ended, late.ended]);
    for (let at = 0; at < entered.length; at += 2)
      expect(entered[at + 1]).toBe(entered[at]?.replace('in', 'out'));
  });

  it.each([
    ['the whole', () => hold(otherProcess(), 'l'), part('c')],
    ['a part', () => hold(otherProcess(), 'l of c'), whole],
  ])(
    'is refused with OVERLOADED after ten seconds while another process has %s',
    async (_what, take, want) => {
      const held = await take();
      const run = vi.fn(async () => undefined);
      const refused = expect(want(run)).rejects.toMatchObject(overloaded);
      await nextTurn();
      pass(waitMsMax);
      await refused;
      await held.release();
      await want(run);
      expect(run).toHaveBeenCalledTimes(1);
    },
  );
});

describe('locks of a killed process', () => {
  it('are free at once where the database belongs to the process that starts', async () => {
    const held = await hold(otherProcess(), 'left');
    await freeLocks(database.connection);
    expect(await withLock(database.connection, 'left', async () => 'done')).toBe('done');
    await held.release();
  });
});
