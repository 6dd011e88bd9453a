import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { Socket } from 'node:net';
import { newRequestId } from '#core/request-id.ts';
import type { TlsSource } from '#transport/mesh-tls.ts';
import { RateLimited } from '../auth/client-use.ts';
import { chooseBodyBounds } from '../limits.ts';
import { bareAnswer } from './headers.ts';
import type { Pipeline } from './pipeline.ts';
import type { GatewayServices } from './services.ts';

const keepAliveTimeoutMs = 75_000;
const handshakeMsMax = 10_000;

/** The status for bytes that are no request of HTTP. */
function statusOfBrokenRequest(code: string | undefined): string {
  if (code === 'HPE_HEADER_OVERFLOW') return '431 Request Header Fields Too Large';
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return '413 Payload Too Large';
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? '408 Request Timeout' : '400 Bad Request';
}

/**
 * The HTTP server in front of the pipeline: bounds of connections, of headers and of time, and TLS. It does not listen yet.
 * `unwatch` ends the renewal of certificates.
 */
export function createHttpServer(
  { limits, clients, refusals, log }: Pick<GatewayServices, 'limits' | 'clients' | 'refusals' | 'log'>,
  pipeline: Pick<Pipeline, 'serve' | 'upgrade'>,
  tls: TlsSource | undefined,
): { readonly server: Server; unwatch(): void } {
  const options = {
    noDelay: true,
    keepAliveTimeout: keepAliveTimeoutMs,
    headersTimeout: limits.requestTimeoutMs,
    // A body has a time limit of its own, which depends on its caller.
    requestTimeout: limits.requestTimeoutMs + chooseBodyBounds(limits, false, true).timeoutMs,
    maxHeaderSize: 16 * 1024,
    // Clients offer other protocols too, Java's HTTP/2 with every first request: what is not taken is served as it came.
    shouldUpgradeCallback: (request: IncomingMessage) =>
      request.headers.upgrade?.toLowerCase() === 'websocket',
  };
  const server =
    tls === undefined
      ? createServer(options)
      : createTlsServer({ ...options, handshakeTimeout: handshakeMsMax, ...tls.current() });
  const unwatch = tls?.onChange(
    (material) => 'setSecureContext' in server && server.setSecureContext(material),
  );
  server.maxConnections = limits.connectionsMax;
  server.on('connection', (socket) => {
    if (clients.connected(socket)) return;
    const requestId = newRequestId();
    const clientAddress = socket.remoteAddress ?? null;
    refusals.thrown(new RateLimited('Too many connections.', 1_000), { requestId, clientAddress });
    socket.destroy();
  });
  server.on('request', (request, response) => {
    pipeline.serve(request, response).catch((error: unknown) => {
      log.error({ err: error }, 'a request could not be answered');
      response.destroy();
    });
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // An answer that has begun cannot be followed by another.
    if (!socket.writable || (socket instanceof Socket && socket.bytesWritten > 0)) socket.destroy();
    else socket.end(bareAnswer(statusOfBrokenRequest(error.code), { 'x-request-id': newRequestId() }));
  });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    pipeline.upgrade(request, socket, head);
  });
  return { server, unwatch: () => unwatch?.() };
}
