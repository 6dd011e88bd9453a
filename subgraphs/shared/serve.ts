import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { WebSocketServer } from 'ws';
import { createHttpDrain, drainingStatus, lingerMs } from '#schema/http-drain.ts';
import { createIdentityVerifier } from '#schema/identity.ts';
import { createServedHttp } from './serve-http.ts';
import { serveWebSocket } from './serve-websocket.ts';
import type { Subgraph } from './subgraph.ts';

export interface ServeOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** What the gateway signs identities with; at least 32 bytes. */
  readonly meshSecret: string;
  readonly log: Logger;
  /** Of what a client sends to the gateway; what a gateway makes of it may be several times larger. */
  readonly bodyBytesMax?: number;
  /** Would a call be served? Asked by /health/ready; a failure is a no. */
  readonly ready?: () => boolean | Promise<boolean>;
  /** How long `close` lets operations end where it is not said. */
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
/** How long a peer may take to answer the close of its socket. */
const closeMs = 500;

/**
 * Serves one subgraph alone: HTTP for queries and mutations, graphql-ws for subscriptions, both at /graphql and only
 * for operations that carry an identity signed by the gateway for exactly them (schema/identity.ts); and
 * /health/live and /health/ready for anyone. A client that goes aborts what it asked for.
 */
export async function serveSubgraph(subgraph: Subgraph, options: ServeOptions): Promise<ServedSubgraph> {
  // One message too large would end a WebSocket, and with it the subscriptions of all callers.
  const messageBytesMax = growthMax * (options.bodyBytesMax ?? bodyBytesMaxDefault) + identityBytesMax;
  const log = options.log.child({ subgraph: subgraph.name });
  const verifier = createIdentityVerifier(options.meshSecret, subgraph.name);
  const http = await createServedHttp(subgraph, verifier, messageBytesMax, log);
  let closing: Promise<void> | undefined;

  let draining = false;
  let stopped: Promise<void> | undefined;

  const isReady = async () => {
    try {
      return (await options.ready?.()) ?? true;
    } catch (err) {
      log.warn({ err }, 'not ready');
      return false;
    }
  };
  const sendReadiness = async (response: ServerResponse) => {
    if (!(await isReady())) sendStatus(response, 503, 'not ready');
    else if (draining) sendStatus(response, 503, drainingStatus);
    else sendStatus(response, 200, 'ready');
  };

  const server = createServer(
    { keepAliveTimeout: 65_000, maxHeaderSize: identityBytesMax },
    async (request, response) => {
      const path = request.url?.split('?')[0];
      if (path === '/graphql') await http.handle(request, response);
      else if (path === '/health/live') sendStatus(response, 200, 'live');
      else if (path === '/health/ready') await sendReadiness(response);
      else sendStatus(response, 404, 'not found');
    },
  );
  const connections = createHttpDrain(server);
  const sockets = new WebSocketServer({ noServer: true, maxPayload: messageBytesMax });
  const operations = serveWebSocket(subgraph, sockets, verifier, log);
  server.on('upgrade', (request, socket, head) => {
    if (stopped || request.url?.split('?')[0] !== '/graphql') {
      socket.destroy();
      return;
    }
    sockets.handleUpgrade(request, socket, head, (ws) => sockets.emit('connection', ws, request));
  });

  try {
    server.listen(options.port, options.host);
    await once(server, 'listening');
  } catch (error) {
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
    url: `http://${host}:${port}/graphql`,
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
        await http.stop();
      })();
      return closing;
    },
  };
}

function sendStatus(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ status: text }));
}
