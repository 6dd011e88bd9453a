import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Connection } from 'mongoose';
import { createOverloadedError, type HeddleError } from '#core/errors.ts';
import { defineCollection } from './collection.ts';

/** A lock that a process holds: for whoever reads first and writes then, so that no other process writes in between. */
interface LockRecord {
  readonly _id: string;
  readonly holder: string;
  /** The end of the lease of a process that was killed. */
  readonly until: Date;
}

const locks = defineCollection<LockRecord>('locks', {
  _id: { type: String, required: true },
  holder: { type: String, required: true },
  until: { type: Date, required: true },
});

/** Longer than what is done under a lock may take. */
const leaseMs = 30_000;
const waitMsMax = 10_000;
const pollMs = 20;
const waitersMax = 200;

interface Queue {
  waiters: number;
  last: Promise<unknown>;
}

const queues = new WeakMap<Connection, Map<string, Queue>>();

/**
 * Runs with the lock of that name, which one caller of all processes has at a time. OVERLOADED when it is not to be had
 * in time. Locks within locks are taken in one order alone: all tenants, one tenant, the roles of one tenant or all roles, the keys with
 * tenants:admin, one plan, all plans. `isFree`: whether the holder may run; until then the lock is released and acquired again.
 */
export async function withLock<T>(
  connection: Connection,
  name: string,
  run: () => Promise<T>,
  isFree?: () => Promise<boolean>,
): Promise<T> {
  const known = queues.get(connection) ?? new Map<string, Queue>();
  queues.set(connection, known);
  const queue = known.get(name) ?? { waiters: 0, last: Promise.resolve() };
  known.set(name, queue);
  if (queue.waiters >= waitersMax) throw busy(name);
  queue.waiters += 1;
  const turn = queue.last.then(() => holding(connection, name, run, isFree));
  // Any error: the caller of that turn receives it.
  queue.last = turn.catch(() => undefined);
  try {
    return await turn;
  } finally {
    queue.waiters -= 1;
    if (queue.waiters === 0) known.delete(name);
  }
}

/**
 * Runs with one part of the lock of that name. Who has a part excludes others from that part, and whoever has the whole; parts exclude each other
 * not. OVERLOADED as with `withLock`.
 */
export function withPartOfLock<T>(
  connection: Connection,
  name: string,
  part: string,
  run: () => Promise<T>,
): Promise<T> {
  // Both write their lock before they look for the other's: one of two sees the other.
  const isFree = () => isUnheld(connection, { _id: name });
  return withLock(connection, toPart(name, part), run, isFree);
}

/** Runs with the whole of a lock that has parts, once no one has a part of it. */
export function withWholeLock<T>(connection: Connection, name: string, run: () => Promise<T>): Promise<T> {
  const deadlineMs = Date.now() + waitMsMax;
  return withLock(connection, name, async () => {
    // Who comes now sees that the whole is held, and waits.
    const parts = { _id: { $gte: toPart(name, ''), $lt: `${toPart(name, '')}\uffff` } };
    while (!(await isUnheld(connection, parts))) {
      if (Date.now() >= deadlineMs) throw busy(name);
      await wait(pollMs);
    }
    return run();
  });
}

const toPart = (name: string, part: string) => `${name} of ${part}`;

async function isUnheld(connection: Connection, where: object): Promise<boolean> {
  return (await locks(connection).exists({ ...where, until: { $gt: new Date() } })) === null;
}

async function holding<T>(
  connection: Connection,
  name: string,
  run: () => Promise<T>,
  isFree?: () => Promise<boolean>,
): Promise<T> {
  const holder = randomUUID();
  const deadlineMs = Date.now() + waitMsMax;
  const release = () => locks(connection).deleteOne({ _id: name, holder });
  for (;;) {
    await acquire(connection, name, holder, deadlineMs);
    try {
      if (isFree === undefined || (await isFree())) return await run();
      if (Date.now() >= deadlineMs) throw busy(name);
    } finally {
      await release();
    }
    await wait(pollMs);
  }
}

async function acquire(
  connection: Connection,
  name: string,
  holder: string,
  deadlineMs: number,
): Promise<void> {
  for (;;) {
    const now = new Date();
    const record = { _id: name, holder, until: new Date(now.getTime() + leaseMs) };
    try {
      const { upsertedCount, modifiedCount } = await locks(connection).updateOne(
        { _id: name, until: { $lte: now } },
        { $set: { holder, until: record.until } },
        { upsert: true },
      );
      if (upsertedCount + modifiedCount === 1) return;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 11000)) throw error;
    }
    if (Date.now() >= deadlineMs) throw busy(name);
    await wait(pollMs);
  }
}

/**
 * Frees every lock: at the start of the one process that a database belongs to, whoever held one was killed. Where others
 * may use the database, a lock is free when its lease ends.
 */
export async function freeLocks(connection: Connection): Promise<void> {
  await locks(connection).deleteMany({});
}

function busy(name: string): HeddleError {
  return createOverloadedError(`Others are changing ${name}; nothing was begun.`, { notBegun: true });
}
