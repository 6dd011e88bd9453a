import { setTimeout as wait } from 'node:timers/promises';
import type { Connection } from 'mongoose';
import { type GroupWrite, openGroupWrites } from '#mongo/group-writes.ts';
import { type InvocationRecord, invocations } from '#mongo/invocations.ts';
import { hourStartMs, withdrawHour } from '#mongo/meter-rollup.ts';
import { type PayloadRecord, payloads as payloadRecords } from '#mongo/payloads.ts';
import { lateMs, markUsageStale } from '#mongo/usage/usage-progress.ts';
import { GroupWriter } from './group-writer.ts';
import type { InvocationClosing } from './invocation-closing.ts';
import { nativeCollection } from './native-collection.ts';
import { closeOrphaned, commitUsage, type SweepServices } from './orphaned.ts';
import { createCompletionResults, type NewCompletionResult } from './results.ts';
import { isOfDocuments, isOnlyDuplicates } from './write-errors.ts';

/**
 * The ledger as inference writes it. Each method resolves when what it wrote is durable. A row is closed only while it
 * is RUNNING, so whoever comes first (this process, or the sweep of another) closes it, once. One exception: what was
 * closed because this process seemed dead is an estimate, and is replaced by what this process closes it with.
 */
export interface Ledger {
  /** A new row: RUNNING, or ended already (an answer from the cache), after what is stored with it. */
  open(row: InvocationRecord, ...stored: readonly NewCompletionResult[]): Promise<void>;
  /** Raises what the row of a running call has reserved. */
  raise(id: string, reserved: { readonly tokens: bigint; readonly costNanos: bigint }): Promise<void>;
  /**
   * Ends a row, after its result and its payload are stored; tried again for a while when the database fails. What rejects in the end is closed as FAILED by a later
   * `closeLost`, with what it took, which then commits its usage to the meters as well.
   */
  close(
    id: string,
    closing: InvocationClosing,
    result: NewCompletionResult | null,
    payload?: PayloadRecord | null,
  ): Promise<void>;
  /** Are there rows that could not be opened or closed since the last `closeLost`? */
  readonly hasLost: boolean;
  /**
   * Repairs the owner's rows that this process will not close any more: those that could not be closed are closed; those
   * that failed to open, though the row is there, are deleted: their calls did not take place and count as no request.
   * The number of rows.
   */
  closeLost(ownerId: string, atMs: number): Promise<number>;
}

const bounds = { batchMax: 256, waitingMax: 20_000, gatherMs: 2 };
const durable = { writeConcern: { w: 'majority', j: true }, ordered: false } as const;
/** Short ones: rows are closed as soon as the database can write again. */
const closeRetryDelaysMs = [50, 200, 1_000, 1_500, 1_500, 1_500, 1_500, 1_500, 1_500];
/** Rows remembered that could not be closed or opened; older ones are closed as if their process had died. */
const lostMax = 20_000;

/** What only a row has that runs, or that was taken for dead. */
const unsetOnClose = { opening: true, progress: true, orphaned: true } as const;

interface Closing {
  readonly id: string;
  readonly closing: InvocationClosing;
  readonly result: NewCompletionResult | null;
  readonly payload: PayloadRecord | null;
}

export interface LedgerOptions extends Omit<SweepServices, 'connection'> {
  readonly delay?: (ms: number) => Promise<unknown>;
}

