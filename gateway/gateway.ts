import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, Socket } from 'node:net';
import type { Logger } from 'pino';
import { newRequestId } from '#core/request-id.ts';
import type { Bus } from '#state/bus/bus.ts';
import type { Quota } from '#state/quota/quota.ts';
import { createHttpDrain, lingerMs } from '#transport/http-drain.ts';
import type { TlsSource } from '#transport/mesh-tls.ts';
import { createCallers } from './auth/caller.ts';
import { ClientAddresses } from './auth/client-address.ts';
import { ClientUse, RateLimited } from './auth/client-use.ts';
import type { Exposures } from './auth/exposure.ts';
import { serveGraphql } from './doors/graphql/graphql.ts';
import { createReadiness, sendHealth } from './doors/health/health.ts';
import { sendRoot } from './doors/root-page/root-page.ts';
import { bareAnswer, setCommonHeaders } from './http/common-headers.ts';
import { type Mesh, Work } from './http/door.ts';
import { sendNotFound } from './http/not-found.ts';
import { Turns } from './http/turns.ts';
import { createWebSocketDoor } from './http/websocket.ts';
import { bodyBoundsOf, type GatewayLimits, resolveLimits } from './limits.ts';
import { RefusalAudit } from './log/refusal-audit.ts';
import { RefusalLog } from './log/refusal-log.ts';
import { PlannerProcess } from './planning/planner.ts';
import { createRouter, type SubgraphExecutors } from './router.ts';

export interface GatewayOptions {
  /** Over the supergraph to begin with; the gateway ends it. */
  readonly planner: PlannerProcess;
  /** How each subgraph of the supergraph is reached. */
  readonly executors: SubgraphExecutors;
  readonly bus: Bus;
  /** What operations draw on READS from. */
  readonly quota: Pick<Quota, 'spend'>;
  readonly log: Logger;
  readonly host: string;
  /** 0 for any free port; `url` tells which. */
  readonly port: number;
  /** Serves clients over TLS. Absent: plain HTTP. */
  readonly tls?: TlsSource | undefined;
  readonly limits?: Partial<GatewayLimits>;
  /** Addresses and networks whose X-Forwarded-For and Forwarded are believed. */
  readonly trustedProxies?: readonly string[];
  /** Introspection and the Explorer; both are open to everybody unless given. */
  readonly exposures?: Partial<Exposures>;
  /** What keeps this process from serving a call, beside the subgraphs of other processes. */
  readonly problems?: () => Promise<readonly string[]>;
  readonly now?: () => number;
}

export interface Gateway {
  /** The origin, e.g. `http://127.0.0.1:4000`; known once it listens. */
  readonly url: string;
  /** Rejects with the system's error when the port cannot be had. */
  listen(): Promise<void>;
  /** Routes new operations by another supergraph; those that run go on. Rejects, and changes nothing, when it is unfit. */
  reload(supergraphSdl: string): Promise<void>;
  /** Readiness is refused from now on, and each HTTP response closes its connection; everything is still served. */
  drain(): void;
  /** Accepts nothing new. Resolves when no operation is in progress and none can arrive. */
  stop(): Promise<void>;
  /** Accepts nothing new, waits for the operations in progress up to the grace time, then closes every connection. */
  close(graceMs: number): Promise<void>;
}

const keepAliveTimeoutMs = 75_000;
const handshakeMsMax = 10_000;
/** How long the operations that are cut, and then the clients, may take to end by themselves. */
const lastAnswersMs = 250;

/** Waits for the promise, at most so long. */
async function within(ms: number, promise: Promise<unknown>): Promise<void> {
  const over = Promise.withResolvers<void>();
  const timer = setTimeout(over.resolve, ms);
  await Promise.race([promise, over.promise]);
  clearTimeout(timer);
}

/** The status for bytes that are no request of HTTP. */
function statusOfBrokenRequest(code: string | undefined): string {
  if (code === 'HPE_HEADER_OVERFLOW') return '431 Request Header Fields Too Large';
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return '413 Payload Too Large';
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? '408 Request Timeout' : '400 Bad Request';
}

