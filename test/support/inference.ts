import { randomUUID } from 'node:crypto';
import { type ExecutionResult, parse } from 'graphql';
import { type Catalog, openCatalog } from '#catalog/catalog.ts';
import type { Caller, CallerLimit } from '#core/caller.ts';
import type { Capability } from '#core/graph-enums.generated.ts';
import type { Database } from '#mongo/connect.ts';
import { sealCredential } from '#mongo/credential-secret.ts';
import { type InvocationRecord, invocations } from '#mongo/invocations.ts';
import { models } from '#mongo/models.ts';
import { providerCredentials } from '#mongo/provider-credentials.ts';
import { providers } from '#mongo/providers.ts';
import { routes } from '#mongo/routes.ts';
import { createDemoProvider } from '#providers/demo/demo-provider.ts';
import { providerDestination } from '#providers/registry/destination.ts';
import type { Bus } from '#state/bus/bus.ts';
import type { Cache } from '#state/cache/cache.ts';
import { createMemoryCache } from '#state/cache/memory.ts';
import type { Quota } from '#state/quota/quota.ts';
import { createMemoryStreamLogs } from '#state/streams/memory.ts';
import type { StreamLogs } from '#state/streams/stream-log.ts';
import { createInferenceSubgraph, type InferenceDeps } from '#subgraphs/inference/subgraph.ts';
import type { Subgraph } from '#transport/executor.ts';
import { type ScriptedProvider, scriptedProvider } from './scripted-provider.ts';
import { testPayloads, testSecrets } from './seal.ts';
import { ask, askForData, type TestAnswer, testCaller, testServices } from './subgraph.ts';

export interface TestInference extends AsyncDisposable {
  readonly subgraph: Subgraph;
  readonly catalog: Catalog;
  readonly bus: Bus;
  readonly quota: Quota;
  readonly cache: Cache;
  readonly streams: StreamLogs;
  /** What `alpha/*` and `beta/*` ask. `demo/*` asks the real demo provider. */
  readonly alpha: ScriptedProvider;
  readonly beta: ScriptedProvider;
  /** A tenant of the test's own. */
  readonly caller: Caller;
  ask<T = Record<string, unknown>>(
    query: string,
    variables?: Record<string, unknown>,
    caller?: Caller,
  ): Promise<TestAnswer<T>>;
  data<T = Record<string, unknown>>(
    query: string,
    variables?: Record<string, unknown>,
    caller?: Caller,
  ): Promise<T>;
  /** As a client that may leave. */
  askWith(query: string, variables: Record<string, unknown>, signal: AbortSignal): Promise<unknown>;
  /** The one error that is expected: its message, with its extensions. */
  refusal(
    query: string,
    variables?: Record<string, unknown>,
    caller?: Caller,
  ): Promise<{ readonly message: string; readonly [extension: string]: unknown }>;
  /** Subscribes; throws what is refused. */
  stream(
    query: string,
    variables: Record<string, unknown>,
    options?: { readonly caller?: Caller; readonly signal?: AbortSignal },
  ): Promise<AsyncIterableIterator<Record<string, unknown>>>;
  /** The tenant's rows, oldest first. */
  rows(): Promise<InvocationRecord[]>;
}

const price = {
  effectiveFrom: new Date(0),
  inputNanosPerMillion: 1_000_000_000n,
  outputNanosPerMillion: 10_000_000_000n,
  cachedInputNanosPerMillion: 100_000_000n,
  cacheWriteNanosPerMillion: null,
};

export const freePrice = {
  effectiveFrom: new Date(0),
  inputNanosPerMillion: 0n,
  outputNanosPerMillion: 0n,
  cachedInputNanosPerMillion: null,
  cacheWriteNanosPerMillion: null,
};

