import { randomUUID } from 'node:crypto';
import { parseJson } from '#core/json/exact-json.ts';
import type { PayloadOpener } from '../payload-seal.ts';
import { aliveMs, beatMs, type StreamKeys, sealContext, streamKeys } from './redis-keys.ts';
import type { RedisStreamServices } from './redis-writer.ts';
import { type LoggedEvent, StreamLogLost } from './stream-log.ts';

const eventsPerRead = 256;
/** Characters of one batch, unless one event alone holds more: what a slow reader holds in this process. */
const sizePerRead = 256 * 1024;

/** One reader of a log in Redis. It holds one batch at most; the rest waits in Redis. */
export class RedisCursor<Event> implements AsyncIterableIterator<LoggedEvent<Event>> {
  readonly #id: string;
  readonly #services: RedisStreamServices;
  readonly #keys: StreamKeys;
  readonly #self = randomUUID();
  readonly #signal: AbortSignal | undefined;
  readonly #attached: Promise<void>;
  /** The last command that attaches this reader; it never rejects. */
  #reading: Promise<void>;
  #turn: Promise<unknown> = Promise.resolve();
  #opener: PayloadOpener | undefined;
  #batch: readonly string[] = [];
  #taken = 0;
  /** The number of the event it yields next. */
  #position: number;
  #known = false;
  #lostSinceMs: number | undefined;
  /** How the log ended, once its last batch is here. */
  #end: 'ENDED' | 'GIVEN_UP' | undefined;
  #done = false;
  #news = false;
  #waiting: (() => void) | undefined;
  #stopListening: () => void = () => {};

  constructor(id: string, after: number, signal: AbortSignal | undefined, services: RedisStreamServices) {
    this.#id = id;
    this.#position = after + 1;
    this.#signal = signal;
    this.#services = services;
    this.#keys = streamKeys(id);
    this.#attached = this.#attach();
    // Any error: the reads that wait for it receive it.
    this.#reading = this.#attached.catch(() => undefined);
    if (signal?.aborted) this.#leave();
    else signal?.addEventListener('abort', this.#leave, { once: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** One after the other, also for a reader that requests several at once. */
  next(): Promise<IteratorResult<LoggedEvent<Event>>> {
    const step = this.#turn.then(() => this.#next());
    // Any error: the caller of that step receives it.
    this.#turn = step.catch(() => undefined);
    return step;
  }

  async #next(): Promise<IteratorResult<LoggedEvent<Event>>> {
    try {
      await this.#attached;
      while (!this.#done) {
        const sealed = this.#batch[this.#taken];
        if (sealed !== undefined) {
          this.#taken += 1;
          const sequence = this.#position;
          this.#position += 1;
          // The writer seals all events of a log with one key.
          this.#opener ??= await this.#services.seal.findOpener(sealed);
          const json = this.#opener.open(sealed, sealContext(this.#id, sequence));
          return { done: false, value: { sequence, event: parseJson(json) as Event } };
        }
        if (this.#end === 'GIVEN_UP') throw this.#abandoned();
        if (this.#end === 'ENDED') break;
        const reading = this.#read();
        // Any error: the step that reads receives it.
        this.#reading = reading.catch(() => undefined);
        await reading.then(
          () => {
            this.#lostSinceMs = undefined;
          },
          (error: unknown) => this.#bear(error),
        );
        if (this.#batch.length === 0 && this.#end === undefined && !this.#done) await this.#wait();
      }
    } catch (error) {
      this.#leave();
      throw error;
    }
    this.#leave();
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<LoggedEvent<Event>>> {
    this.#leave();
    return { done: true, value: undefined };
  }

  /**
   * Redis, or what it held of the log, is gone: both may come back, with the next word of a writer that lives. Throws
   * once that has taken too long, and at once what will not get better.
   */
  #bear(error: unknown): void {
    if (error instanceof StreamLogLost && error.reason !== 'ABANDONED') throw error;
    this.#lostSinceMs ??= performance.now();
    if (performance.now() - this.#lostSinceMs >= aliveMs) throw error;
  }

  /** Listens before it reads, so that nothing falls between. */
  async #attach(): Promise<void> {
    const stop = await this.#services.channels.listen(this.#keys.eventsChannel, () => this.#wake());
    if (this.#done) return stop();
    this.#stopListening = stop;
    await this.#read();
  }

  async #read(): Promise<void> {
    this.#news = false;
    const { events, meta, readers, writerChannel } = this.#keys;
    const answer = await this.#services.scripts.read(
      [events, meta, readers],
      [this.#self, this.#position, eventsPerRead, aliveMs, writerChannel, sizePerRead],
    );
    const [state, ...batch] = answer as string[];
    if (state === 'TRIMMED') {
      throw new StreamLogLost(
        'TRIMMED',
        `The events of ${this.#id} from number ${this.#position} are not held.`,
      );
    }
    if (state === 'UNKNOWN') {
      throw this.#known
        ? this.#abandoned()
        : new StreamLogLost('UNKNOWN', `There are no events of ${this.#id}.`);
    }
    this.#known = true;
    this.#batch = batch;
    this.#taken = 0;
    if (state === 'ENDED' || state === 'GIVEN_UP') this.#end = state;
  }

  #abandoned(): StreamLogLost {
    return new StreamLogLost('ABANDONED', `What wrote the events of ${this.#id} is gone before the end.`);
  }

  /** Until there is news, or it is time to show that this reader lives. */
  async #wait(): Promise<void> {
    if (this.#news) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, beatMs);
    this.#waiting = resolve;
    await promise;
    clearTimeout(timer);
    this.#waiting = undefined;
  }

  #wake(): void {
    this.#news = true;
    this.#waiting?.();
  }

  readonly #leave = () => {
    if (this.#done) return;
    this.#done = true;
    this.#signal?.removeEventListener('abort', this.#leave);
    this.#stopListening();
    this.#wake();
    const { meta, readers, writerChannel } = this.#keys;
    // After a read that may be on its way, or it would attach this reader again.
    void this.#reading
      .then(() => this.#services.scripts.leave([meta, readers], [this.#self, writerChannel]))
      .catch((err: unknown) =>
        this.#services.log.debug({ err }, 'a reader counts as attached until it is overdue'),
      );
  };
}
