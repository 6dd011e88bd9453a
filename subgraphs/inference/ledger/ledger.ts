import { setTimeout as wait } from 'node:timers/promises';
import type { Connection } from 'mongoose';
import type { Logger } from 'pino';
import { type CompletionRecord, completions } from '#mongo/completions.ts';
import { type InvocationRecord, invocations } from '#mongo/invocations.ts';
import { closeAbandoned } from './abandoned.ts';
import { GroupWriter } from './group-writer.ts';
import { nativeCollection } from './native-collection.ts';
import { isOfDocuments, isOnlyDuplicates } from './write-errors.ts';

/** What closing a row sets. */
export type InvocationClosing = Pick<
  InvocationRecord,
  | 'status'
  | 'modelId'
  | 'providerId'
  | 'usage'
  | 'costNanos'
  | 'cache'
  | 'latencyMs'
  | 'timeToFirstTokenMs'
  | 'errorCode'
  | 'error'
  | 'endedAt'
  | 'attempts'
>;

/**
 * The ledger as inference writes it. Each method resolves when what it wrote is durable. A row is closed only while it
 * is RUNNING, so whoever comes first (this process, or the sweep of another) closes it, once.
 */
export interface Ledger {
  /** A new row: RUNNING, or ended already (an answer from the cache) with its result. */
  open(row: InvocationRecord, result?: CompletionRecord): Promise<void>;
  /**
   * Ends a row; tried again for a while when the database fails. What rejects in the end is closed as FAILED by a later
   * `closeLost`, with what it took.
   */
  close(id: string, closing: InvocationClosing, result: CompletionRecord | null): Promise<void>;
  /**
   * Closes the owner's rows that this process will not close any more: their opening failed, though the row is there, or
   * their closing did. The number of rows closed.
   */
  closeLost(ownerId: string, atMs: number): Promise<number>;
}

const bounds = { batchMax: 256, waitingMax: 20_000 };
const durable = { writeConcern: { w: 'majority', j: true }, ordered: false } as const;
const closeRetryDelaysMs = [50, 200, 1_000, 3_000, 6_000];
/** Closings kept of rows that could not be closed; of older ones only the row is closed. */
const lostMax = 20_000;

interface Closing {
  readonly id: string;
  readonly closing: InvocationClosing;
  readonly result: CompletionRecord | null;
}

export interface LedgerOptions {
  readonly log: Logger;
  readonly delay?: (ms: number) => Promise<unknown>;
}

export function createLedger(
  connection: Connection,
  { log, delay = (ms) => wait(ms) }: LedgerOptions,
): Ledger {
  const rows = nativeCollection<InvocationRecord>(connection, invocations);
  const results = nativeCollection<CompletionRecord>(connection, completions);
  const options = { ...bounds, isOfItems: isOfDocuments };
  /** Rows that are being opened, run, or being closed. */
  const held = new Set<string>();
  const lost = new Map<string, InvocationClosing>();

  const writeResults = async (records: readonly CompletionRecord[]): Promise<void> => {
    try {
      await results.insertMany(records, durable);
    } catch (error) {
      // Of a write that was tried again after its answer was lost: what it would write is there.
      if (!isOnlyDuplicates(error)) throw error;
    }
  };

  const opens = new GroupWriter<InvocationRecord>(async (records) => {
    try {
      await rows.insertMany(records, durable);
    } catch (error) {
      if (!isOnlyDuplicates(error) || !(await stand(records))) throw error;
    }
  }, options);

  const contents = new GroupWriter<CompletionRecord>(writeResults, options);

  // One after the other: a process that dies in between must not leave an end without its result, which a repeated
  // idempotency key would be answered with. A result without an end is found by nobody and expires.
  const closes = new GroupWriter<Closing>(async (items) => {
    const records = items.map(({ result }) => result).filter((result) => result !== null);
    if (records.length > 0) await writeResults(records);
    const updates = items.map(({ id, closing }) => ({
      updateOne: { filter: { _id: id, status: 'RUNNING' as const }, update: { $set: closing } },
    }));
    const { matchedCount } = await rows.bulkWrite(updates, durable);
    if (matchedCount < items.length) {
      const missed = items.length - matchedCount;
      log.warn({ missed }, 'ledger rows had been closed before');
    }
  }, options);

  /** Are all of these rows there, written by the owners that they name? */
  async function stand(records: readonly InvocationRecord[]): Promise<boolean> {
    const ids = records.map(({ _id }) => _id);
    const standing = await rows.find({ _id: { $in: ids } }, { projection: { ownerId: 1 } }).toArray();
    const owners = new Map(standing.map(({ _id, ownerId }) => [_id, ownerId]));
    return records.every(({ _id, ownerId }) => owners.get(_id) === ownerId);
  }

  async function again(write: () => Promise<unknown>): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        await write();
        return;
      } catch (error) {
        const delayMs = closeRetryDelaysMs[attempt];
        if (delayMs === undefined || isOfDocuments(error)) throw error;
        log.warn({ err: error, attempt }, 'a ledger row could not be closed and is tried again');
        await delay(delayMs);
      }
    }
  }

  return {
    async open(row, result) {
      if (result !== undefined) await contents.push(result);
      if (row.status !== 'RUNNING') return opens.push(row);
      held.add(row._id);
      try {
        await opens.push(row);
      } catch (error) {
        held.delete(row._id);
        throw error;
      }
    },
    async close(id, closing, result) {
      try {
        await again(() => closes.push({ id, closing, result }));
      } catch (error) {
        lost.set(id, { ...closing, status: 'FAILED', errorCode: 'INTERNAL' });
        if (lost.size > lostMax) lost.delete(lost.keys().next().value ?? '');
        throw error;
      } finally {
        held.delete(id);
      }
    },
    async closeLost(ownerId, atMs) {
      const known = [...lost.keys()];
      const closed = await closeAbandoned(connection, [ownerId], atMs, {
        isHeld: (id) => held.has(id),
        closingOf: (id) => lost.get(id),
      });
      for (const id of known) lost.delete(id);
      return closed;
    },
  };
}
