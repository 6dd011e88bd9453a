import { describe, expect, it } from 'vitest';
import { catalogModel as model } from '#test/support/catalog-model.ts';
import { caller, needs, outcome, price, setup } from '#test/support/setups/routing.ts';
import { candidatesFor } from './route.ts';
import { weightedOrder } from './weighted-order.ts';

describe('the suggestion for an unknown model', () => {
  const disabled = model('off/x');
  const unserved: [string, Parameters<typeof model>[1], string | null][] = [
    ['is retired', { lifecycle: 'RETIRED' }, 'eu'],
    ['has a disabled provider', { provider: { ...disabled.provider, region: 'eu', enabled: false } }, 'eu'],
    ['is in a region that the tenant does not allow', {}, 'us'],
    ['is in no known region', {}, null],
  ];
  it.each(unserved)('names no model that %s', async (_why, more, region) => {
    const regional = { ...caller, allowedRegions: ['eu'] };
    const unable = setup('PRIORITY', [{ model: model('a/x', more, region) }]);
    await expect(unable.order(regional, needs, 'other/x')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.not.stringContaining('Did you mean'),
    });
    const able = setup('PRIORITY', [{ model: model('a/x', {}, 'eu') }]);
    await expect(able.order(regional, needs, 'other/x')).rejects.toMatchObject({
      message: expect.stringContaining('Did you mean "a/x"?'),
    });
  });
});

