import { once } from 'node:events';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { HeddleError } from '#core/errors.ts';
import type { MetricsPage } from '#core/observers/metrics-page.ts';

const connectionsMax = 50;
const requestMsMax = 10_000;

interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** A certificate that may be renewed while it is used. */
export interface CertificateSource {
  current(): Certificate;
  /** Calls the listener after each change. The returned function stops that. */
  onChange(listener: (next: Certificate) => void): () => void;
}

export interface MetricsServerOptions {
  readonly page: MetricsPage;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Of the process; undefined: plain HTTP. */
  readonly certificate?: CertificateSource | undefined;
  readonly log: Logger;
}

/** A server of metrics that listens. Disposing closes every connection. */
export interface MetricsServer extends AsyncDisposable {
  /** Such as `http://127.0.0.1:9464/metrics`. */
  readonly url: string;
}

/** Serves `GET /metrics`, and nothing else, on a port of its own. Rejects with the system's error when the port cannot be had. */
export async function serveMetrics({
  page,
  host,
  port,
  certificate,
  log,
}: MetricsServerOptions): Promise<MetricsServer> {
  const serve: RequestListener = (request, response) => {
    // No request has a body that is read.
    if (request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined)
      response.setHeader('connection', 'close');
    if (request.url?.split('?', 1)[0] !== '/metrics')
      return send(response, 404, 'Only /metrics is served here.');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      return send(response, 405, 'Metrics are read by GET.');
    }
    page.read(request).then(
      ({ contentType, text }) => send(response, 200, text, contentType),
      (error: unknown) => {
        if (error instanceof HeddleError && error.code === 'UNAUTHENTICATED') {
          response.setHeader('www-authenticate', 'Bearer');
          return send(response, 401, error.message);
        }
        if (error instanceof HeddleError) return send(response, 403, error.message);
        log.error({ event: 'unexpected_error', err: error }, 'metrics could not be read');
        send(response, 500, 'The metrics could not be read.');
      },
    );
  };
  const bounds = { headersTimeout: requestMsMax, requestTimeout: requestMsMax, maxHeaderSize: 16 * 1024 };
  const server =
    certificate === undefined
      ? createServer(bounds, serve)
      : createTlsServer({ ...bounds, ...toPair(certificate.current()) }, serve);
  const unwatch = certificate?.onChange(
    (next) => 'setSecureContext' in server && server.setSecureContext(toPair(next)),
  );
  server.maxConnections = connectionsMax;
  server.listen(port, host);
  await once(server, 'listening');
  const { port: taken } = server.address() as AddressInfo;
  const shownHost = host.includes(':') ? `[${host}]` : host;
  return {
    url: `${certificate === undefined ? 'http' : 'https'}://${shownHost}:${taken}/metrics`,
    async [Symbol.asyncDispose]() {
      unwatch?.();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Without the authorities of other parts: whoever reads metrics has a token and no certificate. */
function toPair({ cert, key }: Certificate): Certificate {
  return { cert, key };
}

function send(
  response: ServerResponse,
  status: number,
  text: string,
  type = 'text/plain; charset=utf-8',
): void {
  const headers = { 'content-type': type, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
  response.writeHead(status, headers).end(text);
}
