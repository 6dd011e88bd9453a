import { beforeAll, describe, expect, it } from 'vitest';
import { newTenant } from '#test/e2e/scenarios/setup.ts';
import type { TestClient } from '#test/support/client.ts';
import { findSharedMesh } from '#test/support/shared-mesh.ts';

const mesh = findSharedMesh();
let client: TestClient;
let appId: string;
const outputSchema = {
  type: 'object',
  properties: { name: { type: 'string' } },
  required: ['name'],
  additionalProperties: false,
};

const nullable = { anyOf: [{ type: 'null' }, outputSchema] };

const create = 'mutation ($input: CreatePromptInput!) { createPrompt(input: $input) { id } }';
const publish =
  'mutation ($id: ID!, $input: PromptVersionInput!) { publishPromptVersion(promptId: $id, input: $input) { id } }';

beforeAll(async () => {
  const scopes = ['inference:invoke', 'prompts:write', 'prompts:read', 'tenants:write', 'completions:read'];
  ({ client, appId } = await newTenant(() => mesh, { scopes }));
  const greet = { model: 'demo/echo', template: 'Hello {{name}} of {{place}}', label: 'production' };
  const { createPrompt } = await client.data<{ createPrompt: { id: string } }>(create, {
    input: { name: 'greet', description: 'Greets a person.', version: greet },
  });
  await client.data(publish, {
    id: createPrompt.id,
    input: { model: 'demo/echo', template: 'Hi {{name}}', label: 'beta' },
  });
  const version = { model: 'demo/echo', template: '{"name": "{{name}}"}', outputSchema };
  await client.data(create, { input: { name: 'parse', version } });
  await client.data(create, { input: { name: 'unpublished' } });
  await client.data(create, {
    input: { name: 'maybe', version: { model: 'demo/echo', template: '{{word}}', outputSchema: nullable } },
  });
  await client.data(create, {
    input: { name: 'docs', version: { model: 'demo/echo', template: 'Pages' } },
  });
});

