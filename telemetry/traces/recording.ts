import { findCause } from '#core/observers/error-causes.ts';
import type { DroppedReason } from '#core/observers/trace-observer.ts';
import type { AttributeSource, Attributes, Span, SpanKind, SpanOptions } from '#core/tracing/span.ts';
import { type SpanReference, type TraceContext, toSpanReference } from '#core/tracing/trace-context.ts';
import { newSpanId } from './trace-ids.ts';

/** Spans of one operation that are recorded. */
const spansMax = 500;
/** Of one span. */
const eventsMax = 32;
const linksMax = 16;
const sourcesMax = 16;

/** What recordings of a process share. */
export interface RecordingOutput {
  /** Milliseconds after which an operation is slow. */
  readonly slowMs: number;
  /** Whether one more operation that is not sampled is exported, as it has failed or was slow. */
  admit(isCallersFault: boolean): boolean;
  export(span: RecordedSpan): void;
  dropped(reason: DroppedReason, count: number): void;
  /** Makes room for one more span that waits for the end of its operation; false: there is none. */
  hold(): boolean;
  release(count: number): void;
}

export interface SpanEvent {
  readonly name: string;
  readonly atMs: number;
  readonly attributes: Attributes;
}

/**
 * The spans of one operation in this process, from its first span until none is open. Where the operation is sampled, each is exported as it
 * ends. Otherwise they are kept until all have ended, and are exported if one has failed or the operation was slow.
 */
export class Recording {
  readonly traceId: string;
  readonly isSampled: boolean;
  readonly state: string | undefined;
  readonly output: RecordingOutput;
  /** What turns the process's milliseconds into those since the epoch. */
  readonly epochMs: number;
  readonly #beganMs: number;
  #answeredMs: number | undefined;
  #spans = 0;
  #open = 0;
  #kept: RecordedSpan[] = [];
  #leftOut = 0;
  #isExported: boolean;
  #failure: 'NONE' | 'CALLER' | 'OTHER' = 'NONE';

  constructor(
    { traceId, isSampled, state }: Pick<TraceContext, 'traceId' | 'isSampled' | 'state'>,
    output: RecordingOutput,
  ) {
    this.traceId = traceId;
    this.isSampled = isSampled;
    this.state = state;
    this.output = output;
    this.#isExported = isSampled;
    this.#beganMs = performance.now();
    this.epochMs = Date.now() - this.#beganMs;
  }

