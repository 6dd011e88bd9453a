import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admin, newTenant } from '#test/e2e/scenarios/setup.ts';
import { overWebSocket } from '#test/support/client.ts';
import { startOneProcess, type TestMesh } from '#test/support/mesh.ts';
import { ResponseSocket } from './response-socket.ts';

let mesh: TestMesh;
let tenant: Awaited<ReturnType<typeof newTenant>>;
beforeAll(async () => {
  mesh = await startOneProcess();
  tenant = await newTenant(() => mesh, { scopes: ['inference:invoke', 'usage:read'] });
  const operator = admin(() => mesh);
  await operator.data('mutation ($input: CreatePromptInput!) { createPrompt(input: $input) { id } }', {
    input: {
      tenantId: tenant.tenantId,
      name: 'greeting',
      version: { model: 'demo/echo', template: 'Write to {{name}} now' },
    },
  });
  // A prompt of the mesh, which rules of the tenant see the values of alone.
  await operator.data('mutation ($input: CreatePromptInput!) { createPrompt(input: $input) { id } }', {
    input: {
      name: 'ofmesh',
      version: { model: 'demo/echo', template: 'The falcon zoe@example.com writes to {{name}}' },
    },
  });
  await operator.data(
    'mutation ($input: GuardrailPolicyInput!) { saveGuardrailPolicy(input: $input) { id } }',
    {
      input: {
        id: 'masks',
        tenantId: tenant.tenantId,
        rules: [
          { rule: 'pii', stages: ['INPUT'], action: 'MASK' },
          { rule: 'words', stages: ['INPUT'], action: 'BLOCK', options: { words: ['falcon'] } },
        ],
      },
    },
  );
});
afterAll(() => mesh[Symbol.asyncDispose]());

const value = 'ann.lee@example.com';
const text = `Write to ${value} now`;
const messages = [{ role: 'user', content: text }];
const chat = { model: 'demo/echo', messages, max_tokens: 50 };
const responses = { model: 'demo/echo', input: text };
const legacy = { model: 'demo/echo', prompt: text };
const anthropic = { 'anthropic-version': '2023-06-01' };
const sse = { accept: 'text/event-stream' };
const variables = { input: { model: 'demo/echo', messages: [{ role: 'USER', content: text }] } };
const complete = 'mutation ($input: CompletionInput!) { complete(input: $input) { text } }';
const subscription = `subscription ($input: CompletionInput!) { completionStream(input: $input) {
  ... on TextDelta { text } ... on CompletionFinished { completion { text } } } }`;

const post = (path: string, body: object, headers: Readonly<Record<string, string>> = {}) =>
  fetch(`${mesh.url}${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${tenant.client.key}`,
      'x-api-key': tenant.client.key,
      'content-type': 'application/json',
      ...headers,
    },
    body: JSON.stringify(body),
  });

