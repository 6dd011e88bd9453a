import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { TraceObserver } from '#core/observers/trace-observer.ts';
import { readVersion } from '#core/read-version.ts';
import type { Tracer } from '#core/tracing/span.ts';
import { type Environment, StartError } from '../config.ts';
import type { MeshOptions } from '../mesh.ts';
import { parsePairs } from './parse-pairs.ts';

/** How long, when the process ends, what waits for the collector may take. */
const lastSpansMs = 1_000;

/**
 * The tracer of the process; undefined where no collector is set, or tracing is off: then none of its code is loaded. Spans that wait are
 * sent when it is disposed, as the last of the process.
 */
export async function startTraces(
  { environment, parts, log }: Pick<MeshOptions, 'environment' | 'parts' | 'log'>,
  observer: TraceObserver | undefined,
  starting: AsyncDisposableStack,
): Promise<Tracer | undefined> {
  const url = readUrl(environment);
  const { OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_EXPORTER: exporter, OTEL_SDK_DISABLED } = environment;
  const isOff = exporter === 'none' || OTEL_SDK_DISABLED === 'true' || sampler === 'always_off';
  if (url === undefined || isOff) return undefined;
  const [{ Traces }, { createSampler }, version] = await Promise.all([
    import('#telemetry/traces/traces.ts'),
    import('#telemetry/traces/sampler.ts'),
    readVersion(),
  ]);
  const traces = new Traces({
    otlp: {
      protocol: readProtocol(environment),
      url,
      headers: Object.fromEntries([
        ...parsePairs(environment.OTEL_EXPORTER_OTLP_HEADERS),
        ...parsePairs(environment.OTEL_EXPORTER_OTLP_TRACES_HEADERS),
      ]),
      compression: environment.OTEL_EXPORTER_OTLP_COMPRESSION,
      ca: readCertificate(environment.OTEL_EXPORTER_OTLP_CERTIFICATE),
      timeoutMs: environment.OTEL_EXPORTER_OTLP_TIMEOUT,
      resource: {
        'service.name': 'heddle',
        'service.version': version,
        'service.instance.id': `${hostname()}:${process.pid}`,
        'heddle.parts': parts.join(','),
        ...Object.fromEntries(parsePairs(environment.OTEL_RESOURCE_ATTRIBUTES)),
        ...(environment.OTEL_SERVICE_NAME === undefined
          ? {}
          : { 'service.name': environment.OTEL_SERVICE_NAME }),
      },
      version,
      oldNames: environment.HEDDLE_METRICS_OLD_NAMES === 'on',
    },
    sampler: createSampler(sampler, environment.OTEL_TRACES_SAMPLER_ARG),
    slowMs: environment.HEDDLE_TRACES_SLOW_MS,
    queueMax: environment.OTEL_BSP_MAX_QUEUE_SIZE,
    batchMax: environment.OTEL_BSP_MAX_EXPORT_BATCH_SIZE,
    delayMs: environment.OTEL_BSP_SCHEDULE_DELAY,
    observer,
    log,
  });
  starting.defer(() => traces.close(lastSpansMs));
  return traces.tracer;
}

function readCertificate(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new StartError(`OTEL_EXPORTER_OTLP_CERTIFICATE: the file that it names cannot be read: ${code}`);
  }
}

function readProtocol(environment: Environment) {
  return environment.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL ?? environment.OTEL_EXPORTER_OTLP_PROTOCOL;
}

/** Where spans go; undefined: no collector is set. */
function readUrl(environment: Environment): string | undefined {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: base, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: own } = environment;
  if (own !== undefined || base === undefined) return own;
  return readProtocol(environment) === 'grpc' ? base : `${base.replace(/\/$/, '')}/v1/traces`;
}
