import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newTenant } from '#test/e2e/scenarios/setup.ts';
import { createTestClient, type TestClient } from '#test/support/client.ts';
import { startOneProcess, type TestMesh } from '#test/support/mesh.ts';

let mesh: TestMesh;
let owner: TestClient;
let stranger: TestClient;
let appId: string;

const createPrompt = 'mutation ($input: CreatePromptInput!) { createPrompt(input: $input) { id } }';
const publish =
  'mutation ($id: ID!, $input: PromptVersionInput!) { publishPromptVersion(promptId: $id, input: $input) { id } }';
const read = `{ prompts(first: 50, orderBy: NAME_ASC) { totalCount edges { node {
  name description
  version { number runnable variables { name required description } outputSchema }
  labels { name version { number runnable } }
} } } }`;

interface Listed {
  readonly prompts: {
    readonly totalCount: number;
    readonly edges: readonly { readonly node: { readonly name: string } & Record<string, unknown> }[];
  };
}

const secret = 'the text of the template';
const outputSchema = { type: 'object', properties: { v: { type: 'number' } } };

beforeAll(async () => {
  mesh = await startOneProcess();
  const scopes = ['inference:invoke', 'prompts:write', 'tenants:write'];
  ({ client: owner, appId } = await newTenant(() => mesh, { scopes }));
  ({ client: stranger } = await newTenant(() => mesh, { scopes }));
  const add = async (client: TestClient, name: string, version: object, description?: string) => {
    const input = { name, description, version };
    return (await client.data<{ createPrompt: { id: string } }>(createPrompt, { input })).createPrompt.id;
  };
  const variables = [{ name: 'who', description: 'The person.' }];
  const first = { model: 'demo/echo', template: `${secret} {{who}}`, variables, outputSchema };
  await add(owner, 'allowed', { ...first, label: 'beta' }, 'An allowed prompt.');
  const mixed = await add(owner, 'allowedMixed', { model: 'demo/slow', template: secret, label: 'slow' });
  await owner.data(publish, { id: mixed, input: { model: 'demo/echo', template: secret, label: 'echo' } });
  await add(owner, 'allowedSlow', { model: 'demo/slow', template: secret });
  await owner.data(createPrompt, { input: { name: 'allowedEmpty' } });
  await add(owner, 'other', { model: 'demo/echo', template: secret });
  const archived = await add(owner, 'allowedOnce', { model: 'demo/echo', template: secret });
  await owner.data('mutation ($id: ID!) { archivePrompt(id: $id) }', { id: archived });
  await add(stranger, 'allowedElsewhere', { model: 'demo/echo', template: secret });
});
afterAll(() => mesh?.[Symbol.asyncDispose]());

async function addKey(input: object): Promise<TestClient> {
  const { createApiKey } = await owner.data<{ createApiKey: { secret: string } }>(
    'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret } }',
    { input: { appId, label: 'runs prompts', scopes: ['inference:invoke'], ...input } },
  );
  return createTestClient(mesh.url, createApiKey.secret);
}

async function list(client: TestClient) {
  const { prompts } = await client.data<Listed>(read);
  return { totalCount: prompts.totalCount, nodes: prompts.edges.map(({ node }) => node) };
}

async function listPaths({ key }: TestClient): Promise<{ status: number; paths: string[]; text: string }> {
  const response = await fetch(`${mesh.url}/prompts/openapi.json`, { headers: { 'x-api-key': key } });
  const text = await response.text();
  return { status: response.status, paths: Object.keys(JSON.parse(text).paths ?? {}), text };
}

