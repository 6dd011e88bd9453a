import { setTimeout as wait } from 'node:timers/promises';
import type { Connection } from 'mongoose';
import type { Catalog } from '#mongo/catalog.ts';
import type { SecretBox } from '#mongo/secret-box.ts';
import { admissionDefinitions } from '#schema/admission.ts';
import { type Egress, openEgress } from '#schema/egress.ts';
import { createJsonSchemas } from '#schema/json-schema.ts';
import { loadSubgraphSdl } from '#schema/load-sdl.ts';
import type { Cache } from '#state/cache/cache.ts';
import type { StreamLogs } from '#state/streams/stream-log.ts';
import { createSubgraph, type Subgraph, type SubgraphServices } from '../shared/subgraph.ts';
import { BudgetAlerts } from './budget-alerts.ts';
import { cachePoliciesOf } from './cache-policies.ts';
import type { InferenceDeps } from './deps.ts';
import { guardrailStages, guardrailsOf } from './guardrails/guardrails.ts';
import { createHealthRegistry } from './health.ts';
import { createIdempotency } from './idempotency.ts';
import type { Inference } from './inference.ts';
import { createInputAllowances } from './input-allowance.ts';
import { createInvoker } from './invoke.ts';
import { createLedger } from './ledger/ledger.ts';
import { openOwnership } from './ledger/owners.ts';
import { createProgressWriter } from './ledger/progress.ts';
import { createCompletionResults } from './ledger/results.ts';
import { createInferenceLoaders, type InferenceLoaders } from './loaders.ts';
import { createLostReaders } from './lost-readers.ts';
import { createProviderPool } from './provider-pool.ts';
import { createHttpFetch } from './providers/http-fetch.ts';
import type { Provider, ProviderOptions } from './providers/provider.ts';
import { createCompletionReader } from './read.ts';
import { inferenceResolvers } from './resolvers.ts';
import { createRowWatch, endedRows } from './row-watch.ts';
import { createRunning } from './running.ts';

/** What happens where a caller whose cost is limited calls an AI model without a price. */
export type UnpricedModels = 'refuse' | 'allow';

export interface InferenceSubgraphDeps extends SubgraphServices {
  readonly connection: Connection;
  readonly catalog: Catalog;
  readonly secretBox: SecretBox;
  /** Seals what is kept of completions. */
  readonly payloads: SecretBox;
  readonly state: { readonly cache: Cache; readonly streams: StreamLogs };
  /** Names, separated by commas; see guardrails/guardrails.ts. */
  readonly guardrails?: string;
  /** `allow`: callers whose cost is limited may call AI models without a price. `refuse` when left out. */
  readonly unpricedModels?: UnpricedModels;
  /** No other process uses the database. */
  readonly isAlone?: boolean;
  /** Where calls and the URLs of files may go; absent: wherever nobody is refused. */
  readonly egress?: Egress;
  /** How long invocations that run may go on when the subgraph is disposed. */
  readonly graceMs?: number;
  /** For tests: other providers than the registry's. */
  readonly createProvider?: (options: ProviderOptions) => Promise<Provider>;
  readonly now?: () => number;
  readonly random?: () => number;
  readonly delay?: InferenceDeps['delay'];
}

const graceMsDefault = 5_000;
const neverAborted = new AbortController().signal;

/**
 * Invoking AI models. Takes up the ownership of this process's ledger rows (and closes those of processes that are
 * gone) before it resolves. Disposing refuses new calls, lets running ones go on for `graceMs`, then cancels them.
 */
export async function createInferenceSubgraph(deps: InferenceSubgraphDeps): Promise<Subgraph> {
  const { connection, log, bus, quota, catalog, now = Date.now, random = Math.random } = deps;
  const delay = deps.delay ?? ((ms, signal) => wait(ms, undefined, { signal }));
  const egress = deps.egress ?? openEgress;
  const sdl = loadSubgraphSdl('inference');
  const guardrails = guardrailStages(guardrailsOf(deps.guardrails ?? ''));
  const cachePolicies = cachePoliciesOf(sdl);

  await using opened = new AsyncDisposableStack();
  const http = opened.use(createHttpFetch({ egress }));
  const { streams } = deps.state;
  const { payloads } = deps;
  const sweeping = { log, streams, quota, payloads };
  const ledger = createLedger(connection, { ...sweeping, delay: (ms) => delay(ms, neverAborted) });
  const ownership = opened.use(
    await openOwnership(connection, {
      ...sweeping,
      now,
      ledger,
      ...(deps.isAlone === undefined ? {} : { isAlone: deps.isAlone }),
    }),
  );
  const progress = opened.use(createProgressWriter(connection, { log }));
  const pool = createProviderPool({
    catalog,
    secretBox: deps.secretBox,
    fetch: http.fetch,
    random,
    now,
    ...(deps.createProvider === undefined ? {} : { create: deps.createProvider }),
  });
  const base: InferenceDeps = {
    connection,
    log,
    bus,
    quota,
    catalog,
    pool,
    now,
    random,
    delay,
    guardrails,
    allowsUnpriced: deps.unpricedModels === 'allow',
    cache: deps.state.cache,
    streams,
    health: createHealthRegistry({ now, log, catalog }),
    inputAllowances: createInputAllowances(now),
    ledger,
    results: createCompletionResults(connection, { payloads, log }),
    alerts: opened.use(new BudgetAlerts({ connection, quota, log, now })),
    progress,
    ownerId: ownership.ownerId,
    jsonSchemas: opened.use(createJsonSchemas()),
    egress,
  };
  const running = createRunning();
  const lostReaders = opened.use(
    createLostReaders({ bus, delay, isRunning: (id) => running.get(id) !== undefined }),
  );
  const invoker = createInvoker(base, running, createIdempotency(base, ownership), lostReaders);
  const inference: Inference = {
    ...base,
    running,
    invoker,
    lostReaders,
    cachePolicies,
    reader: createCompletionReader(base, running),
    rowWatch: createRowWatch({ log, now, ended: (ids) => endedRows(connection, ids) }),
  };
  opened.use(
    await bus.subscribe('completion.cancel', ({ completionId }) => {
      running.get(completionId)?.cancel('It was cancelled by its caller.');
    }),
  );
  opened.use(await bus.subscribe('completion.lost', ({ completionId }) => lostReaders.note(completionId)));
  // Last in, first out: what runs ends before what it needs is closed.
  opened.defer(() => running.drain(deps.graceMs ?? graceMsDefault));

  const resources = opened.move();
  return createSubgraph<InferenceLoaders>({
    name: 'inference',
    typeDefs: `${sdl}\n${admissionDefinitions}\n`,
    services: deps,
    resolvers: inferenceResolvers(inference),
    createLoaders: (context) => createInferenceLoaders(context, inference),
    close: () => resources.disposeAsync(),
    drain: running.drain,
  });
}
