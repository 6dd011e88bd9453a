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

async function save(name: string, target: string, tenantId: string | null = null): Promise<void> {
  await admin.data('mutation ($input: ModelAliasInput!) { saveModelAlias(input: $input) { name } }', {
    input: { name, target, tenantId },
  });
}

function rest(key: string, path: string, body?: object, headers: object = {}): Promise<Response> {
  return fetch(`${mesh.url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
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

  it('of an embedding model returns its vectors, as float and as base64', async () => {
    await save('text-embedding-3-small', 'demo/embed');
    const embed = async (model: string, more: object = {}) =>
      (
        await rest(defaultKey, '/v1/embeddings', { model, input: ['one', 'two'], ...more })
      ).json() as Promise<{
        data: { embedding: unknown }[];
      }>;
    for (const more of [{}, { encoding_format: 'base64' }]) {
      const { data } = await embed('text-embedding-3-small', more);
      expect(data).toHaveLength(2);
      expect(data).toEqual((await embed('demo/embed', more)).data);
    }
    const client = createTestClient(mesh.url, defaultKey);
    const operation =
      'mutation { embed(input: { model: "text-embedding-3-small", values: ["one"] }) { model { id } } }';
    expect(await client.data(operation)).toEqual({ embed: { model: { id: 'demo/embed' } } });
  });

  it('returns the first answer to a retry with the same key, whatever it stands for by then', async () => {
    await save('moving', 'demo/echo');
    const send = (key: string) =>
      rest(
        key,
        '/v1/chat/completions',
        { model: 'moving', messages: [{ role: 'user', content: 'once' }] },
        { 'idempotency-key': 'moved' },
      );
    const first = await send(defaultKey);
    expect(first.status).toBe(200);
    await save('moving', 'smart');
    const second = await send(defaultKey);
    expect(second.status).toBe(200);
    const id = first.headers.get('x-heddle-completion-id');
    expect(id).not.toBeNull();
    expect(second.headers.get('x-heddle-completion-id')).toBe(id);
    expect(await second.json()).toMatchObject({ choices: [{ message: { content: 'once' } }] });
  });

  it('precedes an AI model and a route of the same name in its tenant, and the others keep theirs', async () => {
    const name = 'demo/slow';
    const client = createTestClient(mesh.url, defaultKey);
    const run = async (caller: TestClient, model: string) => {
      const { complete } = await caller.data<{ complete: { model: { id: string } } }>(
        `mutation ($model: String!) {
          complete(input: { model: $model, messages: [{ role: USER, content: "x" }] }) { model { id } }
        }`,
        { model },
      );
      return complete.model.id;
    };
    await save(name, 'demo/echo');
    await save('smart', 'demo/slow');
    expect([await run(client, name), await run(client, 'smart')]).toEqual(['demo/echo', 'demo/slow']);
    const other = createTestClient(mesh.url, otherKey);
    expect(await run(other, 'smart')).toBe('demo/echo');
    const listed = (await (await rest(defaultKey, '/v1/models')).json()) as { data: { id: string }[] };
    expect(listed.data.filter(({ id }) => id === name || id === 'smart')).toHaveLength(2);
    await admin.data(
      'mutation { a: deleteModelAlias(name: "demo/slow") b: deleteModelAlias(name: "smart") }',
    );
    expect(await run(client, 'smart')).toBe('demo/echo');
  });

  it('of an archived tenant is called by none of its keys and not changed, and is there again when the tenant is restored', async () => {
    const { createTenant } = await admin.data<{ createTenant: { id: string } }>(
      'mutation { createTenant(input: { name: "archived aliases", planId: "unlimited" }) { id } }',
    );
    const key = await addKey(await addApp(createTenant.id), null);
    await save('theirs', 'demo/echo', createTenant.id);
    expect((await chat(key, 'theirs')).status).toBe(200);
    await admin.data('mutation ($id: ID!) { archiveTenant(id: $id) }', createTenant);
    expect((await chat(key, 'theirs')).status).toBe(401);
    const { errors } = await admin.send(
      `mutation ($id: ID!) {
        saveModelAlias(input: { name: "late", target: "demo/echo", tenantId: $id }) { name }
      }`,
      createTenant,
    );
    expect(errors?.[0]?.extensions.code).toBe('CONFLICT');
    await admin.data('mutation ($id: ID!) { restoreTenant(id: $id) { id } }', createTenant);
    expect((await chat(key, 'theirs')).status).toBe(200);
  });

  it('is what a version of a prompt of the tenant calls', async () => {
    await save('promptly', 'demo/echo');
    const { createPrompt } = await admin.data<{ createPrompt: { id: string } }>(
      `mutation { createPrompt(input: {
        name: "onAlias", tenantId: "default", version: { model: "promptly", template: "{{word}}", label: "production" }
      }) { id } }`,
    );
    const run = () => rest(defaultKey, '/prompts/onAlias', { word: 'hello' });
    expect(await (await run()).json()).toEqual({ text: 'hello' });
    const openApi = (await (await rest(defaultKey, '/prompts/openapi.json')).json()) as { paths: object };
    expect(Object.keys(openApi.paths)).toContain('/prompts/onAlias');
    expect((await rest(boundKey, '/prompts/onAlias', { word: 'hello' })).status).toBe(403);
    const deletion = 'mutation { deleteModelAlias(name: "promptly") }';
    const { errors } = await admin.send(deletion);
    expect(errors?.[0]).toMatchObject({
      message: expect.stringContaining('the prompt "onAlias"'),
      extensions: { code: 'CONFLICT' },
    });
    await admin.data('mutation ($id: ID!) { archivePrompt(id: $id) }', createPrompt);
    expect(await admin.data(deletion)).toEqual({ deleteModelAlias: 'promptly' });
  });

  it('of another tenant is no name that a prompt may call', async () => {
    const { me } = await createTestClient(mesh.url, otherKey).data<{ me: { tenant: { id: string } } }>(
      '{ me { tenant { id } } }',
    );
    await save('elsewhere', 'demo/echo', me.tenant.id);
    const { errors } = await admin.send(
      'mutation { createPrompt(input: { name: "foreign", version: { model: "elsewhere", template: "x" } }) { id } }',
    );
    expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
    expect(errors?.[0]?.message).not.toContain('Did you mean');
  });
});