/** The gateway: every door of the mesh on one port, in front of one router. */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const { executors, bus, quota, log, host, port, tls } = options;
  const now = options.now ?? Date.now;
  const limits = resolveLimits(options.limits);
  const { tenants } = executors;
  if (tenants === undefined) throw new Error('The gateway needs the tenants subgraph to know its callers.');
  const exposures: Exposures = { introspection: 'on', explorer: 'on', ...options.exposures };
  const audit = new RefusalAudit(tenants, log, now);
  const refusals = new RefusalLog(log, now, audit);
  const routeBy = async (by: PlannerProcess) => {
    const { supergraphSdl } = by;
    const routed = createRouter({
      supergraphSdl,
      planner: by,
      executors,
      limits,
      log,
      refusals,
      quota,
      introspection: exposures.introspection,
    });
    await by.ready();
    return routed;
  };
  let { planner } = options;
  let router = await routeBy(planner);
  const callers = await createCallers({ tenants, bus, now });
  const work = new Work();
  let draining = false;
  const clients = new ClientUse(new ClientAddresses(options.trustedProxies), limits, now);
  const turns = new Turns();
  const mesh: Mesh = {
    router: () => router,
    callers,
    clients,
    turns,
    exposures,
    limits,
    log,
    refusals,
    work,
  };
  const readiness = createReadiness(executors, { now });
  const sockets = createWebSocketDoor(mesh);

  const problems = async (): Promise<readonly string[]> => {
    if (draining) return ['this process is shutting down'];
    const missing = (await readiness.missing()).map((name) => `the subgraph ${name} is not ready`);
    const own = (await options.problems?.()) ?? [];
    return [...own, ...missing];
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    setCommonHeaders(response);
    const url = request.url ?? '/';
    const mark = url.indexOf('?');
    const path = mark === -1 ? url : url.slice(0, mark);
    if (path === '/graphql') return serveGraphql(mesh, request, response, mark === -1 ? '' : url.slice(mark));
    const requestId = newRequestId();
    response.setHeader('x-request-id', requestId);
    if (path === '/') return sendRoot(request, response, exposures.explorer);
    if (path === '/health/live') return sendHealth(response, []);
    if (path === '/health/ready') return sendHealth(response, await problems());
    sendNotFound(request, response, path, requestId);
  };

  const serverOptions = {
    noDelay: true,
    keepAliveTimeout: keepAliveTimeoutMs,
    headersTimeout: limits.requestTimeoutMs,
    // A body has a time limit of its own, which depends on its caller.
    requestTimeout: limits.requestTimeoutMs + bodyBoundsOf(limits, false).timeoutMs,
    maxHeaderSize: 16 * 1024,
    // Clients offer other protocols too, Java's HTTP/2 with every first request: what is not taken is served as it came.
    shouldUpgradeCallback: (request: IncomingMessage) =>
      request.headers.upgrade?.toLowerCase() === 'websocket',
  };
  const server =
    tls === undefined
      ? createServer(serverOptions)
      : createTlsServer({ ...serverOptions, handshakeTimeout: handshakeMsMax, ...tls.current() });
  const unwatch = tls?.onChange(
    (material) => 'setSecureContext' in server && server.setSecureContext(material),
  );
  server.maxConnections = limits.connectionsMax;
  const connections = createHttpDrain(server);
  server.on('connection', (socket) => {
    if (clients.connected(socket)) return;
    const requestId = newRequestId();
    const clientAddress = socket.remoteAddress ?? null;
    refusals.thrown(new RateLimited('Too many connections.', 1_000), { requestId, clientAddress });
    socket.destroy();
  });
  server.on('request', (request, response) => {
    serve(request, response).catch((error: unknown) => {
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
    const path = (request.url ?? '').split('?')[0];
    if (path === '/graphql' && !work.closing) return sockets.upgrade(request, socket, head);
    const headers = { 'x-request-id': newRequestId() };
    socket.end(
      path === '/graphql'
        ? bareAnswer('503 Service Unavailable', { ...headers, 'retry-after': '1' })
        : bareAnswer('404 Not Found', headers),
    );
  });

  let stopped: Promise<void> | undefined;
  let closed: Promise<void> | undefined;
  const drain = (): void => {
    draining = true;
    connections.announce();
  };
  const stop = (): Promise<void> => {
    drain();
    work.close();
    sockets.drain();
    stopped ??= connections.stop(lingerMs).then(() => work.idle());
    return stopped;
  };
  const close = async (graceMs: number): Promise<void> => {
    await within(graceMs, stop());
    work.cut();
    await within(lastAnswersMs, work.idle());
    sockets.close();
    server.closeIdleConnections();
    const cutOff = setTimeout(() => server.closeAllConnections(), lastAnswersMs);
    await connections.closed;
    clearTimeout(cutOff);
    unwatch?.();
    refusals[Symbol.dispose]();
    await within(lastAnswersMs, audit[Symbol.asyncDispose]());
    await callers[Symbol.asyncDispose]();
    await planner[Symbol.asyncDispose]();
  };

  return {
    get url() {
      const address = server.address() as AddressInfo | null;
      const shownHost = host.includes(':') ? `[${host}]` : host;
      return `${tls === undefined ? 'http' : 'https'}://${shownHost}:${address?.port ?? port}`;
    },
    listen: () =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen({ host, port, backlog: 4096 }, () => {
          server.off('error', reject);
          server.on('error', (error) => log.error({ err: error }, 'the server failed'));
          resolve();
        });
      }),
    async reload(supergraphSdl) {
      const next = new PlannerProcess(supergraphSdl);
      router = await routeBy(next);
      const former = planner;
      planner = next;
      await former[Symbol.asyncDispose]();
    },
    drain,
    stop,
    close(graceMs) {
      closed ??= close(graceMs);
      return closed;
    },
  };
}
