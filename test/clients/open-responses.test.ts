import type { LLMock } from '@copilotkit/aimock';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newTenant } from '#test/e2e/scenarios/setup.ts';
import { createTestClient } from '#test/support/client.ts';
import {
  checkEventOrder,
  compactionSchema,
  parseResponseEvents,
  responseSchema,
} from '#test/support/response-schemas.ts';
import { findSharedMesh } from '#test/support/shared-mesh.ts';
import { addModel, startVendors, upstreams, usage } from './vendors.ts';

const stack = new AsyncDisposableStack();
let vendors: LLMock;
const mesh = findSharedMesh();
let key: string;
let otherKey: string;
beforeAll(async () => {
  vendors = await startVendors(stack);
  key = (await newTenant(() => mesh)).client.key;
  otherKey = (await newTenant(() => mesh)).client.key;
});
beforeEach(() => void vendors.reset());
afterAll(() => stack.disposeAsync());

function call(path: string, body?: object, method = 'POST', apiKey = key): Promise<Response> {
  return fetch(`${mesh.url}/v1/responses${path}`, {
    method,
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

async function create(body: object) {
  const response = await call('', body);
  const json = await response.json();
  expect([response.status, json.error ?? null]).toEqual([200, null]);
  return responseSchema.parse(json);
}

async function stream(body: object) {
  const response = await call('', { ...body, stream: true });
  expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
  const events = parseResponseEvents(await response.text());
  checkEventOrder(events);
  return events;
}

const weather = {
  type: 'function',
  name: 'get_weather',
  description: 'The weather of a city.',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};
const readText = ({ output }: ReturnType<typeof responseSchema.parse>) =>
  output
    .flatMap((item) => (item.type === 'message' ? item.content : []))
    .map((part) => ('text' in part ? part.text : ''))
    .join('');

describe.each(upstreams)('Open Responses over $kind', ({ kind, name, path }) => {
  const isDemo = kind === 'DEMO';
  let model = 'demo/echo';
  beforeAll(async () => {
    if (!isDemo) model = await addModel(() => mesh, kind, `${vendors.url}${path}`, name);
  });
  const prepare = (content: string) => {
    if (!isDemo) vendors.on({ predicate: () => true }, { content, usage });
  };
  const prepareCall = () => {
    const call = { name: 'get_weather', arguments: '{"city":"Bern"}' };
    if (!isDemo) vendors.on({ predicate: () => true }, { toolCalls: [call], usage });
  };

  it('answers a basic request', async () => {
    prepare('hello');
    const response = await create({ model, input: [{ type: 'message', role: 'user', content: 'hello' }] });
    expect(response.status).toBe('completed');
    expect(readText(response)).toBe('hello');
  });

  it('streams a request, and the last event has the response that its deltas make', async () => {
    prepare('hello there');
    const events = await stream({ model, input: 'hello there' });
    const deltas = events.flatMap((event) =>
      event.type === 'response.output_text.delta' ? [event.delta] : [],
    );
    const last = events.at(-1);
    if (last?.type !== 'response.completed') throw new Error('The last event is response.completed.');
    expect(deltas.join('')).toBe('hello there');
    expect(readText(last.response)).toBe('hello there');
    const stored = await call(`/${last.response.id}`, undefined, 'GET');
    expect(responseSchema.parse(await stored.json()).output).toEqual(last.response.output);
  });

  it('takes a system prompt', async () => {
    prepare('ahoy');
    const response = await create({
      model,
      input: [
        { type: 'message', role: 'system', content: 'You are a pirate.' },
        { type: 'message', role: 'user', content: 'ahoy' },
      ],
    });
    expect(readText(response)).toBe('ahoy');
    if (!isDemo) expect(JSON.stringify(vendors.getLastRequest()?.body)).toContain('You are a pirate.');
  });

  it('calls tools, whole and streamed, each once', async () => {
    prepareCall();
    const body = { model, input: 'weather?', tools: [weather], tool_choice: 'required' };
    const [item] = (await create(body)).output;
    expect(item).toMatchObject({ type: 'function_call', name: 'get_weather', status: 'completed' });
    const events = await stream(body);
    const added = events.filter(
      (event) => event.type === 'response.output_item.added' && event.item.type === 'function_call',
    );
    expect(added).toHaveLength(1);
    const done = events.find((event) => event.type === 'response.function_call_arguments.done');
    if (done?.type !== 'response.function_call_arguments.done') throw new Error('The arguments are done.');
    expect(JSON.parse(done.arguments)).toHaveProperty('city');
  });

  it('takes an image', async () => {
    prepare('A dot.');
    const image =
      'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
    const content = [
      { type: 'input_text', text: 'What is it? ' },
      { type: 'input_image', image_url: image },
    ];
    const response = await create({ model, input: [{ type: 'message', role: 'user', content }] });
    expect(readText(response)).toBe(isDemo ? 'What is it? [image/png]' : 'A dot.');
  });

  it('continues a conversation, by its items and by previous_response_id', async () => {
    prepare('Alice');
    const input = [
      { type: 'message', role: 'user', content: 'My name is Alice.' },
      { type: 'message', role: 'assistant', content: 'Hello Alice!' },
      { type: 'message', role: 'user', content: 'Alice' },
    ];
    const first = await create({ model, input });
    expect(readText(first)).toBe('Alice');
    await create({ model, previous_response_id: first.id, input: 'And now?' });
    if (isDemo) return;
    const body = JSON.stringify(vendors.getLastRequest()?.body);
    for (const text of ['My name is Alice.', 'Hello Alice!', 'And now?']) expect(body).toContain(text);
  });

  it('takes the phase of earlier messages of the assistant', async () => {
    prepare('four');
    const input = [
      { type: 'message', role: 'assistant', phase: 'commentary', content: 'I look.' },
      { type: 'message', role: 'assistant', phase: 'final_answer', content: 'It is four.' },
      { type: 'message', role: 'user', content: 'four' },
    ];
    expect(readText(await create({ model, input }))).toBe('four');
  });

  it('calls a tool without a tool_choice', async () => {
    prepareCall();
    const output = (
      await create({ model: isDemo ? 'demo/tools' : model, input: 'weather?', tools: [weather] })
    ).output;
    expect(output).toMatchObject([{ type: 'function_call', name: 'get_weather' }]);
  });

  it('compacts a conversation to the messages of the user and one item, and continues from them', async () => {
    prepare('They launch on Tuesday.');
    const said = [
      { role: 'user', content: 'We launch on Tuesday.' },
      { role: 'assistant', content: 'Understood.' },
    ];
    const response = await call('/compact', { model, input: said, prompt_cache_key: 'k' });
    expect(response.status).toBe(200);
    const compaction = compactionSchema.parse(await response.json());
    expect(compaction.output.map(({ type }) => type)).toEqual(['message', 'compaction']);
    expect(JSON.stringify(compaction.output)).not.toContain('Understood.');
    const next = [...compaction.output, { role: 'user', content: 'When?' }];
    await create({ model, input: next, store: false });
    if (isDemo) return;
    const body = JSON.stringify(vendors.getLastRequest()?.body);
    for (const text of ['We launch on Tuesday.', 'They launch on Tuesday.', 'When?']) {
      expect(body).toContain(text);
    }
  });

  it('repeats every event under its number, from each number on', async () => {
    prepare('one two three');
    const started = await call('', { model, input: 'one two three', background: true });
    const { id } = responseSchema.parse(await started.json());
    const follow = async (after?: number) => {
      const query = after === undefined ? '' : `&starting_after=${after}`;
      const response = await call(`/${id}?stream=true${query}`, undefined, 'GET');
      return parseResponseEvents(await response.text());
    };
    const events = await follow();
    checkEventOrder(events);
    for (let after = 0; after < events.length - 1; after++) {
      expect(await follow(after)).toEqual(events.slice(after + 1));
    }
  });
});

describe('a conversation that cannot be compacted', () => {
  const compaction = { type: 'compaction', encrypted_content: 'gAAAA-of-another-server' };
  it.each([
    ['has no model', '/compact', { input: 'Hello' }, 'model'],
    ['has no items', '/compact', { model: 'demo/echo', input: [] }, 'input'],
    [
      'was compacted elsewhere',
      '/compact',
      { model: 'demo/echo', input: [compaction] },
      'input[0].encrypted_content',
    ],
    [
      'is continued, though compacted elsewhere',
      '',
      { model: 'demo/echo', input: [compaction] },
      'input[0].encrypted_content',
    ],
    [
      'is continued from an item that was changed',
      '',
      { model: 'demo/echo', input: [{ ...compaction, encrypted_content: 'hdc1.e30' }] },
      'input[0].encrypted_content',
    ],
  ])('is refused by its field where it %s', async (_what, path, body, param) => {
    const response = await call(path, body);
    expect([response.status, (await response.json()).error.param]).toEqual([400, param]);
  });
});

describe('a stored response', () => {
  it('is of the key that created it alone', async () => {
    const { id } = await create({ model: 'demo/echo', input: 'mine' });
    for (const [path, method] of [
      ['', 'GET'],
      ['?stream=true', 'GET'],
      ['/input_items', 'GET'],
      ['/cancel', 'POST'],
      ['', 'DELETE'],
    ] as const) {
      const response = await call(`/${id}${path}`, undefined, method, otherKey);
      expect([path, method, response.status]).toEqual([path, method, 404]);
      expect(await response.text()).not.toContain('mine');
    }
    const continued = await call(
      '',
      { model: 'demo/echo', input: 'x', previous_response_id: id },
      'POST',
      otherKey,
    );
    expect(continued.status).toBe(400);
    expect((await call(`/${id}`, undefined, 'GET')).status).toBe(200);
  });

  it('is continued as often as its conversation has room, each time with all of it', async () => {
    let last = await create({ model: 'demo/echo', input: 'turn 0' });
    for (let turn = 1; turn <= 20; turn++) {
      last = await create({ model: 'demo/echo', input: `turn ${turn}`, previous_response_id: last.id });
    }
    const items = await call(`/${last.id}/input_items?order=asc&limit=100`, undefined, 'GET');
    const { data } = await items.json();
    const texts = data.map(({ content }: { content: { text: string }[] }) => content[0]?.text);
    const turns = Array.from({ length: 21 }, (_, turn) => [`turn ${turn}`, `turn ${turn}`]);
    expect(texts).toEqual(turns.flat().slice(0, -1));
    const wrong = await call(`/${last.id}/input_items?after=msg_none`, undefined, 'GET');
    expect([wrong.status, (await wrong.json()).error.param]).toEqual([400, 'after']);
  });

  it('is not continued beyond the items that a conversation may have', async () => {
    // Of calls of a vendor's tools nothing is sent to the AI model, but they are items.
    const calls = Array.from({ length: 9_998 }, () => ({ type: 'web_search_call', status: 'completed' }));
    const input = [...calls, { role: 'user', content: 'x' }];
    const { id } = await create({ model: 'demo/echo', input });
    const response = await call('', { model: 'demo/echo', input: 'x', previous_response_id: id });
    expect([response.status, (await response.json()).error.param]).toEqual([400, 'input']);
  });

  it.each([
    ['is deleted', 'previous_response_not_found'],
    ['is in progress', 'previous_response_in_progress'],
  ])('is not continued where it %s', async (what, code) => {
    const isDeleted = what === 'is deleted';
    const input = 'word '.repeat(isDeleted ? 1 : 1_000);
    const model = isDeleted ? 'demo/echo' : 'demo/slow';
    const { id } = await create({ model, input, background: !isDeleted });
    if (isDeleted) expect((await call(`/${id}`, undefined, 'DELETE')).status).toBe(200);
    const response = await call('', { model, input: 'x', previous_response_id: id });
    expect([response.status, (await response.json()).error.code]).toEqual([400, code]);
    if (!isDeleted) expect((await call(`/${id}/cancel`, undefined, 'POST')).status).toBe(200);
  });

  it('resolves references to its items, and refuses those to unknown ones', async () => {
    const first = await create({ model: 'demo/echo', input: 'one' });
    const [message] = first.output;
    const input = [
      { role: 'user', content: 'one' },
      { type: 'item_reference', id: message?.id },
      { role: 'user', content: 'two' },
    ];
    const second = await create({ model: 'demo/echo', input });
    const items = await call(`/${second.id}/input_items?order=asc`, undefined, 'GET');
    expect((await items.json()).data).toMatchObject([
      { role: 'user' },
      { role: 'assistant', content: [{ text: 'one' }] },
      { role: 'user' },
    ]);
    const unstored = `${message?.id}`.replace(/.{9}$/, '000000000');
    for (const [id, param] of [
      [unstored, 'input[0].id'],
      // Of another server: only a provider that keeps it could know it.
      ['msg_0', null],
    ]) {
      const input = [
        { type: 'item_reference', id },
        { role: 'user', content: 'two' },
      ];
      const unknown = await call('', { model: 'demo/echo', input });
      expect([unknown.status, (await unknown.json()).error]).toMatchObject([
        400,
        { param, heddle_code: 'BAD_USER_INPUT' },
      ]);
    }
  });

  it('is none for a tenant with the payload rule NONE, over each way to read it', async () => {
    const { client, tenantId } = await newTenant(() => mesh);
    await createTestClient(mesh.url, mesh.adminKey).data(
      'mutation ($id: ID!) { updateTenant(id: $id, input: { payloadLogging: NONE }) { id } }',
      { id: tenantId },
    );
    const ask = (path: string, body?: object, method?: string) => call(path, body, method, client.key);
    const body = { model: 'demo/echo', input: 'secret', store: true };
    const created = await ask('', body);
    expect(created.headers.get('x-heddle-dropped')).toBe('store');
    const { id, store, output } = await created.json();
    expect([store, output[0].content[0].text]).toEqual([false, 'secret']);
    const streamed = parseResponseEvents(await (await ask('', { ...body, stream: true })).text());
    expect(streamed.map((event) => ('response' in event ? event.response.store : false))).not.toContain(true);
    for (const [path, method] of [
      ['', 'GET'],
      ['/input_items', 'GET'],
      ['?stream=true', 'GET'],
    ] as const) {
      expect([path, (await ask(`/${id}${path}`, undefined, method)).status]).toEqual([path, 404]);
    }
    for (const [more, named] of [
      [{ previous_response_id: id }, 'previous_response_id'],
      [{ input: [{ type: 'item_reference', id: output[0].id }] }, 'input[0].id'],
      [{ background: true }, 'background'],
    ] as const) {
      const refused = await ask('', { ...body, ...more });
      expect([refused.status, (await refused.json()).error.param]).toEqual([400, named]);
    }
    const headers = { 'x-heddle-cache': 'USE' };
    const cached = await fetch(`${mesh.url}/v1/responses`, {
      method: 'POST',
      headers: { authorization: `Bearer ${client.key}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    expect(cached.status).toBe(200);
  });

  it.each([{ store: false }, { headers: { 'x-heddle-retention': 'NONE' } }])(
    'is none with %o, and keeps nothing',
    async ({ store, headers = {} }) => {
      const response = await fetch(`${mesh.url}/v1/responses`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
        body: JSON.stringify({
          model: 'demo/echo',
          input: 'secret',
          ...(store === undefined ? {} : { store }),
        }),
      });
      const { id, store: isStored } = await response.json();
      expect(isStored).toBe(false);
      expect((await call(`/${id}`, undefined, 'GET')).status).toBe(404);
    },
  );
});
