import type { Logger } from 'pino';
import type { PayloadSeal, PayloadSealer } from '../payload-seal.ts';
import type { Channels } from '../redis/connect.ts';
import {
  aliveMs,
  beatMs,
  type StreamKeys,
  type StreamScripts,
  sealContext,
  streamKeys,
} from './redis-keys.ts';
import {
  eventSizeDefault,
  type StreamLogBounds,
  type StreamWriter,
  type StreamWriterOptions,
} from './stream-log.ts';

export interface RedisStreamServices {
  readonly scripts: StreamScripts;
  readonly channels: Channels;
  readonly log: Logger;
  readonly seal: PayloadSeal;
  readonly bounds: StreamLogBounds;
}

export interface RedisWriterOptions extends StreamWriterOptions {
  /** Seals the events for their owner. */
  readonly sealer: PayloadSealer;
}

/** Events that may wait to be sent, before the writer is made to wait for Redis; their sizes together are bounded as the log's. */
const unsentMax = 256;
const sendRetriesMax = 5;

/**
 * The writer of a log in Redis. Events are sent in groups: while one group is on its way, the next gathers. The state
 * of the readers comes back with each.
 */
export class RedisStreamWriter<Event> implements StreamWriter<Event> {
  readonly #id: string;
  readonly #services: RedisStreamServices;
  readonly #options: RedisWriterOptions;
  readonly #keys: StreamKeys;
  readonly #beat: NodeJS.Timeout;
  #stopListening: () => void = () => {};
  #unsent: { readonly sealed: string; readonly size: number }[] = [];
  /** Of the events that Redis has not acknowledged. */
  #pendingSize = 0;
  #length = 0;
  #sent = 0;
  #readers = 0;
  /** The log is full and a reader is behind. */
  #full = false;
  #opened = false;
  #ended = false;
  /** Something has happened since the last group went out. */
  #wanted = false;
  #sending: Promise<void> | undefined;
  #room: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;

  readonly #onClosed: (writer: RedisStreamWriter<Event>) => void;

  constructor(
    id: string,
    options: RedisWriterOptions,
    services: RedisStreamServices,
    onClosed: (writer: RedisStreamWriter<Event>) => void,
  ) {
    this.#onClosed = onClosed;
    this.#id = id;
    this.#services = services;
    this.#options = options;
    this.#keys = streamKeys(id);
    this.#beat = setInterval(() => this.#send(), beatMs);
    this.#beat.unref();
  }

  /** Makes the log known to readers. Throws when the id is taken. */
  async open(): Promise<void> {
    this.#stopListening = await this.#services.channels.listen(this.#keys.writerChannel, (message) => {
      // It may have come and gone between two looks.
      if (message === 'left' && this.#readers === 0) this.#readers = 1;
      this.#send();
    });
    await this.#append('NEW', []);
    this.#opened = true;
  }

  get length(): number {
    return this.#length;
  }

  append(event: Event, size: number = eventSizeDefault): Promise<void> | undefined {
    if (this.#ended) throw new Error('The log has ended.');
    this.#push(event, size);
    this.#send();
    if (this.#hasRoom()) return undefined;
    if (this.#room === undefined) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#room = { promise, resolve };
    }
    return this.#room.promise;
  }

  async end(event: Event, size: number = eventSizeDefault): Promise<void> {
    if (this.#ended) throw new Error('The log has ended.');
    this.#ended = true;
    this.#push(event, size);
    this.#stop();
    await this.#sending;
    await this.#group('ENDED');
  }

  async readers(): Promise<number> {
    // A log that has ended stays so.
    if (!this.#ended) await this.#append('OPEN', []);
    return this.#readers;
  }

  /** Abandons the log, and reports it to its readers; those of a Redis that is away find out when the log's time is over. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#stop();
    await this.#sending;
    if (!this.#opened) return;
    try {
      await this.#group('GIVEN_UP');
    } catch (err) {
      this.#services.log.debug({ err }, 'a stream log could not be abandoned in Redis; its readers time out');
    }
  }

  #push(event: Event, size: number): void {
    const context = sealContext(this.#id, this.#length);
    this.#unsent.push({ sealed: this.#options.sealer.seal(JSON.stringify(event), context), size });
    this.#pendingSize += size;
    this.#length += 1;
  }

  #hasRoom(): boolean {
    const { sizeMax } = this.#services.bounds;
    return !this.#full && this.#unsent.length < unsentMax && this.#pendingSize <= sizeMax;
  }

  #stop(): void {
    clearInterval(this.#beat);
    this.#onClosed(this);
    this.#stopListening();
    this.#release();
  }

  #release(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }

  /** Sends what there is, or looks how the readers are; at most one group is on its way. */
  #send(): void {
    this.#wanted = true;
    if (this.#sending !== undefined || this.#ended) return;
    this.#sending = (async () => {
      try {
        while ((this.#wanted || this.#unsent.length > 0) && !this.#ended) {
          this.#wanted = false;
          await this.#group('OPEN');
        }
      } catch (err) {
        this.#services.log.warn({ err }, 'events could not be written; they are tried again');
      }
      this.#sending = undefined;
      if (this.#hasRoom()) this.#release();
    })();
  }

  async #group(state: 'OPEN' | 'ENDED' | 'GIVEN_UP'): Promise<void> {
    const group = this.#unsent;
    this.#unsent = [];
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#append(state, group);
        return;
      } catch (error) {
        if (attempt < sendRetriesMax && state === 'ENDED') continue;
        this.#unsent = [...group, ...this.#unsent];
        throw error;
      }
    }
  }

  async #append(
    state: 'NEW' | 'OPEN' | 'ENDED' | 'GIVEN_UP',
    group: readonly { readonly sealed: string; readonly size: number }[],
  ): Promise<void> {
    const { events, meta, readers, eventsChannel } = this.#keys;
    const { scripts, bounds } = this.#services;
    const lifeMs = state === 'ENDED' ? this.#options.keepMs : aliveMs;
    const args = group.flatMap(({ sealed, size }) => [sealed, size]);
    const answer = await scripts.append(
      [events, meta, readers],
      [state, lifeMs, this.#sent, bounds.eventsMax, bounds.sizeMax, eventsChannel, ...args],
    );
    const [alive = 0, waits = 0] = answer as number[];
    if (alive < 0) throw new Error(`There is a log ${this.#id} already.`);
    this.#sent += group.length;
    for (const { size } of group) this.#pendingSize -= size;
    this.#full = waits === 1;
    const left = this.#readers > 0 && alive === 0;
    this.#readers = alive;
    if (left && !this.#ended) this.#options.onAbandoned?.();
  }
}
