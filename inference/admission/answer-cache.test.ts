import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Database } from '#mongo/connect.ts';
import type { Cache } from '#state/cache/cache.ts';
import { createMemoryCache } from '#state/cache/memory.ts';
import { createMemoryStreamLogs } from '#state/streams/memory.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference } from '#test/support/inference.ts';
import { buildFailure, buildUsage } from '#test/support/scripted-provider.ts';

const COMPLETE = `mutation ($input: CompletionInput!) { complete(input: $input) {
  id status text cache cost usage { totalTokens } attempts { outcome } model { id } } }`;
const STREAM = `subscription ($input: CompletionInput!) { completionStream(input: $input) {
  __typename sequence ... on TextDelta { text } ... on CompletionFinished { completion { cache } } } }`;

const asking = (cache: string, more: Record<string, unknown> = {}) => ({
  input: { model: 'alpha/one', messages: [{ role: 'USER', content: 'Say something.' }], cache, ...more },
});

interface Answer {
  readonly complete: Record<string, unknown>;
}

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
  await fillCatalog(database);
});
afterAll(() => database.close());

async function numbered() {
  const mesh = await startInference(database);
  mesh.alpha.always((call, number) => call.say(`answer ${number}`).finish(buildUsage(9, 1)));
  return mesh;
}

