import { describe, expect, it } from 'vitest';
import { admin, echo, newTenant } from '#test/e2e/scenarios/setup.ts';
import { findSharedMesh } from '#test/support/shared-mesh.ts';

const mesh = findSharedMesh();

const messages = [{ role: 'user', content: 'Hi' }];
const anthropic = { 'anthropic-version': '2023-06-01' };
const chat = { model: 'demo/echo', messages, max_tokens: 10 };

/** A call of each handler, with what it draws at most: 10 tokens of output and those of the text. */
const calls: readonly (readonly [
  name: string,
  path: string,
  body: object,
  headers: Record<string, string>,
])[] = [
  ['chat completions', '/v1/chat/completions', chat, {}],
  ['streamed chat completions', '/v1/chat/completions', { ...chat, stream: true }, {}],
  ['legacy completions', '/v1/completions', { model: 'demo/echo', prompt: 'Hi', max_tokens: 10 }, {}],
  ['responses', '/v1/responses', { model: 'demo/echo', input: 'Hi', max_output_tokens: 10 }, {}],
  [
    'streamed responses',
    '/v1/responses',
    { model: 'demo/echo', input: 'Hi', max_output_tokens: 10, stream: true },
    {},
  ],
  [
    'responses in the background',
    '/v1/responses',
    { model: 'demo/echo', input: 'Hi', max_output_tokens: 10, background: true },
    {},
  ],
  ['embeddings', '/v1/embeddings', { model: 'demo/embed', input: 'Hi' }, {}],
  ['messages', '/v1/messages', chat, anthropic],
  ['streamed messages', '/v1/messages', { ...chat, stream: true }, anthropic],
  ['prompts', '/prompts/limited', { name: 'Ada' }, {}],
  ['streamed prompts', '/prompts/limited', { name: 'Ada' }, { accept: 'text/event-stream' }],
];

interface LimitInput {
  readonly meter: string;
  readonly window: string;
  readonly amount: string;
}

async function openCaller(limits: readonly LimitInput[], scopes: readonly string[] = ['inference:invoke']) {
  const tenant = await newTenant(() => mesh, { scopes, limits });
  const version = { model: 'demo/echo', template: 'Hi {{name}}', parameters: { maxOutputTokens: 10 } };
  await admin(() => mesh).data(
    'mutation ($input: CreatePromptInput!) { createPrompt(input: $input) { id } }',
    { input: { tenantId: tenant.tenantId, name: 'limited', version } },
  );
  const send = (path: string, body: object, headers: Readonly<Record<string, string>> = {}) =>
    fetch(`${mesh.url}${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${tenant.client.key}`,
        'content-type': 'application/json',
        ...headers,
      },
      body: JSON.stringify(body),
    });
  return { ...tenant, send };
}

const readHeaders = (headers: Headers, prefix: string) =>
  Object.fromEntries([...headers].filter(([name]) => name.startsWith(prefix)));

const perMinute = { meter: 'REQUESTS', window: 'MINUTE', amount: '2' };
const perDay = { meter: 'REQUESTS', window: 'DAY', amount: '100' };
const tokensPerHour = { meter: 'TOKENS', window: 'HOUR', amount: '100000' };

describe('x-ratelimit headers', () => {
  it.each(calls)(
    '%s: state what is left after the call, and on its refusal',
    async (_name, path, body, headers) => {
      const { send } = await openCaller([perMinute, perDay, tokensPerHour]);
      for (const [left, status] of [
        [1, 200],
        [0, 200],
        [0, 429],
      ]) {
        const response = await send(path, body, headers);
        const text = await response.text();
        expect([response.status, text]).toEqual([status, text]);
        const stated = readHeaders(response.headers, 'x-ratelimit-');
        expect(stated).toEqual({
          'x-ratelimit-limit-requests': '2',
          'x-ratelimit-remaining-requests': String(left),
          'x-ratelimit-reset-requests': expect.stringMatching(/^(1m0s|[1-5]?\ds)$/),
          'x-ratelimit-limit-tokens': '100000',
          'x-ratelimit-remaining-tokens': expect.stringMatching(/^9\d{4}$/),
          'x-ratelimit-reset-tokens': expect.stringMatching(/^(1h0m0s|\d+m\d+s)$/),
        });
        const own = readHeaders(response.headers, 'anthropic-ratelimit-');
        expect(own).toEqual(
          path !== '/v1/messages'
            ? {}
            : {
                'anthropic-ratelimit-requests-limit': '2',
                'anthropic-ratelimit-requests-remaining': String(left),
                'anthropic-ratelimit-requests-reset': expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
                'anthropic-ratelimit-tokens-limit': '100000',
                'anthropic-ratelimit-tokens-remaining': stated['x-ratelimit-remaining-tokens'],
                'anthropic-ratelimit-tokens-reset': expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
              },
        );
        const exposed = response.headers.get('access-control-expose-headers')?.split(', ');
        expect(exposed).toEqual(expect.arrayContaining(Object.keys({ ...stated, ...own })));
      }
    },
  );

  it.each(calls)('%s: are absent where no limit binds the key', async (_name, path, body, headers) => {
    const { send } = await openCaller([]);
    const response = await send(path, body, headers);
    expect(response.status).toBe(200);
    expect(readHeaders(response.headers, 'x-ratelimit-')).toEqual({});
    expect(readHeaders(response.headers, 'anthropic-ratelimit-')).toEqual({});
    await response.text();
  });

  it('state limits of the app and the tenant only to a key that may read them, also where such a limit refuses', async () => {
    const { send, appId } = await openCaller([perDay]);
    const reader = await createKey(appId, ['inference:invoke', 'tenants:read']);
    await admin(() => mesh).data(
      'mutation ($id: ID!, $input: UpdateAppInput!) { updateApp(id: $id, input: $input) { id } }',
      { id: appId, input: { limits: [{ ...perMinute, amount: '1' }] } },
    );
    const first = await send('/v1/chat/completions', chat);
    expect(readHeaders(first.headers, 'x-ratelimit-')).toMatchObject({
      'x-ratelimit-limit-requests': '100',
      'x-ratelimit-remaining-requests': '99',
    });
    const refused = await send('/v1/chat/completions', chat);
    expect(refused.status).toBe(429);
    expect(refused.headers.get('x-ratelimit-limit-requests')).toBe('100');
    const seen = await send('/v1/chat/completions', chat, { authorization: `Bearer ${reader}` });
    expect(seen.status).toBe(429);
    expect(readHeaders(seen.headers, 'x-ratelimit-')).toMatchObject({
      'x-ratelimit-limit-requests': '1',
      'x-ratelimit-remaining-requests': '0',
    });
  });
});

