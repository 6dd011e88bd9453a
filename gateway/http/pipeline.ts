import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { HeddleError } from '#core/errors.ts';
import { newRequestId } from '#core/request-id.ts';
import { inSpan, readCode, type Span, withSpan } from '#core/tracing/span.ts';
import { readTraceHeaders } from '#core/tracing/trace-context.ts';
import { RateLimited } from '../auth/client-use.ts';
import { addSession } from '../auth/request-credentials.ts';
import type { Door } from '../doors/door.ts';
import { presentError } from '../errors.ts';
import { GraphFailure } from '../operations/run-declared.ts';
import { allowCrossOrigin, refuseForgeable, sendPreflight } from './cross-origin.ts';
import { Exchange, readCredentials } from './exchange.ts';
import { bareAnswer, readRetryAfter, setCommonHeaders, setRetryAfter } from './headers.ts';
import { sendNotFound } from './not-found.ts';
import { BadRequest, toStatus } from './problem.ts';
import {
  type Endpoint,
  findEndpoint,
  type Resource,
  RouteTable,
  type SocketEndpoint,
} from './route-table.ts';
import { watchStalled } from './send.ts';
import { type GatewayServices, refuseRateLimited } from './services.ts';
import { createWebSockets, type WebSockets } from './sockets/web-sockets.ts';

/** What happens to every request before a handler is called, and to what the handler throws. */
export interface Pipeline {
  serve(request: IncomingMessage, response: ServerResponse): Promise<void>;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Closes the WebSockets that are idle now, and those that become idle later. */
  drain(): void;
  /** Closes every WebSocket now. */
  close(): void;
}

/** Builds the route table of the handlers; throws RangeError where two of them are in conflict. */
export function createPipeline(services: GatewayServices, doors: readonly Door[]): Pipeline {
  const routes = new RouteTable(doors, services.exposures);
  const sockets = openWebSockets(services, routes);
  return {
    serve: (request, response) => serve(services, routes, request, response),
    upgrade(request, socket, head) {
      const [path = ''] = (request.url ?? '').split('?', 1);
      const resource = routes.find(path)?.resource;
      const accepting = resource === undefined ? undefined : sockets.get(resource);
      const requestId = newRequestId();
      const headers = { 'x-request-id': requestId };
      if (resource?.webSocket === undefined || accepting === undefined) {
        socket.end(bareAnswer('404 Not Found', headers));
      } else if (services.work.closing) {
        socket.end(bareAnswer('503 Service Unavailable', { ...headers, 'retry-after': '1' }));
      } else {
        const { webSocket } = resource;
        admitSocket(services, webSocket, { request, requestId }).then(
          () => accepting.upgrade(request, socket, head),
          (error: unknown) => refuseSocket(services, webSocket, { request, socket, requestId, error }),
        );
      }
    },
    drain() {
      for (const accepting of sockets.values()) accepting.drain();
    },
    close() {
      for (const accepting of sockets.values()) accepting.close();
    },
  };
}

function openWebSockets(
  services: GatewayServices,
  { resources }: RouteTable,
): ReadonlyMap<Resource, WebSockets> {
  const sockets = new Map<Resource, WebSockets>();
  for (const resource of resources) {
    const { webSocket } = resource;
    if (webSocket === undefined || webSocket.access === 'off') continue;
    sockets.set(resource, createWebSockets(services, webSocket));
  }
  return sockets;
}

async function serve(
  services: GatewayServices,
  routes: RouteTable,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const begunMs = performance.now();
  setCommonHeaders(response);
  const requestId = newRequestId();
  response.setHeader('x-request-id', requestId);
  const url = request.url ?? '/';
  const mark = url.indexOf('?');
  const path = mark === -1 ? url : url.slice(0, mark);
  const match = routes.find(path);
  if (match === undefined) return sendNotFound(request, response, path, requestId);
  const { resource, params } = match;
  if (resource.isCrossOrigin) {
    allowCrossOrigin(response);
    if (request.method === 'OPTIONS') return sendPreflight(request, response, resource.methods);
  }
  const endpoint = findEndpoint(resource, request);
  const door = endpoint?.door ?? resource.door;
  const search = mark === -1 ? '' : url.slice(mark);
  const exchange = new Exchange(services, request, response, {
    requestId,
    path,
    pattern: resource.pattern,
    search,
    params,
  });
  const span = beginSpan(exchange, endpoint);
  services.work.begin(exchange);
  try {
    if (endpoint === undefined) throw wrongMethod(response, resource);
    await withSpan(span, () => handle(exchange, endpoint));
  } catch (error) {
    span?.fail(readCode(error));
    await withSpan(span, () => fail(exchange, door, error));
  } finally {
    // What the system did not take at once: a client that never reads it would hold the connection.
    if (response.writableLength > 0) watchStalled(response, services.limits.stalledMs);
    services.work.end(exchange);
    services.observer?.requestAnswered({
      handler: door.name,
      status: response.statusCode,
      durationMs: performance.now() - begunMs,
      traceId: span === undefined ? readTraceHeaders(request.headers)?.traceId : span.sampledTraceId,
    });
    if (services.isAccessLogged) withSpan(span, () => logRequest(exchange, resource, door, begunMs));
    span?.set({
      'http.response.status_code': response.statusCode,
      'heddle.request.cut': exchange.signal.aborted,
    });
    span?.end();
  }
}

