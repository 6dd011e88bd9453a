import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Caller } from '#core/caller.ts';
import { apiKeys } from '#mongo/api-keys.ts';
import { createRandom, printedSeed } from '#test/support/random.ts';
import { ask, askForData } from '#test/support/subgraph.ts';
import { startTenants, type TenantsData, type TestTenant, type TestTenants } from '#test/support/tenants.ts';
import { boundsOfKey, findExcess } from '../restrictions/bounds.ts';

let mesh: TestTenants;
let acme: TestTenant;
let count = 0;

beforeAll(async () => {
  mesh = await startTenants();
});
afterAll(() => mesh?.[Symbol.asyncDispose]());
beforeEach(async () => {
  mesh.clock.ms = null;
  acme = await mesh.addTenant(`Narrow ${++count}`);
});

const fields = 'id limits { meter window amount setBy } allowedIps expiresAt';
const create = `mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret key { ${fields} } } }`;
const update = `mutation ($id: ID!, $input: UpdateApiKeyInput!) { updateApiKey(id: $id, input: $input) { ${fields} } }`;
const rotate = 'mutation ($id: ID!) { rotateApiKey(id: $id) { secret key { id expiresAt } } }';
const scopes = ['inference:invoke', 'tenants:write'];

const run = (query: string, variables: Record<string, unknown>, caller: Caller) =>
  askForData<TenantsData>(mesh.subgraph, caller, query, variables);
const limit = (meter: string, window: string, amount: string | number) => ({ meter, window, amount });

/** A key of acme, made by its admin key unless another caller is named, and the caller that it stands for. */
async function newKey(input: object, maker: Caller = acme.caller) {
  const { secret, key } = (await run(create, { input: { appId: acme.appId, scopes, ...input } }, maker))
    .createApiKey;
  const caller = await mesh.findCaller(secret);
  if (caller === null) throw new Error('The key is not known.');
  return { id: key.id, key, secret, caller };
}

const inFourDays = () => new Date(Date.now() + 4 * 86_400_000).toISOString();
describe('chains of keys', () => {
  it('never reach more than their root, whoever creates, changes and rotates what', async () => {
    const random = createRandom(printedSeed('chains of keys'));
    const root = await newKey({
      limits: [limit('COST', 'DAY', 8), limit('REQUESTS', 'HOUR', 64), limit('CONCURRENCY', 'INFLIGHT', 8)],
      allowedIps: ['10.0.0.0/8', '2001:db8::/32'],
      expiresAt: inFourDays(),
    });
    const rootBounds = boundsOfKey(
      (await apiKeys(mesh.database.connection).findById(root.id).lean()) as Parameters<typeof boundsOfKey>[0],
    );
    const secrets = [root.secret];
    const amounts = ['1', '1', '2', '4', '8', '16'];
    const anyInput = () => ({
      ...(random.chance(0.5)
        ? {
            limits: [
              limit('COST', random.pick(['DAY', 'MONTH']), random.pick(amounts)),
              ...(random.chance(0.7)
                ? [limit('REQUESTS', random.pick(['HOUR', 'MINUTE', 'DAY']), random.pick(amounts))]
                : []),
              ...(random.chance(0.7) ? [limit('CONCURRENCY', 'INFLIGHT', random.pick(amounts))] : []),
            ].slice(random.below(2)),
          }
        : random.chance(0.2)
          ? { limits: null }
          : {}),
      ...(random.chance(0.3)
        ? { allowedIps: random.pick([null, ['10.1.0.0/16'], ['10.0.0.0/7'], ['::/0'], ['2001:db8:1::/48']]) }
        : {}),
      ...(random.chance(0.3)
        ? { expiresAt: random.pick([null, inFourDays(), new Date(Date.now() + 3_600_000).toISOString()]) }
        : {}),
    });
    let done = 0;
    for (let step = 0; step < 400; step++) {
      const caller = await mesh.findCaller(random.pick(secrets));
      if (caller === null) continue;
      const target = await mesh.findCaller(random.pick(secrets));
      const id = target?.keyId ?? '';
      const [query, variables] = random.pick([
        [
          create,
          {
            input: {
              appId: acme.appId,
              scopes: random.pick([scopes, [...scopes, 'audit:read']]),
              ...anyInput(),
            },
          },
        ],
        [update, { id, input: anyInput() }],
        [rotate, { id }],
      ] as const);
      const { data } = await ask<TenantsData | null>(mesh.subgraph, caller, query, variables);
      const made = data?.createApiKey ?? data?.rotateApiKey;
      if (made) secrets.push(made.secret);
      if (data) done += 1;
    }
    expect(done).toBeGreaterThan(20);
    const keys = await apiKeys(mesh.database.connection)
      .find({ appId: acme.appId, $or: [{ makerScopes: `key:${root.id}` }, { lineId: root.id }] })
      .lean();
    expect(keys.length).toBeGreaterThan(5);
    for (const key of keys) expect(findExcess(boundsOfKey(key), rootBounds)).toEqual([]);
  });
});
