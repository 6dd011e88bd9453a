import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Database } from '#mongo/connect.ts';
import { models } from '#mongo/models.ts';
import { routes } from '#mongo/routes.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference, type TestInference } from '#test/support/inference.ts';
import { buildFailure, buildUsage } from '#test/support/scripted-provider.ts';
import { testSecrets } from '#test/support/seal.ts';
import { askForData, testCaller, testServices } from '#test/support/subgraph.ts';
import { createModelsSubgraph } from '../models/subgraph.ts';

const COMPLETE = `mutation ($input: CompletionInput!) { complete(input: $input) {
  status text cache cost model { id } attempts { model { id } } } }`;
const HEALTH = `{ _entities(representations: [{ __typename: "Provider", id: "alpha" }]) {
  ... on Provider { health { circuit successRate } } } }`;
const admin = testCaller('acme', 'models:write');
const reader = testCaller('acme', 'models:read');

let database: Database;
beforeEach(async () => {
  database = await openTestDatabase();
  await fillCatalog(database);
  await routes(database.connection).deleteOne({ _id: 'hasty' });
  await routes(database.connection).updateOne(
    { _id: 'both' },
    { $set: { targets: [{ modelId: 'beta/one', weight: 1, regions: null }] } },
  );
});
afterEach(() => database.close());

const asking = (cache = 'BYPASS', model = 'alpha/one') => ({
  input: { model, messages: [{ role: 'USER', content: 'Hello' }], cache },
});

/** What admins do, on the bus of the process that answers calls. */
function openModels({ bus }: TestInference) {
  const { connection } = database;
  const subgraph = createModelsSubgraph({
    ...testServices(database),
    bus,
    connection,
    secrets: testSecrets,
  });
  return (mutation: string) => askForData(subgraph, admin, `mutation { ${mutation} }`);
}

const createAlpha = `createProvider(input: { id: "alpha", kind: OPENAI_COMPATIBLE, baseUrl: "http://alpha" }) { id }`;
const createOne = 'createModel(input: { providerId: "alpha", name: "one" }) { id }';

describe('an AI model that is deleted', () => {
  it('ends the call in progress normally, with its model, price and cost, and answers no further one', async () => {
    await using mesh = await startInference(database);
    const change = openModels(mesh);
    const asked = Promise.withResolvers<{ answer(): void }>();
    mesh.alpha.always((call) => {
      asked.resolve({ answer: () => call.say('Late').finish(buildUsage(1000, 100)) });
    });
    const answering = mesh.data(COMPLETE, asking('USE'));
    const { answer } = await asked.promise;
    await change('deleteProvider(id: "alpha")');
    answer();
    const model = { id: 'alpha/one' };
    expect(await answering).toEqual({
      complete: {
        status: 'SUCCEEDED',
        text: 'Late',
        cache: 'MISS',
        cost: '0.002000000',
        model,
        attempts: [{ model }],
      },
    });
    const [row] = await mesh.rows();
    expect(row).toMatchObject({
      modelId: 'alpha/one',
      providerId: 'alpha',
      status: 'SUCCEEDED',
      costNanos: 2_000_000n,
    });
    expect(await mesh.refusal(COMPLETE, asking('USE'))).toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('Did you mean "beta/one"?'),
    });
    expect(await mesh.data(HEALTH, {}, reader)).toEqual({
      _entities: [{ health: { circuit: 'CLOSED', successRate: null } }],
    });
  });

  it('is answered neither from the cache nor by a call in progress, also when its id is used again', async () => {
    await using mesh = await startInference(database);
    const change = openModels(mesh);
    mesh.alpha.always((call, number) => call.say(`answer ${number}`).finish(buildUsage(1, 1)));
    const read = async () =>
      mesh.data<{ complete: { text: string; cache: string } }>(COMPLETE, asking('USE'));
    await vi.waitFor(async () =>
      expect((await read()).complete).toMatchObject({ text: 'answer 1', cache: 'HIT' }),
    );
    await change('deleteModel(id: "alpha/one")');
    expect(await mesh.refusal(COMPLETE, asking('USE'))).toMatchObject({ code: 'NOT_FOUND' });
    await change(createOne);
    expect((await read()).complete).toMatchObject({ text: 'answer 2', cache: 'MISS' });

    const asked = Promise.withResolvers<() => void>();
    mesh.alpha.always((call) => asked.resolve(() => call.say('late').finish(buildUsage(1, 1))));
    const other = { input: { ...asking('USE').input, messages: [{ role: 'USER', content: 'Else' }] } };
    const leading = mesh.data(COMPLETE, other);
    const answer = await asked.promise;
    const waiting = mesh.refusal(COMPLETE, other);
    await change('deleteModel(id: "alpha/one")');
    answer();
    expect(await leading).toMatchObject({ complete: { text: 'late' } });
    expect(await waiting).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('leaves no circuit and no health to one of the same id', async () => {
    await using mesh = await startInference(database);
    const change = openModels(mesh);
    mesh.alpha.always((call) => call.fail(buildFailure('PROVIDER_ERROR', false)));
    for (let call = 0; call < 5; call += 1) await mesh.refusal(COMPLETE, asking());
    expect(await mesh.refusal(COMPLETE, asking())).toMatchObject({ retryAfterMs: expect.any(Number) });
    expect(await mesh.data(HEALTH, {}, reader)).toMatchObject({
      _entities: [{ health: { circuit: 'OPEN' } }],
    });
    await change('deleteProvider(id: "alpha")');
    await change(createAlpha);
    await change(createOne);
    expect(await mesh.data(HEALTH, {}, reader)).toEqual({
      _entities: [{ health: { circuit: 'CLOSED', successRate: null } }],
    });
    mesh.alpha.always((call) => call.say('Hi').finish(buildUsage(1, 1)));
    expect(await mesh.data(COMPLETE, asking())).toMatchObject({ complete: { text: 'Hi' } });
    expect(await models(database.connection).countDocuments({ providerId: 'alpha' })).toBe(1);
  });
});
