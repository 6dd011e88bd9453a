import { describe, expect, it } from 'vitest';
import type { Catalog, CatalogModel, CatalogRoute } from '#mongo/catalog.ts';
import { anonymousCaller, type Caller } from '#schema/caller.ts';
import { catalogModel as model } from '#test/support/catalog-model.ts';
import { type CallOutcome, createHealthRegistry } from './health.ts';
import type { ProviderPool } from './provider-pool.ts';
import { candidatesFor, type RoutingNeeds, weightedOrder } from './route.ts';

const needs: RoutingNeeds = {
  needs: ['CHAT'],
  inputs: [],
  inputTokensMax: 100,
  isOneInput: true,
  maxOutputTokens: 100,
  speedOf: 'WHOLE',
};

function outcome(result: CallOutcome['result'], ms: number): CallOutcome {
  return {
    result,
    latencyMs: ms,
    timeToFirstTokenMs: ms / 2,
    wholeMs: ms,
    outputTokens: 10,
    retryAfterMs: null,
  };
}
const caller: Caller = { ...anonymousCaller, tenantId: 't' };

function price(dollars: number) {
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

function setup(strategy: CatalogRoute['strategy'], targets: readonly Target[]) {
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
    alias: 'r',
    strategy,
    targets: targets.map(({ model: target, weight = 1, regions = null }) => ({
      model: target,
      weight,
      regions,
    })),
    timeouts: { connectMs: 1, firstTokenMs: 1, interTokenMs: 1, totalMs: 1 },
    maxAttempts: 3,
  };
  const models = new Map(targets.map(({ model: target }) => [target.id, target]));
  const known = (name: string) => {
    const found = models.get(name);
    return found === undefined ? (name === 'r' ? { route } : undefined) : { model: found };
  };
  const catalog: Pick<Catalog, 'model' | 'resolve'> = {
    model: (id) => models.get(id),
    resolve: async (name) => known(name),
  };
  const order = async (as: Caller = caller, wanted: RoutingNeeds = needs, name = 'r') => {
    const found = await candidatesFor(name, wanted, as, { catalog, health, pool, random: () => 0.5 });
    found.release();
    return found.models.map(({ id }) => id);
  };
  return {
    health,
    rests,
    order,
    begin,
    choose: (wanted: RoutingNeeds = needs) =>
      candidatesFor('r', wanted, caller, { catalog, health, pool, random: Math.random }),
    advance: (ms: number) => {
      nowMs += ms;
    },
    call: (id: string, ok: boolean, latencyMs: number) =>
      begin(id)(outcome(ok ? 'SUCCEEDED' : 'FAILED', latencyMs)),
  };
}

