import { randomUUID } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Connection } from 'mongoose';
import { invocations } from '#mongo/invocations.ts';
import { type OwnerRecord, owners } from '#mongo/owners.ts';
import type { Ledger } from './ledger.ts';
import { closeOrphaned, commitLast, type SweepServices } from './orphaned.ts';

/** This process as an owner of ledger rows, alive until it is disposed. */
export interface Ownership extends AsyncDisposable {
  readonly ownerId: string;
  /** Those of the owners that have no process any more. */
  gone(ownerIds: readonly string[]): Promise<readonly string[]>;
  /** Closes the rows of owners that are gone, and those of its own that are lost; the number of rows closed. */
  sweep(): Promise<number>;
}

export interface OwnershipOptions extends Omit<SweepServices, 'connection'> {
  /** Writes the rows of this owner. */
  readonly ledger?: Pick<Ledger, 'closeLost' | 'hasLost'>;
  readonly now?: () => number;
  /** How long an owner counts as alive after it last extended its lease. */
  readonly leaseMs?: number;
  /** No other process uses the database: every owner of another one is gone. */
  readonly isAlone?: boolean;
}

/** Long enough for a slow process, or a slow database; rows of other machines wait so long for their end. */
const leaseMsDefault = 20_000;
/** So often within a lease it is extended, and rows of the dead are looked for. */
const beatsPerLease = 5;
/** In so many beats one looks at the rows themselves: the records of their owners may have vanished. */
const beatsPerSweep = 15;
/** The interval of retries for rows that could not be closed. */
const lostEveryMs = 1_000;
/** How long the record of an owner outlives its lease. */
const ownerKeptMs = 24 * 60 * 60 * 1000;

/** Where a process number means one process: containers of one host name have numbers of their own. */
export const processSpace = `${hostname()}:${pidNamespace()}`;

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid').replace(/\D/g, '');
  } catch {
    // Any error: only Linux has such spaces.
    return '';
  }
}

function newOwnerId(): string {
  return `${processSpace}/${process.pid}/${randomUUID()}`;
}

/**
 * Is the owner's process known to be gone? That is known at once for processes of this machine: there is none of that
 * number, or the number is ours and the rest is not. Others are gone when their lease has run out.
 */
function isGoneHere(ownerId: string): boolean {
  const [space, pid] = ownerId.split('/');
  if (space !== processSpace) return false;
  if (Number(pid) === process.pid) return !owned.has(ownerId);
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}

/** Owners of this very process: tests run several. */
const owned = new Set<string>();

/**
 * Takes up ownership and sweeps once: rows that are RUNNING without a living owner are closed by their result where
 * there is one; otherwise they become FAILED with INTERNAL, with an estimate of what they used.
 */
