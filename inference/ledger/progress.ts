import type { Connection } from 'mongoose';
import type { Logger } from 'pino';
import { openGroupWrites } from '#mongo/group-writes.ts';
import { invocations, type ProgressRecord, type UsageRecord } from '#mongo/invocations.ts';
import { GroupWriter } from './group-writer.ts';
import { isOfDocuments } from './write-errors.ts';

/** A call with an answer in progress. */
export interface ProgressSource {
  readonly id: string;
  /** Parts of the answer so far: while there are no more, nothing is written. */
  readonly parts: number;
  /** Characters of the answer so far. */
  readonly received: number;
  /** What its row would be closed from, were it cut before so many more characters have come. */
  progress(aheadChars: number): ProgressRecord;
}

/** A source that is followed. */
export interface FollowedSource extends Disposable {
  /**
   * To be called when a part has come, before it is passed on. Returns nothing while the row covers what has come, which
   * is the usual case; otherwise a promise that resolves when it does. Waits for nothing while the row cannot be written.
   */
  cover(): Promise<void> | undefined;
}

/**
 * Keeps in the rows of running calls what they have used so far: what is not there when the process dies is not billed.
 * Answers that flow are written in rounds, one command for all of them. A record covers what comes until the next one at
 * the speed so far; an answer that comes faster is written at once, and waits for that where the record does not cover
 * it any more. Failed writes are logged, and disturb no call.
 */
export interface ProgressWriter extends Disposable {
  /** Writes the source in the next round, then again and again while more comes, until what it returns is disposed. */
  follow(source: ProgressSource): FollowedSource;
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
/** Between two records of one call, for each call with an answer in progress: 200 records a second in all. */
const recordMsPerCall = 5;
/** The longest time between two records of one call. */
export const recordMsMax = 5_000;
/** Records in one round, and in one command. */
const roundMax = 4_096;
const commandMax = 512;
/** How long a write is waited for. */
const writeMsMax = 1_000;
/** What a record covers at least beyond what has come: four tokens. The row of a streamed call is opened with it. */
export const aheadCharsMin = 16;

/** What a record sets: all of it, or, where the row has the attempt already, what has changed of it. */
type ProgressChange =
  | { readonly progress: ProgressRecord }
  | {
      readonly 'progress.at': Date;
      readonly 'progress.attempt.receivedChars': number;
      readonly 'progress.attempt.coveredChars': number | undefined;
      readonly 'progress.attempt.counted': UsageRecord | null;
    };

interface Item {
  readonly id: string;
  readonly change: ProgressChange;
}

interface Written {
  /** Of the newest record, also while it is written. */
  parts: number;
  received: number;
  atMs: number;
  readonly followedAtMs: number;
  /** The row has the attempt. */
  hasAttempt: boolean;
  /** What the row covers, whichever record it has. */
  coveredChars: number;
  /** Resolves when the record that is written now is durable, or has failed. */
  writing: Promise<void> | undefined;
}

function toChange({ at, attempts, attempt }: ProgressRecord, hasAttempt: boolean): ProgressChange {
  if (!hasAttempt || attempt === null) return { progress: { at, attempts, attempt } };
  return {
    'progress.at': at,
    'progress.attempt.receivedChars': attempt.receivedChars,
    'progress.attempt.coveredChars': attempt.coveredChars,
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
  const writes = openGroupWrites(connection);
  const collection = invocations(connection).collection.name;
  const followed = new Map<ProgressSource, Written>();
  let cancelRound: (() => void) | undefined;
  let inRound = false;
  let disposed = false;
  let failing = false;
  /** The time that the last record took to be durable. */
  let writeMs = 0;

  // One group after the other: an older record never replaces a newer one.
  const writer = new GroupWriter<Item>(
    async (items) => {
      const newest = new Map(items.map(({ id, change }) => [id, change]));
      const update = [...newest].map(([_id, change]) => ({
        q: { _id, status: 'RUNNING' },
        u: { $set: change },
      }));
      await writes.run([{ collection, update }]);
    },
    { batchMax: commandMax, waitingMax: 20_000, isOfItems: isOfDocuments },
  );

  /** True: it is durable. */
  async function push(id: string, change: ProgressChange): Promise<boolean> {
    const startedAtMs = now();
    try {
      await writer.push({ id, change });
      writeMs = Math.min(now() - startedAtMs, writeMsMax);
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
      if (written.atMs > dueAtMs || source.parts === written.parts || written.writing !== undefined) continue;
      writes.push(record(source, written));
      if (writes.length === roundMax) break;
    }
    await Promise.all(writes);
    inRound = false;
    scheduleRound();
  }

  /** Characters that may come until the next record is durable, at the highest speed since the last one or since the first part. */
  function computeAheadChars({ received }: ProgressSource, written: Written): number {
    const nowMs = now();
    const perMs = (chars: number, sinceMs: number) => chars / Math.max(nowMs - sinceMs, roundMsMin);
    const speed = Math.max(
      perMs(received, written.followedAtMs),
      perMs(received - written.received, written.atMs),
    );
    return aheadCharsMin + speed * (recordIntervalMs(followed.size) + writeMs);
  }

  /** Writes a record of the source, of which none is being written. */
  function record(source: ProgressSource, written: Written): Promise<void> {
    const progress = source.progress(computeAheadChars(source, written));
    const coveredChars = progress.attempt?.coveredChars ?? 0;
    written.parts = source.parts;
    written.received = source.received;
    written.atMs = now();
    const before = written.coveredChars;
    // The row has the one or the other record.
    written.coveredChars = Math.min(before, coveredChars);
    const settle = async () => {
      const isDurable = await push(source.id, toChange(progress, written.hasAttempt));
      written.coveredChars = isDurable ? coveredChars : written.coveredChars;
      written.hasAttempt ||= isDurable;
      written.writing = undefined;
    };
    written.writing = settle();
    return written.writing;
  }

  /** Writes the source until its row covers what has come, or cannot be written. */
  async function coverNow(source: ProgressSource, written: Written): Promise<void> {
    const late = Promise.withResolvers<void>();
    const cancel = schedule(() => {
      // Answers wait once for a database that stalls.
      if (!failing) log.warn('the progress of calls takes too long to be written');
      failing = true;
      late.resolve();
    }, writeMsMax);
    const covered = async () => {
      while (followed.get(source) === written && written.coveredChars < source.received && !failing) {
        await (written.writing ?? record(source, written));
      }
    };
    await Promise.race([covered(), late.promise]);
    cancel();
  }

  return {
    follow(source) {
      const written: Written = {
        parts: -1,
        received: 0,
        atMs: Number.NEGATIVE_INFINITY,
        followedAtMs: now(),
        hasAttempt: false,
        coveredChars: aheadCharsMin,
        writing: undefined,
      };
      followed.set(source, written);
      scheduleRound();
      return {
        cover() {
          const { received } = source;
          if (received <= written.coveredChars - aheadCharsMin / 2 || failing || disposed) return undefined;
          if (received > written.coveredChars) return coverNow(source, written);
          if (written.writing === undefined) void record(source, written);
          return undefined;
        },
        [Symbol.dispose]() {
          if (followed.get(source) === written) followed.delete(source);
        },
      };
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