describe('the prompts of a key with inference:invoke alone', () => {
  it('are those that it may run, with what a call needs', async () => {
    const client = await addKey({ prompts: ['allowed*'], models: ['demo/echo'] });
    const { totalCount, nodes } = await list(client);
    expect(totalCount).toBe(4);
    expect(nodes.map(({ name }) => name)).toEqual(['allowed', 'allowedEmpty', 'allowedMixed', 'allowedSlow']);
    expect(nodes[0]).toEqual({
      name: 'allowed',
      description: 'An allowed prompt.',
      version: {
        number: 1,
        runnable: true,
        variables: [{ name: 'who', required: true, description: 'The person.' }],
        outputSchema,
      },
      labels: [{ name: 'beta', version: { number: 1, runnable: true } }],
    });
    const [, empty, mixed, slow] = nodes;
    expect(empty).toMatchObject({ version: null, labels: [] });
    expect(mixed).toMatchObject({
      version: { number: 2 },
      labels: [{ name: 'echo', version: { number: 2 } }],
    });
    expect(slow).toMatchObject({ version: null, labels: [] });
  });

  it.each([
    'version { template }',
    'version { system }',
    'version { model }',
    'version { note }',
    'version { prompt { name } }',
    'versions(first: 1) { edges { node { number } } }',
    'tenant { id }',
    'createdAt',
  ])('do not show %s', async (selection) => {
    const client = await addKey({});
    const { errors = [], ...answer } = await client.send(`{ prompts { edges { node { ${selection} } } } }`);
    expect(errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN' });
    expect(JSON.stringify(answer)).not.toContain(secret);
  });

  it.each([
    ['archived: true', '{ archived: true }'],
    ['another tenant', '{ tenantId: "default" }'],
    ['the name of a prompt that it may not run', '{ search: "other" }'],
  ])('are none for the filter with %s', async (_what, filter) => {
    const client = await addKey({ prompts: ['allowed*'] });
    const { prompts } = await client.data<Listed>(
      `{ prompts(filter: ${filter}) { totalCount edges { node { name } } } }`,
    );
    expect(prompts).toEqual({ totalCount: 0, edges: [] });
  });

  it('are found by no other path', async () => {
    const client = await addKey({});
    const byName = await client.send('{ prompt(name: "allowed") { id } }');
    expect(byName.errors?.[0]?.extensions).toMatchObject({ code: 'FORBIDDEN' });
    const { edges } = (
      await owner.data<{ prompts: { edges: { node: { id: string } }[] } }>(
        '{ prompts(first: 1) { edges { node { id } } } }',
      )
    ).prompts;
    const byId = await client.send('query ($id: ID!) { node(id: $id) { id } }', { id: edges[0]?.node.id });
    expect(byId.errors?.[0]?.extensions).toMatchObject({ code: 'FORBIDDEN' });
  });

  it('keep the number of a version that was run, and not its variables, when the key is narrowed', async () => {
    const { createApiKey } = await owner.data<{ createApiKey: { secret: string; key: { id: string } } }>(
      'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret key { id } } }',
      { input: { appId, label: 'narrowed', scopes: ['inference:invoke'], prompts: ['allowed'] } },
    );
    const client = createTestClient(mesh.url, createApiKey.secret);
    const run =
      'mutation ($variables: JSON!) { runPrompt(input: { name: "allowed", variables: $variables }) { id } }';
    const { runPrompt } = await client.data<{ runPrompt: { id: string } }>(run, {
      variables: { who: 'Ada' },
    });
    const readVersion = (fields: string) =>
      client.send(`query ($id: ID!) { completion(id: $id) { promptVersion { ${fields} } } }`, runPrompt);
    expect((await readVersion('number variables { name } outputSchema')).errors).toBeUndefined();
    await owner.data(
      'mutation ($id: ID!) { updateApiKey(id: $id, input: { prompts: ["allowedMixed"] }) { id } }',
      createApiKey.key,
    );
    const { data } = await readVersion('number runnable');
    expect(data).toEqual({ completion: { promptVersion: { number: 1, runnable: false } } });
    for (const field of ['variables { name }', 'outputSchema']) {
      expect((await readVersion(field)).errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    }
  });

  it('are those of GET /prompts/openapi.json, which has no text of a template', async () => {
    const client = await addKey({ prompts: ['allowed*'], models: ['demo/echo'] });
    const { status, paths, text } = await listPaths(client);
    expect(status).toBe(200);
    expect(paths).toEqual([
      '/prompts/allowed',
      '/prompts/allowed@beta',
      '/prompts/allowedMixed',
      '/prompts/allowedMixed@echo',
    ]);
    expect(text).not.toContain(secret);
    for (const path of paths) {
      const answer = await fetch(`${mesh.url}${path}`, {
        method: 'POST',
        headers: { 'x-api-key': client.key, 'content-type': 'application/json' },
        body: path.includes('Mixed') ? '{}' : '{"who":"Ada"}',
      });
      expect(answer.status).toBe(200);
    }
  });
});

describe('GET /prompts/openapi.json', () => {
  it.each<[scopes: string[], names: string[] | null]>([
    [['inference:invoke'], ['allowed', 'allowedMixed', 'allowedSlow', 'other']],
    [
      ['inference:invoke', 'prompts:read'],
      ['allowed', 'allowedMixed', 'allowedSlow', 'other'],
    ],
    [['prompts:read'], []],
    [['tenants:read'], null],
    [[], null],
  ])('has the prompts that a key with the scopes %j may run', async (scopes, names) => {
    const { status, paths } = await listPaths(await addKey({ scopes }));
    expect(status).toBe(names === null ? 403 : 200);
    const found = new Set(paths.map((path) => path.replace(/^\/prompts\/|@.*$/g, '')));
    expect([...found]).toEqual(names ?? []);
  });

  it('has the prompts of the tenant of the key alone', async () => {
    expect((await listPaths(stranger)).paths).toEqual(['/prompts/allowedElsewhere']);
    const operator = createTestClient(mesh.url, mesh.adminKey);
    expect((await listPaths(operator)).paths).toEqual([]);
  });

  it('leaves out for a key with prompts:read the versions that it may not run', async () => {
    const client = await addKey({
      scopes: ['inference:invoke', 'prompts:read'],
      prompts: ['allowed*'],
      models: ['demo/slow'],
    });
    expect((await listPaths(client)).paths).toEqual(['/prompts/allowedMixed@slow', '/prompts/allowedSlow']);
    const { nodes } = await list(client);
    expect(nodes.map(({ name }) => name)).toContain('other');
  });
});
