import { type ClientHttp2Session, connect, constants } from 'node:http2';
import { gzipSync } from 'node:zlib';
import { CollectorFailure, toConnectionFailure } from './collector-failure.ts';
import type { Transport, TransportOptions } from './send-http.ts';

const path = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
/** After these the same export may be sent again: https://opentelemetry.io/docs/specs/otlp/#failures */
const retryable: ReadonlySet<number> = new Set([1, 4, 10, 11, 14, 15]);
const prefixBytes = 5;

/** One message of a gRPC call: whether it is compressed, its length, and itself. */
function frame(body: Buffer, isCompressed: boolean): Buffer {
  const sent = isCompressed ? gzipSync(body) : body;
  const framed = Buffer.allocUnsafe(prefixBytes + sent.length);
  framed[0] = isCompressed ? 1 : 0;
  framed.writeUInt32BE(sent.length, 1);
  sent.copy(framed, prefixBytes);
  return framed;
}

/** Sends exports by unary calls of gRPC over HTTP/2: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
export function createGrpcTransport({ url, headers, compression, ca }: TransportOptions): Transport {
  const { origin } = new URL(url);
  let session: ClientHttp2Session | undefined;
  const open = (): ClientHttp2Session => {
    if (session === undefined || session.closed || session.destroyed) {
      session = connect(origin, ca === undefined ? {} : { ca });
      // Its failure is that of the call that waits for it.
      session.on('error', () => undefined);
      session.unref();
    }
    return session;
  };
  const isCompressed = compression === 'gzip';
  const sent = {
    ...headers,
    ':method': 'POST',
    ':path': path,
    te: 'trailers',
    'content-type': 'application/grpc',
    ...(isCompressed ? { 'grpc-encoding': 'gzip' } : {}),
  };
  return {
    send(body, signal) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const call = open().request(sent, { signal });
      let status: number | undefined;
      const readStatus = (received: Readonly<Record<string, unknown>>) => {
        const text = received['grpc-status'];
        if (text !== undefined) status = Number(text);
      };
      call.on('response', (received) => {
        readStatus(received);
        const http = Number(received[':status']);
        if (http === constants.HTTP_STATUS_OK) return;
        reject(new CollectorFailure(`HTTP ${http}`, http >= 500));
        call.close();
      });
      call.on('trailers', readStatus);
      call.on('error', (error) => reject(toConnectionFailure(error)));
      call.on('close', () => {
        if (status === 0) resolve();
        else if (status === undefined) reject(new CollectorFailure('UNREACHABLE', true));
        else reject(new CollectorFailure(`GRPC ${status}`, retryable.has(status)));
      });
      // What the collector answers is not read, whatever its length.
      call.resume();
      call.end(frame(body, isCompressed));
      return promise;
    },
    async close() {
      session?.destroy();
    },
  };
}
