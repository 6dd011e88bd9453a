import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestClient, type TestClient } from '#test/support/client.ts';
import { startOneProcess, type TestMesh } from '#test/support/mesh.ts';

let mesh: TestMesh;
let admin: TestClient;

interface Tenant {
  readonly id: string;
  readonly owner: TestClient;
}
let acme: Tenant;
let other: Tenant;

const createKey = `mutation ($appId: ID!, $scopes: [String!]) {
  createApiKey(input: { appId: $appId, scopes: $scopes, limits: [] }) { secret }
}`;
const scopes = ['inference:invoke', 'models:read', 'providers:write', 'tenants:write', 'usage:read'];
const complete = (model: string, cache = 'BYPASS') =>
  `mutation { complete(input: { model: "${model}", cache: ${cache}, messages: [{ role: USER, content: "hi" }] }) { cache model { id } } }`;

async function addApp(client: TestClient, input: string): Promise<TestClient> {
  const { createApp } = await client.data<{ createApp: { id: string } }>(
    `mutation { createApp(input: { ${input} }) { id } }`,
  );
  const { createApiKey } = await client.data<{ createApiKey: { secret: string } }>(createKey, {
    appId: createApp.id,
    scopes,
  });
  return createTestClient(mesh.url, createApiKey.secret);
}

async function addTenant(name: string): Promise<Tenant> {
  const { createTenant } = await admin.data<{ createTenant: { id: string } }>(
    `mutation { createTenant(input: { name: "${name}", planId: "unlimited" }) { id } }`,
  );
  return { id: createTenant.id, owner: await addApp(admin, `tenantId: "${createTenant.id}", name: "app"`) };
}

beforeAll(async () => {
  mesh = await startOneProcess({});
  admin = createTestClient(mesh.url, mesh.adminKey);
  [acme, other] = [await addTenant('Acme'), await addTenant('Other')];
  await acme.owner.data('mutation { createProvider(input: { id: "demo", kind: DEMO }) { id } }');
  await acme.owner.data(
    `mutation { createModel(input: { providerId: "demo", tenantId: "${acme.id}", name: "echo" }) { id } }`,
  );
});
afterAll(() => mesh?.[Symbol.asyncDispose]());

describe("a tenant's own provider", () => {
  it('answers the calls of its tenant by the name of the mesh’s, in rows, usage and the cache apart from it', async () => {
    const own = `${acme.id}:demo/echo`;
    for (const [{ owner }, id] of [
      [acme, own],
      [other, 'demo/echo'],
    ] as const) {
      expect(await owner.data(complete('demo/echo', 'USE'))).toMatchObject({ complete: { model: { id } } });
      expect(await owner.data(complete('demo/echo', 'USE'))).toMatchObject({
        complete: { cache: 'HIT', model: { id } },
      });
      const to = new Date(Date.now() + 86_400_000).toISOString();
      const { usage } = await owner.data<{ usage: { keys: object }[] }>(
        `{ usage(from: "2026-01-01T00:00:00Z", to: "${to}", interval: ALL, by: [MODEL]) { keys } }`,
      );
      expect(usage).toEqual([{ keys: { model: id } }]);
    }
    expect(await other.owner.code(complete(own))).toBe('NOT_FOUND');
    // Deleted, its answers are those of no call any more.
    await acme.owner.data(`mutation { deleteModel(id: "${own}") }`);
    expect(await acme.owner.data(complete('demo/echo', 'USE'))).toMatchObject({
      complete: { cache: 'MISS', model: { id: 'demo/echo' } },
    });
    await acme.owner.data(
      `mutation { createModel(input: { providerId: "${acme.id}:demo", name: "echo" }) { id } }`,
    );
  });

  it('is listed to clients of OpenAI by the name that they call, once', async () => {
    const list = async ({ key }: TestClient) => {
      const response = await fetch(`${mesh.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
      const { data } = (await response.json()) as { data: { id: string }[] };
      return data.map(({ id }) => id);
    };
    const names = await list(acme.owner);
    expect(names.filter((name) => name === 'demo/echo')).toHaveLength(1);
    expect([...names, ...(await list(other.owner))].filter((name) => name.includes(acme.id))).toEqual([]);
  });

  it('is no node for others, by its id or that of what belongs to it', async () => {
    for (const id of [`${acme.id}:demo`, `${acme.id}:demo/echo`]) {
      const query = `{ node(id: "${id}") { id } }`;
      expect(await acme.owner.data(query)).toEqual({ node: { id } });
      expect(await other.owner.data(query)).toEqual({ node: null });
    }
  });
});

describe('a provider that is no longer offered', () => {
  it('is not answered for from the cache either', async () => {
    await other.owner.data(complete('demo/slow', 'USE'));
    expect(await other.owner.data(complete('demo/slow', 'USE'))).toMatchObject({
      complete: { cache: 'HIT' },
    });
    const offer = (to: string) =>
      `mutation { updateProvider(id: "demo", input: { offeredTo: ${to} }) { id } }`;
    await admin.data(offer(`{ tenants: ["${acme.id}"] }`));
    expect(await other.owner.code(complete('demo/slow', 'USE'))).toBe('NOT_FOUND');
    expect(await other.owner.data('{ node(id: "demo/slow") { id } }')).toEqual({ node: null });
    await acme.owner.data(complete('demo/slow'));
    await admin.data(offer('null'));
    expect(await other.owner.data(complete('demo/slow', 'USE'))).toMatchObject({
      complete: { cache: 'HIT' },
    });
  });
});

describe('the limits of a team', () => {
  it('count the calls of all of its apps, beside those of others, and usage shows them', async () => {
    const { createTeam } = await acme.owner.data<{ createTeam: { id: string } }>(
      'mutation { createTeam(input: { name: "search", limits: [{ meter: REQUESTS, window: DAY, amount: 2 }] }) { id } }',
    );
    const team = createTeam.id;
    const [one, two] = [
      await addApp(acme.owner, `name: "one", teamId: "${team}"`),
      await addApp(acme.owner, `name: "two", teamId: "${team}"`),
    ];
    await one.data(complete('demo/echo'));
    await two.data(complete('demo/echo'));
    const { errors = [] } = await one.send(complete('demo/echo'));
    expect(errors[0]?.extensions).toMatchObject({ code: 'QUOTA_EXCEEDED', subject: `team:${team}` });
    await acme.owner.data(complete('demo/echo'));
    const to = new Date(Date.now() + 86_400_000).toISOString();
    const { usage } = await acme.owner.data<{ usage: { requests: number }[] }>(
      `{ usage(from: "2026-01-01T00:00:00Z", to: "${to}", interval: ALL, by: [TEAM], filter: { teamId: "${team}" }) { keys requests } }`,
    );
    expect(usage).toEqual([{ keys: { team }, requests: 2 }]);
    expect(await acme.owner.data(`{ node(id: "${team}") { id } }`)).toEqual({ node: { id: team } });
    expect(await other.owner.data(`{ node(id: "${team}") { id } }`)).toEqual({ node: null });
  });
});