  /** The first span of the operation. */
  begin(name: string, options: SpanOptions, parent: TraceContext | undefined): RecordedSpan {
    this.#spans = 1;
    this.#open = 1;
    return new RecordedSpan(this, name, options, parent, this.#beganMs);
  }

  /** True: one more span may begin. What outlives the operation, such as a connection that it has opened, has none. */
  admit(): boolean {
    if (this.#open === 0) return false;
    if (this.#spans >= spansMax) {
      this.#leftOut += 1;
      return false;
    }
    this.#spans += 1;
    this.#open += 1;
    return true;
  }

  answered(): void {
    this.#answeredMs = performance.now();
  }

  ended(span: RecordedSpan): void {
    this.#open -= 1;
    if (span.code !== undefined) {
      if (span.isFailed) this.#failure = 'OTHER';
      else if (this.#failure === 'NONE') this.#failure = 'CALLER';
    }
    if (this.#isExported) this.output.export(span);
    else if (this.output.hold()) this.#kept.push(span);
    else this.#leftOut += 1;
    if (this.#open === 0) this.#settle(span.endMs);
  }

  #settle(endMs: number): void {
    const isSlow = (this.#answeredMs ?? endMs) - this.#beganMs >= this.output.slowMs;
    if (!this.#isExported && (isSlow || this.#failure !== 'NONE')) {
      const isCallersFault = !isSlow && this.#failure === 'CALLER';
      if (this.output.admit(isCallersFault)) {
        this.#isExported = true;
        for (const span of this.#kept) this.output.export(span);
      } else this.output.dropped('RATE_LIMITED', this.#kept.length);
    }
    this.output.release(this.#kept.length);
    this.#kept = [];
    if (this.#isExported && this.#leftOut > 0) this.output.dropped('OPERATION_FULL', this.#leftOut);
    this.#leftOut = 0;
  }
}

export class RecordedSpan implements Span {
  readonly recording: Recording;
  readonly name: string;
  readonly kind: SpanKind;
  /** A span of this process, or of another one; undefined: it begins a trace. */
  readonly parent: RecordedSpan | TraceContext | undefined;
  readonly startMs: number;
  endMs = 0;
  /** Why it failed; undefined: it has not. */
  code: string | undefined;
  /** Absent: there is none, as of most spans. */
  sources: AttributeSource[] | undefined;
  events: SpanEvent[] | undefined;
  links: SpanReference[] | undefined;
  /** Events and links beyond those that are kept. */
  eventsLeftOut = 0;
  linksLeftOut = 0;
  #spanId: string | undefined;

  constructor(
    recording: Recording,
    name: string,
    { kind = 'INTERNAL', attributes }: SpanOptions,
    parent: RecordedSpan | TraceContext | undefined,
    startMs: number,
  ) {
    this.recording = recording;
    this.name = name;
    this.kind = kind;
    this.parent = parent;
    this.startMs = startMs;
    if (attributes !== undefined) this.sources = [attributes];
  }

  /** True: it failed, and not as its caller made a mistake. */
  get isFailed(): boolean {
    return this.code !== undefined && findCause(this.code) !== 'caller';
  }

  /** Drawn when it is needed: of most spans it never is. */
  get spanId(): string {
    this.#spanId ??= newSpanId();
    return this.#spanId;
  }

  get context(): TraceContext {
    const { traceId, isSampled, state } = this.recording;
    return { traceId, spanId: this.spanId, isSampled, state };
  }

  get sampledTraceId(): string | undefined {
    return this.recording.isSampled ? this.recording.traceId : undefined;
  }

  child(name: string, options: SpanOptions = {}): Span {
    if (!this.recording.admit()) return new LeftOutSpan(this);
    return new RecordedSpan(this.recording, name, options, this, performance.now());
  }

  childEnded(name: string, durationMs: number, options: SpanOptions & { readonly code?: string } = {}): void {
    if (!this.recording.admit()) return;
    const endMs = performance.now();
    const span = new RecordedSpan(this.recording, name, options, this, endMs - durationMs);
    span.endMs = endMs;
    span.code = options.code;
    this.recording.ended(span);
  }

  set(attributes: AttributeSource): void {
    this.sources ??= [];
    if (this.sources.length < sourcesMax) this.sources.push(attributes);
  }

  event(name: string, attributes: Attributes = {}): void {
    this.events ??= [];
    if (this.events.length < eventsMax) this.events.push({ name, atMs: performance.now(), attributes });
    else this.eventsLeftOut += 1;
  }

  link(to: SpanReference): void {
    this.links ??= [];
    if (this.links.length < linksMax) this.links.push(toSpanReference(to));
    else this.linksLeftOut += 1;
  }

  answered(): void {
    this.recording.answered();
  }

  fail(code: string): void {
    this.code ??= code;
  }

  end(): void {
    if (this.endMs !== 0) return;
    this.endMs = performance.now();
    this.recording.ended(this);
  }
}

/** Stands for a span that is not recorded: what it would carry on is what its parent does. */
class LeftOutSpan implements Span {
  readonly #parent: Span;

  constructor(parent: Span) {
    this.#parent = parent;
  }

  get context(): TraceContext {
    return this.#parent.context;
  }

  get sampledTraceId(): string | undefined {
    return this.#parent.sampledTraceId;
  }

  child(): Span {
    return this;
  }

  childEnded(): void {}
  set(): void {}
  event(): void {}
  link(): void {}
  answered(): void {}
  fail(): void {}
  end(): void {}
}
