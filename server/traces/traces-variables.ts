import { z } from 'zod';
import { otlpProtocols } from '#telemetry/traces/otlp/otlp-protocols.ts';
import { samplerNames } from '#telemetry/traces/sampler.ts';
import { choice, hasEncodedPassword, integer, isValid, unencoded, url, variable } from '../variable-types.ts';
import { parsePairs } from './parse-pairs.ts';

const endpoint = () => url('http:', 'https:').refine(hasEncodedPassword, unencoded).optional();
const pairs = (isRight: (pairs: ReadonlyMap<string, string>) => boolean) =>
  z
    .string()
    .default('')
    .refine(
      (text) => isValid(parsePairs)(text) && isRight(parsePairs(text)),
      'must be pairs such as name=value,other=value, percent-encoded',
    );
const headerName = /^[\w!#$%&'*+.^`|~-]+$/;
const headerValue = /^[\x20-\x7e]*$/;
const headers = () =>
  pairs((found) => [...found].every(([name, value]) => headerName.test(name) && headerValue.test(value)));
const protocol = () => choice(...otlpProtocols);

/** The variables of traces: those of OpenTelemetry by their standard names, and our own where there is no standard. */
export const tracesVariables = {
  OTEL_EXPORTER_OTLP_ENDPOINT: variable(
    endpoint(),
    'Collector that traces are sent to by OTLP; over HTTP its path is followed by `/v1/traces`. Unset, as is the next one: nothing is traced.',
    true,
  ),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: variable(
    endpoint(),
    'The same for traces alone, over HTTP with its whole path.',
    true,
  ),
  OTEL_EXPORTER_OTLP_HEADERS: variable(
    headers(),
    'Headers for the collector, such as `authorization=Basic%20…`: pairs separated by commas, percent-encoded.',
    true,
  ),
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: variable(
    headers(),
    'The same for traces alone; they replace those of the same names.',
    true,
  ),
  OTEL_EXPORTER_OTLP_PROTOCOL: variable(
    protocol().default('http/protobuf'),
    'How it is sent: `http/protobuf`, `http/json` or `grpc`.',
  ),
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: variable(protocol().optional(), 'The same for traces alone.'),
  OTEL_EXPORTER_OTLP_COMPRESSION: variable(
    choice('none', 'gzip').default('none'),
    'Compression of what is sent: `none` or `gzip`.',
  ),
  OTEL_EXPORTER_OTLP_TIMEOUT: variable(
    integer(100, 60_000, 10_000),
    'How long the collector may take for one batch, retries included, in milliseconds.',
  ),
  OTEL_EXPORTER_OTLP_CERTIFICATE: variable(
    z.string().min(1).optional(),
    'PEM file of the authorities that the certificate of the collector is checked by. Unset: those of the system.',
  ),
  OTEL_TRACES_EXPORTER: variable(
    choice('otlp', 'none').default('otlp'),
    'Whether traces are sent: `otlp`, or `none`.',
  ),
  OTEL_SDK_DISABLED: variable(
    choice('true', 'false').default('false'),
    'Whether tracing is off, whatever else is set: `true` or `false`.',
  ),
  OTEL_TRACES_SAMPLER: variable(
    choice(...samplerNames).default('parentbased_always_on'),
    'Which operations are traced: `always_on`, `always_off` (none, not even failed ones), `traceidratio`, or one of these after `parentbased_`, which does as the `traceparent` of the client states where there is one.',
  ),
  OTEL_TRACES_SAMPLER_ARG: variable(
    z.coerce.number('must be a number').min(0, 'must be 0 or more').max(1, 'must be 1 or less').default(1),
    'The part of operations that a sampler by ratio traces, from 0 to 1.',
  ),
  OTEL_SERVICE_NAME: variable(
    z.string().min(1).max(255).optional(),
    'Name of the service in traces. Unset: that of `OTEL_RESOURCE_ATTRIBUTES`, or `heddle`.',
  ),
  OTEL_RESOURCE_ATTRIBUTES: variable(
    pairs((found) => found.size <= 64),
    'What traces state of this process, such as `deployment.environment.name=production`: pairs separated by commas, percent-encoded.',
  ),
  OTEL_BSP_MAX_QUEUE_SIZE: variable(
    integer(1, 1_000_000, 8_192),
    'Spans that may wait for the collector; further ones are dropped and counted.',
  ),
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: variable(integer(1, 10_000, 512), 'Spans that are sent at once.'),
  OTEL_BSP_SCHEDULE_DELAY: variable(
    integer(10, 600_000, 5_000),
    'How long spans may wait for further ones before they are sent, in milliseconds.',
  ),
  HEDDLE_TRACES_SLOW_MS: variable(
    integer(1, 3_600_000, 10_000),
    'From when on an operation is slow, and traced though the sampler leaves it out, in milliseconds; of a stream the time to its first part.',
  ),
  HEDDLE_TRACES_TO_PROVIDERS: variable(
    choice('on', 'off').default('off'),
    'Whether calls of providers have the header `traceparent`: `on` or `off`.',
  ),
} as const;
