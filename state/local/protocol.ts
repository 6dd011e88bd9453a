import type { BusMessages, BusTopic } from '../bus/bus.ts';
import type { Cache } from '../cache/cache.ts';
import type { Quota } from '../quota/quota.ts';
import type { LoggedEvent, StreamLogBounds, StreamWriterOptions } from '../streams/stream-log.ts';
import type { UsedTokens } from '../tokens/tokens.ts';
import type { LinkFailure } from './link.ts';
import type { FlowBounds } from './window.ts';

/** A message of the bus with its topic. */
export type BusNote = <T extends BusTopic>(topic: T, message: BusMessages[T]) => void;

/**
 * What workers call in the first process. Writers and readers have numbers that the worker assigns. Events pass, and are held, as their JSON: numbers beyond a
 * double are no clones.
 */
export type PrimaryCalls = {
  readonly ping: () => Promise<void>;
  readonly 'cache.get': Cache['get'];
  readonly 'cache.set': Cache['set'];
  readonly 'cache.delete': Cache['delete'];
  readonly 'tokens.add': UsedTokens['add'];
  readonly 'quota.reserve': Quota['reserve'];
  readonly 'quota.settle': Quota['settle'];
  readonly 'quota.spend': Quota['spend'];
  readonly 'quota.release': Quota['release'];
  readonly 'quota.read': Quota['read'];
  readonly 'writer.open': (
    writer: number,
    id: string,
    options: Pick<StreamWriterOptions, 'owner' | 'keepMs'>,
  ) => Promise<void>;
  readonly 'writer.end': (writer: number, json: string, size: number) => Promise<void>;
  readonly 'writer.abandon': (writer: number) => Promise<void>;
  readonly 'writer.readers': (writer: number) => Promise<number>;
  readonly 'streams.held': (id: string) => Promise<readonly LoggedEvent<string>[]>;
};

/** What workers note to the first process. */
export type PrimaryNotes = {
  readonly 'bus.publish': BusNote;
  readonly 'writer.append': (writer: number, json: string, size: number) => void;
  readonly 'reader.open': (reader: number, id: string, after: number) => void;
  /** So many events of so many bytes were taken. */
  readonly 'reader.took': (reader: number, events: number, size: number) => void;
  readonly 'reader.close': (reader: number) => void;
};

/** What the first process notes to a worker. */
export type WorkerNotes = {
  readonly 'bus.message': BusNote;
  /** So many events of so many bytes are in the log, and there is room for as many. */
  readonly 'writer.room': (writer: number, events: number, size: number) => void;
  readonly 'writer.abandoned': (writer: number) => void;
  readonly 'reader.event': (reader: number, sequence: number, json: string, size: number) => void;
  /** Null: the log has ended. */
  readonly 'reader.end': (reader: number, failure: LinkFailure | null) => void;
};

/** No call goes from the first process to a worker. */
export type WorkerCalls = Readonly<Record<never, () => void>>;

/** At most on the way between a worker and a log, where the log itself is not smaller. */
const writerMax = { events: 128, size: 512 * 1024 };
const readerMax = { events: 64, size: 256 * 1024 };
/** A fourth of what a log may hold: reported in smaller parts, what was taken never keeps a log full. */
const share = 4;

/**
 * What is on the way between a worker and a log of such bounds, for one writer or reader: a writer waits for room beyond it, and a reader is sent
 * nothing beyond it before it has taken some. Sizes in bytes.
 */
export function boundTheWay({
  eventsMax,
  sizeMax,
}: StreamLogBounds): Record<'writer' | 'reader', FlowBounds> {
  const bound = (most: typeof writerMax) => {
    const size = Math.max(1, Math.min(most.size, sizeMax / share));
    const events = Math.max(1, Math.min(most.events, Math.floor(eventsMax / share)));
    return {
      eventsMax: events,
      sizeMax: size,
      reportedEvents: Math.max(1, Math.floor(events / share)),
      reportedSize: size / share,
    };
  };
  return { writer: bound(writerMax), reader: bound(readerMax) };
}
