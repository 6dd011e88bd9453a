import { once } from 'node:events';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { Logger } from 'pino';
import { WebSocketServer } from 'ws';
import { createMemoryUsedTokens } from '#state/tokens/memory.ts';
import type { UsedTokens } from '#state/tokens/tokens.ts';
import type { Subgraph } from '../executor.ts';
import { createHttpDrain, drainingStatus, lingerMs } from '../http-drain.ts';
import { createIdentityVerifier } from '../identity.ts';
import { authenticateSocket, socketNonceHeader } from '../mesh-answers.ts';
import type { SubgraphKeys } from '../mesh-keys.ts';
import { isGateway, type TlsSource, tlsVersionMin } from '../mesh-tls.ts';
import { createServedHttp } from './serve-http.ts';
import { serveWebSocket } from './serve-websocket.ts';

export interface ServeOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly keys: SubgraphKeys;
  /** Serves over TLS, to gateways with a certificate that names them (health checks need none). Absent: plain HTTP. */
  readonly tls?: TlsSource | undefined;
  /** Absent: those of this process; its identities are then valid at no other. */
  readonly usedTokens?: UsedTokens;
  readonly log: Logger;
  /** Of what a client sends to the gateway; what a gateway makes of it may be several times larger. */
  readonly bodyBytesMax?: number;
  /** What keeps a call from being served now, in sentences. Used by /health/ready; a failure is a problem too. */
  readonly problems?: () => Promise<readonly string[]>;
  /** False where no client may read the schema, nor gets its names suggested in errors. */
  readonly introspection?: boolean;
  /** The default of how long `close` lets operations end. */
  readonly graceMs?: number;
}

export interface ServedSubgraph {
  /** Where queries and mutations go by POST and operations by WebSocket, e.g. `http://127.0.0.1:4001/graphql`. */
  readonly url: string;
  /** Readiness is refused from now on, and each response closes its connection; everything is still served. */
  drain(): void;
  /**
   * Accepts no connection, and refuses new operations over open WebSockets as not begun. Resolves when no operation is
   * in progress and none can arrive.
   */
  stop(): Promise<void>;
  /** Stops, lets operations end within the grace time, ends every socket. Idempotent. */
  close(graceMs?: number): Promise<void>;
}

const bodyBytesMaxDefault = 1_048_576;
/** An identity names every limit that binds the caller: a tenant with a hundred budgets has one of 40 KB. */
const identityBytesMax = 64 * 1024;
/** How often larger than a client's body: `1e20` is written out, and the planner adds type names. */
const growthMax = 5;
const graceMsDefault = 5_000;
const handshakeMsMax = 10_000;
/** How long a peer may take to answer the close of its socket. */
const closeMs = 500;

/**
 * Serves one subgraph alone: HTTP for queries and mutations, graphql-ws for subscriptions, both at /graphql and only
 * for operations that carry an identity signed by the gateway for exactly them (transport/identity.ts); and
 * /health/live and /health/ready without authentication. A client that disconnects aborts its operations.
 */
