import { parseJson } from '#core/json/exact-json.ts';
import { type LinkFailure, type LocalLink, reviveLinkFailure } from '../local/link.ts';
import { boundTheWay, type PrimaryCalls, type PrimaryNotes } from '../local/protocol.ts';
import { type FlowBounds, SendWindow, TakenShare } from '../local/window.ts';
import {
  eventSizeDefault,
  type LoggedEvent,
  type StreamLogBounds,
  type StreamLogs,
  type StreamWriter,
  type StreamWriterOptions,
} from './stream-log.ts';

type PrimaryLink = LocalLink<PrimaryCalls, PrimaryNotes>;

/** What the first process notes of the streams of this worker. */
export interface LocalStreamNotes {
  'writer.room'(writer: number, events: number, size: number): void;
  'writer.abandoned'(writer: number): void;
  'reader.event'(reader: number, sequence: number, json: string, size: number): void;
  'reader.end'(reader: number, failure: LinkFailure | null): void;
}

/** The stream logs of a worker: they are in the first process. An event that was appended in one turn is on its way there before the next. */
export function createLocalStreamLogs(
  link: PrimaryLink,
  bounds: StreamLogBounds,
): {
  readonly streams: StreamLogs;
  readonly notes: LocalStreamNotes;
} {
  const writers = new Map<number, LocalWriter<unknown>>();
  const readers = new Map<number, LocalCursor<unknown>>();
  const onTheWay = boundTheWay(bounds);
  let lastNumber = 0;
  const streams: StreamLogs = {
    async open<Event>(id: string, options: StreamWriterOptions) {
      const number = ++lastNumber;
      const { owner, keepMs } = options;
      const writer = new LocalWriter<Event>(link, id, number, options, onTheWay.writer, () =>
        writers.delete(number),
      );
      writers.set(number, writer);
      try {
        await link.call('writer.open', number, id, { owner, keepMs });
      } catch (error) {
        writers.delete(number);
        throw error;
      }
      return writer;
    },
    read<Event>(id: string, after: number, signal?: AbortSignal) {
      const number = ++lastNumber;
      const reader = new LocalCursor<Event>(link, number, signal, onTheWay.reader, () =>
        readers.delete(number),
      );
      readers.set(number, reader as LocalCursor<unknown>);
      link.note('reader.open', number, id, after);
      reader.begin();
      return reader;
    },
    async held<Event>(id: string) {
      const held = await link.call('streams.held', id);
      return held.map(({ sequence, event: json }) => ({ sequence, event: parseJson(json) as Event }));
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...writers.values()].map((writer) => writer[Symbol.asyncDispose]()));
    },
  };
  const notes: LocalStreamNotes = {
    'writer.room': (writer, events, size) => writers.get(writer)?.makeRoom(events, size),
    'writer.abandoned': (writer) => writers.get(writer)?.abandoned(),
    'reader.event': (reader, sequence, json, size) => readers.get(reader)?.push(sequence, json, size),
    'reader.end': (reader, failure) => readers.get(reader)?.end(failure),
  };
  return { streams, notes };
}

class LocalWriter<Event> implements StreamWriter<Event> {
  readonly #link: PrimaryLink;
  readonly #id: string;
  readonly #number: number;
  readonly #options: StreamWriterOptions;
  readonly #onClosed: () => void;
  readonly #window: SendWindow;
  #length = 0;
  #readers = 0;
  #ended = false;

  constructor(
    link: PrimaryLink,
    id: string,
    number: number,
    options: StreamWriterOptions,
    bounds: FlowBounds,
    onClosed: () => void,
  ) {
    this.#link = link;
    this.#id = id;
    this.#number = number;
    this.#options = options;
    this.#window = new SendWindow(bounds);
    this.#onClosed = onClosed;
  }

  get length(): number {
    return this.#length;
  }

  append(event: Event, size: number = eventSizeDefault): Promise<void> | undefined {
    if (this.#ended) throw new Error(`The log ${this.#id} has ended.`);
    this.#length += 1;
    this.#window.sent(size);
    this.#link.note('writer.append', this.#number, JSON.stringify(event), size);
    return this.#window.isFull ? this.#window.wait() : undefined;
  }

  async end(event: Event, size: number = eventSizeDefault): Promise<void> {
    if (this.#ended) throw new Error(`The log ${this.#id} has ended.`);
    this.#length += 1;
    this.#close();
    await this.#link.call('writer.end', this.#number, JSON.stringify(event), size);
  }

  async readers(): Promise<number> {
    // Its readers are of no use to a log that has ended.
    if (!this.#ended) this.#readers = await this.#link.call('writer.readers', this.#number);
    return this.#readers;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#ended) return;
    this.#close();
    // Any error: the first process is gone, and its logs with it.
    await this.#link.call('writer.abandon', this.#number).catch(() => undefined);
  }

  makeRoom(events: number, size: number): void {
    this.#window.taken(events, size);
  }

  abandoned(): void {
    if (!this.#ended) this.#options.onAbandoned?.();
  }

  #close(): void {
    this.#ended = true;
    this.#window.release();
    this.#onClosed();
  }
}

/** A reader of a log in the first process. It holds what is on the way at most. */
class LocalCursor<Event> implements AsyncIterableIterator<LoggedEvent<Event>> {
  readonly #link: PrimaryLink;
  readonly #number: number;
  readonly #signal: AbortSignal | undefined;
  readonly #onClosed: () => void;
  readonly #share: TakenShare;
  #events: { readonly sequence: number; readonly json: string; readonly size: number }[] = [];
  #at = 0;
  #end: LinkFailure | null | undefined;
  #done = false;
  #waiting: PromiseWithResolvers<void> | undefined;

  constructor(
    link: PrimaryLink,
    number: number,
    signal: AbortSignal | undefined,
    bounds: FlowBounds,
    onClosed: () => void,
  ) {
    this.#link = link;
    this.#number = number;
    this.#signal = signal;
    this.#onClosed = onClosed;
    this.#share = new TakenShare(bounds, (events, size) => link.note('reader.took', number, events, size));
  }

  /** Once the first process is about to open it. */
  begin(): void {
    if (this.#signal?.aborted) this.#leave();
    else this.#signal?.addEventListener('abort', this.#leave, { once: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<LoggedEvent<Event>>> {
    while (!this.#done) {
      const found = this.#events[this.#at];
      if (found !== undefined) {
        this.#at += 1;
        if (this.#at === this.#events.length) {
          this.#events = [];
          this.#at = 0;
        }
        this.#share.took(found.size);
        this.#share.report();
        const { sequence, json } = found;
        return { done: false, value: { sequence, event: parseJson(json) as Event } };
      }
      if (this.#end !== undefined) {
        const failure = this.#end;
        this.#finish();
        if (failure !== null) throw reviveLinkFailure(failure);
        break;
      }
      this.#waiting ??= Promise.withResolvers<void>();
      await this.#waiting.promise;
    }
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<LoggedEvent<Event>>> {
    this.#leave();
    return { done: true, value: undefined };
  }

  push(sequence: number, json: string, size: number): void {
    this.#events.push({ sequence, json, size });
    this.#wake();
  }

  end(failure: LinkFailure | null): void {
    this.#end = failure;
    this.#wake();
  }

  readonly #leave = (): void => {
    if (this.#done) return;
    this.#link.note('reader.close', this.#number);
    this.#finish();
  };

  #finish(): void {
    this.#done = true;
    this.#events = [];
    this.#signal?.removeEventListener('abort', this.#leave);
    this.#onClosed();
    this.#wake();
  }

  #wake(): void {
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }
}