describe('candidatesFor', () => {
  it('PRIORITY keeps the order of the targets', async () => {
    const { order } = setup('PRIORITY', [{ model: model('b/x') }, { model: model('a/x') }]);
    expect(await order()).toEqual(['b/x', 'a/x']);
  });

  it('CHEAPEST calls the lowest price first', async () => {
    const { order } = setup('CHEAPEST', [
      { model: model('a/x', { price: price(5) }) },
      { model: model('b/x', { price: price(1) }) },
    ]);
    expect(await order()).toEqual(['b/x', 'a/x']);
  });

  it('has the first target that fits the call as the first choice, whatever its strategy calls first', async () => {
    const { choose } = setup('CHEAPEST', [
      { model: model('retired/x', { lifecycle: 'RETIRED' }) },
      { model: model('a/x', { price: price(5) }) },
      { model: model('b/x', { price: price(1) }) },
    ]);
    const { firstChoice, models } = await choose(needs, 'r');
    expect([firstChoice.id, models[0].id]).toEqual(['a/x', 'b/x']);
    expect((await choose(needs, 'b/x')).firstChoice.id).toBe('b/x');
  });

  it('FASTEST calls first what it does not know, then the lowest median', async () => {
    const { order, call } = setup('FASTEST', [
      { model: model('a/x') },
      { model: model('b/x') },
      { model: model('c/x') },
    ]);
    call('a/x', true, 300);
    call('b/x', true, 100);
    expect(await order()).toEqual(['c/x', 'b/x', 'a/x']);
  });

  it('LEAST_BUSY calls the one with the fewest calls in flight', async () => {
    const { order, begin } = setup('LEAST_BUSY', [{ model: model('a/x') }, { model: model('b/x') }]);
    const end = begin('a/x');
    expect(await order()).toEqual(['b/x', 'a/x']);
    end(null);
    begin('b/x');
    expect(await order()).toEqual(['a/x', 'b/x']);
  });

  it('CHEAPEST calls last what has no price, and a free model first', async () => {
    const { order } = setup('CHEAPEST', [
      { model: model('unknown/x') },
      { model: model('paid/x', { price: price(5) }) },
      { model: model('unknown/y') },
      { model: model('free/x', { price: price(0) }) },
    ]);
    expect(await order()).toEqual(['free/x', 'paid/x', 'unknown/x', 'unknown/y']);
    expect(await order(caller, { ...needs, isOneInput: false, maxOutputTokens: 0 })).toEqual([
      'free/x',
      'paid/x',
      'unknown/x',
      'unknown/y',
    ]);
  });

  it('allows an input of exactly the context, and no more', async () => {
    const { order } = setup('PRIORITY', [{ model: model('a/x', { contextTokens: 25 }) }]);
    const asking = (inputTokensMax: number) => order(caller, { ...needs, inputTokensMax });
    expect(await asking(100)).toEqual(['a/x']);
    expect(await asking(103)).toEqual(['a/x']);
    await expect(asking(104)).rejects.toMatchObject({ code: 'CONTEXT_TOO_LONG' });
  });

  it('LEAST_BUSY counts what it chooses at once: twenty calls over four targets are five each', async () => {
    const ids = ['a/x', 'b/x', 'c/x', 'd/x'];
    const { choose } = setup(
      'LEAST_BUSY',
      ids.map((id) => ({ model: model(id) })),
    );
    const chosen = await Promise.all(Array.from({ length: 20 }, () => choose()));
    for (const id of ids) {
      expect(chosen.filter(({ models }) => models[0].id === id)).toHaveLength(5);
    }
    for (const { release } of chosen) release();
    for (const { release } of chosen) release();
    const again = await Promise.all(Array.from({ length: 4 }, () => choose()));
    expect(new Set(again.map(({ models }) => models[0].id)).size).toBe(4);
  });

  it('LEAST_BUSY spreads ties: one call after another reaches all targets', async () => {
    const { choose } = setup('LEAST_BUSY', [{ model: model('a/x') }, { model: model('b/x') }]);
    const counts = new Map<string, number>();
    for (let call = 0; call < 200; call++) {
      const { models, release } = await choose();
      counts.set(models[0].id, (counts.get(models[0].id) ?? 0) + 1);
      release();
    }
    for (const count of counts.values()) expect(count).toBeGreaterThan(50);
    expect(counts.size).toBe(2);
  });

  /** Calls one after another, each as fast as its target is; how many each target got. */
  async function callInTurn(
    { choose, call }: Pick<ReturnType<typeof setup>, 'choose' | 'call'>,
    speeds: Readonly<Record<string, number>>,
    calls: number,
  ) {
    const counts = Object.fromEntries(Object.keys(speeds).map((id) => [id, 0]));
    for (let at = 0; at < calls; at++) {
      const { models, release } = await choose();
      const [{ id }] = models;
      release();
      call(id, true, speeds[id] ?? 0);
      counts[id] = (counts[id] ?? 0) + 1;
    }
    return counts;
  }

  it('FASTEST finds a target again that was slow once and has become fast', async () => {
    const mesh = setup('FASTEST', [{ model: model('a/x') }, { model: model('b/x') }]);
    const first = await callInTurn(mesh, { 'a/x': 20, 'b/x': 300 }, 20);
    expect(first['a/x']).toBeGreaterThanOrEqual(17);
    const second = await callInTurn(mesh, { 'a/x': 600, 'b/x': 10 }, 40);
    expect(second['b/x']).toBeGreaterThanOrEqual(30);
    const third = await callInTurn(mesh, { 'a/x': 10, 'b/x': 500 }, 40);
    expect(third['a/x']).toBeGreaterThanOrEqual(20);
  });

  it('FASTEST keeps its trials to about a tenth of the calls, and lets each slower target have some', async () => {
    const ids = ['a/x', 'b/x', 'c/x', 'd/x'];
    const mesh = setup(
      'FASTEST',
      ids.map((id) => ({ model: model(id) })),
    );
    const counts = await callInTurn(mesh, { 'a/x': 10, 'b/x': 50, 'c/x': 100, 'd/x': 200 }, 400);
    expect(counts['a/x']).toBeGreaterThanOrEqual(350);
    for (const id of ['b/x', 'c/x', 'd/x']) expect(counts[id]).toBeGreaterThanOrEqual(5);
  });

  it('FASTEST tries a slower target in its turn, also where the route names the fastest twice', async () => {
    const fastest = model('a/x');
    const { order, call } = setup('FASTEST', [
      { model: fastest },
      { model: fastest },
      { model: model('b/x') },
    ]);
    call('a/x', true, 10);
    call('b/x', true, 300);
    const firsts: unknown[] = [];
    for (let choice = 0; choice < 21; choice++) firsts.push(await order());
    expect(firsts.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => ['a/x', 'a/x', 'b/x']));
    expect(firsts[20]).toEqual(['b/x', 'a/x', 'a/x']);
  });

  it('FASTEST shares the first calls evenly while no target is known', async () => {
    const { choose } = setup('FASTEST', [{ model: model('a/x') }, { model: model('b/x') }]);
    const chosen = await Promise.all(Array.from({ length: 20 }, () => choose()));
    expect(chosen.filter(({ models }) => models[0].id === 'a/x')).toHaveLength(10);
  });

  it('FASTEST tries what it does not know with one call at a time, and forgets after a minute', async () => {
    const { choose, order, call, advance } = setup('FASTEST', [
      { model: model('a/x') },
      { model: model('b/x') },
    ]);
    call('a/x', true, 10);
    const chosen = await Promise.all(Array.from({ length: 10 }, () => choose()));
    expect(chosen.filter(({ models }) => models[0].id === 'b/x')).toHaveLength(1);
    for (const { release } of chosen) release();
    call('b/x', true, 300);
    expect(await order()).toEqual(['a/x', 'b/x']);
    advance(40_000);
    call('a/x', true, 10);
    advance(20_001);
    expect(await order()).toEqual(['b/x', 'a/x']);
  });

  it('FASTEST does not take the time of a failure for a speed', async () => {
    const { order, call } = setup('FASTEST', [{ model: model('a/x') }, { model: model('b/x') }]);
    call('a/x', true, 100);
    call('b/x', true, 200);
    call('b/x', false, 1);
    call('b/x', false, 1);
    expect(await order()).toEqual(['a/x', 'b/x']);
  });

  it('FASTEST compares streams by their first token, whatever their readers make of the rest', async () => {
    const { order, begin } = setup('FASTEST', [{ model: model('a/x') }, { model: model('b/x') }]);
    const end = (id: string, timeToFirstTokenMs: number, wholeMs: number) =>
      begin(id)({ ...outcome('SUCCEEDED', wholeMs), timeToFirstTokenMs });
    end('a/x', 10, 900);
    end('b/x', 20, 300);
    expect(await order(caller, { ...needs, speedKind: 'STREAM' })).toEqual(['a/x', 'b/x']);
    expect(await order(caller, { ...needs, speedKind: 'WHOLE' })).toEqual(['b/x', 'a/x']);
  });

  it.each(['PRIORITY', 'WEIGHTED', 'CHEAPEST', 'FASTEST', 'LEAST_BUSY'] as const)(
    '%s calls a target whose credentials rest after the others, and one that may be used sooner first',
    async (strategy) => {
      const { order, rests } = setup(strategy, [
        { model: model('a/x', { price: price(1) }) },
        { model: model('b/x', { price: price(2) }) },
        { model: model('c/x', { price: price(3) }) },
      ]);
      const rest = { code: 'PROVIDER_RATE_LIMITED', untilMs: 9, refusals: 1, number: 1, waitMs: 9 } as const;
      rests.set('a/x', { ...rest, strict: true });
      rests.set('b/x', { ...rest, strict: false });
      expect(await order()).toEqual(['c/x', 'b/x', 'a/x']);
      rests.set('c/x', { ...rest, strict: true });
      expect((await order())[0]).toBe('b/x');
      rests.set('b/x', { ...rest, strict: true, waitMs: 7 });
      await expect(order()).rejects.toMatchObject({
        code: 'PROVIDER_RATE_LIMITED',
        extensions: { retryAfterMs: 7 },
      });
    },
  );

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

  it('WEIGHTED calls a target of weight 0 last whatever is drawn', () => {
    const items = [0, 2, 0, 1].map((weight) => ({ weight }));
    for (const drawn of [0, 0.5, 1 - Number.EPSILON]) {
      const order = weightedOrder(
        items,
        ({ weight }) => weight,
        () => drawn,
      );
      expect(order.slice(0, 2).every(({ weight }) => weight > 0)).toBe(true);
    }
  });

  it('waits for a model that may think before it writes, called by its id, twice as long', async () => {
    const thinking = model('thinks/x', { capabilities: new Set(['CHAT', 'REASONING']) });
    const { choose } = setup('PRIORITY', [{ model: thinking }, { model: model('plain/x') }]);
    const firstTokenMs = async (name: string) => (await choose(needs, name)).timeouts.firstTokenMs;
    expect(await firstTokenMs('plain/x')).toBe(30_000);
    expect(await firstTokenMs('thinks/x')).toBe(60_000);
    expect(await firstTokenMs('r')).toBe(1);
  });

  it('waits for a provider that runs tools meanwhile, and for a route as the route states', async () => {
    const { choose } = setup('PRIORITY', [{ model: model('plain/x') }]);
    const { timeouts } = await choose({ ...needs, runsTools: true }, 'plain/x');
    expect([timeouts.firstTokenMs, timeouts.interTokenMs]).toEqual([180_000, 180_000]);
    expect((await choose({ ...needs, runsTools: true }, 'r')).timeouts.firstTokenMs).toBe(1);
  });

  it('calls no provider whose region is not known for callers that are bound to regions', async () => {
    const { order } = setup('PRIORITY', [{ model: model('nowhere/x') }, { model: model('eu/x', {}, 'eu') }]);
    expect(await order({ ...caller, allowedRegions: ['eu'] })).toEqual(['eu/x']);
    await expect(order({ ...caller, allowedRegions: ['us'] })).rejects.toMatchObject({ code: 'NO_ROUTE' });
    await expect(order({ ...caller, allowedRegions: ['us'] }, needs, 'nowhere/x')).rejects.toMatchObject({
      code: 'NO_ROUTE',
      message: expect.stringContaining('no known region'),
    });
  });

  it('calls what has no price under a hard budget only where the operator allows it', async () => {
    const limits = [
      { subject: 'budget:b', meter: 'COST', window: 'DAY', amount: '1', budget: { hard: true } },
    ] as const;
    const unpriced = model('free/x');
    const ask = (allowsUnpriced: boolean) =>
      candidatesFor(
        'free/x',
        needs,
        { ...caller, limits },
        setup('PRIORITY', [{ model: unpriced }]).deps(allowsUnpriced),
      );
    await expect(ask(false)).rejects.toMatchObject({ code: 'MODEL_UNPRICED' });
    expect((await ask(true)).models).toEqual([unpriced]);
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

  it('states why none may answer', async () => {
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
    await expect(small.order(caller, needs, 'other/x')).rejects.toMatchObject({
      message: expect.stringContaining('Did you mean "s/x"?'),
    });
    const restricted = { ...caller, scopes: [], modelLists: [{ subject: 'key:k', patterns: ['allowed/*'] }] };
    await expect(small.order(restricted, needs, 'other/x')).rejects.toMatchObject({
      message: expect.not.stringContaining('s/x'),
    });
    await expect(setup('PRIORITY', []).order()).rejects.toMatchObject({ code: 'NO_ROUTE' });
  });

  it('calls a model whose circuit is open last, and refuses the call when there is no other', async () => {
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
