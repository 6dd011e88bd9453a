import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { echo, newTenant } from '#test/e2e/scenarios/setup.ts';
import { createTestClient } from '#test/support/client.ts';
import { startOneProcess, type TestMesh } from '#test/support/mesh.ts';
import { createRandom, printedSeed } from '#test/support/random.ts';

import { expectUnharmed, sendRaw } from './support/victim.ts';

const random = createRandom(printedSeed('http doors'));
const complete = 'mutation ($input: CompletionInput!) { complete(input: $input) { text } }';

let mesh: TestMesh;
beforeAll(async () => {
  mesh = await startOneProcess({ LOG_LEVEL: 'debug' });
});
afterAll(() => mesh[Symbol.asyncDispose]());
afterEach(() => expectUnharmed(mesh));

const root = () => createTestClient(mesh.url, mesh.adminKey);

async function post(
  body: string | Buffer,
  headers: Record<string, string> = {},
): Promise<{ status: number; codes: string[]; text: string }> {
  const response = await fetch(`${mesh.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${mesh.adminKey}`, ...headers },
    body: typeof body === 'string' ? body : new Uint8Array(body),
  });
  const text = await response.text();
  const { errors = [] } = JSON.parse(text) as { errors?: { extensions: { code: string } }[] };
  return { status: response.status, codes: errors.map(({ extensions }) => extensions.code), text };
}

const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