describe('the answer cache', () => {
  it('answers the same question without a provider call, at no cost, with a row that states HIT', async () => {
    await using mesh = await numbered();
    const first = await mesh.data<Answer>(COMPLETE, asking('USE'));
    expect(first.complete).toMatchObject({ cache: 'MISS', text: 'answer 1' });
    await vi.waitFor(async () => {
      const again = await mesh.data<Answer>(COMPLETE, asking('USE'));
      expect(again.complete).toMatchObject({
        cache: 'HIT',
        status: 'SUCCEEDED',
        text: 'answer 1',
        cost: '0.000000000',
        usage: { totalTokens: 0 },
        attempts: [],
        model: { id: 'alpha/one' },
      });
    });
    expect(mesh.alpha.calls).toHaveLength(1);
    expect((await mesh.rows()).at(-1)).toMatchObject({ cache: 'HIT', status: 'SUCCEEDED', costNanos: 0n });
  });

  it('is off by default, unless the caller turned it on; BYPASS does neither, REFRESH only writes', async () => {
    await using mesh = await numbered();
    const text = async (cache: string, caller = mesh.caller) =>
      (await mesh.data<Answer>(COMPLETE, asking(cache), caller)).complete.text;
    expect(await text('DEFAULT')).toBe('answer 1');
    expect(await text('DEFAULT')).toBe('answer 2');
    expect(await text('REFRESH')).toBe('answer 3');
    expect(await text('REFRESH')).toBe('answer 4');
    expect(await text('BYPASS')).toBe('answer 5');
    const cached = { ...mesh.caller, cacheByDefault: true };
    expect(await text('DEFAULT', cached)).toBe('answer 4');
  });

  it('distinguishes questions by everything that the answer depends on, tenants and regions included', async () => {
    await using mesh = await numbered();
    const differing: readonly Record<string, unknown>[] = [
      {},
      { temperature: 0 },
      { maxOutputTokens: 5 },
      { seed: 1 },
      { stop: ['x'] },
      { tools: [{ name: 't', parameters: {} }] },
      {
        messages: [
          { role: 'SYSTEM', content: 'Say something.' },
          { role: 'USER', content: '' },
        ],
      },
    ];
    for (const more of differing) {
      const { complete } = await mesh.data<Answer>(COMPLETE, asking('USE', more));
      expect(complete.cache).toBe('MISS');
    }
    const others = [
      { ...mesh.caller, tenantId: 'another' },
      { ...mesh.caller, allowedRegions: ['eu'] },
    ];
    for (const other of others) {
      expect((await mesh.data<Answer>(COMPLETE, asking('USE'), other)).complete.cache).toBe('MISS');
    }
    const colleague = { ...mesh.caller, keyId: 'another-key' };
    expect((await mesh.data<Answer>(COMPLETE, asking('USE'), colleague)).complete.cache).toBe('HIT');
  });

  it('does not care for the order of keys in a JSON value, nor for metadata', async () => {
    await using mesh = await numbered();
    const tool = (parameters: object) => ({ tools: [{ name: 't', parameters }] });
    const a = await mesh.data<Answer>(
      COMPLETE,
      asking('USE', { ...tool({ a: 1, b: 2 }), metadata: { x: 1 } }),
    );
    const b = await mesh.data<Answer>(
      COMPLETE,
      asking('USE', { ...tool({ b: 2, a: 1 }), metadata: { x: 2 } }),
    );
    expect([a.complete.cache, b.complete.cache]).toEqual(['MISS', 'HIT']);
  });

  it('keeps no failures', async () => {
    await using mesh = await startInference(database);
    mesh.alpha.always((call, number) => {
      if (number === 1) call.fail(buildFailure('CONTENT_FILTERED', false));
      else call.say('fine').finish(buildUsage(1, 1));
    });
    await mesh.refusal(COMPLETE, asking('USE'));
    expect((await mesh.data<Answer>(COMPLETE, asking('USE'))).complete).toMatchObject({ cache: 'MISS' });
  });

  it.each([
    ['STOP', 'HIT'],
    ['LENGTH', 'HIT'],
    ['TOOL_CALLS', 'HIT'],
    ['CONTENT_FILTER', 'MISS'],
    ['ERROR', 'MISS'],
    ['CANCELLED', 'MISS'],
  ] as const)('keeps an answer that ended with %s: the next one is a %s', async (reason, cache) => {
    await using mesh = await startInference(database);
    mesh.alpha.always((call, number) => call.say(`answer ${number}`).finish(buildUsage(1, 1), reason));
    await mesh.data<Answer>(COMPLETE, asking('USE'));
    expect((await mesh.data<Answer>(COMPLETE, asking('USE'))).complete.cache).toBe(cache);
  });

  it('joins identical questions in flight to one provider call; each keeps a row of its own', async () => {
    await using mesh = await startInference(database);
    const asked = Array.from({ length: 10 }, () => mesh.data<Answer>(COMPLETE, asking('USE')));
    const call = await mesh.alpha.next();
    call.say('for all').finish(buildUsage(1, 1));
    const answers = await Promise.all(asked);
    expect(answers.filter(({ complete }) => complete.cache === 'MISS')).toHaveLength(1);
    expect(answers.filter(({ complete }) => complete.cache === 'COALESCED')).toHaveLength(9);
    expect(new Set(answers.map(({ complete }) => complete.id)).size).toBe(10);
    expect(mesh.alpha.calls).toHaveLength(1);
    expect(await mesh.rows()).toHaveLength(10);
  });

  it('joins them to the next of them when the client of the first goes away', async () => {
    await using mesh = await startInference(database);
    const looks = vi.spyOn(mesh.cache, 'get');
    const client = new AbortController();
    const leaving = mesh.askWith(COMPLETE, asking('USE'), client.signal);
    const first = await mesh.alpha.next();
    const asked = Array.from({ length: 10 }, () => mesh.data<Answer>(COMPLETE, asking('USE')));
    await vi.waitFor(() => expect(looks).toHaveBeenCalledTimes(11));
    client.abort();
    await first.aborted;
    (await mesh.alpha.next()).say('for the rest').finish(buildUsage(1, 1));
    const answers = await Promise.all(asked);
    await leaving;
    expect(answers.filter(({ complete }) => complete.cache === 'COALESCED')).toHaveLength(9);
    expect(mesh.alpha.calls).toHaveLength(2);
    expect(await mesh.rows()).toHaveLength(11);
  });

  it('requests each of them alone when the first one fails, all at once', async () => {
    await using mesh = await startInference(database);
    const answers = ['USE', 'USE', 'USE', 'USE'].map((cache) =>
      mesh.ask<Answer | null>(COMPLETE, asking(cache)),
    );
    const first = await mesh.alpha.next();
    // The others wait for it, or find it failed: either way they are asked before any of them has an answer.
    first.fail(buildFailure('CONTENT_FILTERED', false));
    const others = [await mesh.alpha.next(), await mesh.alpha.next(), await mesh.alpha.next()];
    for (const call of others) call.say('for itself').finish(buildUsage(1, 1));
    const texts = (await Promise.all(answers)).map(({ data }) => data?.complete?.text);
    expect(texts.filter((text) => text === 'for itself')).toHaveLength(3);
    expect(mesh.alpha.calls).toHaveLength(4);
  });

  it('still joins them to the first one when another that renewed the answer ends before it', async () => {
    await using mesh = await startInference(database);
    const looks = vi.spyOn(mesh.cache, 'get');
    const first = mesh.data<Answer>(COMPLETE, asking('USE'));
    const leading = await mesh.alpha.next();
    const renewing = mesh.data<Answer>(COMPLETE, asking('REFRESH'));
    (await mesh.alpha.next()).fail(buildFailure('CONTENT_FILTERED', false));
    await expect(renewing).rejects.toThrow();
    const next = mesh.data<Answer>(COMPLETE, asking('USE'));
    await vi.waitFor(() => expect(looks).toHaveBeenCalledTimes(2));
    leading.say('for both').finish(buildUsage(1, 1));
    expect([(await first).complete.cache, (await next).complete.cache]).toEqual(['MISS', 'COALESCED']);
    expect(mesh.alpha.calls).toHaveLength(2);
  });

  it('leaves a question to the next request when the first is refused', async () => {
    await using mesh = await numbered();
    const limits = [{ subject: 'key:k', meter: 'REQUESTS', window: 'MINUTE', amount: '0' }] as const;
    const limited = { ...mesh.caller, limits };
    expect(await mesh.refusal(COMPLETE, asking('USE'), limited)).toMatchObject({ code: 'QUOTA_EXCEEDED' });
    expect((await mesh.data<Answer>(COMPLETE, asking('USE'))).complete.cache).toBe('MISS');
  });

  it('calls once while the answer of the first is being kept', async () => {
    const kept = Promise.withResolvers<void>();
    const cache = createMemoryCache();
    const set = vi.fn(async (...given: Parameters<Cache['set']>) => {
      await kept.promise;
      await cache.set(...given);
    });
    const state = { cache: { ...cache, set }, streams: createMemoryStreamLogs() };
    await using mesh = await startInference(database, state);
    mesh.alpha.always((call, number) => call.say(`answer ${number}`).finish(buildUsage(9, 1)));
    await mesh.data<Answer>(COMPLETE, asking('USE'));
    await vi.waitFor(() => expect(set).toHaveBeenCalled());
    const looks = vi.spyOn(mesh.cache, 'get');
    const next = mesh.data<Answer>(COMPLETE, asking('USE'));
    await vi.waitFor(() => expect(looks).toHaveBeenCalled());
    kept.resolve();
    expect((await next).complete).toMatchObject({ cache: 'COALESCED', text: 'answer 1' });
    expect(mesh.alpha.calls).toHaveLength(1);
  });

  it('streams a kept answer as events', async () => {
    await using mesh = await numbered();
    await mesh.data(COMPLETE, asking('USE'));
    await vi.waitFor(async () => {
      const events: Record<string, unknown>[] = [];
      for await (const event of await mesh.stream(STREAM, asking('USE'))) events.push(event);
      expect(events).toEqual([
        { __typename: 'CompletionStarted', sequence: 0 },
        { __typename: 'TextDelta', sequence: 1, text: 'answer 1' },
        { __typename: 'CompletionFinished', sequence: 2, completion: { cache: 'HIT' } },
      ]);
    });
  });
});
