import type { MemoryStreamLogs } from '../streams/memory.ts';
import type { LogCursor } from '../streams/memory-log.ts';
import type { StreamLogBounds, StreamWriter } from '../streams/stream-log.ts';
import { describeLinkFailure, type LocalLink } from './link.ts';
import {
  boundTheWay,
  type PrimaryCalls,
  type PrimaryNotes,
  type WorkerCalls,
  type WorkerNotes,
} from './protocol.ts';
import { type FlowBounds, SendWindow, TakenShare } from './window.ts';

type WorkerLink = LocalLink<WorkerCalls, WorkerNotes>;

/** The writers and readers of one worker, on the logs of the first process. */
export class PrimaryStreams {
  readonly #logs: MemoryStreamLogs;
  readonly #link: WorkerLink;
  readonly #writers = new Map<number, WriterOfWorker>();
  readonly #readers = new Map<number, ReaderOfWorker>();

  readonly #bounds: ReturnType<typeof boundTheWay>;

  constructor(logs: MemoryStreamLogs, bounds: StreamLogBounds, link: WorkerLink) {
    this.#logs = logs;
    this.#bounds = boundTheWay(bounds);
    this.#link = link;
  }

  readonly calls: Pick<
    PrimaryCalls,
    'writer.open' | 'writer.end' | 'writer.abandon' | 'writer.readers' | 'streams.held'
  > = {
    'writer.open': async (number, id, options) => {
      const onAbandoned = () => this.#link.note('writer.abandoned', number);
      const writer = await this.#logs.open<string>(id, { ...options, onAbandoned });
      this.#writers.set(
        number,
        new WriterOfWorker(writer, this.#bounds.writer, (events, size) =>
          this.#link.note('writer.room', number, events, size),
        ),
      );
    },
    'writer.end': async (number, json, size) => {
      const { writer } = this.#writer(number);
      this.#writers.delete(number);
      await writer.end(json, size);
    },
    'writer.abandon': async (number) => {
      const writer = this.#writers.get(number)?.writer;
      this.#writers.delete(number);
      await writer?.[Symbol.asyncDispose]();
    },
    'writer.readers': (number) => this.#writer(number).writer.readers(),
    'streams.held': (id) => this.#logs.held<string>(id),
  };

  readonly notes: Omit<PrimaryNotes, 'bus.publish'> = {
    'writer.append': (number, json, size) => this.#writers.get(number)?.append(json, size),
    'reader.open': (number, id, after) => {
      const reader = this.#open(number, id, after);
      if (reader === undefined) return;
      this.#readers.set(number, reader);
      void reader.run().finally(() => this.#readers.delete(number));
    },
    'reader.took': (number, events, size) => this.#readers.get(number)?.took(events, size),
    'reader.close': (number) => this.#readers.get(number)?.close(),
  };

  /** The worker is gone. */
  close(): void {
    for (const { writer } of this.#writers.values()) void writer[Symbol.asyncDispose]();
    for (const reader of this.#readers.values()) reader.close();
    this.#writers.clear();
  }

  #open(number: number, id: string, after: number): ReaderOfWorker | undefined {
    try {
      return new ReaderOfWorker(this.#logs.hold<string>(id, after), number, this.#link, this.#bounds.reader);
    } catch (error) {
      // Any error: it is the reader's.
      this.#link.note('reader.end', number, describeLinkFailure(error));
      return undefined;
    }
  }

  #writer(number: number): WriterOfWorker {
    const found = this.#writers.get(number);
    if (found === undefined) throw new Error('The log has ended.');
    return found;
  }
}

class WriterOfWorker {
  readonly writer: StreamWriter<string>;
  readonly #share: TakenShare;
  /** A reader is behind, and the log is full. */
  #isFull = false;

  constructor(
    writer: StreamWriter<string>,
    bounds: FlowBounds,
    reportRoom: (events: number, size: number) => void,
  ) {
    this.writer = writer;
    this.#share = new TakenShare(bounds, reportRoom);
  }

  append(json: string, size: number): void {
    const room = this.writer.append(json, size);
    this.#share.took(size);
    if (this.#isFull) return;
    if (room === undefined) {
      this.#share.report();
      return;
    }
    this.#isFull = true;
    void room.then(() => {
      this.#isFull = false;
      this.#share.report();
    });
  }
}

class ReaderOfWorker {
  readonly #cursor: LogCursor<string>;
  readonly #number: number;
  readonly #link: WorkerLink;
  readonly #window: SendWindow;
  #isClosed = false;

  constructor(cursor: LogCursor<string>, number: number, link: WorkerLink, bounds: FlowBounds) {
    this.#cursor = cursor;
    this.#number = number;
    this.#link = link;
    this.#window = new SendWindow(bounds);
  }

  /** Sends the events as the worker takes them, and then the end. */
  async run(): Promise<void> {
    try {
      while (!this.#isClosed) {
        if (this.#window.isFull) await this.#window.wait();
        const step = await this.#cursor.next();
        if (step.done === true || this.#isClosed) break;
        const { sequence, event: json } = step.value;
        const { lastSize: size } = this.#cursor;
        this.#window.sent(size);
        this.#link.note('reader.event', this.#number, sequence, json, size);
      }
      this.#link.note('reader.end', this.#number, null);
    } catch (error) {
      this.#link.note('reader.end', this.#number, describeLinkFailure(error));
    }
  }

  took(events: number, size: number): void {
    this.#cursor.pass(events);
    this.#window.taken(events, size);
  }

  close(): void {
    this.#isClosed = true;
    void this.#cursor.return();
    this.#window.release();
  }
}