describe('a masked value', () => {
  it.each<readonly [name: string, path: string, body: object, headers: Readonly<Record<string, string>>]>([
    ['chat completions', '/v1/chat/completions', chat, {}],
    ['streamed chat completions', '/v1/chat/completions', { ...chat, stream: true }, {}],
    ['legacy completions', '/v1/completions', legacy, {}],
    ['streamed legacy completions', '/v1/completions', { ...legacy, stream: true }, {}],
    ['responses', '/v1/responses', responses, {}],
    ['streamed responses', '/v1/responses', { ...responses, stream: true }, {}],
    ['messages', '/v1/messages', chat, anthropic],
    ['streamed messages', '/v1/messages', { ...chat, stream: true }, anthropic],
    ['prompts', '/prompts/greeting', { name: value }, {}],
    ['streamed prompts', '/prompts/greeting', { name: value }, sse],
    ['prompts of the mesh', '/prompts/ofmesh', { name: value }, {}],
    ['streamed prompts of the mesh', '/prompts/ofmesh', { name: value }, sse],
    ['a mutation', '/graphql', { query: complete, variables }, {}],
    ['a subscription', '/graphql', { query: subscription, variables }, sse],
  ])('comes back to the client of %s (litellm #30728)', async (_, path, body, headers) => {
    const response = await post(path, body, headers);
    const answered = await response.text();
    expect(answered).toContain(value);
    expect(answered).not.toContain('EMAIL_1');
    const named = path === '/graphql' ? null : 'pii;action=MASK;stage=INPUT';
    expect(response.headers.get('x-heddle-guardrails')).toBe(named);
    const { invocations } = await admin(() => mesh).data<{
      invocations: { edges: { node: { guardrailVerdicts: readonly unknown[] } }[] };
    }>(
      `query ($filter: InvocationFilter) { invocations(filter: $filter, first: 1) { edges { node {
        guardrailVerdicts { rule action fired findings { kind count } } } } } }`,
      { filter: { requestId: response.headers.get('x-request-id') } },
    );
    // The provider has seen a placeholder: the demo provider returns what it is sent.
    expect(invocations.edges[0]?.node.guardrailVerdicts).toEqual([
      { rule: 'pii', action: 'MASK', fired: true, findings: [{ kind: 'EMAIL', count: 1 }] },
    ]);
  });

  it('is named in the header of embeddings', async () => {
    const response = await post('/v1/embeddings', { model: 'demo/embed', input: value });
    expect([response.status, response.headers.get('x-heddle-guardrails')]).toEqual([
      200,
      'pii;action=MASK;stage=INPUT',
    ]);
  });

  it('comes back over graphql-ws', async () => {
    const events = await Array.fromAsync(
      overWebSocket<Record<string, unknown>>(tenant.client, subscription, variables),
    );
    expect(events.map(({ text: piece = '' }) => piece).join('')).toBe(text);
    expect(events.at(-1)).toEqual({ completion: { text } });
  });

  it('comes back over the WebSocket of responses, also in a turn that is not stored', async () => {
    await using socket = await ResponseSocket.open(mesh.url, tenant.client.key);
    const first = await socket.create({ model: 'demo/echo', store: false, input: text });
    expect(JSON.stringify(first.output)).toContain(text);
    const next = { model: 'demo/echo', store: false, input: `And ${value}?`, previous_response_id: first.id };
    const second = await socket.create(next);
    expect(JSON.stringify(second.output)).toContain(`And ${value}?`);
    expect(JSON.stringify([first, second])).not.toContain('EMAIL_');
  });

  it('comes back in a response of the background, however it is read', async () => {
    const headers = { authorization: `Bearer ${tenant.client.key}`, 'content-type': 'application/json' };
    const read = async (path: string, body?: object) => {
      const more = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
      return (await fetch(`${mesh.url}/v1/responses${path}`, { headers, ...more })).text();
    };
    const { id } = JSON.parse(await read('', { ...responses, background: true }));
    // The stream of its events ends with the response.
    const streamed = await read(`/${id}?stream=true`);
    const kept = await read(`/${id}`);
    for (const shown of [streamed, kept]) {
      expect(shown).toContain(text);
      expect(shown).not.toContain('EMAIL_');
    }
  });

  it('comes back in the turn that follows a kept response', async () => {
    const post = async (body: object) => {
      const response = await fetch(`${mesh.url}/v1/responses`, {
        method: 'POST',
        headers: { authorization: `Bearer ${tenant.client.key}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return response.json() as Promise<{ readonly id: string; readonly output: unknown }>;
    };
    const first = await post(responses);
    const second = await post({ model: 'demo/echo', input: `And ${value}?`, previous_response_id: first.id });
    expect(JSON.stringify(second.output)).toContain(`And ${value}?`);
    expect(JSON.stringify(second.output)).not.toContain('EMAIL_');
  });
});

describe('a call that a guardrail refuses', () => {
  it.each([
    ['/v1/chat/completions', { ...chat, messages: [{ role: 'user', content: 'A falcon' }] }, {}],
    [
      '/v1/chat/completions',
      { ...chat, stream: true, messages: [{ role: 'user', content: 'A falcon' }] },
      {},
    ],
    ['/v1/messages', { ...chat, messages: [{ role: 'user', content: 'A falcon' }] }, anthropic],
    ['/v1/embeddings', { model: 'demo/embed', input: 'A falcon' }, {}],
    ['/prompts/ofmesh', { name: 'A falcon' }, {}],
  ])('names the rule in the header of %s', async (path, body, headers) => {
    const response = await post(path, body, headers);
    expect(response.ok).toBe(false);
    expect(await response.text()).toMatch(/GUARDRAIL_BLOCKED/);
    expect(response.headers.get('x-heddle-guardrails')).toBe('words;action=BLOCK;stage=INPUT');
  });
});