/** Providers demo, alpha (region eu) and beta (region us) with the models `one`; once per database. */
export async function fillCatalog({ connection }: Database): Promise<void> {
  const at = { createdAt: new Date(), updatedAt: new Date() };
  const regions: Record<string, string | null> = { demo: null, alpha: 'eu', beta: 'us' };
  for (const [_id, region] of Object.entries(regions)) {
    const kind = _id === 'demo' ? 'DEMO' : 'OPENAI_COMPATIBLE';
    await providers(connection).create({ _id, kind, baseUrl: `http://${_id}`, region, enabled: true, ...at });
    if (_id === 'demo') continue;
    const destination = providerDestination({ kind, baseUrl: `http://${_id}`, region });
    const bound = { id: `${_id}-key`, providerId: _id, destination };
    const sealed = sealCredential(testSecrets, `${_id}-secret`, bound);
    const credential = {
      _id: bound.id,
      providerId: _id,
      destination,
      label: 'main',
      hint: '',
      sealed,
      createdAt: new Date(),
    };
    await providerCredentials(connection).create({ ...credential, weight: 1, enabled: true });
  }
  const chat: readonly Capability[] = ['CHAT', 'STREAMING', 'TOOLS', 'STRUCTURED_OUTPUT'];
  for (const _id of [
    'demo/echo',
    'demo/slow',
    'demo/flaky',
    'demo/cut',
    'demo/down',
    'alpha/one',
    'beta/one',
  ]) {
    const [providerId = '', name = ''] = _id.split('/');
    const prices = [providerId === 'demo' ? freePrice : price];
    await models(connection).create({ ...model(_id, providerId, name, chat), prices, ...at });
  }
  await models(connection).create({
    ...model('demo/embed', 'demo', 'embed', ['EMBEDDINGS']),
    prices: [freePrice],
    ...at,
  });
  await models(connection).create({
    ...model('alpha/embed', 'alpha', 'embed', ['EMBEDDINGS']),
    prices: [price],
    ...at,
  });
  const timeouts = { connectMs: 1_000, firstTokenMs: 1_000, interTokenMs: 60, totalMs: 5_000 };
  const targets = [
    { modelId: 'alpha/one', weight: 1, regions: null },
    { modelId: 'beta/one', weight: 1, regions: null },
  ];
  const route = { strategy: 'PRIORITY', ...at } as const;
  await routes(connection).create({ _id: 'both', ...route, targets, timeouts, maxAttempts: 3 });
  const hasty = { targets: targets.slice(0, 1), timeouts: { ...timeouts, totalMs: 40 }, maxAttempts: 1 };
  await routes(connection).create({ _id: 'hasty', ...route, ...hasty });
}

function model(_id: string, providerId: string, name: string, capabilities: readonly Capability[]) {
  return {
    _id,
    providerId,
    name,
    capabilities,
    inputModalities: ['TEXT'],
    outputModalities: ['TEXT'],
    contextTokens: 10_000,
    maxOutputTokens: 1_000,
    prices: [],
    lifecycle: 'ACTIVE',
    replacedById: null,
  } as const;
}

/** An inference subgraph on a database that `fillCatalog` has filled. */
export async function startInference(
  database: Database,
  options: Partial<InferenceDeps> & { readonly limits?: readonly CallerLimit[] } = {},
): Promise<TestInference> {
  const { limits = [], ...given } = options;
  const { connection } = database;
  await using opened = new AsyncDisposableStack();
  const services = testServices(database);
  const { log, bus } = services;
  const catalog = opened.use(await openCatalog(connection, { bus, log }));
  const [alpha, beta] = [scriptedProvider(), scriptedProvider()];
  const deps: InferenceDeps = {
    ...services,
    connection,
    catalog,
    secrets: testSecrets,
    payloads: testPayloads,
    cache: createMemoryCache(),
    streams: createMemoryStreamLogs(),
    graceMs: 0,
    createProvider: async ({ kind, baseUrl }) =>
      kind === 'DEMO' ? createDemoProvider() : baseUrl === 'http://alpha' ? alpha : beta,
    ...given,
  };
  const subgraph = opened.use(await createInferenceSubgraph(deps));
  const tenantId = `t-${randomUUID()}`;
  const caller = { ...testCaller(tenantId, 'inference:invoke'), limits };
  const resources = opened.move();
  return {
    subgraph,
    catalog,
    bus: deps.bus,
    quota: deps.quota,
    cache: deps.cache,
    streams: deps.streams,
    alpha,
    beta,
    caller,
    ask: (query, variables, as = caller) => ask(subgraph, as, query, variables),
    data: (query, variables, as = caller) => askForData(subgraph, as, query, variables),
    askWith: (query, variables, signal) =>
      subgraph.execute({
        document: parse(query),
        variables,
        caller,
        requestId: 'r',
        clientAddress: null,
        signal,
      }),
    async refusal(query, variables = {}, as = caller) {
      const document = parse(query);
      const result = await subgraph.execute({
        document,
        variables,
        caller: as,
        requestId: 'r',
        clientAddress: null,
      });
      const [error] = 'errors' in result ? (result.errors ?? []) : [];
      if (error === undefined) throw new Error('An error was expected.');
      return { message: error.message, ...error.extensions };
    },
    async stream(query, variables, { caller: as = caller, signal } = {}) {
      const result = await subgraph.execute({
        document: parse(query),
        variables,
        caller: as,
        requestId: randomUUID(),
        clientAddress: null,
        signal,
      });
      if (!(Symbol.asyncIterator in result)) throw result.errors?.[0] ?? new Error('There is no stream.');
      return events(result);
    },
    rows: () => invocations(connection).find({ tenantId }).sort({ _id: 1 }).lean<InvocationRecord[]>(),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

async function* events(
  results: AsyncIterable<ExecutionResult>,
): AsyncGenerator<Record<string, unknown>, undefined> {
  for await (const { data, errors } of results) {
    if (errors !== undefined) throw errors[0];
    const [event] = Object.values(data ?? {});
    yield JSON.parse(JSON.stringify(event));
  }
}
