import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Connection } from 'mongoose';
import type { Logger } from 'pino';
import { invocations } from '#mongo/invocations.ts';
import { owners } from '#mongo/owners.ts';
import { closeAbandoned } from './abandoned.ts';
import type { Ledger } from './ledger.ts';

/** This process as an owner of ledger rows, alive until it is disposed. */
export interface Ownership extends AsyncDisposable {
  readonly ownerId: string;
  /** Those of the owners whose process is gone. */
  gone(ownerIds: readonly string[]): Promise<readonly string[]>;
  /** Closes the rows of owners that are gone, and those of its own that are lost; the number of rows closed. */
  sweep(): Promise<number>;
}

export interface OwnershipOptions {
  readonly log: Logger;
  /** Writes the rows of this owner. */
  readonly ledger?: Pick<Ledger, 'closeLost'>;
  readonly now?: () => number;
  /** How long an owner counts as alive after it last said so. */
  readonly leaseMs?: number;
}

const leaseMsDefault = 60_000;

function newOwnerId(): string {
  return `${hostname()}/${process.pid}/${randomUUID()}`;
}

/**
 * Is the owner's process known to be gone? Told at once for a process of this machine: there is none of that number,
 * or the number is ours and the rest is not. Others are gone when their lease has run out.
 */
function isGoneHere(ownerId: string, self: string): boolean {
  const [host, pid] = ownerId.split('/');
  if (host !== hostname()) return false;
  if (Number(pid) === process.pid) return ownerId !== self && !owned.has(ownerId);
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
 * Takes up ownership and sweeps once: rows that are RUNNING and whose owner is gone are closed by their result where
 * there is one; otherwise they become FAILED with INTERNAL, and keep what is known of them.
 */
export async function openOwnership(connection: Connection, options: OwnershipOptions): Promise<Ownership> {
  const { log, ledger, now = Date.now, leaseMs = leaseMsDefault } = options;
  const ownerId = newOwnerId();
  owned.add(ownerId);

  async function extend(): Promise<void> {
    await owners(connection).updateOne(
      { _id: ownerId },
      { $set: { expiresAt: new Date(now() + leaseMs) } },
      { upsert: true },
    );
  }

  async function gone(ownerIds: readonly string[]): Promise<readonly string[]> {
    const others = ownerIds.filter((id) => id !== ownerId);
    if (others.length === 0) return [];
    const leases = await owners(connection)
      .find({ _id: { $in: others }, expiresAt: { $gt: new Date(now()) } }, { _id: 1 })
      .lean();
    const alive = new Set(leases.map(({ _id }) => _id));
    return others.filter((id) => isGoneHere(id, ownerId) || !alive.has(id));
  }

  async function sweep(): Promise<number> {
    const rows = invocations(connection);
    const ids: string[] = await rows.distinct('ownerId', { status: 'RUNNING' });
    const dead = await gone(ids);
    const left = dead.length === 0 ? 0 : await closeAbandoned(connection, dead, now());
    if (left > 0) log.warn({ rows: left }, 'closed ledger rows of processes that are gone');
    const lost = ids.includes(ownerId) ? ((await ledger?.closeLost(ownerId, now())) ?? 0) : 0;
    if (lost > 0) log.warn({ rows: lost }, 'closed ledger rows that could not be written in time');
    return left + lost;
  }

  await extend();
  await sweep();
  let beats = 0;
  const timer = setInterval(async () => {
    try {
      await extend();
      beats += 1;
      if (beats % 6 === 0) await sweep();
    } catch (error) {
      log.warn({ err: error }, 'the ownership of ledger rows could not be extended');
    }
  }, leaseMs / 6);
  timer.unref();

  return {
    ownerId,
    gone,
    sweep,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      owned.delete(ownerId);
      await owners(connection)
        .deleteOne({ _id: ownerId })
        .catch(() => undefined);
    },
  };
}
