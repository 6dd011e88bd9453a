import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { createMeshKeyPair } from '#transport/mesh-keys.ts';
import { testFolder } from './test-folder.ts';

const root = resolve(import.meta.dirname, '..', '..');

/** A process of Heddle, started as a user starts it. */
export interface HeddleProcess extends AsyncDisposable {
  readonly child: ChildProcess;
  /** Everything it has printed so far, both streams. */
  readonly output: () => string;
  /** The first line of standard output, past or to come, that fits. Rejects when the process ends before. */
  line(pattern: RegExp): Promise<RegExpExecArray>;
  /** The exit code, once it has ended. */
  readonly code: Promise<number | null>;
  /** Sends the signal and waits for the end; answers the exit code. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Starts `heddle <args>` with only the variables given, and in one process wherever they set no other number of workers. */
export function startHeddle(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): HeddleProcess {
  return startCommand(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(root, 'cli/main.ts'), ...args],
    { HEDDLE_WORKERS: '1', ...environment },
  );
}

/** Runs `heddle <args>` to its end; answers the exit code and everything that it has printed. */
export async function runHeddle(args: readonly string[], environment: Readonly<Record<string, string>>) {
  const heddle = startHeddle(args, environment);
  const code = await heddle.code;
  return { code, output: heddle.output() };
}

