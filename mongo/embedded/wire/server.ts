import { chmod, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { type Answerer, serveConnection } from './connection.ts';

export type ListenOn = { path: string } | { host: string; port: number };

/** Clients at once; a further one is closed at once. */
export const CONNECTIONS_MAX = 1000;

export type Listener = {
  /** Where it listens: the socket's path, or host and port. */
  readonly address: ListenOn;
  /** Stops listening and cuts every client. */
  close(): Promise<void>;
};

/**
 * Listens on a unix socket (a left-over file is removed) or on TCP. A socket gets mode 0600; that its directory is
 * private already (0700) is the caller's part, since between the two a moment passes.
 */
export async function listen(on: ListenOn, answerer: Answerer): Promise<Listener> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    serveConnection(socket, answerer);
  });
  server.maxConnections = CONNECTIONS_MAX;
  if ('path' in on) await rm(on.path, { force: true });
  await bind(server, on);
  // After that, an error is one of accepting a connection (out of descriptors): its client is gone, others continue.
  server.on('error', () => {});
  const address = server.address();
  const bound =
    typeof address === 'object' && address !== null ? { host: address.address, port: address.port } : on;
  return {
    address: bound,
    async close() {
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
      await promise;
    },
  };
}

async function bind(server: Server, on: ListenOn): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  const unix = 'path' in on;
  if (unix) server.listen({ path: on.path }, resolve);
  else server.listen({ host: on.host, port: on.port }, resolve);
  await promise;
  server.off('error', reject);
  if (unix) await chmod(on.path, 0o600);
}
