import type { Database } from '#mongo/connect.ts';
import { type InvocationRecord, invocations } from '#mongo/invocations.ts';
import type { SubgraphServices } from '#subgraphs/runtime/subgraph.ts';
import { createUsageSubgraph } from '#subgraphs/usage/subgraph.ts';
import type { Subgraph } from '#transport/executor.ts';
import { openTestDatabase } from './database.ts';
import { ask, testCaller, testServices } from './subgraph.ts';

export const acme = testCaller('acme', 'usage:read');
export const other = testCaller('other', 'usage:read');
/** Sees every tenant. */
export const everyone = testCaller('root', 'tenants:admin', 'usage:read', 'audit:read');

/** The usage subgraph on a database of its own with a ledger of six rows: a1 to a5 of acme, b1 of other. */
export interface UsageMesh extends AsyncDisposable {
  readonly database: Database;
  readonly services: SubgraphServices;
  readonly subgraph: Subgraph;
  /** Code and message of every error of a call. */
  refusal(caller: typeof acme, query: string, variables?: Record<string, unknown>): Promise<string>;
}

/** @param now the present; absent: that of the clock */
export async function openUsageMesh(now?: () => number): Promise<UsageMesh> {
  const database = await openTestDatabase({ monitorCommands: true });
  const services = testServices(database);
  const subgraph = createUsageSubgraph({
    ...{ ...services, connection: database.connection },
    ...(now === undefined ? {} : { now }),
  });
  await invocations(database.connection).insertMany([
    row('a1', '2026-01-01T10:00:00Z', { costNanos: 123_400n, latencyMs: 100 }),
    row('a2', '2026-01-01T10:30:00Z', {
      unpriced: true,
      status: 'FAILED',
      errorCode: 'PROVIDER_ERROR',
      latencyMs: 300,
    }),
    row('a3', '2026-01-02T00:00:00Z', {
      cache: 'HIT',
      modelId: 'demo/slow',
      latencyMs: 1,
      savedNanos: 2_000n,
    }),
    row('a4', '2026-02-01T00:00:00Z', {
      status: 'RUNNING',
      latencyMs: null,
      endedAt: null,
      promptId: 'p1',
      promptVersionId: 'v1',
    }),
    row('a5', '2026-02-01T00:00:01Z', {
      kind: 'embedding',
      appId: 'app2',
      keyId: 'k2',
      costNanos: 9_007_199_254_740_993n,
      savedNanos: -500n,
      usage: tokens(4_000_000_000, 1),
    }),
    row('b1', '2026-01-01T10:00:00Z', { tenantId: 'other', appId: 'app9', keyId: 'k9' }),
  ]);
  return {
    database,
    services,
    subgraph,
    async refusal(caller, query, variables = {}) {
      const { errors = [] } = await ask(subgraph, caller, query, variables);
      return errors.map(({ code, message }) => `${code}: ${message}`).join('\n');
    },
    [Symbol.asyncDispose]: () => database.close(),
  };
}

/** What a call used. */
export function tokens(inputTokens: number, outputTokens: number) {
  return { inputTokens, outputTokens, cachedInputTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0 };
}

/** A row of the ledger; what is not said is an ordinary completion of acme's. */
export function row(_id: string, startedAt: string, rest: Partial<InvocationRecord> = {}): InvocationRecord {
  return {
    _id,
    kind: 'completion',
    status: 'SUCCEEDED',
    tenantId: 'acme',
    appId: 'app1',
    keyId: 'k1',
    subject: null,
    modelId: 'demo/echo',
    providerId: 'demo',
    promptId: null,
    promptVersionId: null,
    usage: tokens(10, 5),
    costNanos: 0n,
    cache: 'MISS',
    latencyMs: 50,
    timeToFirstTokenMs: null,
    errorCode: null,
    startedAt: new Date(startedAt),
    endedAt: new Date(startedAt),
    ownerId: 'test',
    attempts: [],
    ...rest,
  };
}
