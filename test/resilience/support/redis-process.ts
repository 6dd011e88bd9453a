import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { freePort, temporaryDirectory } from '#test/support/mesh.ts';

/** A Redis server that wants a password, keeps nothing, and can be ended and started again at the same port. */
export interface RedisProcess extends AsyncDisposable {
  readonly url: string;
  readonly password: string;
  kill(): Promise<void>;
  /** It no longer answers, and no connection breaks; or it does again. */
  hang(hangs: boolean): void;
  start(): Promise<void>;
}

export async function startRedisProcess(password: string): Promise<RedisProcess> {
  const dir = await temporaryDirectory();
  const port = await freePort();
  let child: ChildProcess | undefined;
  const kill = async () => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  const start = async () => {
    const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', dir.path];
    const server = spawn('redis-server', [...args, '--requirepass', password], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child = server;
    for await (const line of createInterface({ input: server.stdout })) {
      if (line.includes('Ready to accept connections')) break;
    }
    server.stdout.resume();
  };
  await start();
  return {
    url: `redis://:${password}@127.0.0.1:${port}`,
    password,
    kill,
    hang: (hangs) => void child?.kill(hangs ? 'SIGSTOP' : 'SIGCONT'),
    start,
    async [Symbol.asyncDispose]() {
      await kill();
      await dir[Symbol.asyncDispose]();
    },
  };
}
