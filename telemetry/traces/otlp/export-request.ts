import type { RecordedSpan } from '../recording.ts';
import { boundAttributes, readAttributes } from './exported-attributes.ts';
import type { ExportedValue } from './open-inference.ts';
import { ProtobufWriter } from './protobuf-writer.ts';

/** What exports have in common. */
export interface ExportOptions {
  /** What the spans come from, such as `service.name`. */
  readonly resource: Readonly<Record<string, string>>;
  /** The version of Heddle. */
  readonly version: string;
  /** Adds the names that attributes had in the GenAI conventions until v1.41. */
  readonly oldNames: boolean;
}

type Exported = Readonly<Record<string, ExportedValue>>;

/** A span as OTLP has it: https://github.com/open-telemetry/opentelemetry-proto/blob/v1.9.0/opentelemetry/proto/trace/v1/trace.proto */
interface OtlpSpan {
  readonly span: RecordedSpan;
  readonly parentSpanId: string | undefined;
  readonly kind: number;
  readonly startNanos: number;
  readonly endNanos: number;
  readonly attributes: Exported;
  readonly attributesLeftOut: number;
  readonly events: readonly {
    readonly name: string;
    readonly nanos: number;
    readonly attributes: Exported;
  }[];
  /** Sampled, as it is exported; and whether its parent is of another process. */
  readonly flags: number;
}

const kinds = { INTERNAL: 1, SERVER: 2, CLIENT: 3 } as const;
const statusError = 2;
const scopeName = 'heddle';
const sampledFlag = 0x1;
const knowsRemoteFlag = 0x100;
const remoteFlag = 0x200;

function toOtlpSpan(span: RecordedSpan, oldNames: boolean): OtlpSpan {
  const { parent, recording, kind } = span;
  const toNanos = (ms: number) => Math.round((recording.epochMs + ms) * 1e6);
  const { attributes, leftOut } = readAttributes(span, oldNames);
  const isRemote = parent !== undefined && !('recording' in parent);
  return {
    span,
    parentSpanId: parent?.spanId,
    kind: kinds[kind],
    startNanos: toNanos(span.startMs),
    endNanos: toNanos(span.endMs),
    attributes,
    attributesLeftOut: leftOut,
    events: (span.events ?? []).map(({ name, atMs, attributes: given }) => ({
      name,
      nanos: toNanos(atMs),
      attributes: boundAttributes(given).attributes,
    })),
    flags: sampledFlag | knowsRemoteFlag | (isRemote ? remoteFlag : 0),
  };
}

/** An ExportTraceServiceRequest in protobuf. */
export function writeProtobuf(spans: readonly RecordedSpan[], options: ExportOptions): Buffer {
  const writer = new ProtobufWriter();
  writer.message(1, () => {
    writer.message(1, () => writeAttributes(writer, 1, options.resource));
    writer.message(2, () => {
      writer.message(1, () => {
        writer.text(1, scopeName);
        writer.text(2, options.version);
      });
      for (const span of spans) {
        const otlp = toOtlpSpan(span, options.oldNames);
        writer.message(2, () => writeSpan(writer, otlp));
      }
    });
  });
  return writer.bytes;
}

function writeSpan(writer: ProtobufWriter, otlp: OtlpSpan): void {
  const { span, parentSpanId, attributesLeftOut } = otlp;
  const { traceId, state } = span.recording;
  writer.hex(1, traceId);
  writer.hex(2, span.spanId);
  if (state !== undefined) writer.text(3, state);
  if (parentSpanId !== undefined) writer.hex(4, parentSpanId);
  writer.text(5, span.name);
  writer.integer(6, otlp.kind);
  writer.fixed64(7, otlp.startNanos);
  writer.fixed64(8, otlp.endNanos);
  writeAttributes(writer, 9, otlp.attributes);
  if (attributesLeftOut > 0) writer.integer(10, attributesLeftOut);
  for (const { name, nanos, attributes } of otlp.events) {
    writer.message(11, () => {
      writer.fixed64(1, nanos);
      writer.text(2, name);
      writeAttributes(writer, 3, attributes);
    });
  }
  if (span.eventsLeftOut > 0) writer.integer(12, span.eventsLeftOut);
  for (const link of span.links ?? []) {
    writer.message(13, () => {
      writer.hex(1, link.traceId);
      writer.hex(2, link.spanId);
    });
  }
  if (span.linksLeftOut > 0) writer.integer(14, span.linksLeftOut);
  if (span.isFailed) {
    writer.message(15, () => {
      writer.text(2, span.code ?? '');
      writer.integer(3, statusError);
    });
  }
  writer.fixed32(16, otlp.flags);
}

function writeAttributes(writer: ProtobufWriter, field: number, attributes: Exported): void {
  for (const name of Object.keys(attributes)) {
    const value = attributes[name];
    if (value === undefined) continue;
    const pair = writer.begin(field);
    writer.text(1, name);
    const end = writer.begin(2);
    writeValue(writer, value);
    writer.end(end);
    writer.end(pair);
  }
}

function writeValue(writer: ProtobufWriter, value: ExportedValue): void {
  if (typeof value === 'string') writer.text(1, value);
  else if (typeof value === 'boolean') writer.integer(2, value ? 1 : 0);
  else if (typeof value === 'object')
    writer.message(5, () => {
      for (const one of value) writer.message(1, () => writer.text(1, one));
    });
  else if (Number.isSafeInteger(value)) writer.signed(3, value);
  else writer.double(4, value);
}

/** An ExportTraceServiceRequest in JSON: ids are hex, numbers of 64 bits texts. */
export function writeJson(
  spans: readonly RecordedSpan[],
  { resource, version, oldNames }: ExportOptions,
): Buffer {
  const request = {
    resourceSpans: [
      {
        resource: { attributes: listAttributes(resource) },
        scopeSpans: [
          {
            scope: { name: scopeName, version },
            spans: spans.map((span) => toJson(toOtlpSpan(span, oldNames))),
          },
        ],
      },
    ],
  };
  return Buffer.from(JSON.stringify(request));
}

function toJson({ span, events, attributes, startNanos, endNanos, ...otlp }: OtlpSpan): object {
  const { traceId, state } = span.recording;
  return {
    traceId,
    spanId: span.spanId,
    traceState: state,
    parentSpanId: otlp.parentSpanId,
    name: span.name,
    kind: otlp.kind,
    startTimeUnixNano: toText(startNanos),
    endTimeUnixNano: toText(endNanos),
    attributes: listAttributes(attributes),
    droppedAttributesCount: otlp.attributesLeftOut,
    events: events.map(({ name, nanos, attributes: given }) => ({
      timeUnixNano: toText(nanos),
      name,
      attributes: listAttributes(given),
    })),
    droppedEventsCount: span.eventsLeftOut,
    links: span.links ?? [],
    droppedLinksCount: span.linksLeftOut,
    status: span.isFailed ? { code: statusError, message: span.code } : {},
    flags: otlp.flags,
  };
}

const toText = (nanos: number) => BigInt(nanos).toString();

function listAttributes(attributes: Exported): readonly object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: toJsonValue(value) }));
}

function toJsonValue(value: ExportedValue): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'object')
    return { arrayValue: { values: value.map((one) => ({ stringValue: one })) } };
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