describe('candidatesFor', () => {
  it('PRIORITY keeps the order of the targets', async () => {
    const { order } = setup('PRIORITY', [{ model: model('b/x') }, { model: model('a/x') }]);
    expect(await order()).toEqual(['b/x', 'a/x']);
  });

  it('CHEAPEST asks the lowest price first', async () => {
    const { order } = setup('CHEAPEST', [
      { model: model('a/x', { price: price(5) }) },
      { model: model('b/x', { price: price(1) }) },
    ]);
    expect(await order()).toEqual(['b/x', 'a/x']);
  });

  it('FASTEST asks first what it does not know, then the lowest median', async () => {
    const { order, call } = setup('FASTEST', [
      { model: model('a/x') },
      { model: model('b/x') },
      { model: model('c/x') },
    ]);
    call('a/x', true, 300);
    call('b/x', true, 100);
    expect(await order()).toEqual(['c/x', 'b/x', 'a/x']);
  });

  it('LEAST_BUSY asks the one with the fewest calls in flight', async () => {
    const { order, begin } = setup('LEAST_BUSY', [{ model: model('a/x') }, { model: model('b/x') }]);
    const end = begin('a/x');
    expect(await order()).toEqual(['b/x', 'a/x']);
    end(null);
    begin('b/x');
    expect(await order()).toEqual(['a/x', 'b/x']);
  });

  it('WEIGHTED draws in proportion to the weights', () => {
    const seed = 7;
    let state = seed;
    const random = () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
      return state / 0x80000000;
    };
    const items = [
      { id: 'rare', weight: 1 },
      { id: 'often', weight: 9 },
      { id: 'never', weight: 0 },
    ];
    let often = 0;
    for (let draw = 0; draw < 10_000; draw++) {
      const order = weightedOrder(items, ({ weight }) => weight, random).map(({ id }) => id);
      expect(order[2]).toBe('never');
      if (order[0] === 'often') often += 1;
    }
    expect(often / 10_000, `seed ${seed}`).toBeCloseTo(0.9, 1);
  });

  it('leaves out what is disabled, retired, elsewhere, unable or too small', async () => {
    const disabled = model('d/x');
    const { order } = setup('PRIORITY', [
      { model: { ...disabled, provider: { ...disabled.provider, enabled: false } } },
      { model: model('r/x', { lifecycle: 'RETIRED' }) },
      { model: model('us/x', {}, 'us') },
      { model: model('nowhere/x') },
      { model: model('embeds/x', { capabilities: new Set(['EMBEDDINGS']) }, 'eu') },
      { model: model('blind/x', {}, 'eu') },
      { model: model('small/x', { contextTokens: 10, inputModalities: new Set(['TEXT', 'IMAGE']) }, 'eu') },
      { model: model('fits/x', { inputModalities: new Set(['TEXT', 'IMAGE']) }, 'eu') },
      { model: model('unknown/x', { capabilities: new Set(), inputModalities: new Set() }, 'eu') },
    ]);
    const european = { ...caller, allowedRegions: ['eu'] };
    expect(await order(european, { ...needs, inputs: ['IMAGE'] })).toEqual(['fits/x', 'unknown/x']);
  });

  it("keeps a target's regions for callers that are bound to one of them", async () => {
    const targets = [{ model: model('a/x', {}, 'eu'), regions: ['eu'] }, { model: model('b/x', {}, 'us') }];
    const { order } = setup('PRIORITY', targets);
    expect(await order()).toEqual(['b/x']);
    expect(await order({ ...caller, allowedRegions: ['eu'] })).toEqual(['a/x']);
  });

  it('says why none may answer', async () => {
    const { order } = setup('PRIORITY', [
      { model: model('r/x', { lifecycle: 'RETIRED', replacedById: 'n/x' }) },
    ]);
    await expect(order()).rejects.toMatchObject({
      code: 'NO_ROUTE',
      message: expect.stringContaining('n/x'),
    });
    const small = setup('PRIORITY', [{ model: model('s/x', { contextTokens: 5 }) }]);
    await expect(small.order()).rejects.toMatchObject({ code: 'CONTEXT_TOO_LONG' });
    await expect(small.order(caller, needs, 'nothing')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(setup('PRIORITY', []).order()).rejects.toMatchObject({ code: 'NO_ROUTE' });
  });

  it('asks a model whose circuit is open last, and refuses the call when there is no other', async () => {
    const { order, call, advance, health, begin } = setup('PRIORITY', [
      { model: model('a/x') },
      { model: model('b/x') },
    ]);
    for (let failure = 0; failure < 5; failure++) call('a/x', false, 10);
    expect(health.provider('a')).toMatchObject({ circuit: 'OPEN', successRate: 0 });
    expect(await order()).toEqual(['b/x', 'a/x']);
    await expect(order(caller, needs, 'a/x')).rejects.toMatchObject({
      code: 'PROVIDER_ERROR',
      extensions: { retryAfterMs: 5_000 },
    });
    advance(5_000);
    expect(health.provider('a').circuit).toBe('HALF_OPEN');
    expect(await order()).toEqual(['a/x', 'b/x']);
    const trial = begin('a/x');
    expect(await order()).toEqual(['b/x', 'a/x']);
    trial(outcome('SUCCEEDED', 10));
    expect(health.provider('a').circuit).toBe('CLOSED');
    expect(await order()).toEqual(['a/x', 'b/x']);
  });
});

describe('health of a provider', () => {
  it('sums up the last calls of its models', () => {
    const { call, health } = setup('PRIORITY', []);
    expect(health.provider('a')).toMatchObject({ circuit: 'CLOSED', successRate: null, checkedAtMs: null });
    for (let at = 1; at <= 20; at++) call(at % 2 ? 'a/x' : 'a/y', true, at * 10);
    call('a/x', false, 1);
    expect(health.provider('a')).toMatchObject({
      latencyMsP50: 100,
      latencyMsP95: 190,
      timeToFirstTokenMsP50: 50,
      checkedAtMs: 0,
    });
    expect(health.provider('a').successRate).toBeCloseTo(20 / 21);
  });
});