/** The span of a request, where the path has a caller: neither health and metrics nor pages have one. It continues the trace of its client. */
function beginSpan(
  { services: { tracer }, request, pattern, requestId }: Exchange,
  endpoint: Endpoint | undefined,
): Span | undefined {
  if (tracer === undefined || (endpoint?.access !== 'required' && endpoint?.access !== 'optional')) {
    return undefined;
  }
  const { method = 'GET' } = request;
  return tracer.begin(`${method} ${pattern}`, {
    kind: 'SERVER',
    parent: readTraceHeaders(request.headers),
    attributes: {
      'http.request.method': method,
      'http.route': pattern,
      'heddle.handler': endpoint.door.name,
      'heddle.request.id': requestId,
    },
  });
}

async function handle(exchange: Exchange, endpoint: Endpoint): Promise<void> {
  if (endpoint.access !== 'unlimited') await admit(exchange, endpoint);
  refuseForgeable(exchange.request);
  await endpoint.door.handle(exchange);
}

function wrongMethod(response: ServerResponse, { methods }: Resource): BadRequest {
  response.setHeader('allow', methods);
  return new BadRequest(405, `This path is served by ${methods}.`);
}

/** Throws HeddleError where the limits of the client have no room, or its key is not what the path requires. */
async function admit(exchange: Exchange, { door, access }: Endpoint): Promise<void> {
  const { services, request, client, requestId } = exchange;
  if (access === 'off')
    throw new HeddleError('NOT_FOUND', 'This path is turned off by the operator of this mesh.');
  const sent = door.readCredentials?.(request) ?? readCredentials(request);
  const credentials = addSession(sent, request, client.isProxied, door.acceptsSession);
  refuseRateLimited(services, client, credentials);
  if (client.isProxied) holdWhileOpen(exchange);
  if (access === 'public') return;
  const context = { requestId, clientAddress: client.address };
  exchange.caller = await inSpan('authenticate', () => services.callers.identify(credentials, context));
  if (access === 'required' && exchange.isAnonymous) {
    throw keyRequired();
  }
}

function keyRequired(): HeddleError {
  return new HeddleError(
    'UNAUTHENTICATED',
    'This path requires an API key: send "authorization: Bearer <API key>".',
  );
}

/**
 * Rejects with HeddleError where the path requires a key, and the request has no good one or its client no room; and where a
 * page of another origin sent the cookie of a session.
 */
async function admitSocket(
  services: GatewayServices,
  { access, door }: SocketEndpoint,
  { request, requestId }: { readonly request: IncomingMessage; readonly requestId: string },
): Promise<void> {
  const client = services.clients.findClient(request);
  const credentials = addSession(readCredentials(request), request, client.isProxied, door.acceptsSession);
  if (access !== 'required') return;
  refuseRateLimited(services, client, credentials);
  const caller = await services.callers.identify(credentials, { requestId, clientAddress: client.address });
  if (caller.kind === 'ANONYMOUS') throw keyRequired();
}

/** Answers an upgrade with the status of what was thrown: there is no WebSocket for an error of the dialect. */
function refuseSocket(
  services: GatewayServices,
  { door }: SocketEndpoint,
  refused: {
    readonly request: IncomingMessage;
    readonly socket: Duplex;
    readonly requestId: string;
    readonly error: unknown;
  },
): void {
  const { request, socket, requestId, error } = refused;
  const client = services.clients.findClient(request);
  const status = toStatus(error);
  if (status < 500 && status !== 429) services.clients.refused(client.use);
  services.refusals.thrown(error, { requestId, clientAddress: client.address });
  const seconds = readRetryAfter([presentError(error, { requestId, log: services.log })]);
  socket.end(
    bareAnswer(`${status} ${STATUS_CODES[status] ?? ''}`, {
      'x-request-id': requestId,
      ...(status === 401 ? { 'www-authenticate': door.challenge } : {}),
      ...(seconds === undefined ? {} : { 'retry-after': seconds }),
    }),
  );
}

/** Behind a proxy, a request in progress stands for a connection. Throws RateLimited where its client has too many. */
function holdWhileOpen({ services: { clients }, client: { use, address }, response }: Exchange): void {
  if (!clients.hold(use, address)) {
    throw new RateLimited('Too many requests from this address are in progress.', 1_000);
  }
  response.once('close', () => clients.release(use));
}

/** Answers with what was thrown, in the dialect of the handler. */
async function fail(exchange: Exchange, door: Door, thrown: unknown): Promise<void> {
  const { services, request, response, requestId, signal } = exchange;
  // The client has left, and the handler stopped for that.
  if (response.destroyed && signal.aborted && thrown === signal.reason) return;
  const status = toStatus(thrown);
  if (status < 500 && status !== 429) services.clients.refused(exchange.use);
  if (!(thrown instanceof GraphFailure)) services.refusals.thrown(thrown, exchange.logged);
  const error = presentError(thrown, { requestId, log: services.log });
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (response.destroyed) return;
  response.statusCode = status;
  if (status === 401) response.setHeader('www-authenticate', door.challenge);
  if (status === 503) response.setHeader('retry-after', '1');
  setRetryAfter(response, { errors: [error] });
  // What is left of the body is not read: the connection cannot be used again.
  if (!request.complete) response.setHeader('connection', 'close');
  await door.writeError(exchange, { status, error, thrown });
}

/** The access log: one line for each request of a handler, without anything that the client wrote. */
function logRequest(exchange: Exchange, { pattern }: Resource, { name }: Door, begunMs: number): void {
  const { services, request, response, signal } = exchange;
  const { requestId, clientRequestId, clientAddress, caller } = exchange.logged;
  services.log.info(
    {
      event: 'request',
      method: request.method,
      path: pattern,
      handler: name,
      status: response.statusCode,
      durationMs: Math.round(performance.now() - begunMs),
      isCut: signal.aborted,
      requestId,
      ...(clientRequestId == null ? {} : { clientRequestId }),
      tenantId: caller?.tenantId ?? null,
      keyId: caller?.keyId ?? null,
      clientAddress,
    },
    'a request was answered',
  );
}
