import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newTenant } from '#test/e2e/scenarios/setup.ts';
import { createTestClient, type TestClient } from '#test/support/client.ts';
import { startOneProcess, type TestMesh } from '#test/support/mesh.ts';

const inside = '10.1.2.3';
const outside = '10.2.2.3';

let mesh: TestMesh;
let owner: TestClient;
/** A key for one prompt, one AI model and one network. */
let key: string;
let keyId: string;
beforeAll(async () => {
  mesh = await startOneProcess({ HEDDLE_TRUSTED_PROXIES: '127.0.0.1', HEDDLE_REFUSALS_PER_SECOND: '1000' });
  const scopes = ['inference:invoke', 'models:read', 'prompts:write', 'tenants:write'];
  const tenant = await newTenant(() => mesh, { scopes });
  owner = tenant.client;
  for (const name of ['allowed', 'denied']) {
    await owner.data('mutation ($input: CreatePromptInput!) { createPrompt(input: $input) { id } }', {
      input: { name, version: { model: 'demo/echo', template: 'Hi' } },
    });
  }
  const { createApiKey } = await owner.data<{ createApiKey: { secret: string; key: { id: string } } }>(
    'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret key { id } } }',
    {
      input: {
        ...{ appId: tenant.appId, scopes: ['inference:invoke', 'models:read', 'tenants:read'] },
        ...{ prompts: ['allowed'], models: ['demo/echo', 'demo/embed'], allowedIps: ['10.1.0.0/16'] },
      },
    },
  );
  key = createApiKey.secret;
  keyId = createApiKey.key.id;
});
afterAll(() => mesh?.[Symbol.asyncDispose]());

const messages = [{ role: 'user', content: 'Hi' }];
const graphql = (query: string, input: object) => ['/graphql', { query, variables: { input } }] as const;
const complete = 'mutation ($input: CompletionInput!) { complete(input: $input) { id } }';
const start = 'mutation ($input: CompletionInput!) { startCompletion(input: $input) { id } }';
const embed = 'mutation ($input: EmbedInput!) { embed(input: $input) { cost } }';
const runPrompt = 'mutation ($input: RunPromptInput!) { runPrompt(input: $input) { id } }';
const asGraph = (model: string) => ({ model, messages: [{ role: 'USER', content: 'Hi' }] });

/** Each way in, with a name that the key allows and one that it does not. */
const ways: readonly (readonly [
  way: string,
  build: (name: string) => readonly [path: string, body: object],
  allowed: string,
  denied: string,
])[] = [
  ['complete', (model) => graphql(complete, asGraph(model)), 'demo/echo', 'demo/slow'],
  ['startCompletion', (model) => graphql(start, asGraph(model)), 'demo/echo', 'demo/slow'],
  ['embed', (model) => graphql(embed, { model, values: ['Hi'] }), 'demo/embed', 'demo/slow'],
  ['runPrompt', (name) => graphql(runPrompt, { name, variables: {} }), 'allowed', 'denied'],
  ['POST /prompts', (name) => [`/prompts/${name}`, {}], 'allowed', 'denied'],
  ['chat completions', (model) => ['/v1/chat/completions', { model, messages }], 'demo/echo', 'demo/slow'],
  ['legacy completions', (model) => ['/v1/completions', { model, prompt: 'Hi' }], 'demo/echo', 'demo/slow'],
  ['responses', (model) => ['/v1/responses', { model, input: 'Hi' }], 'demo/echo', 'demo/slow'],
  [
    'responses in the background',
    (model) => ['/v1/responses', { model, input: 'Hi', background: true }],
    'demo/echo',
    'demo/slow',
  ],
  ['embeddings', (model) => ['/v1/embeddings', { model, input: 'Hi' }], 'demo/embed', 'demo/slow'],
  ['messages', (model) => ['/v1/messages', { model, messages, max_tokens: 9 }], 'demo/echo', 'demo/slow'],
];

/** How the mesh answers to a client of this address: the status; of a field with an error 403 or 400. */
async function post(path: string, body: object, address: string): Promise<{ status: number; body: string }> {
  const response = await fetch(mesh.url + path, {
    method: 'POST',
    headers: {
      ...{ 'content-type': 'application/json', 'x-api-key': key, 'x-forwarded-for': address },
      ...{ 'anthropic-version': '2023-06-01' },
    },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  const { errors } = JSON.parse(text) as { errors?: { extensions: { code: string } }[] };
  if (path !== '/graphql' || errors === undefined) return { status: response.status, body: text };
  return { status: errors[0]?.extensions.code === 'FORBIDDEN' ? 403 : 400, body: text };
}

describe.each(ways)('%s', (_way, build, allowed, denied) => {
  it('serves what the key allows, and refuses other names and other addresses', async () => {
    expect(await post(...build(allowed), inside)).toMatchObject({ status: 200 });
    expect(await post(...build(denied), inside)).toMatchObject({ status: 403 });
    for (const address of [outside, `${inside}, ${outside}`, 'nonsense'])
      expect(await post(...build(allowed), address), address).toMatchObject({ status: 403 });
    // What a client writes before the proxy stands first, and is not read.
    expect(await post(...build(allowed), `${outside}, ${inside}`)).toMatchObject({ status: 200 });
  });
});

it('a response that is continued has the bounds that the key has now', async () => {
  const respond = async (more: object) =>
    post('/v1/responses', { model: 'demo/echo', input: 'Hi', ...more }, inside);
  const first = await respond({});
  const { id } = JSON.parse(first.body) as { id: string };
  const previous = { previous_response_id: id };
  expect(await respond(previous)).toMatchObject({ status: 200 });
  expect(await respond({ ...previous, model: 'demo/slow' })).toMatchObject({ status: 403 });
  const client = createTestClient(mesh.url, mesh.adminKey);
  const update = 'mutation ($id: ID!, $m: [String!]) { updateApiKey(id: $id, input: { models: $m }) { id } }';
  await client.data(update, { id: keyId, m: ['demo/embed'] });
  expect(await respond(previous)).toMatchObject({ status: 403 });
  await client.data(update, { id: keyId, m: ['demo/echo', 'demo/embed'] });
  expect(await respond(previous)).toMatchObject({ status: 200 });
});
