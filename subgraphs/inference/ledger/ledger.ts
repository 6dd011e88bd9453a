import { setTimeout as delay } from 'node:timers/promises';
import { type Connection, mongo } from 'mongoose';
import type { Logger } from 'pino';
import { type CompletionRecord, completions } from '#mongo/completions.ts';
import { type InvocationRecord, invocations } from '#mongo/invocations.ts';
import { GroupWriter } from './group-writer.ts';
import { nativeCollection } from './native-collection.ts';

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
  /** Ends a row; tried again for a while when the database fails. */
  close(id: string, closing: InvocationClosing, result: CompletionRecord | null): Promise<void>;
}

const bounds = { batchMax: 256, waitingMax: 20_000 };
const durable = { writeConcern: { w: 'majority', j: true }, ordered: false } as const;
const duplicateKey = 11000;
const closeRetryDelaysMs = [50, 200, 1_000, 3_000, 6_000];

interface Closing {
  readonly id: string;
  readonly closing: InvocationClosing;
  readonly result: CompletionRecord | null;
}

export function createLedger(connection: Connection, log: Logger): Ledger {
  const rows = nativeCollection<InvocationRecord>(connection, invocations);
  const results = nativeCollection<CompletionRecord>(connection, completions);

  const writeResults = async (records: readonly CompletionRecord[]): Promise<void> => {
    try {
      await results.insertMany(records, durable);
    } catch (error) {
      if (!isOnlyDuplicates(error)) throw error;
    }
  };

  const opens = new GroupWriter<InvocationRecord>(async (records) => {
    await rows.insertMany(records, durable);
  }, bounds);

  const contents = new GroupWriter<CompletionRecord>(writeResults, bounds);

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
  }, bounds);

  async function again(write: () => Promise<unknown>): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        await write();
        return;
      } catch (error) {
        const delayMs = closeRetryDelaysMs[attempt];
        if (delayMs === undefined) throw error;
        log.warn({ err: error, attempt }, 'a ledger row could not be closed and is tried again');
        await delay(delayMs);
      }
    }
  }

  return {
    async open(row, result) {
      if (result !== undefined) await contents.push(result);
      await opens.push(row);
    },
    async close(id, closing, result) {
      await again(() => closes.push({ id, closing, result }));
    },
  };
}

/** Of a write that was tried again after its answer was lost: what it would write is there. */
function isOnlyDuplicates(error: unknown): boolean {
  if (!(error instanceof mongo.MongoBulkWriteError)) return false;
  const errors = Array.isArray(error.writeErrors) ? error.writeErrors : [error.writeErrors];
  return (
    errors.every(({ code }) => code === duplicateKey) && error.result.getWriteConcernError() === undefined
  );
}
