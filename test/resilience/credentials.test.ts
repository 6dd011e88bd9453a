import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '#mongo/connect.ts';
import { openTestDatabase } from '#test/support/database.ts';
import {
  answerWith,
  callOnce,
  type LocalProvider,
  type Operation,
  openLocalProvider,
  openProviderMesh,
  sendJson,
} from '#test/support/provider-mesh.ts';

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

interface Refusal {
  readonly name: string;
  readonly status: number;
  readonly error: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly code: string;
  /** How long it rests. */
  readonly restMs: number;
}

const refusals: readonly Refusal[] = [
  { name: '401', status: 401, error: { message: 'No.' }, code: 'PROVIDER_AUTH', restMs: 30_000 },
  { name: '403', status: 403, error: { message: 'No.' }, code: 'PROVIDER_AUTH', restMs: 30_000 },
  {
    name: '400 with an invalid key',
    status: 400,
    error: { message: 'Incorrect API key provided', code: 'invalid_api_key' },
    code: 'PROVIDER_AUTH',
    restMs: 30_000,
  },
  { name: '402', status: 402, error: { message: 'Pay.' }, code: 'PROVIDER_RATE_LIMITED', restMs: 30_000 },
  {
    name: '429 without credit',
    status: 429,
    error: { message: 'You exceeded your quota', code: 'insufficient_quota' },
    code: 'PROVIDER_RATE_LIMITED',
    restMs: 30_000,
  },
  {
    name: '429 with a time in seconds',
    status: 429,
    error: { message: 'Slow down' },
    headers: { 'retry-after': '20' },
    code: 'PROVIDER_RATE_LIMITED',
    restMs: 20_000,
  },
  {
    name: '429 with a time in milliseconds',
    status: 429,
    error: { message: 'Slow down' },
    headers: { 'retry-after-ms': '12000' },
    code: 'PROVIDER_RATE_LIMITED',
    restMs: 12_000,
  },
];

/** Two and three credentials, with and without a reserve, by the model's id and by a route. */
const expectedCalls: readonly {
  readonly credentials: Readonly<Record<string, number>>;
  readonly model: string;
}[] = [
  { credentials: { bad: 1, good: 1 }, model: 'route' },
  { credentials: { bad: 1, good: 0 }, model: 'a/one' },
  { credentials: { bad: 1, worse: 1, good: 1 }, model: 'a/one' },
  { credentials: { bad: 1, worse: 1, good: 0 }, model: 'route' },
];

const operations: readonly Operation[] = ['complete', 'completionStream', 'embed'];

/** Refuses every credential but `good`, as long as `isRefusing`. */
function openRefusing({ status, error, headers }: Refusal, isRefusing = () => true): Promise<LocalProvider> {
  return openLocalProvider((request, response) => {
    if (request.secret === 'good' || !isRefusing()) answerWith('ok', request, response);
    else sendJson(response, status, { error }, headers);
  });
}

const cells = refusals.flatMap((refusal) =>
  expectedCalls.map((call) => ({ ...call, refusal, name: refusal.name })),
);

