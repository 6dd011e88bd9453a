import type { CatalogModel, CatalogRoute, CatalogSnapshot } from '#catalog/catalog.ts';
import { emptySnapshot } from '#catalog/catalog-snapshot.ts';
import { findOffered } from '#catalog/viewer.ts';
import { anonymousCaller, type Caller } from '#core/caller.ts';
import { type CallOutcome, createHealthRegistry } from '#inference/routing/health.ts';
import type { ProviderPool } from '#inference/routing/provider-pool.ts';
import { candidatesFor, type RoutingDeps, type RoutingNeeds } from '#inference/routing/route.ts';

export const needs: RoutingNeeds = {
  needs: ['CHAT'],
  inputs: [],
  inputTokensMax: 100,
  isOneInput: true,
  maxOutputTokens: 100,
  speedKind: 'WHOLE',
};

export function outcome(result: CallOutcome['result'], ms: number): CallOutcome {
  return {
    result,
    latencyMs: ms,
    timeToFirstTokenMs: ms / 2,
    wholeMs: ms,
    outputTokens: 10,
    retryAfterMs: null,
  };
}
export const caller: Caller = { ...anonymousCaller, tenantId: 't' };

export function price(dollars: number) {
  const perMillion = BigInt(dollars) * 1_000_000_000n;
  return {
    inputNanosPerMillion: perMillion,
    outputNanosPerMillion: perMillion,
    cachedInputNanosPerMillion: null,
    cacheWriteNanosPerMillion: null,
    effectiveFrom: new Date(0),
  };
}

interface Target {
  readonly model: CatalogModel;
  readonly weight?: number;
  readonly regions?: readonly string[];
}

export function setup(strategy: CatalogRoute['strategy'], targets: readonly Target[]) {
  let nowMs = 0;
  const health = createHealthRegistry({ now: () => nowMs });
  const rests = new Map<string, ReturnType<ProviderPool['rest']>>();
  const pool: Pick<ProviderPool, 'rest'> = { rest: ({ id }) => rests.get(id) ?? null };
  const begin = (id: string) => {
    const end = health.begin(id, id.split('/')[0] ?? '');
    if (end === null) throw new Error(`The circuit of ${id} lets no call through.`);
    return end;
  };
  const route: CatalogRoute = {
    id: 'r',
    alias: 'r',
    tenantId: null,
    strategy,
    targets: targets.map(({ model: target, weight = 1, regions = null }) => ({
      model: target,
      weight,
      regions,
    })),
    timeouts: { connectMs: 1, firstTokenMs: 1, interTokenMs: 1, totalMs: 1 },
    maxAttempts: 3,
    requiresApproval: false,
  };
  const models = new Map(targets.map(({ model: target }) => [target.id, target]));
  const snapshot: CatalogSnapshot = { ...emptySnapshot, models, routes: new Map([['r', route]]) };
  const catalog: RoutingDeps['catalog'] = {
    find: (id, viewer) => findOffered(id, viewer, snapshot),
    resolve: async (id, viewer) => findOffered(id, viewer, snapshot),
    snapshot: () => snapshot,
  };
  const deps = (allowsUnpriced: boolean, random = () => 0.5): RoutingDeps => ({
    catalog,
    health,
    pool,
    random,
    allowsUnpriced,
  });
  const order = async (as: Caller = caller, wanted: RoutingNeeds = needs, name = 'r') => {
    const found = await candidatesFor(name, wanted, as, deps(false));
    found.release();
    return found.models.map(({ id }) => id);
  };
  return {
    health,
    rests,
    order,
    begin,
    deps,
    choose: (wanted: RoutingNeeds = needs, name = 'r') =>
      candidatesFor(name, wanted, caller, deps(false, Math.random)),
    advance: (ms: number) => {
      nowMs += ms;
    },
    call: (id: string, ok: boolean, latencyMs: number) =>
      begin(id)(outcome(ok ? 'SUCCEEDED' : 'FAILED', latencyMs)),
  };
}