/** Starts any command with only the variables given. */
export function startCommand(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): HeddleProcess {
  const child = spawn(command, args, {
    env: { PATH: process.env.PATH ?? '', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const listeners = new Set<() => void>();
  const hear = (line: string) => {
    lines.push(line);
    for (const listener of listeners) listener();
  };
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', hear);
  createInterface({ input: child.stderr as NodeJS.ReadableStream }).on('line', hear);
  const code = once(child, 'close').then(([exitCode]) => exitCode as number | null);
  let ended = false;
  code.then(() => {
    ended = true;
    for (const listener of listeners) listener();
  });
  const end = async (signal: NodeJS.Signals = 'SIGTERM') => {
    if (!ended) child.kill(signal);
    return code;
  };
  return {
    child,
    code,
    output: () => lines.join('\n'),
    line(pattern) {
      return new Promise((found, failed) => {
        const look = () => {
          for (const line of lines) {
            const match = pattern.exec(line);
            if (match !== null) {
              listeners.delete(look);
              found(match);
              return;
            }
          }
          if (ended) {
            listeners.delete(look);
            failed(
              new Error(`${[command, ...args].join(' ')} ended without ${pattern}:\n${lines.join('\n')}`),
            );
          }
        };
        listeners.add(look);
        look();
      });
    },
    end,
    async [Symbol.asyncDispose]() {
      await end();
    },
  };
}

/** The variables by which parts of a mesh trust each other: what gateways are given, and what subgraphs are. */
export function meshVariables(): {
  readonly gateway: Readonly<Record<string, string>>;
  readonly subgraph: Readonly<Record<string, string>>;
} {
  const { privateKey, publicKey } = createMeshKeyPair();
  const answers = { HEDDLE_MESH_SECRET: randomBytes(32).toString('hex') };
  return {
    gateway: { HEDDLE_MESH_KEY: privateKey, ...answers },
    subgraph: { HEDDLE_MESH_PUBLIC_KEYS: publicKey, ...answers },
  };
}

/** Where clients call a mesh. */
export interface MeshAddress {
  /** The origin of a gateway. */
  readonly url: string;
  readonly adminKey: string;
}

/** A mesh that clients can call, whatever processes it is made of. */
export interface TestMesh extends MeshAddress, AsyncDisposable {
  readonly processes: readonly HeddleProcess[];
}

/** A key as HEDDLE_ADMIN_KEY takes it. */
export const newAdminKey = () => `hd_test_${randomBytes(24).toString('hex')}`;

/** An empty directory that goes away with its owner. */
export async function temporaryDirectory(
  parent = testFolder,
): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(parent, 'heddle-test-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** `npm start` on an empty directory. */
export async function startOneProcess(environment: Readonly<Record<string, string>> = {}): Promise<TestMesh> {
  const stack = new AsyncDisposableStack();
  const dir = stack.use(await temporaryDirectory());
  const adminKey = newAdminKey();
  const heddle = stack.use(
    startHeddle([], {
      PORT: '0',
      HEDDLE_DATA_DIR: dir.path,
      HEDDLE_ADMIN_KEY: adminKey,
      LOG_LEVEL: 'warn',
      ...environment,
    }),
  );
  const [, url = ''] = await heddle.line(/(http:\/\/127\.0\.0\.1:\d+)\/graphql/);
  return { url, adminKey, processes: [heddle], [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

export interface ManyProcessesOptions {
  /** The state that the processes share. */
  readonly redisUrl?: string | undefined;
  /** Where the gateway reaches it, when that is another user's address. */
  readonly gatewayRedisUrl?: string | undefined;
  /** A directory that `create-ca` has filled: the parts speak TLS with each other. */
  readonly certificates?: string | undefined;
  /** Further variables of every process. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The address of the store, when it is not the plain one. */
  readonly mongoUrl?: (port: number, password: string) => Promise<string>;
}

/** The variables of a process that runs one part, with its certificate. */
function tlsVariables(certificates: string, part: string): Record<string, string> {
  const file = (name: string) => join(certificates, part, name);
  return {
    HEDDLE_TLS_CERT: file('cert.pem'),
    HEDDLE_TLS_KEY: file('key.pem'),
    HEDDLE_TLS_CA: file('ca.pem'),
  };
}

/** The same mesh as many processes: the store alone over TCP, each subgraph, and one gateway. */
export async function startManyProcesses(options: ManyProcessesOptions = {}): Promise<TestMesh> {
  const { redisUrl, gatewayRedisUrl, certificates, environment, mongoUrl } = options;
  const stack = new AsyncDisposableStack();
  const dir = stack.use(await temporaryDirectory());
  const adminKey = newAdminKey();
  const names = ['models', 'prompts', 'tenants', 'usage', 'inference'];
  const ports = await Promise.all(names.map(freePort));
  const storePort = await freePort();
  const storePassword = randomBytes(16).toString('hex');
  const store = stack.use(
    startHeddle(['store', '--port', String(storePort), '--dir', join(dir.path, 'store')], {
      LOG_LEVEL: 'warn',
      HEDDLE_STORE_PASSWORD: storePassword,
    }),
  );
  await store.line(/mongodb:\/\//);
  const mesh = meshVariables();
  const protocol = certificates === undefined ? 'http' : 'https';
  const common: Record<string, string> = {
    HEDDLE_DATA_DIR: dir.path,
    HEDDLE_ADMIN_KEY: adminKey,
    HEDDLE_ENCRYPTION_KEY: randomBytes(32).toString('hex'),
    MONGO_URL:
      (await mongoUrl?.(storePort, storePassword)) ??
      `mongodb://heddle:${storePassword}@127.0.0.1:${storePort}/heddle?directConnection=true`,
    LOG_LEVEL: 'warn',
    ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl }),
    ...environment,
  };
  names.forEach((name, index) => {
    common[`HEDDLE_${name.toUpperCase()}_PORT`] = String(ports[index]);
    common[`HEDDLE_${name.toUpperCase()}_URL`] = `${protocol}://127.0.0.1:${ports[index]}/graphql`;
  });
  const start = (part: string, variables: Readonly<Record<string, string>>) => {
    const tls = certificates === undefined ? {} : tlsVariables(certificates, part);
    return stack.use(startHeddle(['serve', '--only', part], { ...common, ...tls, ...variables }));
  };
  const subgraphs = names.map((name) => start(name, mesh.subgraph));
  await Promise.all(subgraphs.map((subgraph) => subgraph.line(/https?:\/\/127\.0\.0\.1:\d+\/graphql/)));
  const gateway = start('gateway', {
    ...mesh.gateway,
    PORT: '0',
    ...(gatewayRedisUrl === undefined ? {} : { REDIS_URL: gatewayRedisUrl }),
  });
  const [, url = ''] = await gateway.line(/(http:\/\/127\.0\.0\.1:\d+)\/graphql/);
  return {
    url,
    adminKey,
    processes: [...subgraphs, gateway, store],
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
