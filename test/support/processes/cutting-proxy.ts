import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A TCP proxy in front of one server, whose connections a test breaks. */
export interface CuttingProxy extends AsyncDisposable {
  readonly port: number;
  /** Connections taken so far. */
  readonly connections: number;
  /** While false, connections are reset as soon as they come. */
  isUp: boolean;
  /** Breaks every connection that is open. */
  cut(): void;
}

export async function startCuttingProxy(target: URL): Promise<CuttingProxy> {
  const open = new Set<Socket>();
  let connections = 0;
  let isUp = true;
  const server = createServer((client) => {
    client.on('error', () => undefined);
    if (!isUp) {
      client.resetAndDestroy();
      return;
    }
    connections += 1;
    const upstream = connect(Number(target.port), target.hostname);
    upstream.on('error', () => client.destroy());
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(socket);
      socket.once('close', () => {
        open.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const cut = () => {
    for (const socket of open) socket.destroy();
  };
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    get connections() {
      return connections;
    },
    get isUp() {
      return isUp;
    },
    set isUp(up) {
      isUp = up;
    },
    cut,
    async [Symbol.asyncDispose]() {
      cut();
      server.close();
    },
  };
}
