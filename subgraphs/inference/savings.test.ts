import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Database } from '#mongo/connect.ts';
import { models } from '#mongo/models.ts';
import { routes } from '#mongo/routes.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference } from '#test/support/inference.ts';
import { buildFailure, buildUsage } from '#test/support/scripted-provider.ts';

const COMPLETE = 'mutation ($input: CompletionInput!) { complete(input: $input) { cache } }';
const EMBED = 'mutation ($input: EmbedInput!) { embed(input: $input) { vectors } }';

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
  await fillCatalog(database);
  const { connection } = database;
  const both = await routes(connection).findById('both').lean();
  // Twice the price of any other, and the first choice of a route.
  for (const [name, other] of [
    ['one', 'beta/one'],
    ['embed', 'alpha/embed'],
  ] as const) {
    const record = await models(connection).findById(`alpha/${name}`).lean();
    const prices = (record?.prices ?? []).map((price) => ({
      ...price,
      inputNanosPerMillion: 2_000_000_000n,
      outputNanosPerMillion: 20_000_000_000n,
    }));
    await models(connection).create({ ...record, _id: `alpha/dear-${name}`, name: `dear-${name}`, prices });
    const targets = [`alpha/dear-${name}`, other].map((modelId) => ({ modelId, weight: 1, regions: null }));
    await routes(connection).create({ ...both, _id: `dear-${name}`, targets });
  }
});
afterAll(() => database?.close());

const asking = (model: string, cache = 'BYPASS') => ({
  input: { model, messages: [{ role: 'USER', content: 'Say something.' }], cache },
});

it('states in the row of a cached answer what it would have cost, also of one that was waited for', async () => {
  await using mesh = await startInference(database);
  const ask = () => mesh.data<{ complete: { cache: string } }>(COMPLETE, asking('alpha/one', 'USE'));
  const both = [ask(), ask()];
  (await mesh.alpha.next()).say('once').finish(buildUsage(1_000, 100));
  await Promise.all(both);
  await vi.waitFor(async () => expect((await ask()).complete.cache).toBe('HIT'));
  const rows = await mesh.rows();
  expect(rows.map(({ cache, costNanos, savedNanos }) => [cache, costNanos, savedNanos]).sort()).toEqual([
    ['COALESCED', 0n, 2_000_000n],
    ['HIT', 0n, 2_000_000n],
    ['MISS', 2_000_000n, undefined],
  ]);
});

it('states in the row of a call what another AI model than the first choice of its route has saved', async () => {
  await using mesh = await startInference(database);
  mesh.alpha.always((call) => call.fail(buildFailure('PROVIDER_RATE_LIMITED', true, 60_000)));
  mesh.beta.always((call) => call.say('From beta').finish(buildUsage(1_000, 100)));
  await mesh.data(COMPLETE, asking('dear-one'));
  const saved = { costNanos: 2_000_000n, savedNanos: 2_000_000n };
  expect(await mesh.rows()).toMatchObject([{ modelId: 'beta/one', ...saved }]);
});

it('states the same of an embedding', async () => {
  await using mesh = await startInference(database);
  mesh.alpha.always((call) => {
    if (call.call.model === 'dear-embed') call.fail(buildFailure('NOT_FOUND', false));
    else call.finish(buildUsage(1_000, 0));
  });
  await mesh.data(EMBED, { input: { model: 'dear-embed', values: ['a'] } });
  const saved = { costNanos: 1_000_000n, savedNanos: 1_000_000n };
  expect(await mesh.rows()).toMatchObject([{ modelId: 'alpha/embed', ...saved }]);
});
