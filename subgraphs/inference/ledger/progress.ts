import type { Connection } from 'mongoose';
import type { Logger } from 'pino';
import {
  type InvocationRecord,
  invocations,
  type ProgressRecord,
  type UsageRecord,
} from '#mongo/invocations.ts';
import { GroupWriter } from './group-writer.ts';
import { nativeCollection } from './native-collection.ts';
import { isOfDocuments } from './write-errors.ts';

/** A call whose answer flows. */
export interface ProgressSource {
  readonly id: string;
  /** Parts of the answer so far: while there are no more, nothing is written. */
  readonly parts: number;
  /** What its row would be closed from, were it cut now. */
  progress(): ProgressRecord;
}

/**
 * Keeps in the rows of running calls what they have used so far: what is not there when the process dies is not billed.
 * Answers that flow are written in rounds, one command for all of them. Failed writes are logged, and disturb no call.
 */
export interface ProgressWriter extends Disposable {
  /** Writes the source in the next round, then again and again while more comes, until it is left. */
  follow(source: ProgressSource): void;
  leave(source: ProgressSource): void;
  /** Writes it at once: resolves when it is durable, or when that takes too long. */
  write(id: string, progress: ProgressRecord): Promise<void>;
}

export interface ProgressWriterOptions {
  readonly log: Logger;
  /** Milliseconds, from any point in time. */
  readonly now?: () => number;
  /** Runs it once after the time; the returned function prevents that. */
  readonly schedule?: (run: () => void, ms: number) => () => void;
}

/** The shortest time between two rounds, and between two records of one call. */
export const roundMsMin = 100;
/** The longest: a round costs far more than a record in it. */
const roundMsMax = 1_000;
/** Between two records of one call, for each call whose answer flows: 200 records a second in all. */
const recordMsPerCall = 5;
/** The longest time between two records of one call. */
export const recordMsMax = 5_000;
/** Records in one round, and in one command. */
const roundMax = 4_096;
const commandMax = 512;
/** How long `write` is waited for. */
const writeMsMax = 1_000;

const durable = { writeConcern: { w: 'majority', j: true }, ordered: false } as const;

/** What a record sets: all of it, or, where the row has the attempt already, what has changed of it. */
type ProgressChange =
  | { readonly progress: ProgressRecord }
  | {
      readonly 'progress.at': Date;
      readonly 'progress.attempt.receivedChars': number;
      readonly 'progress.attempt.counted': UsageRecord | null;
    };

interface Item {
  readonly id: string;
  readonly change: ProgressChange;
}

interface Written {
  parts: number;
  atMs: number;
  /** The row has the attempt. */
  hasAttempt: boolean;
}

function changeOf({ at, attempts, attempt }: ProgressRecord, hasAttempt: boolean): ProgressChange {
  if (!hasAttempt || attempt === null) return { progress: { at, attempts, attempt } };
  return {
    'progress.at': at,
    'progress.attempt.receivedChars': attempt.receivedChars,
    'progress.attempt.counted': attempt.counted,
  };
}

/** The time between two records of one call while so many answers flow. */
export function recordIntervalMs(calls: number): number {
  return Math.min(recordMsMax, Math.max(roundMsMin, calls * recordMsPerCall));
}

/** Half an interval, so that the first record of a call does not wait for a whole one. */
export function roundIntervalMs(calls: number): number {
  return Math.min(roundMsMax, Math.max(roundMsMin, recordIntervalMs(calls) / 2));
}

export function createProgressWriter(connection: Connection, options: ProgressWriterOptions): ProgressWriter {
  const { log, now = () => performance.now(), schedule = unrefTimeout } = options;
  const rows = nativeCollection<InvocationRecord>(connection, invocations);
  const followed = new Map<ProgressSource, Written>();
  let cancelRound: (() => void) | undefined;
  let inRound = false;
  let disposed = false;
  let failing = false;

  // One group after the other: an older record never replaces a newer one.
  const writer = new GroupWriter<Item>(
    async (items) => {
      const newest = new Map(items.map(({ id, change }) => [id, change]));
      await rows.bulkWrite(
        [...newest].map(([_id, change]) => ({
          updateOne: { filter: { _id, status: 'RUNNING' as const }, update: { $set: change } },
        })),
        durable,
      );
    },
    { batchMax: commandMax, waitingMax: 20_000, isOfItems: isOfDocuments },
  );

  /** True: it is durable. */
  async function push(id: string, change: ProgressChange): Promise<boolean> {
    try {
      await writer.push({ id, change });
      failing = false;
      return true;
    } catch (error) {
      // Once for each outage: rounds follow each other fast.
      if (!failing) log.warn({ err: error }, 'the progress of calls could not be written');
      failing = true;
      return false;
    }
  }

  function scheduleRound(): void {
    if (inRound || disposed || cancelRound !== undefined || followed.size === 0) return;
    cancelRound = schedule(() => void round(), roundIntervalMs(followed.size));
  }

  async function round(): Promise<void> {
    cancelRound = undefined;
    inRound = true;
    const startedAtMs = now();
    const dueAtMs = startedAtMs - recordIntervalMs(followed.size);
    const writes: Promise<void>[] = [];
    for (const [source, written] of followed) {
      if (written.atMs > dueAtMs || source.parts === written.parts) continue;
      written.parts = source.parts;
      written.atMs = startedAtMs;
      writes.push(record(source, written));
      if (writes.length === roundMax) break;
    }
    await Promise.all(writes);
    inRound = false;
    scheduleRound();
  }

  async function record(source: ProgressSource, written: Written): Promise<void> {
    const change = changeOf(source.progress(), written.hasAttempt);
    written.hasAttempt = (await push(source.id, change)) || written.hasAttempt;
  }

  return {
    follow(source) {
      followed.set(source, { parts: -1, atMs: Number.NEGATIVE_INFINITY, hasAttempt: false });
      scheduleRound();
    },
    leave(source) {
      followed.delete(source);
    },
    async write(id, progress) {
      const late = Promise.withResolvers<void>();
      const cancel = schedule(late.resolve, writeMsMax);
      await Promise.race([push(id, { progress }), late.promise]);
      cancel();
    },
    [Symbol.dispose]() {
      disposed = true;
      cancelRound?.();
      followed.clear();
    },
  };
}

function unrefTimeout(run: () => void, ms: number): () => void {
  const timer = setTimeout(run, ms);
  timer.unref();
  return () => clearTimeout(timer);
}
