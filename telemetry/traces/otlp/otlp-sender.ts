import { setTimeout as wait } from 'node:timers/promises';
import type { RecordedSpan } from '../recording.ts';
import type { SpanSender } from '../span-queue.ts';
import { CollectorFailure } from './collector-failure.ts';
import { type ExportOptions, writeJson, writeProtobuf } from './export-request.ts';
import type { OtlpProtocol } from './otlp-protocols.ts';
import { createGrpcTransport } from './send-grpc.ts';
import { createHttpTransport, type Transport, type TransportOptions } from './send-http.ts';

export interface OtlpOptions extends ExportOptions, TransportOptions {
  readonly protocol: OtlpProtocol;
  /** Milliseconds that an export may take, with all its tries. */
  readonly timeoutMs: number;
}

const backoffMsMin = 100;
const backoffMsMax = 5_000;

function createTransport(options: OtlpOptions): Transport {
  if (options.protocol === 'grpc') return createGrpcTransport(options);
  const isJson = options.protocol === 'http/json';
  return createHttpTransport(options, isJson ? 'application/json' : 'application/x-protobuf');
}

/** Sends spans by OTLP: https://opentelemetry.io/docs/specs/otlp/. An export that may be taken later is sent again until its time is over. */
export function createOtlpSender(options: OtlpOptions): SpanSender {
  const transport = createTransport(options);
  const write = options.protocol === 'http/json' ? writeJson : writeProtobuf;
  return {
    async send(spans: readonly RecordedSpan[]) {
      const body = write(spans, options);
      const signal = AbortSignal.timeout(options.timeoutMs);
      for (let delayMs = backoffMsMin; ; delayMs = Math.min(2 * delayMs, backoffMsMax)) {
        try {
          return await transport.send(body, signal);
        } catch (error) {
          if (signal.aborted) throw new CollectorFailure('TIMEOUT', false);
          if (!(error instanceof CollectorFailure) || !error.isRetryable) throw error;
          // Any error: the wait ends early with the time of the export.
          await wait(delayMs * (0.5 + Math.random()), undefined, { signal, ref: false }).catch(
            () => undefined,
          );
          if (signal.aborted) throw error;
        }
      }
    },
    close: () => transport.close(),
  };
}
