import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import { type CollectedSpan, readExport } from './otlp-messages.ts';

/** Receives traces by OTLP, as a collector does. */
export interface Collector extends AsyncDisposable {
  /** Its origin. */
  readonly url: string;
  readonly spans: readonly CollectedSpan[];
  /** Of each export: its path and its headers. */
  readonly exports: readonly { readonly path: string; readonly headers: IncomingHttpHeaders }[];
  /** The first value that `find` finds among the spans, now or as they come. */
  until<T>(find: (spans: readonly CollectedSpan[]) => T | undefined): Promise<T>;
  /** All spans of a trace, once one of them has this name. */
  traceWith(name: string, traceId?: string): Promise<readonly CollectedSpan[]>;
}

class Received {
  readonly spans: CollectedSpan[] = [];
  readonly exports: { path: string; headers: IncomingHttpHeaders }[] = [];
  readonly #came = new EventEmitter();

  take(body: Buffer, path: string, headers: IncomingHttpHeaders): void {
    this.exports.push({ path, headers });
    this.spans.push(...readExport(body, headers['content-type'] ?? ''));
    this.#came.emit('spans');
  }

  async until<T>(find: (spans: readonly CollectedSpan[]) => T | undefined): Promise<T> {
    for (;;) {
      const found = find(this.spans);
      if (found !== undefined) return found;
      await once(this.#came, 'spans');
    }
  }

  traceWith(name: string, traceId?: string): Promise<readonly CollectedSpan[]> {
    return this.until((spans) => {
      const root = spans.find((span) => span.name === name && (traceId ?? span.traceId) === span.traceId);
      return root && spans.filter((span) => span.traceId === root.traceId);
    });
  }
}

/** A collector over HTTP. @param answer the status of each export */
export async function startCollector(answer: () => number = () => 200): Promise<Collector> {
  const received = new Received();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const status = answer();
    if (status === 200) {
      const isZipped = request.headers['content-encoding'] === 'gzip';
      received.take(isZipped ? gunzipSync(body) : body, request.url ?? '', request.headers);
    }
    response.writeHead(status, { 'content-type': request.headers['content-type'] }).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return toCollector(received, port, async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
}

/** A collector over gRPC. */
export async function startGrpcCollector(): Promise<Collector> {
  const received = new Received();
  const server = new Server();
  const path = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
  const identity = (bytes: Buffer) => bytes;
  const method = { path, requestStream: false, responseStream: false } as const;
  const codec = {
    requestSerialize: identity,
    requestDeserialize: identity,
    responseSerialize: identity,
    responseDeserialize: identity,
  };
  server.addService(
    { Export: { ...method, ...codec } },
    {
      Export: ({ request, metadata }: ServerUnaryCall<Buffer, Buffer>, reply: sendUnaryData<Buffer>) => {
        const headers = Object.entries(metadata.getMap()).map(([name, value]) => [name, String(value)]);
        received.take(request, path, { ...Object.fromEntries(headers), 'content-type': 'application/grpc' });
        reply(null, Buffer.alloc(0));
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return toCollector(received, port, async () => server.forceShutdown());
}

function toCollector(received: Received, port: number, close: () => Promise<void>): Collector {
  return {
    url: `http://127.0.0.1:${port}`,
    spans: received.spans,
    exports: received.exports,
    until: (find) => received.until(find),
    traceWith: (name, traceId) => received.traceWith(name, traceId),
    [Symbol.asyncDispose]: close,
  };
}
