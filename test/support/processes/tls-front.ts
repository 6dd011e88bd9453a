import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';

/** What a server presents itself with. */
interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Takes TLS connections for a server on loopback that speaks without. */
export interface TlsFront extends Disposable {
  readonly port: number;
  /** New connections get this certificate; open ones stay. */
  change(certificate: Certificate): void;
  /** Ends the connections that are open. */
  cut(): void;
}

export async function startTlsFront(port: number, first: Certificate): Promise<TlsFront> {
  const open = new Set<TLSSocket>();
  const server = createServer(first, (socket) => {
    const behind = connect(port, '127.0.0.1');
    open.add(socket);
    socket
      .on('error', () => behind.destroy())
      .on('close', () => {
        open.delete(socket);
        behind.destroy();
      });
    behind.on('error', () => socket.destroy()).on('close', () => socket.destroy());
    socket.pipe(behind).pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    for (const socket of open) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    change: (certificate) => server.setSecureContext(certificate),
    cut,
    [Symbol.dispose]() {
      server.close();
      cut();
    },
  };
}
