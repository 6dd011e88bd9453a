import { type KeyObject, randomBytes } from 'node:crypto';
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
import { readSigningKey } from '#transport/mesh-keys.ts';

/** The mesh in a few processes, each of which can be ended and started again at the same address. */
export interface SplitMesh extends TestMesh {
  /** What the gateway signs with. */
  readonly signingKey: KeyObject;
  readonly subgraphUrls: Readonly<Record<SubgraphName, string>>;
  /** The process that runs these parts now. */
  process(parts: string): HeddleProcess;
  /** Starts the parts again after they have ended. */
  start(parts: string): Promise<void>;
  /** The process of the store. */
  readonly store: HeddleProcess;
  /** Starts the store again after it has ended. */
  startStore(): Promise<void>;
  /** Starts a second process of a subgraph, at an address that no gateway calls. */
  startBeside(name: SubgraphName): Promise<HeddleProcess>;
  /** Starts a second gateway; answers its origin. */
  startGatewayBeside(): Promise<string>;
}

/**
 * Starts the store alone, a process for each of `groups` (subgraphs joined by commas, all five in sum) and one gateway.
 */
export async function startSplit(
  groups: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<SplitMesh> {
  const stack = new AsyncDisposableStack();
  const dir = stack.use(await temporaryDirectory());
  const adminKey = newAdminKey();
  const mesh = meshVariables();
  const storePort = await freePort();
  const storePassword = randomBytes(16).toString('hex');
  let store: HeddleProcess;
  const startStore = async () => {
    store = stack.use(
      startHeddle(['store', '--port', String(storePort), '--dir', join(dir.path, 'store')], {
        LOG_LEVEL: 'warn',
        HEDDLE_STORE_PASSWORD: storePassword,
      }),
    );
    await store.line(/mongodb:\/\//);
  };
  await startStore();
  const common: Record<string, string> = {
    HEDDLE_DATA_DIR: dir.path,
    HEDDLE_ADMIN_KEY: adminKey,
    HEDDLE_ENCRYPTION_KEY: randomBytes(32).toString('hex'),
    MONGO_URL: `mongodb://heddle:${storePassword}@127.0.0.1:${storePort}/heddle?directConnection=true`,
    LOG_LEVEL: 'warn',
    PORT: String(await freePort()),
    ...environment,
  };
  const subgraphUrls = {} as Record<SubgraphName, string>;
  for (const name of subgraphNames) {
    const port = String(await freePort());
    common[`HEDDLE_${name.toUpperCase()}_PORT`] = port;
    subgraphUrls[name] = `http://127.0.0.1:${port}/graphql`;
    common[`HEDDLE_${name.toUpperCase()}_URL`] = subgraphUrls[name];
  }
  const running = new Map<string, HeddleProcess>();
  const start = async (parts: string) => {
    const heddle = stack.use(
      startHeddle(['serve', '--only', parts], {
        ...common,
        ...(parts === 'gateway' ? mesh.gateway : mesh.subgraph),
      }),
    );
    running.set(parts, heddle);
    await heddle.line(/http:\/\/127\.0\.0\.1:\d+\/graphql/);
  };
  const startBeside = async (name: SubgraphName) => {
    const port = String(await freePort());
    const environment = { ...common, ...mesh.subgraph, [`HEDDLE_${name.toUpperCase()}_PORT`]: port };
    const heddle = stack.use(startHeddle(['serve', '--only', name], environment));
    await heddle.line(/http:\/\/127\.0\.0\.1:\d+\/graphql/);
    return heddle;
  };
  const startGatewayBeside = async () => {
    const heddle = stack.use(
      startHeddle(['serve', '--only', 'gateway'], { ...common, ...mesh.gateway, PORT: '0' }),
    );
    const [, url = ''] = await heddle.line(/(http:\/\/127\.0\.0\.1:\d+)\/graphql/);
    return url;
  };
  await Promise.all(groups.map(start));
  await start('gateway');
  const current = (parts: string) => {
    const heddle = running.get(parts);
    if (heddle === undefined) throw new Error(`No process runs ${parts}.`);
    return heddle;
  };
  return {
    url: `http://127.0.0.1:${common.PORT}`,
    adminKey,
    signingKey: readSigningKey(mesh.gateway.HEDDLE_MESH_KEY ?? ''),
    subgraphUrls,
    get processes() {
      return [...running.values(), store];
    },
    process: current,
    start,
    get store() {
      return store;
    },
    startStore,
    startBeside,
    startGatewayBeside,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
