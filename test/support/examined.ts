import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { runDoctor } from '#cli/doctor/run-doctor.ts';
import { temporaryDirectory } from './mesh.ts';

/** A data directory that the doctor looks at, and servers that it may call. */
export interface Examined extends AsyncDisposable {
  readonly dir: string;
  /** The findings for a whole mesh with these variables, as `STATUS message`. */
  examine(
    env: Readonly<Record<string, string>>,
    isOnline?: boolean,
    parts?: readonly string[],
  ): Promise<readonly string[]>;
  /** Serves until the end of the test; the URL. */
  listen(handler: RequestListener): Promise<string>;
  /** Disposed of with the directory. */
  use<T extends AsyncDisposable>(value: T): T;
}

export async function openExamined(): Promise<Examined> {
  const stack = new AsyncDisposableStack();
  const { path: dir } = stack.use(await temporaryDirectory());
  const whole = ['gateway', 'models', 'prompts', 'tenants', 'usage', 'inference'];
  return {
    dir,
    async examine(env, isOnline = true, parts = whole) {
      const findings = await runDoctor({
        env: { HEDDLE_DATA_DIR: dir, PORT: '0', ...env },
        parts: parts as never,
        isOnline,
      });
      return findings.map(({ status, message }) => `${status} ${message}`);
    },
    async listen(handler) {
      const server = createServer(handler).listen(0, '127.0.0.1');
      stack.defer(() => void server.close());
      await once(server, 'listening');
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    },
    use: (value) => stack.use(value),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