export async function serveSubgraph(subgraph: Subgraph, options: ServeOptions): Promise<ServedSubgraph> {
  // One message too large would end a WebSocket, and with it the subscriptions of all callers.
  const messageBytesMax = growthMax * (options.bodyBytesMax ?? bodyBytesMaxDefault) + identityBytesMax;
  const log = options.log.child({ subgraph: subgraph.name });
  const { tls, keys, usedTokens = createMemoryUsedTokens(), introspection = true } = options;
  const { publicKeys } = keys;
  const verifier = createIdentityVerifier({ publicKeys, audience: subgraph.name, used: usedTokens });
  // A certificate authenticates what it stands before.
  const answerKey = tls === undefined ? keys.answerKey : undefined;
  const http = await createServedHttp(subgraph, {
    verifier,
    bodyBytesMax: messageBytesMax,
    answerKey,
    introspection,
    log,
  });
  let closing: Promise<void> | undefined;

  let draining = false;
  let stopped: Promise<void> | undefined;

  const findProblems = async () => {
    try {
      return (await options.problems?.()) ?? [];
    } catch (err) {
      log.warn({ err }, 'not ready');
      return ['it could not be checked'];
    }
  };
  const sendReadiness = async (response: ServerResponse) => {
    const problems = await findProblems();
    if (problems.length > 0) sendStatus(response, 503, 'not ready', problems);
    else if (draining) sendStatus(response, 503, drainingStatus);
    else sendStatus(response, 200, 'ready');
  };

  const mayAsk = (socket: Socket | Duplex) =>
    tls === undefined || (socket instanceof TLSSocket && isGateway(socket));
  const serve: RequestListener = async (request, response) => {
    const path = request.url?.split('?')[0];
    if (path === '/health/live') sendStatus(response, 200, 'live');
    else if (path === '/health/ready') await sendReadiness(response);
    else if (path !== '/graphql') sendStatus(response, 404, 'not found');
    else if (mayAsk(request.socket)) await http.handle(request, response);
    else sendStatus(response, 403, 'the certificate of a gateway is needed');
  };
  const server = createHttpServer(tls, serve);
  const unwatch = tls?.onChange(
    (material) => 'setSecureContext' in server && server.setSecureContext(material),
  );
  const connections = createHttpDrain(server);
  const sockets = new WebSocketServer({ noServer: true, maxPayload: messageBytesMax });
  const operations = serveWebSocket(subgraph, sockets, verifier, log, introspection);
  server.on('upgrade', (request, socket, head) => {
    if (stopped || request.url?.split('?')[0] !== '/graphql' || !mayAsk(socket)) {
      socket.destroy();
      return;
    }
    sockets.handleUpgrade(request, socket, head, (ws) => {
      const nonce = request.headers[socketNonceHeader];
      if (answerKey !== undefined && typeof nonce === 'string') authenticateSocket(ws, answerKey, nonce);
      sockets.emit('connection', ws, request);
    });
  });

  try {
    server.listen(options.port, options.host);
    await once(server, 'listening');
  } catch (error) {
    unwatch?.();
    await http.stop();
    throw error;
  }
  const { port } = server.address() as AddressInfo;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;

  const drain = () => {
    draining = true;
    connections.announce();
  };
  const stop = () => {
    drain();
    stopped ??= Promise.all([connections.stop(lingerMs), operations.drain()]).then(() => undefined);
    return stopped;
  };

  return {
    url: `${tls === undefined ? 'http' : 'https'}://${host}:${port}/graphql`,
    drain,
    stop,
    close(graceMs = options.graceMs ?? graceMsDefault) {
      closing ??= (async () => {
        const graceOver = Promise.withResolvers<void>();
        const deadline = setTimeout(() => {
          graceOver.resolve();
          server.closeAllConnections();
        }, graceMs);
        await Promise.race([stop(), graceOver.promise]);
        await operations.dispose();
        const cutOff = setTimeout(() => {
          for (const socket of sockets.clients) socket.terminate();
        }, closeMs);
        await connections.closed;
        clearTimeout(deadline);
        clearTimeout(cutOff);
        unwatch?.();
        await http.stop();
      })();
      return closing;
    },
  };
}

function createHttpServer(tls: TlsSource | undefined, serve: RequestListener) {
  const options = { keepAliveTimeout: 65_000, maxHeaderSize: identityBytesMax };
  if (tls === undefined) return createServer(options, serve);
  // Whoever checks health has no certificate: it is checked where an operation is requested.
  const handshakeTimeout = handshakeMsMax;
  const tlsOptions = {
    handshakeTimeout,
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: tlsVersionMin,
  } as const;
  return createTlsServer({ ...options, ...tlsOptions, ...tls.current() }, serve);
}

function sendStatus(
  response: ServerResponse,
  status: number,
  text: string,
  problems?: readonly string[],
): void {
  response
    .writeHead(status, { 'content-type': 'application/json' })
    .end(JSON.stringify({ status: text, problems }));
}