describe('a refused credential', () => {
  it.for(cells)(
    '($name) rests, and every call is answered with another: %j',
    async ({ refusal, credentials, model }) => {
      let nowMs = Date.now();
      await using refusing = await openRefusing(refusal);
      await using other = await openLocalProvider((request, response) =>
        answerWith('other', request, response),
      );
      await using mesh = await openProviderMesh(database, {
        providers: { a: { url: refusing.url, credentials }, b: { url: other.url } },
        routes: { route: { targets: ['a/one', 'b/one'] } },
        inference: { now: () => nowMs },
      });
      for (let call = 0; call < 12; call++) {
        const operation = operations[call % operations.length] ?? 'complete';
        expect(await callOnce(mesh, operation, model)).toMatchObject({ model: 'a/one', code: null });
      }
      const bad = () => refusing.requests.filter(({ secret }) => secret !== 'good').length;
      const inRest = bad();
      // Each refused credential is asked at most once while it rests.
      expect(inRest).toBeLessThanOrEqual(Object.keys(credentials).length - 1);
      expect(other.requests).toEqual([]);
      nowMs += refusal.restMs - 1;
      for (let call = 0; call < 4; call++) await callOnce(mesh, 'complete', model);
      expect(bad() - inRest).toBeLessThanOrEqual(Object.keys(credentials).length - 1 - inRest);
    },
  );

  it.for(
    refusals.flatMap((refusal) =>
      operations.map((operation) => ({ refusal, operation, name: refusal.name })),
    ),
  )(
    '($name) of the only credentials refuses $operation at once, with its code and time, until that is over',
    async ({ refusal, operation }) => {
      let nowMs = Date.now();
      let isRefusing = true;
      await using refusing = await openRefusing(refusal, () => isRefusing);
      await using other = await openLocalProvider((request, response) =>
        answerWith('other', request, response),
      );
      await using mesh = await openProviderMesh(database, {
        providers: { a: { url: refusing.url, credentials: { bad: 1, worse: 0 } }, b: { url: other.url } },
        routes: { route: { targets: ['a/one', 'b/one'] } },
        inference: { now: () => nowMs },
      });
      expect(await callOnce(mesh, operation, 'a/one')).toMatchObject({ code: refusal.code });
      expect(refusing.requests).toHaveLength(2);
      for (let call = 0; call < 3; call++) {
        const refused = await callOnce(mesh, operation, 'a/one');
        expect(refused).toMatchObject({ code: refusal.code, retryAfterMs: refusal.restMs });
        expect(await callOnce(mesh, operation, 'route')).toMatchObject({ model: 'b/one' });
      }
      expect(refusing.requests).toHaveLength(2);
      nowMs += refusal.restMs;
      isRefusing = false;
      expect(await callOnce(mesh, operation, 'a/one')).toMatchObject({ model: 'a/one' });
      expect(await callOnce(mesh, operation, 'route')).toMatchObject({ model: 'a/one' });
    },
  );

  it('is for the other models of its provider what it was, when one model is limited or forbidden', async () => {
    await using provider = await openLocalProvider((request, response) => {
      if (request.model === 'one') sendJson(response, 429, { error: {} }, { 'retry-after': '60' });
      else if (request.model === 'two') sendJson(response, 403, { error: {} });
      else answerWith('ok', request, response);
    });
    await using mesh = await openProviderMesh(database, {
      providers: { a: { url: provider.url, models: ['one', 'two', 'three'], credentials: { key: 1 } } },
      routes: { route: { targets: ['a/one', 'a/two', 'a/three'] } },
    });
    for (let call = 0; call < 3; call++) {
      expect(await callOnce(mesh, 'complete', 'route')).toMatchObject({ model: 'a/three' });
    }
    expect(provider.requests.map(({ model }) => model)).toEqual(['one', 'two', 'three', 'three', 'three']);
  });

  it('does not use up the attempts of a route', async () => {
    const [refusal] = refusals;
    if (refusal === undefined) throw new Error('There are refusals.');
    await using refusing = await openRefusing(refusal);
    await using other = await openLocalProvider((request, response) =>
      answerWith('other', request, response),
    );
    const credentials = { k1: 1, k2: 1, k3: 1, k4: 1 };
    await using mesh = await openProviderMesh(database, {
      providers: { a: { url: refusing.url, credentials }, b: { url: other.url } },
      routes: { route: { targets: ['a/one', 'b/one'], maxAttempts: 2 } },
    });
    expect(await callOnce(mesh, 'complete', 'route')).toMatchObject({ model: 'b/one' });
    expect(new Set(refusing.requests.map(({ secret }) => secret)).size).toBe(4);
    expect(refusing.requests).toHaveLength(4);
  });

  it('opens no circuit', async () => {
    const [refusal] = refusals;
    if (refusal === undefined) throw new Error('There are refusals.');
    let nowMs = Date.now();
    await using refusing = await openRefusing(refusal);
    await using mesh = await openProviderMesh(database, {
      providers: { a: { url: refusing.url, credentials: { bad: 1 } } },
      inference: { now: () => nowMs },
    });
    for (let call = 0; call < 8; call++) {
      await callOnce(mesh, 'complete', 'a/one');
      nowMs += 600_000;
    }
    expect(refusing.requests).toHaveLength(8);
  });
});

describe('a provider that requests a wait', () => {
  it.each([429, 503])(
    '(%d with Retry-After 30) gets nothing before, while another target can answer',
    async (status) => {
      let nowMs = Date.now();
      await using first = await openLocalProvider((_request, response) =>
        sendJson(response, status, { error: { message: 'Later.' } }, { 'retry-after': '30' }),
      );
      await using second = await openLocalProvider((request, response) =>
        answerWith('ok', request, response),
      );
      await using mesh = await openProviderMesh(database, {
        providers: { a: { url: first.url }, b: { url: second.url } },
        routes: { route: { targets: ['a/one', 'b/one'] } },
        inference: { now: () => nowMs },
      });
      const callTwelve = async () => {
        for (let call = 0; call < 12; call++) {
          expect(await callOnce(mesh, 'complete', 'route')).toMatchObject({ model: 'b/one' });
        }
      };
      await callTwelve();
      expect(first.requests).toHaveLength(1);
      nowMs += 29_999;
      await callTwelve();
      expect(first.requests).toHaveLength(1);
      nowMs += 1;
      await callTwelve();
      expect(first.requests).toHaveLength(2);
    },
  );

  it.each([
    ['429 with Retry-After 2', 429, { 'retry-after': '2' }, 2_000],
    ['500', 500, {}, 50],
    ['503 with Retry-After 1', 503, { 'retry-after': '1' }, 1_000],
  ] as const)(
    'once (%s) answers the call itself after that time, in a route of two and where it is named twice',
    async (_name, status, headers, delayMs) => {
      for (const targets of [
        ['a/one', 'b/one'],
        ['a/one', 'a/one', 'b/one'],
      ]) {
        const delays: number[] = [];
        await using first = await openLocalProvider((request, response, number) => {
          if (number === 1) sendJson(response, status, { error: { message: 'Later.' } }, headers);
          else answerWith('ok', request, response);
        });
        await using second = await openLocalProvider((request, response) =>
          answerWith('b', request, response),
        );
        await using mesh = await openProviderMesh(database, {
          providers: { a: { url: first.url }, b: { url: second.url } },
          routes: { route: { targets } },
          inference: { delay: async (ms) => void delays.push(ms), random: () => 0 },
        });
        expect(await callOnce(mesh, 'complete', 'route')).toMatchObject({ model: 'a/one', text: 'ok' });
        expect(delays).toEqual([delayMs]);
        expect(second.requests).toEqual([]);
      }
    },
  );
});
