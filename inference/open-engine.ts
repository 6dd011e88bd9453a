import { setTimeout as wait } from 'node:timers/promises';
import type { Connection } from 'mongoose';
import type { Logger } from 'pino';
import type { Catalog } from '#catalog/catalog.ts';
import { type Egress, openEgress } from '#core/egress.ts';
import { createJsonSchemas } from '#core/json-schema/json-schema.ts';
import type { InferenceObserver } from '#core/observers/inference-observer.ts';
import type { QueueObserver } from '#core/observers/queue-observer.ts';
import type { OwnerBoxes } from '#core/secrets/owner-boxes.ts';
import type { RuleServices } from '#guardrails/guardrail.ts';
import { VerdictCache } from '#guardrails/pipeline/verdict-cache.ts';
import { RuleThreads } from '#guardrails/threads/rule-threads.ts';
import type { AuditLog } from '#mongo/audit/log.ts';
import { EventReports } from '#mongo/event-reports.ts';
import type { EventLog } from '#mongo/events.ts';
import { createHttpFetch } from '#providers/http/http-fetch.ts';
import type { Provider, ProviderOptions } from '#providers/provider.ts';
import type { Bus } from '#state/bus/bus.ts';
import type { Cache } from '#state/cache/cache.ts';
import type { Quota } from '#state/quota/quota.ts';
import type { StreamLogs } from '#state/streams/stream-log.ts';
import { createIdempotency } from './admission/idempotency.ts';
import { RefusedCalls } from './admission/refused-calls.ts';
import type { InferenceEngine } from './engine.ts';
import { Running } from './execution/running.ts';
import { BlockReports } from './guarding/block-reports.ts';
import { Consents } from './guarding/consents.ts';
import { loadPolicyRules } from './guarding/loaded-rules.ts';
import { createGuardrailPlans, type GuardrailPlans } from './guarding/plans.ts';
import { ConsentSources } from './guarding/remote/consent-sources.ts';
import { createRulePost } from './guarding/remote/rule-posts.ts';
import { createLedger } from './ledger/ledger.ts';
import { openOwnership } from './ledger/owners.ts';
import { createProgressWriter } from './ledger/progress.ts';
import { createCompletionResults } from './ledger/results.ts';
import { BudgetAlerts } from './metering/budget-alerts.ts';
import { InputAllowances } from './metering/input-allowance.ts';
import { observeLedger } from './observed-ledger.ts';
import { PayloadLog } from './payloads/payload-log.ts';
import { CompletionReader } from './read.ts';
import { reportRejectedCredential } from './routing/credential-rejections.ts';
import { createHealthRegistry } from './routing/health.ts';
import { keepReportingOutages } from './routing/outages.ts';
import { createProviderPool } from './routing/provider-pool.ts';
import { LostReaders } from './streams/lost-readers.ts';
import { endedRows, RowWatch } from './streams/row-watch.ts';

/** The policy for callers with a limit on cost that call an AI model without a price. */
export type UnpricedModels = 'refuse' | 'allow';

/** What an engine is made of. */
export interface InferenceEngineOptions {
  readonly log: Logger;
  /** Gets what happens here, for metrics. */
  readonly observer?: InferenceObserver | undefined;
  /** Gets the queues of its threads, for metrics. */
  readonly queues?: QueueObserver | undefined;
  readonly connection: Connection;
  readonly catalog: Catalog;
  readonly bus: Bus;
  readonly events: Pick<EventLog, 'record'>;
  /** Counts refused calls. */
  readonly audit: Pick<AuditLog, 'count'>;
  readonly quota: Quota;
  readonly cache: Cache;
  readonly streams: StreamLogs;
  /** Open the keys of providers. */
  readonly secrets: OwnerBoxes;
  /** Seal what is kept of completions. */
  readonly payloads: OwnerBoxes;
  /** Names, separated by commas; see guardrails/rules.ts. */
  readonly guardrails?: string;
  /** For tests: other plans than those of the policies. */
  readonly guardrailPlans?: GuardrailPlans;
  /** `allow`: callers with a limit on cost may call AI models without a price. The default is `refuse`. */
  readonly unpricedModels?: UnpricedModels;
  /** True: calls of providers have the `traceparent` of their span, where they are traced. Absent: no. */
  readonly tracesProviders?: boolean;
  /** No other process uses the database. */
  readonly isAlone?: boolean;
  /** Where calls and the URLs of files may go; absent: every destination is allowed. */
  readonly egress?: Egress;
  /** How long calls in progress may continue when the engine is disposed. */
  readonly graceMs?: number;
  /** For tests: other providers than the registry's. */
  readonly createProvider?: (options: ProviderOptions) => Promise<Provider>;
  readonly now?: () => number;
  readonly random?: () => number;
  readonly delay?: InferenceEngine['delay'];
}

/** Of what guardrails post to addresses that policies name: few, short, and small. */
const rulePostBounds = { callsMax: 512, connectTimeoutMs: 5_000, responseBytesMax: 1024 * 1024 };
const graceMsDefault = 5_000;
const neverAborted = new AbortController().signal;

/**
 * Opens the engine of a process. Takes up the ownership of this process's ledger rows (and closes those of processes that
 * are gone) before it resolves. Disposing refuses new calls, lets running ones continue for `graceMs`, then cancels them.
 */
