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
  #waiting: RecordedSpan[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #sender: Promise<SpanSender> | undefined;

  constructor(options: SpanQueueOptions) {
    this.#options = options;
  }

  add(span: RecordedSpan): void {
    const { queueMax, batchMax, delayMs, observer } = this.#options;
    if (this.#waiting.length >= queueMax) {
      observer?.spansDropped('QUEUE_FULL', 1);
      return;
    }
    this.#waiting.push(span);
    if (this.#waiting.length >= batchMax) void this.flush();
    else if (this.#timer === undefined && this.#sending === undefined) {
      this.#timer = setTimeout(() => void this.flush(), delayMs);
      this.#timer.unref();
    }
  }

  /** Sends everything that waits. Never rejects. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
    });
    return this.#sending;
  }

  /** Sends what waits, within the time. */
  async close(withinMs: number): Promise<void> {
    await waitAtMost(this.flush(), withinMs);
    clearTimeout(this.#timer);
    // Any error: without a sender there is none to close.
    const sender = await this.#sender?.catch(() => undefined);
    await sender?.close();
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, this.#options.batchMax);
      const { observer, onFailure } = this.#options;
      try {
        await this.#send(batch);
        observer?.spansExported(batch.length);
      } catch (error) {
        // Any error: what was not taken is not sent again.
        observer?.spansDropped('EXPORT_FAILED', batch.length);
        onFailure(error, batch.length);
      }
    }
  }

  async #send(batch: readonly RecordedSpan[]): Promise<void> {
    this.#sender ??= this.#options.open();
    const sender = await this.#sender;
    await sender.send(batch);
  }
}
