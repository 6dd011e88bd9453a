import { AsyncLocalStorage } from 'node:async_hooks';
import type { SpanReference, TraceContext } from './trace-context.ts';

/** SERVER: answers a request. CLIENT: waits for the answer of another process. INTERNAL: everything else. */
export type SpanKind = 'INTERNAL' | 'SERVER' | 'CLIENT';

export type Attributes = Readonly<
  Record<string, string | number | boolean | readonly string[] | null | undefined>
>;

/** Attributes, or what makes them if the span is exported: of most spans nothing is. It is called later, and reads nothing that changes. */
export type AttributeSource = Attributes | (() => Attributes);

export interface SpanOptions {
  readonly kind?: SpanKind;
  readonly attributes?: AttributeSource;
}

/**
 * Something that takes time, in the trace of an operation. No method throws or waits, and each is bounded: an operation that has more
 * spans, events or links than are kept runs on as without them. Names and attributes hold no text of a client but what its tenant has
 * logged in full.
 */
export interface Span {
  readonly context: TraceContext;
  /** The trace, where it is exported for certain; undefined: only if it fails or is slow. */
  readonly sampledTraceId: string | undefined;
  /** A span within this one, until its `end`. */
  child(name: string, options?: SpanOptions): Span;
  /** A span within this one that ends now and took so long. */
  childEnded(name: string, durationMs: number, options?: SpanOptions & { readonly code?: string }): void;
  /** Null and undefined are left out. */
  set(attributes: AttributeSource): void;
  event(name: string, attributes?: Attributes): void;
  /** Another span that this one continues, or whose result it takes. */
  link(to: SpanReference): void;
  /** A stream has begun, or has its first event: an operation is slow by the time until then. The last call counts. */
  answered(): void;
  /** It failed, with a code of the catalog or one of the cause. */
  fail(code: string): void;
  /** The first call counts. */
  end(): void;
}

/** Begins the traces of a process. */
export interface Tracer {
  /** A span that continues the trace of another process, or begins one. */
  begin(
    name: string,
    options: SpanOptions & { readonly kind: SpanKind; readonly parent: TraceContext | undefined },
  ): Span;
}

/** Of a process: where nothing is traced, no span ever runs in it. */
const active = new AsyncLocalStorage<Span>();

/** The span that the code runs in; undefined: nothing is traced. */
export function activeSpan(): Span | undefined {
  return active.getStore();
}

/** Runs the work, and everything that it begins, in the span; undefined: as it is. */
export function withSpan<T>(span: Span | undefined, work: () => T): T {
  return span === undefined ? work() : active.run(span, work);
}

/** Runs the work in a span of its own, where something is traced. What it throws is the failure of the span. */
export function inSpan<T>(
  name: string,
  work: (span: Span | undefined) => Promise<T>,
  options?: SpanOptions,
): Promise<T> {
  const parent = active.getStore();
  return parent === undefined ? work(undefined) : runIn(parent.child(name, options), work);
}

/**
 * As `inSpan`, of work that has no spans worth a place below its own: those that it begins are beside it. Half as much CPU, since the work runs in
 * the context that is there.
 */
export function timeSpan<T>(name: string, work: (span: Span | undefined) => Promise<T>): Promise<T> {
  const parent = active.getStore();
  if (parent === undefined) return work(undefined);
  const span = parent.child(name);
  return endWith(span, () => work(span));
}

/** Runs the work in a span that ends with it. */
export function runIn<T>(span: Span, work: (span: Span) => Promise<T>): Promise<T> {
  return endWith(span, () => active.run(span, work, span));
}

/** Ends the span with the work, before who waits for the work continues: its handlers are the first. */
function endWith<T>(span: Span, work: () => Promise<T>): Promise<T> {
  let running: Promise<T>;
  try {
    running = work();
  } catch (error) {
    running = Promise.reject(error);
  }
  running.then(
    () => span.end(),
    // Any error: whoever waits for the work receives it.
    (error: unknown) => {
      span.fail(readCode(error));
      span.end();
    },
  );
  return running;
}

const codePattern = /^[A-Z][A-Z0-9_]{0,63}$/;

/** The code of an error, as it is reported: its words may be those of a client. */
export function readCode(error: unknown): string {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' && codePattern.test(code) ? code : 'INTERNAL';
}
