import type { TraceObserver } from '#core/observers/trace-observer.ts';
import { waitAtMost } from '#core/time-limit.ts';
import type { RecordedSpan } from './recording.ts';

/** Sends spans to a collector. */
export interface SpanSender {
  /** Takes a bounded time, whatever the collector does. Rejects where it has not taken them. */
  send(spans: readonly RecordedSpan[]): Promise<void>;
  close(): Promise<void>;
}

export interface SpanQueueOptions {
  /** Opens the sender, when the first spans are to be sent. */
  readonly open: () => Promise<SpanSender>;
  readonly observer: TraceObserver | undefined;
  /** Spans that may wait; further ones are dropped. */
  readonly queueMax: number;
  /** Spans that are sent at once. */
  readonly batchMax: number;
  /** Milliseconds between two batches that are not full. */
  readonly delayMs: number;
  /** Called where spans were not taken. */
  readonly onFailure: (error: unknown, count: number) => void;
}

/** The spans that wait for a collector: bounded, and sent one batch after the other, so that a slow collector holds nothing else up. */
export class SpanQueue {
  readonly #options: SpanQueueOptions;
  readonly #waiting: RecordedSpan[] = [];
  /** Of those that wait, how many are to be sent though they fill no batch. */
  #due = 0;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #sender: Promise<SpanSender> | undefined;

  constructor(options: SpanQueueOptions) {
    this.#options = options;
  }

  add(span: RecordedSpan): void {
    const { queueMax, batchMax, observer } = this.#options;
    if (this.#waiting.length >= queueMax) {
      observer?.spansDropped('QUEUE_FULL', 1);
      return;
    }
    this.#waiting.push(span);
    if (this.#waiting.length >= batchMax) void this.#send();
    else this.#sendLater();
  }

  /** Sends everything that waits by now. Never rejects. */
  flush(): Promise<void> {
    this.#due = this.#waiting.length;
    return this.#send();
  }

  /** Sends what waits, within the time. */
  async close(withinMs: number): Promise<void> {
    await waitAtMost(this.flush(), withinMs);
    clearTimeout(this.#timer);
    // Any error: without a sender there is none to close.
    const sender = await this.#sender?.catch(() => undefined);
    await sender?.close();
  }

  #sendLater(): void {
    if (this.#timer !== undefined || this.#sending !== undefined) return;
    this.#timer = setTimeout(() => void this.flush(), this.#options.delayMs);
    this.#timer.unref();
  }

  #send(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#sending === undefined && this.#isDue()) this.#sending = this.#sendBatches();
    return this.#sending ?? Promise.resolve();
  }

  /** Full batches, and what is due: a request costs more than a few spans in it. */
  #isDue(): boolean {
    return this.#due > 0 || this.#waiting.length >= this.#options.batchMax;
  }

  async #sendBatches(): Promise<void> {
    const { observer, onFailure, batchMax } = this.#options;
    while (this.#isDue()) {
      const batch = this.#waiting.splice(0, batchMax);
      this.#due -= batch.length;
      try {
        await this.#sendBatch(batch);
        observer?.spansExported(batch.length);
      } catch (error) {
        // Any error: what was not taken is not sent again.
        observer?.spansDropped('EXPORT_FAILED', batch.length);
        onFailure(error, batch.length);
      }
    }
    // Here, and not when the promise has settled: what comes in between would wait for nothing.
    this.#sending = undefined;
    if (this.#waiting.length > 0) this.#sendLater();
  }

  async #sendBatch(batch: readonly RecordedSpan[]): Promise<void> {
    this.#sender ??= this.#options.open();
    const sender = await this.#sender;
    await sender.send(batch);
  }
}
