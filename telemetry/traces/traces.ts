import type { Logger } from 'pino';
import type { DroppedReason, TraceObserver } from '#core/observers/trace-observer.ts';
import type { Tracer } from '#core/tracing/span.ts';
import { AdmissionRate } from './admission-rate.ts';
import type { OtlpOptions } from './otlp/otlp-sender.ts';
import { type RecordedSpan, Recording, type RecordingOutput } from './recording.ts';
import type { Sampler } from './sampler.ts';
import { SpanQueue } from './span-queue.ts';
import { newTraceId } from './trace-ids.ts';

export interface TracesOptions {
  readonly otlp: OtlpOptions;
  readonly sampler: Sampler;
  /** Milliseconds after which an operation is exported that is not sampled. */
  readonly slowMs: number;
  readonly queueMax: number;
  readonly batchMax: number;
  readonly delayMs: number;
  readonly observer: TraceObserver | undefined;
  readonly log: Logger;
}

/** Operations a second that are exported though they are not sampled: of failures that their callers caused, and of all others. */
const failuresPerSecond = { caller: 10, other: 100 } as const;
/** Spans of all operations in progress that wait for the end of theirs. */
const heldMax = 50_000;
/** Lines of the log about a collector that fails. */
const failureLineMs = 60_000;

/** The traces of a process: records spans, and sends them to the collector. Nothing is loaded or sent before the first of them. */
export class Traces implements RecordingOutput {
  readonly slowMs: number;
  readonly tracer: Tracer;
  readonly #observer: TraceObserver | undefined;
  readonly #queue: SpanQueue;
  readonly #rates: Readonly<Record<'caller' | 'other', AdmissionRate>>;
  #held = 0;

  constructor(options: TracesOptions) {
    const { otlp, sampler, slowMs, queueMax, batchMax, delayMs, observer, log } = options;
    this.slowMs = slowMs;
    this.#observer = observer;
    this.#queue = new SpanQueue({
      open: async () => (await import('./otlp/otlp-sender.ts')).createOtlpSender(otlp),
      ...{ observer, queueMax, batchMax, delayMs },
      onFailure: createFailureLog(log),
    });
    const now = () => performance.now();
    this.#rates = {
      caller: new AdmissionRate(failuresPerSecond.caller, now),
      other: new AdmissionRate(failuresPerSecond.other, now),
    };
    this.tracer = {
      begin: (name, options) => {
        const { parent } = options;
        const traceId = parent?.traceId ?? newTraceId();
        const isSampled = sampler(traceId, parent);
        return new Recording({ traceId, isSampled, state: parent?.state }, this).begin(name, options, parent);
      },
    };
  }

  admit(isCallersFault: boolean): boolean {
    return this.#rates[isCallersFault ? 'caller' : 'other'].take();
  }

  export(span: RecordedSpan): void {
    this.#queue.add(span);
  }

  dropped(reason: DroppedReason, count: number): void {
    this.#observer?.spansDropped(reason, count);
  }

  hold(): boolean {
    if (this.#held >= heldMax) return false;
    this.#held += 1;
    return true;
  }

  release(count: number): void {
    this.#held -= count;
  }

  /** Sends what waits, within the time, and ends. */
  close(withinMs: number): Promise<void> {
    return this.#queue.close(withinMs);
  }
}

/** One line a minute, with the code of the failure alone: an answer of a collector, or an address with a password, is not logged. */
function createFailureLog(log: Logger): (error: unknown, count: number) => void {
  let lineAtMs = Number.NEGATIVE_INFINITY;
  let spans = 0;
  return (error, count) => {
    spans += count;
    if (performance.now() - lineAtMs < failureLineMs) return;
    lineAtMs = performance.now();
    const { code } = (error ?? {}) as { readonly code?: unknown };
    const cause = typeof code === 'string' || typeof code === 'number' ? { cause: String(code) } : {};
    log.warn({ event: 'traces_failed', spans, ...cause }, 'the collector of traces has not taken spans');
    spans = 0;
  };
}
