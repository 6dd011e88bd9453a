import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { apiKeys } from '#mongo/api-keys.ts';
import { events } from '#mongo/events.ts';
import { askForData } from '#test/support/subgraph.ts';
import { startTenants, type TestTenant, type TestTenants } from '#test/support/tenants.ts';
import { reportDates } from './report-dates.ts';

const dayMs = 86_400_000;
const start = Date.parse('2026-01-01T00:00:00Z');

let mesh: TestTenants;
let acme: TestTenant;
let count = 0;
beforeAll(async () => {
  mesh = await startTenants();
});
beforeEach(async () => {
  mesh.clock.ms = start;
  acme = await mesh.addTenant(`Dates ${++count}`);
});
afterAll(() => mesh?.[Symbol.asyncDispose]());

const run = (query: string, variables: Record<string, unknown> = {}) =>
  askForData<Record<string, never>>(mesh.subgraph, acme.caller, query, variables);
async function addKey(days: number): Promise<string> {
  const input = { appId: acme.appId, expiresAt: new Date(start + days * dayMs).toISOString() };
  const query = 'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { key { id } } }';
  const { createApiKey } = (await run(query, { input })) as unknown as {
    createApiKey: { key: { id: string } };
  };
  return createApiKey.key.id;
}
/** The events of the tenant after so many days, when two processes have looked. */
async function readAfter(days: number): Promise<readonly string[]> {
  mesh.clock.ms = start + days * dayMs;
  await Promise.all([reportDates(mesh.deps), reportDates(mesh.deps)]);
  const found = await events(mesh.database.connection)
    .find({ tenantId: acme.tenantId })
    .sort({ sequence: 1 })
    .lean();
  const dated = found.filter(({ type }) => type !== 'key.created');
  return dated.map(({ type, subject }) => `${type} ${subject}`);
}

it('reports a key seven days and one day before it expires, and when it has, each once', async () => {
  const id = await addKey(30);
  expect(await readAfter(22)).toEqual([]);
  expect(await readAfter(23)).toEqual([`key.expiring ${id}`]);
  expect(await readAfter(28)).toHaveLength(1);
  expect(await readAfter(29)).toEqual([`key.expiring ${id}`, `key.expiring ${id}`]);
  expect(await readAfter(30)).toEqual([`key.expiring ${id}`, `key.expiring ${id}`, `key.expired ${id}`]);
  expect(await readAfter(36)).toHaveLength(3);
});

it('writes nothing more for what is reported, and reads it once a page, however many keys and processes there are', async () => {
  for (let keys = 0; keys < 5; keys++) await addKey(30);
  const reported = await readAfter(29.5);
  const counts = new Map<string, number>();
  const note = ({ commandName }: { readonly commandName: string }) =>
    void counts.set(commandName, (counts.get(commandName) ?? 0) + 1);
  const client = mesh.database.connection.getClient();
  client.on('commandStarted', note);
  await reportDates(mesh.deps);
  client.off('commandStarted', note);
  expect(reported).toHaveLength(10);
  expect(await readAfter(29.5)).toEqual(reported);
  expect([...counts.keys()]).toEqual(['find']);
  // Four lists, and what is published of the one that is not empty.
  expect(counts.get('find')).toBeLessThanOrEqual(8);
});

it('reports no notice of a key that was made for a shorter time, and nothing of a revoked one', async () => {
  const short = await addKey(0.5);
  const revoked = await addKey(8);
  await apiKeys(mesh.database.connection).updateOne(
    { _id: revoked },
    { $set: { revokedAt: new Date(start) } },
  );
  expect(await readAfter(0.4)).toEqual([]);
  expect(await readAfter(7)).toEqual([`key.expired ${short}`]);
});

it('reports the end of an approval once', async () => {
  const { requestAccess } = (await run('mutation { requestAccess(resource: "x") { id } }')) as unknown as {
    requestAccess: { id: string };
  };
  const id = requestAccess.id;
  await run(
    'mutation ($id: ID!, $at: DateTime) { decideAccess(id: $id, approve: true, expiresAt: $at) { id } }',
    {
      ...{ id, at: new Date(start + dayMs).toISOString() },
    },
  );
  expect(await readAfter(0.9)).toHaveLength(2);
  expect((await readAfter(1)).slice(2)).toEqual([`access.ended ${id}`]);
  expect(await readAfter(2)).toHaveLength(3);
});

it('revokes all keys that match a filter but that of the caller, and reports each', async () => {
  const ids = [await addKey(20), await addKey(40)];
  const list = async (filter: string) => {
    const data = (await run(`{ apiKeys(filter: { ${filter} }) { edges { node { id } } } }`)) as unknown as {
      apiKeys: { edges: { node: { id: string } }[] };
    };
    return data.apiKeys.edges.map(({ node }) => node.id);
  };
  mesh.clock.ms = start + 10 * dayMs;
  const at = (days: number) => JSON.stringify(new Date(start + days * dayMs).toISOString());
  expect(await list(`expiresBefore: ${at(30)}`)).toEqual([ids[0]]);
  await apiKeys(mesh.database.connection).updateOne(
    { _id: ids[1] ?? '' },
    { $set: { lastUsedAt: new Date(start + 9 * dayMs) } },
  );
  expect((await list(`unusedSince: ${at(5)}`)).toSorted()).toEqual([acme.keyId, ids[0]].toSorted());
  expect(await list(`unusedSince: ${at(-1)}`)).toEqual([]);
  const revoke = 'mutation ($filter: ApiKeyFilter!) { revokeApiKeys(filter: $filter) }';
  const revoked = async (filter: object) =>
    ((await run(revoke, { filter })) as unknown as { revokeApiKeys: string[] }).revokeApiKeys;
  expect(await revoked({ unusedSince: new Date(start + 5 * dayMs).toISOString() })).toEqual([ids[0]]);
  expect(await revoked({ appId: acme.appId })).toEqual([ids[1]]);
  expect(await revoked({ appId: acme.appId })).toEqual([]);
  await expect(revoked({ search: null })).rejects.toThrow(/must have a condition/);
  const found = await events(mesh.database.connection)
    .find({ tenantId: acme.tenantId, type: 'key.revoked' })
    .lean();
  expect(found.map(({ subject }) => subject).toSorted()).toEqual(ids.toSorted());
});

it('keeps the last key with tenants:admin that has no end', async () => {
  const person = { ...mesh.admin, kind: 'USER', keyId: null, keyLineId: null, subject: 'ada' } as const;
  const query = 'mutation { revokeApiKeys(filter: { search: "" , active: true }) }'.replace(
    'search: "" , ',
    '',
  );
  await askForData(mesh.subgraph, person, query);
  const left = await apiKeys(mesh.database.connection)
    .find({ scopes: 'tenants:admin', revokedAt: null, expiresAt: null })
    .lean();
  expect(left).toHaveLength(1);
});

it('shows where a key was last used from', async () => {
  const { secret, keyId } = acme;
  await mesh.findCaller(secret);
  const read = 'query ($id: ID!) { apiKey(id: $id) { lastUsedAt lastUsedFrom } }';
  await expect
    .poll(async () => (await run(read, { id: keyId })) as unknown)
    .toMatchObject({ apiKey: { lastUsedFrom: expect.any(String) } });
});