export async function openInferenceEngine(
  options: InferenceEngineOptions,
): Promise<InferenceEngine & AsyncDisposable> {
  const { log, observer, connection, catalog, bus, quota, cache, streams, secrets, payloads } = options;
  const { egress = openEgress, now = Date.now, random = Math.random } = options;
  const delay = options.delay ?? ((ms, signal) => wait(ms, undefined, { signal }));

  await using opened = new AsyncDisposableStack();
  const jsonSchemas = opened.use(
    createJsonSchemas({
      onThreadFailure: (err) =>
        log.error({ event: 'thread_failed', err }, 'the thread that checks JSON Schemas failed'),
    }),
  );
  const ruleThreads = opened.use(
    new RuleThreads({
      onThreadFailure: (err) =>
        log.error({ event: 'thread_failed', err }, 'a thread in which guardrails look at long texts failed'),
    }),
  );
  opened.use(options.queues?.watchQueue('json_schemas', () => jsonSchemas.waiting));
  opened.use(options.queues?.watchQueue('guardrails', () => ruleThreads.waiting));
  const createPost = (ownEgress: Egress['ofTenants']) => {
    const { fetch } = opened.use(createHttpFetch({ egress: ownEgress, ...rulePostBounds }));
    return createRulePost({ fetch, egress: ownEgress, log, now });
  };
  const shared = { jsonSchemas, threads: ruleThreads };
  const postOfTenants = createPost(egress.ofTenants);
  const ruleServices: RuleServices = {
    ...shared,
    post: createPost(egress),
    ofTenants: { ...shared, post: postOfTenants },
  };
  const guardrails =
    options.guardrailPlans ??
    createGuardrailPlans(options.guardrails ?? '', catalog, { services: ruleServices, secrets });
  opened.use(await loadPolicyRules(options.guardrails ?? '', catalog));
  const { tracesProviders: isTraced = false } = options;
  const http = opened.use(createHttpFetch({ egress, isTraced }));
  const httpOfTenants = opened.use(createHttpFetch({ egress: egress.ofTenants, isTraced }));
  const sweeping = { log, streams, quota, payloads };
  const written = createLedger(connection, { ...sweeping, delay: (ms) => delay(ms, neverAborted) });
  const ledger = opened.use(observeLedger(written, observer, now));
  const ownership = opened.use(
    await openOwnership(connection, {
      ...sweeping,
      now,
      ledger,
      ...(options.isAlone === undefined ? {} : { isAlone: options.isAlone }),
    }),
  );
  const progress = opened.use(createProgressWriter(connection, { log }));
  const sources = opened.use(new ConsentSources({ connection, post: postOfTenants, secrets, log, now }));
  const consents = opened.use(await Consents.open({ connection, bus, sources, log, now }));
  const reports = opened.use(new EventReports({ events: options.events, log }));
  const refused = opened.use(new RefusedCalls({ audit: options.audit, catalog, log, now }));
  const blocks = new BlockReports({ reports, now, observer });
  const pool = createProviderPool({
    catalog,
    secrets,
    fetch: http.fetch,
    fetchOfTenants: httpOfTenants.fetch,
    random,
    now,
    onRejected: (provider, credential) => reportRejectedCredential(reports, provider, credential),
    ...(options.createProvider === undefined ? {} : { create: options.createProvider }),
  });
  const health = createHealthRegistry({ now, log, catalog, observer });
  opened.use(keepReportingOutages({ connection, events: options.events, catalog, health, log }));
  const results = createCompletionResults(connection, { payloads, log });
  const alerts = opened.use(new BudgetAlerts({ connection, quota, events: options.events, log, now }));
  const running = new Running();
  const lostReaders = opened.use(
    new LostReaders({ bus, log, delay, isRunning: (id) => running.get(id) !== undefined }),
  );
  opened.use(
    await bus.subscribe('completion.cancel', ({ completionId }) => {
      running.get(completionId)?.cancel('It was cancelled by its caller.');
    }),
  );
  opened.use(await bus.subscribe('completion.lost', ({ completionId }) => lostReaders.note(completionId)));
  // Last in, first out: calls in progress end before the services they need is closed.
  opened.defer(() => running.drain(options.graceMs ?? graceMsDefault));

  const resources = opened.move();
  return {
    log,
    observer,
    now,
    random,
    delay,
    connection,
    catalog,
    bus,
    quota,
    cache,
    streams,
    payloads,
    guardrails,
    ruleServices,
    verdicts: new VerdictCache(now),
    consents,
    blocks,
    refused,
    jsonSchemas,
    egress,
    allowsUnpriced: options.unpricedModels === 'allow',
    idempotency: createIdempotency({ connection, now, delay }, ownership),
    coalesced: new Map(),
    pool,
    health,
    inputAllowances: new InputAllowances(now),
    alerts,
    ownerId: ownership.ownerId,
    ledger,
    results,
    payloadLog: new PayloadLog(connection, { boxes: payloads, log, observer, now }),
    progress,
    running,
    reader: new CompletionReader({ connection, now, delay, results, running }),
    lostReaders,
    rowWatch: new RowWatch({ log, now, ended: (ids) => endedRows(connection, ids) }),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
