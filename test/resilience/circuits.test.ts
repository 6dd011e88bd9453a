import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '#mongo/connect.ts';
import { openTestDatabase } from '#test/support/database.ts';
import {
  answerWith,
  callOnce,
  type Operation,
  openLocalProvider,
  openProviderMesh,
  type ProviderRequest,
  sendJson,
} from '#test/support/provider-mesh.ts';

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

const operations: readonly Operation[] = ['complete', 'completionStream', 'embed'];

/** Targets A, which fails while `isDown`, and B; a route over both. */
async function setup(operation: Operation) {
  const control = { isDown: true, nowMs: Date.now() };
  const held: (() => void)[] = [];
  let holds = 0;
  let onHeld: (() => void) | undefined;
  const opened = new AsyncDisposableStack();
  const a = opened.use(
    await openLocalProvider((request, response) => {
      const { isDown } = control;
      const end = () => {
        if (isDown) sendJson(response, 503, { error: { message: 'Down.' } });
        else answerWith('a', request, response);
      };
      if (holds === 0) return end();
      held.push(end);
      if (held.length === holds) onHeld?.();
    }),
  );
  const b = opened.use(await openLocalProvider((request, response) => answerWith('b', request, response)));
  const mesh = opened.use(
    await openProviderMesh(database, {
      providers: { a: { url: a.url }, b: { url: b.url } },
      routes: {
        route: { targets: ['a/one', 'b/one'], maxAttempts: 2 },
        alone: { targets: ['a/one'], maxAttempts: 10 },
      },
      inference: { now: () => control.nowMs, delay: async () => undefined },
    }),
  );
  return {
    control,
    a: (): readonly ProviderRequest[] => a.requests,
    call: (model = 'route') => callOnce(mesh, operation, model),
    /** Makes calls at once; A answers when `count` of them have reached it. */
    async hold(count: number) {
      holds = count;
      await new Promise<void>((resolve) => {
        if (held.length >= count) resolve();
        else onHeld = resolve;
      });
    },
    release() {
      holds = 0;
      for (const end of held.splice(0)) end();
    },
    holdFrom(count: number) {
      holds = count;
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

describe.each(operations)('a circuit, by %s', (operation) => {
  it.each([5, 20])('opens for 5 s, however many calls failed at once: %d', async (count) => {
    await using mesh = await setup(operation);
    mesh.holdFrom(count);
    const calls = Array.from({ length: count }, () => mesh.call());
    await mesh.hold(count);
    mesh.release();
    for (const result of await Promise.all(calls)) expect(result).toMatchObject({ model: 'b/one' });
    mesh.control.isDown = false;
    expect(await mesh.call()).toMatchObject({ model: 'b/one' });
    mesh.control.nowMs += 4_999;
    expect(await mesh.call()).toMatchObject({ model: 'b/one' });
    mesh.control.nowMs += 1;
    expect(await mesh.call()).toMatchObject({ model: 'a/one' });
  });

  it('lets one of twenty calls try it, and opens for twice the time when that fails', async () => {
    await using mesh = await setup(operation);
    for (let call = 0; call < 12; call++) await mesh.call();
    expect(mesh.a()).toHaveLength(5);
    mesh.control.nowMs += 5_000;
    const results = await Promise.all(Array.from({ length: 20 }, () => mesh.call()));
    for (const result of results) expect(result).toMatchObject({ model: 'b/one' });
    expect(mesh.a()).toHaveLength(6);
    mesh.control.isDown = false;
    mesh.control.nowMs += 9_999;
    expect(await mesh.call()).toMatchObject({ model: 'b/one' });
    mesh.control.nowMs += 1;
    expect(await mesh.call()).toMatchObject({ model: 'a/one' });
  });

  it('refuses a model by its id, and a route of nothing else, at once and with the time', async () => {
    await using mesh = await setup(operation);
    for (let call = 0; call < 3; call++) {
      expect(await mesh.call('a/one')).toMatchObject({ code: 'PROVIDER_ERROR' });
    }
    expect(mesh.a()).toHaveLength(5);
    for (const model of ['a/one', 'alone']) {
      for (let call = 0; call < 5; call++) {
        expect(await mesh.call(model)).toMatchObject({ code: 'PROVIDER_ERROR', retryAfterMs: 5_000 });
      }
    }
    expect(mesh.a()).toHaveLength(5);
    mesh.control.nowMs += 5_000;
    mesh.holdFrom(1);
    const trial = mesh.call('a/one');
    await mesh.hold(1);
    expect(await mesh.call('a/one')).toMatchObject({ code: 'PROVIDER_ERROR', retryAfterMs: 1_000 });
    mesh.control.isDown = false;
    mesh.release();
    await trial;
    mesh.control.nowMs += 10_000;
    expect(await mesh.call('a/one')).toMatchObject({ model: 'a/one' });
  });

  it('ends the attempts of a route of one: five, though ten are allowed', async () => {
    await using mesh = await setup(operation);
    expect(await mesh.call('alone')).toMatchObject({ code: 'PROVIDER_ERROR' });
    expect(mesh.a()).toHaveLength(5);
  });
});

describe('LEAST_BUSY', () => {
  it('sends each of four equal targets five of twenty calls at once', async () => {
    const responses: (() => void)[] = [];
    await using provider = await openLocalProvider((request, response) => {
      responses.push(() => answerWith('ok', request, response));
      if (responses.length === 20) for (const respond of responses) respond();
    });
    const names = ['one', 'two', 'three', 'four'];
    await using mesh = await openProviderMesh(database, {
      providers: { a: { url: provider.url, models: names } },
      routes: { route: { targets: names.map((name) => `a/${name}`), strategy: 'LEAST_BUSY' } },
    });
    await Promise.all(Array.from({ length: 20 }, () => callOnce(mesh, 'complete', 'route')));
    for (const name of names) {
      expect(provider.requests.filter(({ model }) => model === name)).toHaveLength(5);
    }
  });

  it('counts no call that was refused before it began', async () => {
    const responses: (() => void)[] = [];
    await using provider = await openLocalProvider((request, response) => {
      responses.push(() => answerWith('ok', request, response));
      if (responses.length === 10) for (const respond of responses) respond();
    });
    await using mesh = await openProviderMesh(database, {
      providers: { a: { url: provider.url, models: ['one', 'two'] } },
      routes: { route: { targets: ['a/one', 'a/two'], strategy: 'LEAST_BUSY' } },
    });
    const limits = [{ subject: 'key:k', meter: 'REQUESTS', window: 'DAY', amount: '0' } as const];
    const query = 'mutation ($input: CompletionInput!) { complete(input: $input) { id } }';
    const input = { model: 'route', cache: 'BYPASS', messages: [{ role: 'USER', content: 'x' }] };
    for (let call = 0; call < 9; call++) {
      const refusal = await mesh.refusal(query, { input }, { ...mesh.caller, limits });
      expect(refusal).toMatchObject({ code: 'QUOTA_EXCEEDED' });
    }
    await Promise.all(Array.from({ length: 10 }, () => callOnce(mesh, 'complete', 'route')));
    expect(provider.requests.filter(({ model }) => model === 'one').length).toBe(5);
  });
});
