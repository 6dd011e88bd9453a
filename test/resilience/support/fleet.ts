import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { type SubgraphName, subgraphNames } from '#core/subgraph-names.ts';
import {
  freePort,
  type HeddleProcess,
  meshVariables,
  newAdminKey,
  startHeddle,
  type TestMesh,
  temporaryDirectory,
} from '#test/support/mesh.ts';
import { startRedis } from '../../support/processes/redis.ts';

/** Every process of a fleet, by the name that `restart` takes. */
export const fleetProcesses = [
  'gateway-1',
  'gateway-2',
  'inference-1',
  'inference-2',
  'tenants',
  'models',
  'prompts',
  'usage',
] as const;
export type FleetProcess = (typeof fleetProcesses)[number];

/** The whole mesh as many processes: two gateways, two inference processes, each other subgraph, the store and Redis. */
export interface Fleet extends TestMesh {
  /** The origins of the gateways. */
  readonly gateways: readonly [string, string];
  process(name: FleetProcess): HeddleProcess;
  start(name: FleetProcess): Promise<void>;
}

/** Passes each connection to the first of the ports that accepts it. */
async function startBalancer(ports: readonly number[]): Promise<{ readonly port: number } & AsyncDisposable> {
  const open = new Set<Socket>();
  const keep = (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
  };
  const pass = (client: Socket, [port, ...others]: readonly number[]): void => {
    if (port === undefined) return void client.destroy();
    const server = connect(port, '127.0.0.1');
    const refused = () => pass(client, others);
    server.once('error', refused);
    server.once('connect', () => {
      server.off('error', refused);
      keep(server);
      client.pipe(server).pipe(client);
      client.once('close', () => server.destroy());
      server.once('close', () => client.destroy());
    });
  };
  const balancer = createServer((client) => {
    keep(client);
    pass(client, ports);
  }).listen(0, '127.0.0.1');
  await once(balancer, 'listening');
  const address = balancer.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      balancer.close();
    },
  };
}

/** Each gateway reaches inference through a balancer of its own, which prefers the process of the same number. */
export async function startFleet(environment: Readonly<Record<string, string>>): Promise<Fleet> {
  const stack = new AsyncDisposableStack();
  const dir = stack.use(await temporaryDirectory());
  const redis = stack.use(await startRedis());
  const adminKey = newAdminKey();
  const storePort = await freePort();
  const storePassword = randomBytes(16).toString('hex');
  const store = stack.use(
    startHeddle(['store', '--port', String(storePort), '--dir', join(dir.path, 'store')], {
      LOG_LEVEL: 'warn',
      HEDDLE_STORE_PASSWORD: storePassword,
    }),
  );
  await store.line(/mongodb:\/\//);
  const ports = new Map<string, string>();
  const findPort = (name: string) => Number(ports.get(name));
  for (const name of [...fleetProcesses]) ports.set(name, String(await freePort()));
  const common: Record<string, string> = {
    HEDDLE_DATA_DIR: dir.path,
    HEDDLE_ADMIN_KEY: adminKey,
    HEDDLE_ENCRYPTION_KEY: randomBytes(32).toString('hex'),
    MONGO_URL: `mongodb://heddle:${storePassword}@127.0.0.1:${storePort}/heddle?directConnection=true`,
    REDIS_URL: redis.url,
    LOG_LEVEL: 'warn',
    ...environment,
  };
  const variable = (name: SubgraphName, what: 'PORT' | 'URL') => `HEDDLE_${name.toUpperCase()}_${what}`;
  for (const name of subgraphNames) {
    if (name !== 'inference') common[variable(name, 'URL')] = `http://127.0.0.1:${findPort(name)}/graphql`;
  }
  const inference = [findPort('inference-1'), findPort('inference-2')];
  const balancers = [
    stack.use(await startBalancer(inference)),
    stack.use(await startBalancer(inference.toReversed())),
  ];

  const mesh = meshVariables();
  const running = new Map<FleetProcess, HeddleProcess>();
  const start = async (name: FleetProcess) => {
    const [part = '', number] = name.split('-');
    const balancer = balancers[Number(number) - 1];
    const own: Record<string, string> =
      part === 'gateway'
        ? {
            ...mesh.gateway,
            PORT: String(findPort(name)),
            HEDDLE_INFERENCE_URL: `http://127.0.0.1:${balancer?.port}`,
          }
        : { ...mesh.subgraph, [variable(part as SubgraphName, 'PORT')]: String(findPort(name)) };
    const heddle = stack.use(startHeddle(['serve', '--only', part], { ...common, ...own }));
    running.set(name, heddle);
    await heddle.line(/http:\/\/127\.0\.0\.1:\d+\/graphql/);
  };
  // Tenants first: it makes the admin key.
  await start('tenants');
  await Promise.all(fleetProcesses.filter((name) => name !== 'tenants').map(start));
  const origin = (name: FleetProcess) => `http://127.0.0.1:${findPort(name)}`;
  return {
    url: origin('gateway-1'),
    gateways: [origin('gateway-1'), origin('gateway-2')],
    adminKey,
    get processes() {
      return [...running.values(), store];
    },
    process(name) {
      const heddle = running.get(name);
      if (heddle === undefined) throw new Error(`${name} does not run.`);
      return heddle;
    },
    start,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