export async function openOwnership(connection: Connection, options: OwnershipOptions): Promise<Ownership> {
  const { log, streams, quota, payloads, ledger } = options;
  const { now = Date.now, leaseMs = leaseMsDefault, isAlone = false } = options;
  const services: SweepServices = { connection, log, streams, quota, payloads };
  const ownerId = newOwnerId();
  owned.add(ownerId);
  let extendedAtMs = now();

  async function extend(): Promise<void> {
    const aliveUntilMs = now() + leaseMs;
    await owners(connection).updateOne(
      { _id: ownerId },
      { $set: { aliveUntil: new Date(aliveUntilMs), expiresAt: new Date(aliveUntilMs + ownerKeptMs) } },
      { upsert: true },
    );
    extendedAtMs = now();
  }

  function isGone(id: string, lease: OwnerRecord | undefined): boolean {
    if (owned.has(id)) return false;
    return isAlone || isGoneHere(id) || lease === undefined || leaseEndMs(lease) <= now();
  }

  async function gone(ownerIds: readonly string[]): Promise<readonly string[]> {
    const others = ownerIds.filter((id) => id !== ownerId);
    if (others.length === 0) return [];
    const leases = await owners(connection)
      .find({ _id: { $in: others } })
      .lean();
    const byId = new Map(leases.map((lease) => [lease._id, lease]));
    return others.filter((id) => isGone(id, byId.get(id)));
  }

  async function closeRowsByOwner(dead: readonly string[]): Promise<number> {
    if (dead.length === 0) return 0;
    const rows = await closeOrphaned(services, dead, now());
    if (rows > 0) log.warn({ rows }, 'closed ledger rows of processes that are gone');
    const leases = await owners(connection)
      .find({ _id: { $in: [...dead] } })
      .lean();
    // One that ended by itself has committed everything, and its lease is at its end.
    const killed = leases.filter((lease) => leaseEndMs(lease) > 0);
    // What it closed while it extended its lease for the last time, or in the lease before.
    const sinceMs = Math.min(...killed.map(leaseEndMs)) - 2 * leaseMs;
    if (killed.length > 0)
      await commitLast(
        services,
        killed.map(({ _id }) => _id),
        sinceMs,
      );
    await owners(connection).deleteMany({ _id: { $in: [...dead] } });
    return rows;
  }

  async function closeLost(): Promise<number> {
    const rows = (await ledger?.closeLost(ownerId, now())) ?? 0;
    if (rows > 0) log.warn({ rows }, 'closed ledger rows that could not be written in time');
    return rows;
  }

  async function sweep(): Promise<number> {
    const ids: string[] = await invocations(connection).distinct('ownerId', { status: 'RUNNING' });
    const left = await closeRowsByOwner(await gone(ids));
    return left + (ids.includes(ownerId) ? await closeLost() : 0);
  }

  /** The same by the few records of owners: cheap, however many rows are RUNNING. */
  async function sweepOwners(): Promise<void> {
    const leases = await owners(connection).find().lean();
    await closeRowsByOwner(leases.filter((lease) => isGone(lease._id, lease)).map(({ _id }) => _id));
  }

  let beats = 0;
  async function beat(): Promise<void> {
    const wasLate = now() - extendedAtMs > leaseMs;
    await extend();
    // After a stall, perhaps of the database, the others get the time to extend their leases too.
    if (wasLate) return;
    beats += 1;
    if (beats % beatsPerSweep === 0) await sweep();
    else await sweepOwners();
  }

  await extend();
  await sweep();
  const timers = [
    repeat(beat, leaseMs / beatsPerLease, (error) => {
      log.warn({ err: error }, 'the ownership of ledger rows could not be extended');
    }),
    repeat(
      async () => {
        if (ledger?.hasLost === true) await closeLost();
      },
      lostEveryMs,
      (error) => log.debug({ err: error }, 'ledger rows cannot be written yet'),
    ),
  ];

  return {
    ownerId,
    gone,
    sweep,
    async [Symbol.asyncDispose]() {
      for (const timer of timers) clearInterval(timer);
      owned.delete(ownerId);
      // Kept, with its lease at its end: rows that could not be closed are found by it.
      await owners(connection)
        .updateOne({ _id: ownerId }, { $set: { aliveUntil: new Date(0) } })
        .catch((error: unknown) => {
          log.warn({ err: error }, 'the lease of ledger rows could not be ended, and ends by its time');
        });
    },
  };
}

/** A record of an older version of Heddle has only the end of its lease. */
function leaseEndMs({ aliveUntil, expiresAt }: OwnerRecord): number {
  return (aliveUntil ?? expiresAt).getTime();
}

/** Runs it again and again, never twice at once. */
function repeat(
  run: () => Promise<void>,
  everyMs: number,
  onError: (error: unknown) => void,
): NodeJS.Timeout {
  let running = false;
  const timer = setInterval(async () => {
    if (running) return;
    running = true;
    try {
      await run();
    } catch (error) {
      onError(error);
    } finally {
      running = false;
    }
  }, everyMs);
  return timer.unref();
}
