import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { CloseCode, GRAPHQL_TRANSPORT_WS_PROTOCOL, handleProtocols } from 'graphql-ws';
import { type WebSocket, WebSocketServer } from 'ws';
import { newRequestId } from '#core/request-id.ts';
import { goingAway, WebSocketSession } from '../doors/graphql/websocket-session.ts';
import { bareAnswer } from './common-headers.ts';
import type { Mesh } from './door.ts';

/** WebSockets over which operations come, by the graphql-transport-ws protocol. */
export interface WebSocketDoor {
  /** Takes a connection over from the HTTP server. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Closes what is idle now and what becomes idle later. */
  drain(): void;
  /** Closes everything now; a socket that does not answer is cut off. */
  close(): void;
}

const subprotocolNotAcceptable = 4406;

/** Opens the WebSocket door; `connection_init` must come within the limits' time, and a silent peer is cut off. */
export function createWebSocketDoor(mesh: Mesh): WebSocketDoor {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: mesh.limits.bodyBytesMax,
    perMessageDeflate: false,
    clientTracking: false,
    handleProtocols,
  });
  const sessions = new Map<WebSocket, WebSocketSession>();
  const silent = new Set<WebSocket>();

  const heartbeat = setInterval(() => {
    for (const [socket, session] of sessions) {
      session.incoming.refuseSlow(performance.now());
      if (silent.has(socket)) {
        socket.terminate();
        continue;
      }
      silent.add(socket);
      socket.ping();
    }
  }, mesh.limits.keepAliveMs);
  heartbeat.unref();

  server.on('wsClientError', (_error, socket) => {
    socket.end(bareAnswer('400 Bad Request', { 'x-request-id': newRequestId() }));
  });
  server.on('connection', (socket, request) => {
    // A broken frame or one too large: ws closes the socket with the fitting code itself.
    socket.on('error', (error) => mesh.log.debug({ err: error }, 'a WebSocket failed'));
    if (socket.protocol !== GRAPHQL_TRANSPORT_WS_PROTOCOL) {
      socket.close(subprotocolNotAcceptable, 'Subprotocol not acceptable');
      return;
    }
    const session = new WebSocketSession(mesh, socket, request);
    sessions.set(socket, session);
    const heard = () => silent.delete(socket);
    socket.on('pong', heard);
    socket.on('message', (data: Buffer) => {
      heard();
      try {
        if (session.incoming.complete(data.length)) session.receive(String(data));
      } catch (error) {
        // Of one client: the process and its other clients stay.
        mesh.log.error({ err: error }, 'a message of a WebSocket could not be handled');
        socket.close(CloseCode.InternalServerError, 'Internal server error');
      }
    });
    socket.once('close', () => {
      sessions.delete(socket);
      silent.delete(socket);
      session.ended();
    });
  });

  return {
    upgrade(request, socket, head) {
      server.handleUpgrade(request, socket, head, (opened) => server.emit('connection', opened, request));
    },
    drain() {
      for (const session of sessions.values()) session.closeWhenIdle();
    },
    close() {
      clearInterval(heartbeat);
      for (const socket of sessions.keys()) {
        socket.close(goingAway, 'Going away');
        const cutOff = setTimeout(() => socket.terminate(), 500);
        socket.once('close', () => clearTimeout(cutOff));
      }
    },
  };
}
