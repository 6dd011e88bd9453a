import { setTimeout as wait } from 'node:timers/promises';
import type { Connection } from 'mongoose';
import type { Catalog } from '#catalog/catalog.ts';
import { type Egress, openEgress } from '#core/egress.ts';
import { createJsonSchemas } from '#core/json-schema/json-schema.ts';
import type { SecretBox } from '#core/secrets/secret-box.ts';
import { guardrailStages, guardrailsOf } from '#guardrails/guardrails.ts';
import { createIdempotency } from '#inference/admission/idempotency.ts';
import { createInvoker } from '#inference/admission/invoke.ts';
import type { InferenceDeps } from '#inference/deps.ts';
import { createRunning } from '#inference/execution/running.ts';
import type { Inference } from '#inference/inference.ts';
import { createLedger } from '#inference/ledger/ledger.ts';
import { openOwnership } from '#inference/ledger/owners.ts';
import { createProgressWriter } from '#inference/ledger/progress.ts';
import { createCompletionResults } from '#inference/ledger/results.ts';
import { BudgetAlerts } from '#inference/metering/budget-alerts.ts';
import { createInputAllowances } from '#inference/metering/input-allowance.ts';
import { createCompletionReader } from '#inference/read.ts';
import { createHealthRegistry } from '#inference/routing/health.ts';
import { createProviderPool } from '#inference/routing/provider-pool.ts';
import { createLostReaders } from '#inference/streams/lost-readers.ts';
import { createRowWatch, endedRows } from '#inference/streams/row-watch.ts';
import { createHttpFetch } from '#providers/http/http-fetch.ts';
import type { Provider, ProviderOptions } from '#providers/provider.ts';
import { loadSubgraphSdl } from '#schema/load-sdl.ts';
import type { Cache } from '#state/cache/cache.ts';
import type { StreamLogs } from '#state/streams/stream-log.ts';
import { admissionDefinitions } from '#transport/admission.ts';
import type { Subgraph } from '#transport/executor.ts';
import { createSubgraph, type SubgraphServices } from '../runtime/subgraph.ts';
import { cachePoliciesOf } from './cache-policies.ts';
import { createInferenceLoaders, type InferenceLoaders } from './loaders.ts';
import { inferenceResolvers } from './resolvers.ts';

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
  /** Where calls and the URLs of files may go; absent: every destination is allowed. */
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
  // Last in, first out: calls in progress end before the services they need is closed.
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
