import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { type Socket, Server as SocketServer } from 'node:net';
import { type TLSSocket, Server as TlsServer } from 'node:tls';

/**
 * Close code of a WebSocket between processes that its server closes because it drains and no operation runs over it:
 * an operation that the client had sent, and that got no answer, was not begun.
 */
export const drainedCloseCode = 4503;

/** What /health/ready of a subgraph that drains states: not ready for new clients, but it serves. */
export const drainingStatus = 'draining';

/** How long a kept-alive connection may stay unused after its server has stopped accepting. */
export const lingerMs = 500;

/** Calls after the event loop has taken from the kernel what has arrived: connections, and what clients have sent. */
function afterNextPoll(call: () => void): void {
  // The first may come in the turn that began before what has arrived.
  setImmediate(() => setImmediate(call));
}

/**
 * Ends an HTTP server in steps, so that no request that is already on its way to it is lost. Follows its connections from
 * its start. WebSockets are not counted: they end otherwise.
 */
export function createHttpDrain(server: Server) {
  /** Requests in progress on each open connection. */
  const connections = new Map<Socket, number>();
  /** Their next response closes them. */
  const leaving = new WeakSet<Socket>();
  let announced = false;
  let stopping = false;
  let lingerMsNow: number | undefined;
  const emptied = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  server.once('close', () => {
    // Ends its watch over the connections, which would keep it in memory.
    server.close();
    closed.resolve();
  });

  function forget(socket: Socket): void {
    connections.delete(socket);
    if (lingerMsNow !== undefined && connections.size === 0) emptied.resolve();
  }

  function closeWhenUnused(socket: Socket): void {
    if (connections.get(socket) !== 0) return;
    const { bytesRead } = socket;
    const close = () => {
      if (connections.get(socket) !== 0) return;
      // A part of a request's headers.
      if (socket.bytesRead !== bytesRead) closeWhenUnused(socket);
      else socket.end(() => socket.destroy());
    };
    // On a process that was held up, the request may have come in time, and was not read.
    const timer = setTimeout(() => afterNextPoll(close), lingerMsNow);
    socket.once('close', () => clearTimeout(timer));
  }

  function stopNow(lingerMs: number): void {
    // The HTTP server's own close() ends idle connections at once, with the requests that are on their way to them.
    if (server.listening) SocketServer.prototype.close.call(server);
    else closed.resolve();
    lingerMsNow = lingerMs;
    if (connections.size === 0) emptied.resolve();
    for (const socket of connections.keys()) closeWhenUnused(socket);
  }

  function onResponseClosed(this: ServerResponse): void {
    const { socket } = this.req;
    const running = connections.get(socket);
    if (running === undefined) return;
    connections.set(socket, running - 1);
    if (lingerMsNow !== undefined) closeWhenUnused(socket);
  }

  /** By the client's address and port: over TLS, sockets with an unfinished handshake. The socket of requests is another. */
  const handshakes = new Map<string, Socket>();
  const findClient = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`;
  server.on('connection', (socket: Socket) => {
    connections.set(socket, 0);
    const client = findClient(socket);
    if (server instanceof TlsServer) handshakes.set(client, socket);
    socket.once('close', () => {
      if (handshakes.get(client) === socket) handshakes.delete(client);
      forget(socket);
    });
  });
  server.on('secureConnection', (socket: TLSSocket) => {
    connections.set(socket, 0);
    socket.once('close', () => forget(socket));
    const raw = handshakes.get(findClient(socket));
    if (raw !== undefined) forget(raw);
    if (lingerMsNow !== undefined) closeWhenUnused(socket);
  });
  server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    connections.set(socket, (connections.get(socket) ?? 0) + 1);
    if (announced || leaving.has(socket)) response.shouldKeepAlive = false;
    response.on('close', onResponseClosed);
  });
  server.prependListener('upgrade', ({ socket }: IncomingMessage) => forget(socket));

  return {
    /** Resolves when the server was stopped and its last connection of any kind has closed. */
    closed: closed.promise,
    /** From now on each response closes its connection. New connections are still accepted. */
    announce(): void {
      announced = true;
    },
    /** The next response of a share of the connections that are open now closes each: their clients connect again, to whoever accepts then. */
    shed(share: number): void {
      let due = 0;
      for (const socket of connections.keys()) {
        due += share;
        if (due < 1) continue;
        due -= 1;
        leaving.add(socket);
      }
    },
    /**
     * Accepts no new connection, but those that wait to be accepted. A request that arrives on a connection that is open is
     * still served; a connection on which none arrives is closed after `lingerMs`. Resolves when the last HTTP connection
     * has closed.
     */
    stop(lingerMs: number): Promise<void> {
      announced = true;
      if (!stopping) afterNextPoll(() => stopNow(lingerMs));
      stopping = true;
      return emptied.promise;
    },
  };
}