export function createLedger(
  connection: Connection,
  { log, streams, quota, payloads, delay = (ms) => wait(ms) }: LedgerOptions,
): Ledger {
  const rows = nativeCollection<InvocationRecord>(connection, invocations);
  const writes = openGroupWrites(connection);
  const collection = rows.collectionName;
  const kept = nativeCollection<PayloadRecord>(connection, payloadRecords);
  const results = createCompletionResults(connection, { payloads, log });
  const services = { connection, log, streams, quota, payloads };
  const options = { ...bounds, isOfItems: isOfDocuments };
  /** Rows that are being opened, run, or being closed. */
  const held = new Set<string>();
  const lost = new Map<string, InvocationClosing>();
  const unopened = new Map<string, true>();
  let hasLost = false;

  const opens = new GroupWriter<InvocationRecord>(async (records) => {
    await markLate(records);
    try {
      await writes.run([{ collection, insert: records }]);
    } catch (error) {
      if (!isOnlyDuplicates(error) || !(await stand(records))) throw error;
    }
  }, options);

  /** Usage of the time at which these rows started may have been summed already. */
  async function markLate(records: readonly InvocationRecord[]): Promise<void> {
    const sinceMs = Date.now() - lateMs / 2;
    if (records.every(({ startedAt }) => startedAt.getTime() >= sinceMs)) return;
    await markUsageStale(
      connection,
      records.map(({ startedAt }) => startedAt).filter((at) => at.getTime() < sinceMs),
    );
  }

  const contents = new GroupWriter<NewCompletionResult>(async (items) => {
    await results.write(items);
  }, options);

  // One after the other: a process that dies in between must not leave an end without its result, which a repeated
  // idempotency key would be answered with. A result without an end is not found and expires.
  const closes = new GroupWriter<Closing>(async (items) => {
    const records = items.map(({ result }) => result).filter((result) => result !== null);
    const insert = items.map(({ payload }) => payload).filter((payload) => payload !== null);
    const beside = { collection: kept.collectionName, insert };
    const closing = await results.write(records, closeWhere(items, { status: 'RUNNING' }), beside);
    const matched = closing?.matched ?? 0;
    if (matched === items.length) return;
    const modified = await replaceWhereOrphaned(items);
    if (modified > 0) {
      log.warn({ rows: modified }, 'replaced the estimates of calls taken for dead');
      const empty = items.filter(({ result }) => result === null).map(({ id }) => id);
      if (empty.length > 0) await results.remove(empty);
    }
    const missed = items.length - matched - modified;
    if (missed > 0) {
      log.warn({ missed }, 'ledger rows had been closed before');
      await removeErased([...records, ...insert].map(({ _id }) => _id));
    }
  }, options);

  /** Of a call that was taken for dead and erased, its process may come with the content. */
  async function removeErased(ids: readonly string[]): Promise<void> {
    const erased = { _id: { $in: [...ids] }, erased: { $exists: true } };
    const found = ids.length === 0 ? [] : await rows.find(erased, { projection: { _id: 1 } }).toArray();
    if (found.length === 0) return;
    const late = found.map(({ _id }) => _id);
    await results.remove(late);
    await kept.deleteMany({ _id: { $in: late } });
  }

  /** Closes each row that also fits `where`. */
  function closeWhere(
    closings: readonly Pick<Closing, 'id' | 'closing'>[],
    where: { readonly status: 'RUNNING' } | { readonly orphaned: true },
  ): GroupWrite {
    const update = closings.map(({ id, closing }) => ({
      q: { _id: id, ...where },
      u: { $set: closing, $unset: unsetOnClose },
    }));
    return { collection, update };
  }

  /** Are all of these rows there, written by the owners that they name? */
  async function stand(records: readonly InvocationRecord[]): Promise<boolean> {
    const ids = records.map(({ _id }) => _id);
    const standing = await rows.find({ _id: { $in: ids } }, { projection: { ownerId: 1 } }).toArray();
    const owners = new Map(standing.map(({ _id, ownerId }) => [_id, ownerId]));
    return records.every(({ _id, ownerId }) => owners.get(_id) === ownerId);
  }

  /** Closes again those of the rows that were closed as orphaned: how many there were. */
  async function replaceWhereOrphaned(closings: readonly Pick<Closing, 'id' | 'closing'>[]): Promise<number> {
    const ids = closings.map(({ id }) => id);
    const corrected = await rows
      .find({ _id: { $in: ids }, orphaned: true }, { projection: { tenantId: 1, startedAt: 1 } })
      .toArray();
    if (corrected.length === 0) return 0;
    await markUsageStale(
      connection,
      corrected.map(({ startedAt }) => startedAt),
    );
    const hours = new Map(
      corrected.map(({ tenantId, startedAt }) => [
        `${tenantId} ${hourStartMs(startedAt.getTime())}`,
        { tenantId, startedAt },
      ]),
    );
    for (const { tenantId, startedAt } of hours.values()) {
      await withdrawHour(connection, tenantId, startedAt.getTime(), Date.now());
    }
    const [result] = await writes.run([closeWhere(closings, { orphaned: true })]);
    return result?.modified ?? 0;
  }

  /** Of rows that another process closed meanwhile. */
  async function replaceEstimates(closings: readonly Pick<Closing, 'id' | 'closing'>[]): Promise<void> {
    if (closings.length === 0 || (await replaceWhereOrphaned(closings)) === 0) return;
    await commitUsage(
      services,
      closings.map(({ id }) => id),
    );
  }

  function remember<T>(ids: Map<string, T>, id: string, value: T): void {
    ids.set(id, value);
    hasLost = true;
    if (ids.size > lostMax) ids.delete(ids.keys().next().value ?? '');
  }

  /** Closes a row after its first try has failed. */
  async function closeAgain(closing: Closing, first: unknown): Promise<void> {
    let failure = first;
    if (isOfDocuments(failure) && closing.payload !== null) {
      log.warn(
        { event: 'payload_dropped', reason: 'STORE', count: 1, err: failure },
        'payloads were not kept',
      );
      const { payloadUntil: _, ...rest } = closing.closing;
      return closes.push({ ...closing, closing: rest, payload: null });
    }
    for (const [attempt, delayMs] of closeRetryDelaysMs.entries()) {
      if (isOfDocuments(failure)) break;
      log.warn({ err: failure, attempt }, 'a ledger row could not be closed and is tried again');
      await delay(delayMs);
      try {
        return await closes.push(closing);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  return {
    async open(row, ...stored) {
      if (stored.length > 0) await Promise.all(stored.map((one) => contents.push(one)));
      if (row.status !== 'RUNNING') return opens.push(row);
      held.add(row._id);
      try {
        await opens.push(row);
      } catch (error) {
        remember(unopened, row._id, true);
        held.delete(row._id);
        throw error;
      }
    },
    async raise(id, { tokens, costNanos }) {
      const reserved = { tokens: Number(tokens), costNanos };
      await rows.updateOne({ _id: id, status: 'RUNNING' }, { $set: { reserved } }, durable);
    },
    async close(id, closing, result, payload = null) {
      try {
        const item = { id, closing, result, payload };
        await closes.push(item).catch((error: unknown) => closeAgain(item, error));
      } catch (error) {
        const { payloadUntil: _, ...counted } = closing;
        remember(lost, id, { ...counted, status: 'FAILED', errorCode: 'INTERNAL' });
        throw error;
      } finally {
        held.delete(id);
      }
    },
    get hasLost() {
      return hasLost;
    },
    async closeLost(ownerId, atMs) {
      hasLost = false;
      const known = [...lost].map(([id, closing]) => ({ id, closing }));
      try {
        await replaceEstimates(known);
        const closed = await closeOrphaned(services, [ownerId], atMs, {
          isHeld: (id) => held.has(id),
          isUnopened: (id) => unopened.has(id),
          toClosing: (id) => lost.get(id),
        });
        for (const { id } of known) lost.delete(id);
        return closed;
      } catch (error) {
        hasLost = true;
        throw error;
      }
    },
  };
}
