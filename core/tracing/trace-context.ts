import type { IncomingHttpHeaders } from 'node:http';

/** A place in a trace, as https://www.w3.org/TR/trace-context/ carries it from process to process. */
export interface TraceContext {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  /** Whoever began the trace, or continued it last, exports it. */
  readonly isSampled: boolean;
  /** What vendors add, as it came; undefined: nothing. */
  readonly state?: string | undefined;
}

/** A span, wherever it is. */
export type SpanReference = Pick<TraceContext, 'traceId' | 'spanId'>;

export function toSpanReference({ traceId, spanId }: SpanReference): SpanReference {
  return { traceId, spanId };
}

/** Any version but ff, which may have more behind its flags; version 00 has not. */
const pattern = /^(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const noTrace = '0'.repeat(32);
const noSpan = '0'.repeat(16);
const sampledFlag = 1;
/** Longer than the longest that is worth reading. */
const parentCharactersMax = 512;

const stateCharactersMax = 512;
const stateMembersMax = 32;
const member =
  /^(?:[a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13})=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;

/** The context of a `traceparent` and its `tracestate`; undefined for a `traceparent` that is none. A wrong `tracestate` is left out alone. */
export function readTraceContext(traceparent: unknown, tracestate?: unknown): TraceContext | undefined {
  if (typeof traceparent !== 'string' || traceparent.length > parentCharactersMax) return undefined;
  const [, version, traceId = noTrace, spanId = noSpan, flags = '', more] = pattern.exec(traceparent) ?? [];
  if (traceId === noTrace || spanId === noSpan) return undefined;
  if (version === '00' && more !== undefined) return undefined;
  const isSampled = (Number.parseInt(flags, 16) & sampledFlag) !== 0;
  const state = readState(tracestate);
  return state === undefined ? { traceId, spanId, isSampled } : { traceId, spanId, isSampled, state };
}

function readState(tracestate: unknown): string | undefined {
  if (typeof tracestate !== 'string' || tracestate.length > stateCharactersMax) return undefined;
  const members = tracestate
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
  const isRight = members.length <= stateMembersMax && members.every((one) => member.test(one));
  return isRight && members.length > 0 ? members.join(',') : undefined;
}

/** The context that a request names in its headers; undefined: none, or two. */
export function readTraceHeaders({ traceparent, tracestate }: IncomingHttpHeaders): TraceContext | undefined {
  if (traceparent === undefined) return undefined;
  return readTraceContext(traceparent, Array.isArray(tracestate) ? tracestate.join(',') : tracestate);
}

/** The `traceparent` of a context. */
export function toTraceparent({ traceId, spanId, isSampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`;
}