interface Sent {
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const post = (path: string, variables: unknown, { key = client.key, headers = {} }: Sent = {}) =>
  fetch(`${mesh.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(variables),
  });
const run = async (path: string, variables: unknown, sent: Sent = {}) => {
  const response = await post(path, variables, sent);
  return { status: response.status, headers: response.headers, body: await response.json() };
};

/** The events of a stream: the name of each, `message` for a plain one, and its data. */
function parseEvents(text: string): readonly (readonly [name: string, data: Record<string, unknown>])[] {
  return text
    .split('\n\n')
    .filter((block) => block !== '' && !block.startsWith(':'))
    .map((block) => {
      const [, name = 'message'] = /^event: (.+)$/m.exec(block) ?? [];
      const [, data = ''] = /^data: (.+)$/m.exec(block) ?? [];
      return [name, JSON.parse(data)];
    });
}

const variables = { name: 'Ada', place: 'London' };

describe('POST /prompts/{name}', () => {
  it('answers with the text, the completion, and the version that was run', async () => {
    const { status, headers, body } = await run('/prompts/greet', variables);
    expect([status, body]).toEqual([200, { text: 'Hello Ada of London' }]);
    expect(headers.get('x-heddle-prompt-version')).toBe('1');
    expect(headers.get('x-heddle-finish-reason')).toBe('STOP');
    const { completion } = await client.data<{ completion: { text: string } }>(
      'query ($id: ID!) { completion(id: $id) { text } }',
      { id: headers.get('x-heddle-completion-id') },
    );
    expect(completion.text).toBe('Hello Ada of London');
  });

  it('answers with the value of a prompt that has an output schema', async () => {
    const { status, body } = await run('/prompts/parse', { name: 'Ada' });
    expect([status, body]).toEqual([200, { name: 'Ada' }]);
  });

  it('answers with null where that is the value, and with the text null without an output schema', async () => {
    const { status, body } = await run('/prompts/maybe', { word: 'null' });
    expect([status, body]).toEqual([200, null]);
    const text = await run('/prompts/greet@beta', { name: 'null' });
    expect(text.body).toEqual({ text: 'Hi null' });
    const streamed = await post(
      '/prompts/maybe',
      { word: 'null' },
      { headers: { accept: 'text/event-stream' } },
    );
    expect(parseEvents(await streamed.text()).at(-1)).toEqual([
      'end',
      expect.objectContaining({ result: null }),
    ]);
  });

  it.each<[path: string, header: string | undefined, version: string, text: string]>([
    ['/prompts/greet@production', undefined, '1', 'Hello Ada of London'],
    ['/prompts/greet@1', undefined, '1', 'Hello Ada of London'],
    ['/prompts/greet%40beta', undefined, '2', 'Hi Ada'],
    ['/prompts/greet@latest', undefined, '2', 'Hi Ada'],
    ['/prompts/greet', '2', '2', 'Hi Ada'],
    ['/prompts/greet', 'beta', '2', 'Hi Ada'],
  ])('runs the version that %s and the header %s name', async (path, header, version, text) => {
    const sent = header === undefined ? {} : { headers: { 'x-heddle-prompt-version': header } };
    const { headers, body } = await run(path, version === '1' ? variables : { name: 'Ada' }, sent);
    expect([headers.get('x-heddle-prompt-version'), body]).toEqual([version, { text }]);
  });

  it('runs a prompt that is named like a page', async () => {
    const { body } = await run('/prompts/docs', {});
    expect(body).toEqual({ text: 'Pages' });
  });

  it('makes one call for one idempotency key, and refuses it with other variables', async () => {
    const headers = { 'idempotency-key': 'once', 'x-heddle-end-user': 'ada', 'x-heddle-tags': 'a, b' };
    const first = await run('/prompts/greet', variables, { headers });
    const second = await run('/prompts/greet', variables, { headers });
    const id = first.headers.get('x-heddle-completion-id');
    expect(second.headers.get('x-heddle-completion-id')).toBe(id);
    const { completion } = await client.data<{ completion: object }>(
      'query ($id: ID!) { completion(id: $id) { invocation { endUserId tags } } }',
      { id },
    );
    expect(completion).toEqual({ invocation: { endUserId: 'ada', tags: ['a', 'b'] } });
    const other = await run('/prompts/greet', { ...variables, name: 'Grace' }, { headers });
    expect([other.status, other.body.error.code]).toEqual([409, 'CONFLICT']);
  });

  it.each<
    [
      what: string,
      path: string,
      body: unknown,
      headers: Record<string, string>,
      status: number,
      error: object,
    ]
  >([
    [
      'an unknown prompt',
      '/prompts/none',
      {},
      {},
      404,
      { code: 'NOT_FOUND', message: 'Your tenant has no prompt named "none"; see the query prompts.' },
    ],
    [
      'a mistyped prompt',
      '/prompts/gret',
      {},
      {},
      404,
      { code: 'NOT_FOUND', message: expect.stringContaining('Did you mean "greet"?') },
    ],
    [
      'an unknown label',
      '/prompts/greet@none',
      variables,
      {},
      404,
      {
        code: 'NOT_FOUND',
        message:
          'The prompt "greet" has no version labelled none: its labels are beta, production, and its newest version is 2.',
      },
    ],
    [
      'an unknown number',
      '/prompts/parse@9',
      variables,
      {},
      404,
      {
        code: 'NOT_FOUND',
        message: 'The prompt "parse" has no version number 9: it has no label, and its newest version is 1.',
      },
    ],
    [
      'a prompt without a version',
      '/prompts/unpublished',
      {},
      {},
      404,
      { code: 'NOT_FOUND', message: 'The prompt "unpublished" has no version yet.' },
    ],
    ['no version', '/prompts/greet@', variables, {}, 400, { code: 'BAD_USER_INPUT' }],
    [
      'missing and unknown variables',
      '/prompts/greet',
      { name: 'Ada', plaze: 'x' },
      {},
      400,
      { code: 'BAD_USER_INPUT', param: 'place', missingVariables: ['place'], unknownVariables: ['plaze'] },
    ],
    [
      'an unknown variable',
      '/prompts/greet',
      { ...variables, plaze: 'x' },
      {},
      400,
      { code: 'BAD_USER_INPUT', param: 'plaze', message: expect.stringContaining('plaze') },
    ],
    ['a list', '/prompts/greet', [], {}, 400, { message: 'The body must be an object.' }],
    [
      'a wrong header',
      '/prompts/greet',
      variables,
      { 'x-heddle-cache': 'maybe' },
      400,
      { code: 'BAD_USER_INPUT' },
    ],
  ])('refuses %s with an error in JSON', async (_what, path, body, headers, status, error) => {
    for (const accept of ['application/json', 'text/event-stream']) {
      const answer = await run(path, body, { headers: { ...headers, accept } });
      expect([answer.status, answer.body]).toEqual([status, { error: expect.objectContaining(error) }]);
      expect(answer.headers.get('x-should-retry')).toBe('false');
    }
  });

  it('runs only the prompts that the key allows', async () => {
    const { createApiKey } = await client.data<{ createApiKey: { secret: string } }>(
      'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret } }',
      { input: { appId, label: 'narrow', scopes: ['inference:invoke'], prompts: ['par*'] } },
    );
    const key = createApiKey.secret;
    expect((await run('/prompts/parse', { name: 'Ada' }, { key })).status).toBe(200);
    const refused = await run('/prompts/greet', variables, { key });
    expect([refused.status, refused.body.error.code]).toEqual([403, 'FORBIDDEN']);
    expect((await run('/prompts/none', {}, { key })).status).toBe(403);
    const mistyped = await run('/prompts/parsee', {}, { key });
    expect(mistyped.body.error.message).toContain('Did you mean "parse"?');
    const hidden = await run('/prompts/parGreet', {}, { key });
    expect([hidden.status, hidden.body.error.message]).toEqual([404, expect.not.stringContaining('Did you')]);
  });
});

describe('POST /prompts/{name} with accept: text/event-stream', () => {
  const headers = { accept: 'text/event-stream' };

  it('streams the parts of the text, and ends with the whole answer', async () => {
    const response = await post('/prompts/greet', variables, { headers });
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'text/event-stream; charset=utf-8',
    ]);
    expect(response.headers.get('x-heddle-prompt-version')).toBe('1');
    const events = parseEvents(await response.text());
    const parts = events.filter(([name]) => name === 'message');
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.map(([, { text }]) => text).join('')).toBe('Hello Ada of London');
    expect(events.at(-1)).toEqual([
      'end',
      {
        completionId: response.headers.get('x-heddle-completion-id'),
        result: { text: 'Hello Ada of London' },
        finishReason: 'STOP',
        usage: {
          inputTokens: expect.any(Number),
          outputTokens: expect.any(Number),
          totalTokens: expect.any(Number),
        },
      },
    ]);
  });

  it('ends with the value of a prompt that has an output schema', async () => {
    const response = await post('/prompts/parse', { name: 'Ada' }, { headers });
    const events = parseEvents(await response.text());
    expect(events.at(-1)).toEqual(['end', expect.objectContaining({ result: { name: 'Ada' } })]);
  });

  it('streams only where events are preferred to one answer', async () => {
    for (const accept of ['application/json, text/event-stream', '*/*, text/event-stream;q=0.5']) {
      const response = await post('/prompts/greet', variables, { headers: { accept } });
      expect(await response.json()).toEqual({ text: 'Hello Ada of London' });
    }
  });
});
