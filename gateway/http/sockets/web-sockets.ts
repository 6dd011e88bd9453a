import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { newRequestId } from '#core/request-id.ts';
import { addSession } from '../../auth/request-credentials.ts';
import { chooseBodyBounds } from '../../limits.ts';
import { readClientRequestId, readCredentials } from '../exchange.ts';
import { bareAnswer } from '../headers.ts';
import type { SocketEndpoint } from '../route-table.ts';
import type { GatewayServices } from '../services.ts';
import { goingAway, IncomingMessageBytes, tryAgainLater } from './incoming-message.ts';
import type { SocketConnection, SocketSession } from './socket-connection.ts';

/** The WebSockets of one handler. */
export interface WebSockets {
  /** Takes a connection over from the HTTP server. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Closes what is idle now and what becomes idle later. */
  drain(): void;
  /** Closes everything now; a socket that does not answer is cut off. */
  close(): void;
}

/** Close codes as graphql-transport-ws defines them. */
const subprotocolNotAcceptable = 4406;
const internalError = 4500;

/** Accepts WebSockets for a handler, bounds their messages, and cuts off a silent peer. */
export function createWebSockets(
  services: GatewayServices,
  { door, subprotocol, hasCallMessages }: SocketEndpoint,
): WebSockets {
  const { limits, clients, log } = services;
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: chooseBodyBounds(limits, false, hasCallMessages).bytesMax,
    perMessageDeflate: false,
    clientTracking: false,
    handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
  });
  const open = new Map<
    WebSocket,
    { readonly session: SocketSession; readonly incoming: IncomingMessageBytes }
  >();
  const silent = new Set<WebSocket>();

  const heartbeat = setInterval(() => {
    for (const [socket, { incoming }] of open) {
      incoming.refuseSlow(performance.now());
      if (silent.has(socket)) {
        socket.terminate();
        continue;
      }
      silent.add(socket);
      socket.ping();
    }
  }, limits.keepAliveMs);
  heartbeat.unref();

  server.on('wsClientError', (_error, socket) => {
    socket.end(bareAnswer('400 Bad Request', { 'x-request-id': newRequestId() }));
  });

  function connect(socket: WebSocket, request: IncomingMessage): SocketConnection {
    const client = clients.findClient(request);
    const wire = request.socket;
    const incoming = new IncomingMessageBytes(services, { socket, client, wire, isCall: hasCallMessages });
    const clientRequestId = readClientRequestId(request);
    return {
      services,
      request,
      socket,
      wire,
      client,
      clientRequestId,
      credentials: addSession(readCredentials(request), request, client.isProxied, door.acceptsSession),
      incoming,
    };
  }

  /** Behind a proxy, the socket stands for a connection. */
  function hold({ socket, client: { use, address, isProxied } }: SocketConnection): void {
    if (!isProxied) return;
    if (clients.hold(use, address)) socket.once('close', () => clients.release(use));
    else socket.close(tryAgainLater, 'Too many connections');
  }

  function accept(socket: WebSocket, request: IncomingMessage): void {
    // A broken frame or one too large: ws closes the socket with the fitting code itself.
    socket.on('error', (error) => log.debug({ err: error }, 'a WebSocket failed'));
    if (socket.protocol !== subprotocol) {
      socket.close(subprotocolNotAcceptable, 'Subprotocol not acceptable');
      return;
    }
    const connection = connect(socket, request);
    hold(connection);
    const { incoming } = connection;
    const session = door.upgrade?.(connection);
    if (session === undefined) throw new TypeError(`${door.name} serves no WebSockets.`);
    open.set(socket, { session, incoming });
    const heard = () => silent.delete(socket);
    socket.on('pong', heard);
    socket.on('message', (data: Buffer) => {
      heard();
      try {
        const isWhole = incoming.complete(data.length);
        // After its close, what the client had already sent still comes; nothing can be answered.
        if (isWhole && socket.readyState === socket.OPEN) session.receive(String(data));
      } catch (error) {
        // Of one client: the process and its other clients stay.
        log.error({ err: error }, 'a message of a WebSocket could not be handled');
        socket.close(internalError, 'Internal server error');
      }
    });
    socket.once('close', () => {
      open.delete(socket);
      silent.delete(socket);
      session.ended();
    });
  }

  return {
    upgrade(request, socket, head) {
      server.handleUpgrade(request, socket, head, accept);
    },
    drain() {
      for (const { session } of open.values()) session.closeWhenIdle();
    },
    close() {
      clearInterval(heartbeat);
      for (const socket of open.keys()) {
        socket.close(goingAway, 'Going away');
        const cutOff = setTimeout(() => socket.terminate(), 500);
        socket.once('close', () => clearTimeout(cutOff));
      }
    },
  };
}
