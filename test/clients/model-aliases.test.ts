import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestClient, type TestClient } from '#test/support/client.ts';
import { startOneProcess, type TestMesh } from '#test/support/mesh.ts';

let mesh: TestMesh;
let admin: TestClient;
let defaultKey: string;
let otherKey: string;
let boundKey: string;

const createKey = `mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret } }`;

async function addKey(appId: string, models: readonly string[] | null): Promise<string> {
  const input = { appId, label: 'aliases', scopes: ['inference:invoke'], models };
  const { createApiKey } = await admin.data<{ createApiKey: { secret: string } }>(createKey, { input });
  return createApiKey.secret;
}

async function addApp(tenantId: string): Promise<string> {
  const { createApp } = await admin.data<{ createApp: { id: string } }>(
    'mutation ($tenantId: ID!) { createApp(input: { name: "aliases", tenantId: $tenantId }) { id } }',
    { tenantId },
  );
  return createApp.id;
}

function rest(key: string, path: string, body?: object): Promise<Response> {
  return fetch(`${mesh.url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

const chat = (key: string, model: string) =>
  rest(key, '/v1/chat/completions', { model, messages: [{ role: 'user', content: 'hello' }] });

beforeAll(async () => {
  mesh = await startOneProcess();
  admin = createTestClient(mesh.url, mesh.adminKey);
  const made = await admin.data<{ createTenant: { id: string }; me: { tenant: { id: string } } }>(
    `mutation {
      createTenant(input: { name: "other aliases", planId: "unlimited" }) { id }
      saveRoute(input: { alias: "smart", strategy: PRIORITY, targets: [{ model: "demo/echo" }] }) { id }
      saveModelAlias(input: { name: "gpt-4o", target: "smart" }) { name }
    }`,
  );
  const { me } = await admin.data<{ me: { tenant: { id: string } } }>('{ me { tenant { id } } }');
  const app = await addApp(me.tenant.id);
  defaultKey = await addKey(app, null);
  boundKey = await addKey(app, ['gpt-*']);
  otherKey = await addKey(await addApp(made.createTenant.id), null);
});
afterAll(() => mesh?.[Symbol.asyncDispose]());

describe('an alias of a tenant', () => {
  it('answers a client of OpenAI that keeps its model name, and each operation of the graph', async () => {
    const answered = await chat(defaultKey, 'gpt-4o');
    expect(answered.status).toBe(200);
    expect(await answered.json()).toMatchObject({ object: 'chat.completion', choices: [{ index: 0 }] });
    const client = createTestClient(mesh.url, defaultKey);
    const operation = `mutation {
      complete(input: { model: "gpt-4o", messages: [{ role: USER, content: "x" }] }) { model { id } }
    }`;
    expect(await client.data(operation)).toEqual({ complete: { model: { id: 'demo/echo' } } });
    const aliased = await rest(defaultKey, '/v1/embeddings', { model: 'gpt-4o', input: 'x' });
    const direct = await rest(defaultKey, '/v1/embeddings', { model: 'smart', input: 'x' });
    expect(aliased.status).toBe(direct.status);
  });

  it('is listed by GET /v1/models and found by GET /v1/models/{id}, once', async () => {
    const { data } = (await (await rest(defaultKey, '/v1/models')).json()) as { data: { id: string }[] };
    const ids = data.map(({ id }) => id);
    expect(ids.filter((id) => id === 'gpt-4o')).toHaveLength(1);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toContain('smart');
    expect(await (await rest(defaultKey, '/v1/models/gpt-4o')).json()).toMatchObject({ id: 'gpt-4o' });
  });

  it('is neither called nor listed by another tenant', async () => {
    expect((await chat(otherKey, 'gpt-4o')).status).toBe(404);
    expect((await rest(otherKey, '/v1/models/gpt-4o')).status).toBe(404);
    expect(await (await rest(otherKey, '/v1/models')).text()).not.toContain('gpt-4o');
  });

  it('grants nothing to a key that may not call its target, whose name stays hidden', async () => {
    const refused = await chat(boundKey, 'gpt-4o');
    expect(refused.status).toBe(403);
    const text = await refused.text();
    expect(text).toContain('gpt-4o');
    expect(text).not.toContain('smart');
    expect(await (await rest(boundKey, '/v1/models')).text()).not.toContain('gpt-4o');
  });
});