describe('bytes that are no request', () => {
  it('end with a refusal or a closed connection', async () => {
    const answers = await Promise.all(
      Array.from({ length: 60 }, () =>
        sendRaw(
          mesh.url,
          random.pick(['', 'POST /graphql HTTP/1.1\r\n', 'GET /graphql HTTP/1.1\r\nhost: x\r\n']),
          random.bytes(1 + random.below(4_000)),
        ),
      ),
    );
    for (const answer of answers) expect(answer).toMatch(/^(HTTP\/1\.1 4\d\d |$)/);
  });

  it('are bounded: headers that are too large get 431', async () => {
    const answer = await sendRaw(
      mesh.url,
      `GET /graphql HTTP/1.1\r\nhost: x\r\nx-filler: ${'x'.repeat(20_000)}\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
  });

  it('never become a call when the body breaks off', async () => {
    const { client } = await newTenant(() => mesh);
    const body = JSON.stringify({ query: complete, variables: echo('half') });
    const head = [
      'POST /graphql HTTP/1.1',
      'host: x',
      'content-type: application/json',
      `authorization: Bearer ${client.key}`,
    ];
    for (const framing of [`content-length: ${body.length + 1}`, 'transfer-encoding: chunked']) {
      const start = framing.startsWith('transfer') ? `${(body.length + 1).toString(16)}\r\n` : '';
      await sendRaw(mesh.url, `${[...head, framing].join('\r\n')}\r\n\r\n${start}${body}`);
    }
    expect(await client.data('{ invocations { edges { node { id } } } }')).toEqual({
      invocations: { edges: [] },
    });
  });
});

describe('bodies that are no operation', () => {
  const bodies: readonly (readonly [string, string | Buffer])[] = [
    ['nothing', ''],
    ['no JSON', '{"query": '],
    ['null', 'null'],
    ['a number', '7'],
    ['a list', `[${JSON.stringify({ query: '{ __typename }' })}]`],
    ['a query that is no text', '{"query": {"a": 1}}'],
    ['variables that are a list', '{"query": "{ __typename }", "variables": []}'],
    ['variables that are a text', '{"query": "{ __typename }", "variables": "x"}'],
    ['an operation name that is no text', '{"query": "{ __typename }", "operationName": 7}'],
    ['extensions that are a list', '{"query": "{ __typename }", "extensions": []}'],
    ['only a prototype', '{"__proto__": {"query": "{ __typename }"}}'],
    ['deep nesting', nested(400_000)],
    [
      'invalid UTF-8',
      Buffer.from([...Buffer.from('{"query":"{ __typename }","x":"'), 0xff, 0xfe, 0x22, 0x7d]),
    ],
    ['UTF-16', Buffer.from('{"query":"{ __typename }"}', 'utf16le')],
    ['zero bytes', Buffer.alloc(1_000)],
  ];
  it.each(bodies)('get 400 and BAD_USER_INPUT: %s', async (_what, body) => {
    expect(await post(body)).toMatchObject({ status: 400, codes: ['BAD_USER_INPUT'] });
  });

  it('are not taken from a page of another origin: only JSON runs, and nothing that a form can send', async () => {
    const { client } = await newTenant(() => mesh);
    const body = JSON.stringify({ query: complete, variables: echo('forged') });
    const authorization = `Bearer ${client.key}`;
    for (const type of [
      'text/plain',
      'text/plain; x=application/json',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/jsonx',
      'text/json',
      'application/json; charset=utf-16',
    ]) {
      expect(await post(body, { 'content-type': type, authorization }), type).toMatchObject({
        status: 415,
        codes: ['BAD_USER_INPUT'],
      });
    }
    const bare = await sendRaw(
      mesh.url,
      `POST /graphql HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    expect(bare).toMatch(/^HTTP\/1\.1 415 /);
    expect(await client.data('{ invocations { edges { node { id } } } }')).toEqual({
      invocations: { edges: [] },
    });
  });

  it('do not change anything over GET, whatever is accepted', async () => {
    const { client } = await newTenant(() => mesh);
    const query =
      'mutation { complete(input: { model: "demo/echo", messages: [{ role: USER, content: "x" }] }) { id } }';
    const both = `query q { __typename } ${query.replace('mutation', 'mutation m')}`;
    for (const accept of ['application/json', 'text/event-stream', '*/*']) {
      for (const search of [
        new URLSearchParams({ query }),
        new URLSearchParams({ query: both, operationName: 'm' }),
      ]) {
        const response = await fetch(`${mesh.url}/graphql?${search}`, {
          headers: { accept, authorization: `Bearer ${client.key}` },
        });
        expect(response.status).toBe(405);
        await response.text();
      }
    }
    for (const method of ['PUT', 'PATCH', 'DELETE', 'HEAD']) {
      const response = await fetch(`${mesh.url}/graphql?${new URLSearchParams({ query })}`, {
        method,
        headers: { authorization: `Bearer ${client.key}` },
      });
      expect(response.status, method).toBe(405);
      await response.text();
    }
    expect(await client.data('{ invocations { edges { node { id } } } }')).toEqual({
      invocations: { edges: [] },
    });
  });
});

describe('documents made to hurt', () => {
  const many = (count: number, text: (n: number) => string) =>
    Array.from({ length: count }, (_, n) => text(n)).join(' ');
  it.each([
    ['a cycle of fragments', '{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }'],
    [
      'fragments that double',
      `{ ...f0 } ${many(30, (n) => `fragment f${n} on Query { a: me { kind } ${n < 29 ? `...f${n + 1} ...f${n + 1}` : ''} }`)}`,
    ],
    ['too many aliases', `{ ${many(5_000, (n) => `a${n}: __typename`)} }`],
    ['the same field very often', `{ ${many(20_000, () => '__typename')} }`],
    ['very deep fields', `{ ${'me { tenant { '.repeat(2_000)}`],
    ['very deep lists', `{ models(filter: ${nested(5_000)}) { edges { node { id } } } }`],
    [
      'very deep objects',
      `{ models(filter: ${'{a:'.repeat(5_000)}1${'}'.repeat(5_000)}) { edges { node { id } } } }`,
    ],
    ['a variable type very deep', `query ($a: ${'['.repeat(5_000)}Int${']'.repeat(5_000)}) { __typename }`],
    ['a huge name', `{ ${'a'.repeat(500_000)} }`],
    ['thousands of directives', `{ __typename ${many(8_000, () => '@skip(if: false)')} }`],
    ['thousands of variables', `query (${many(4_000, (n) => `$v${n}: Int`)}) { __typename }`],
    ['thousands of operations', many(3_000, (n) => `query q${n} { __typename }`)],
    [
      'introspection of introspection',
      `{ __schema { types { ${'fields { type { '.repeat(30)} name ${'} }'.repeat(30)} } } }`,
    ],
    ['entities by hand', '{ _entities(representations: []) { __typename } }'],
    ['the lookup of callers by hand', '{ _caller(keyHash: "x") }'],
    ['the subgraph SDL by hand', '{ _service { sdl } }'],
  ])('are refused with a code of the client: %s', async (_what, query) => {
    const { codes, text } = await post(JSON.stringify({ query }));
    expect(codes.length, text.slice(0, 300)).toBeGreaterThan(0);
    for (const code of codes) expect(['BAD_USER_INPUT', 'GRAPH_COST_EXCEEDED']).toContain(code);
  });
});

describe('values made to hurt', () => {
  const poisons = [
    '{"__proto__": {"polluted": true}}',
    '{"constructor": {"prototype": {"polluted": true}}}',
    '{"a": {"__proto__": null, "hasOwnProperty": 1, "toString": 2, "valueOf": 3, "toJSON": 4, "then": 5}}',
    '{"$where": "1", "$ne": null, "a.b": 1, "": 2, "\\u0000": 3}',
    '{"_bsontype": "ObjectId", "id": "x"}',
    '{"length": 9007199254740993, "n": 1e308, "m": -0, "e": 1e-400}',
    nested(3_000),
  ];
  it.each(poisons)('pass through JSON as data: %s', async (json) => {
    const input = (more: string) =>
      `{"input": {"model": "demo/echo", "messages": [{"role": "USER", "content": "x"}], "cache": "USE", ${more}}}`;
    const name = `p${random.below(2 ** 31)}`;
    const bodies: readonly [query: string, variables: string][] = [
      [complete, input(`"metadata": ${json}`)],
      [complete, input(`"metadata": ${json}, "idempotencyKey": "${name}"`)],
      [complete, input(`"responseSchema": ${json}`)],
      [complete, input(`"tools": [{"name": "t", "parameters": ${json}}]`)],
      [
        complete,
        `{"input": {"model": "demo/echo", "messages": [{"role": "USER", "content": "x"},
          {"role": "ASSISTANT", "toolCalls": [{"id": "1", "name": "t", "arguments": ${json}}]},
          {"role": "TOOL", "toolCallId": "1", "content": "y"}]}}`,
      ],
      [
        'mutation ($input: CreatePromptInput!) { createPrompt(input: $input) { id } }',
        `{"input": {"name": "${name}", "version": {"model": "demo/echo", "template": "{{a}}", "parameters": ${json}}}}`,
      ],
      [
        'mutation ($input: CreatePromptInput!) { createPrompt(input: $input) { id } }',
        `{"input": {"name": "${name}s", "version": {"model": "demo/echo", "template": "{{a}}", "outputSchema": ${json}}}}`,
      ],
      [
        'mutation ($input: RunPromptInput!) { runPrompt(input: $input) { id } }',
        `{"input": {"name": "${name}", "variables": ${json}}}`,
      ],
      [complete, json.startsWith('[') ? `{"input": ${json}}` : json],
    ];
    for (const [query, variables] of bodies) {
      const body = `{"query": ${JSON.stringify(query)}, "variables": ${variables}}`;
      const { codes, text } = await post(body);
      expect(codes, `${query} ${variables.slice(0, 200)} → ${text.slice(0, 300)}`).not.toContain('INTERNAL');
    }
  });

  it('are not found on the prototype: a prompt requests the variables constructor and toString', async () => {
    const name = `p${random.below(2 ** 31)}`;
    const template = '{{constructor}} {{toString}} {{valueOf}}';
    await root().data('mutation ($input: CreatePromptInput!) { createPrompt(input: $input) { id } }', {
      input: { name, version: { model: 'demo/echo', template } },
    });
    const run = 'mutation ($input: RunPromptInput!) { runPrompt(input: $input) { text } }';
    expect(await root().code(run, { input: { name, variables: {} } })).toBe('BAD_USER_INPUT');
    const variables = { constructor: 'a', toString: 'b', valueOf: 'c' };
    expect(await root().data(run, { input: { name, variables } })).toEqual({ runPrompt: { text: 'a b c' } });
  });

  it('changed byte by byte are refused or answered, and never fail unexpectedly', async () => {
    const whole = Buffer.from(
      JSON.stringify({ query: complete, variables: echo('weft', { metadata: { a: 1 } }) }),
    );
    for (let n = 0; n < 250; n++) {
      const bytes = Buffer.from(whole);
      for (let changes = 1 + random.below(4); changes > 0; changes--) {
        bytes[random.below(bytes.length)] = random.below(256);
      }
      const { codes, text } = await post(bytes);
      expect(codes, `${bytes.toString('latin1')} → ${text}`).not.toContain('INTERNAL');
    }
  });
});