describe('limits of the graph', () => {
  const fields = 'limits { subject meter window limit remaining resetsAt }';

  it('are those of completions, embeddings and refusals, and are not stored', async () => {
    const budget = { meter: 'COST', window: 'MONTH', amount: '1.5' };
    const { client, keyId } = await openCaller([{ ...perMinute, amount: '4' }, budget]);
    const subject = `key:${keyId}`;
    const expected = (left: number) => [
      {
        subject,
        meter: 'REQUESTS',
        window: 'MINUTE',
        limit: '4',
        remaining: String(left),
        resetsAt: expect.any(String),
      },
      {
        subject,
        meter: 'COST',
        window: 'MONTH',
        limit: '1.500000000',
        remaining: '1.500000000',
        resetsAt: expect.stringMatching(/-01T00:00:00\.000Z$/),
      },
    ];
    const complete = `mutation ($input: CompletionInput!) { complete(input: $input) { id ${fields} } }`;
    const { complete: done } = await client.data<{ complete: { id: string; limits: unknown } }>(
      complete,
      echo('x'),
    );
    expect(done.limits).toEqual(expected(3));
    const stored = await client.data(`query ($id: ID!) { completion(id: $id) { ${fields} } }`, {
      id: done.id,
    });
    expect(stored).toEqual({ completion: { limits: [] } });
    const { startCompletion } = await client.data<{ startCompletion: { limits: unknown } }>(
      `mutation ($input: CompletionInput!) { startCompletion(input: $input) { ${fields} } }`,
      echo('x'),
    );
    expect(startCompletion.limits).toEqual(expected(2));
    const { embed } = await client.data<{ embed: { limits: unknown } }>(
      `mutation { embed(input: { model: "demo/embed", values: ["x"] }) { ${fields} } }`,
    );
    expect(embed.limits).toEqual(expected(1));
    const both = await client.send(
      `mutation ($input: CompletionInput!) { a: complete(input: $input) { ${fields} } b: complete(input: $input) { id } }`,
      echo('x'),
    );
    expect(both.errors?.[0]?.extensions).toMatchObject({ code: 'QUOTA_EXCEEDED', limits: expected(1) });
  });
});

describe('limits of a stream', () => {
  it('are those of the key that began it, and hidden from another key that resumes it', async () => {
    const { client, send, appId } = await openCaller([perMinute]);
    const other = await createKey(appId, ['inference:invoke', 'completions:read']);
    const streamed = await send('/v1/chat/completions', { ...chat, stream: true });
    await streamed.text();
    const id = streamed.headers.get('x-heddle-completion-id');
    const query = `subscription ($id: ID!) {
      resumeCompletion(id: $id) { __typename ... on CompletionStarted { limits { meter remaining } } }
    }`;
    for (const [key, limits] of [
      [client.key, '[{"meter":"REQUESTS","remaining":"1"}]'],
      [other, '[]'],
    ]) {
      const resumed = await fetch(`${mesh.url}/graphql`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${key}`,
          'content-type': 'application/json',
          accept: 'text/event-stream',
        },
        body: JSON.stringify({ query, variables: { id } }),
      });
      expect(await resumed.text()).toContain(`"__typename":"CompletionStarted","limits":${limits}`);
    }
  });
});

async function createKey(appId: string, scopes: readonly string[]): Promise<string> {
  const { createApiKey } = await admin(() => mesh).data<{ createApiKey: { secret: string } }>(
    'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret } }',
    { input: { appId, label: 'reader', scopes, limits: [] } },
  );
  return createApiKey.secret;
}
