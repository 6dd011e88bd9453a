import protobuf from 'protobufjs';

/** What of opentelemetry-proto (v1) a collector reads of traces. */
const { root } = protobuf.parse(`
  syntax = "proto3";
  message Request { repeated ResourceSpans resource_spans = 1; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
  message Resource { repeated KeyValue attributes = 1; }
  message ScopeSpans { Scope scope = 1; repeated Span spans = 2; }
  message Scope { string name = 1; string version = 2; }
  message Span {
    bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4; string name = 5; int32 kind = 6;
    fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9;
    repeated Event events = 11; repeated Link links = 13; Status status = 15;
  }
  message Event { fixed64 time_unix_nano = 1; string name = 2; repeated KeyValue attributes = 3; }
  message Link { bytes trace_id = 1; bytes span_id = 2; }
  message Status { string message = 2; int32 code = 3; }
  message KeyValue { string key = 1; AnyValue value = 2; }
  message AnyValue {
    oneof value {
      string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; ArrayValue array_value = 5;
    }
  }
  message ArrayValue { repeated AnyValue values = 1; }
`);
const requestType = root.lookupType('Request');

type AnyValue = Readonly<Record<string, unknown>>;
type KeyValue = { readonly key: string; readonly value?: AnyValue };

/** As it is in JSON; ids of protobuf have been turned into hex. */
interface WireSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly traceState?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes?: readonly KeyValue[];
  readonly events?: readonly { readonly name: string; readonly attributes?: readonly KeyValue[] }[];
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly status?: { readonly code?: number; readonly message?: string };
}

interface WireRequest {
  readonly resourceSpans?: readonly {
    readonly resource?: { readonly attributes?: readonly KeyValue[] };
    readonly scopeSpans?: readonly { readonly spans?: readonly WireSpan[] }[];
  }[];
}

/** A span as a collector has it. */
export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Null: it begins the trace. */
  readonly parentSpanId: string | null;
  readonly state: string;
  readonly name: string;
  /** 1: INTERNAL, 2: SERVER, 3: CLIENT. */
  readonly kind: number;
  readonly startMs: number;
  readonly durationMs: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly {
    readonly name: string;
    readonly attributes: Readonly<Record<string, unknown>>;
  }[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly isError: boolean;
  readonly resource: Readonly<Record<string, unknown>>;
}

function readValue(value: AnyValue = {}): unknown {
  if ('arrayValue' in value)
    return ((value.arrayValue as { readonly values?: readonly AnyValue[] }).values ?? []).map(readValue);
  if ('intValue' in value) return Number(value.intValue);
  return Object.values(value)[0];
}

function readAttributes(attributes: readonly KeyValue[] = []): Readonly<Record<string, unknown>> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, readValue(value)]));
}

/** The spans of one export, from protobuf or JSON. */
export function readExport(body: Buffer, contentType: string): readonly CollectedSpan[] {
  const request = contentType.includes('json')
    ? (JSON.parse(body.toString()) as WireRequest)
    : toHexIds(
        requestType.toObject(requestType.decode(body), { longs: String, oneofs: false }) as WireRequest,
      );
  return (request.resourceSpans ?? []).flatMap(({ resource, scopeSpans = [] }) =>
    scopeSpans.flatMap(({ spans = [] }) =>
      spans.map((span): CollectedSpan => {
        const startNanos = BigInt(span.startTimeUnixNano);
        return {
          traceId: span.traceId,
          spanId: span.spanId,
          parentSpanId:
            span.parentSpanId === undefined || span.parentSpanId === '' ? null : span.parentSpanId,
          state: span.traceState ?? '',
          name: span.name,
          kind: span.kind,
          startMs: Number(startNanos / 1_000_000n),
          durationMs: Number(BigInt(span.endTimeUnixNano) - startNanos) / 1e6,
          attributes: readAttributes(span.attributes),
          events: (span.events ?? []).map(({ name, attributes }) => ({
            name,
            attributes: readAttributes(attributes),
          })),
          links: (span.links ?? []).map(({ traceId, spanId }) => ({ traceId, spanId })),
          isError: span.status?.code === 2,
          resource: readAttributes(resource?.attributes),
        };
      }),
    ),
  );
}

function toHexIds<T>(value: T): T {
  if (Buffer.isBuffer(value)) return value.toString('hex') as T;
  if (Array.isArray(value)) return value.map(toHexIds) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, toHexIds(inner)])) as T;
}
