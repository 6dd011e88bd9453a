import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { freePort, temporaryDirectory } from '../mesh.ts';

/** Is there a redis-server on the PATH? */
export function hasRedis(): boolean {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A Redis of one's own on a free loopback port: over TLS with the certificate of this folder, when one is given. */
export async function startRedis(
  options: { readonly certificate?: string; readonly args?: readonly string[] } = {},
): Promise<{ readonly url: string } & AsyncDisposable> {
  const { certificate, args = [] } = options;
  const dir = await temporaryDirectory();
  const port = await freePort();
  const listen =
    certificate === undefined
      ? ['--port', String(port)]
      : [
          ...['--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'no'],
          ...['--tls-cert-file', `${certificate}/cert.pem`, '--tls-key-file', `${certificate}/key.pem`],
          ...['--tls-ca-cert-file', `${certificate}/ca.pem`],
        ];
  const child = spawn(
    'redis-server',
    [...listen, '--bind', '127.0.0.1', '--save', '', '--dir', dir.path, ...args],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.includes('Ready to accept connections')) break;
  }
  child.stdout.resume();
  return {
    url: `${certificate === undefined ? 'redis' : 'rediss'}://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
      await dir[Symbol.asyncDispose]();
    },
  };
}
