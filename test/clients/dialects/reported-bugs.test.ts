import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startOneProcess, type TestMesh } from '#test/support/mesh.ts';
import { compactionSchema, parseResponseEvents } from '#test/support/response-schemas.ts';
import { chatWires } from './chat-wires.ts';
import { type Body, type Dialect, dialects, post, readReply } from './dialects.ts';
import { beginConversation, continueConversation, readCallIds, toLoopFields } from './tool-loop.ts';
import { addUpstreamModel, openUpstream, type Upstream } from './upstream-server.ts';
import { counts, type UpstreamAnswer, type UpstreamWire } from './upstream-wire.ts';
import { vendorWires } from './vendor-wires.ts';

const stack = new AsyncDisposableStack();
let mesh: TestMesh;
interface Opened {
  readonly upstream: Upstream;
  readonly model: string;
}
const opened = new Map<UpstreamWire, Opened>();
const wires = [...chatWires, ...vendorWires];
/** AI models that refuse calls of tools in a conversation without the thinking that led to them. */
const thinking = wires
  .filter(({ name }) => name === 'chat')
  .flatMap((wire) => ['deepseek-v4-pro', 'kimi-k2.6'].map((model) => ({ ...wire, model })));
beforeAll(async () => {
  mesh = stack.use(await startOneProcess());
  for (const wire of [...wires, ...thinking]) {
    const upstream = stack.use(await openUpstream(wire));
    opened.set(wire, { upstream, model: await addUpstreamModel(mesh, wire, upstream) });
  }
}, 60_000);
afterAll(() => stack.disposeAsync());

function open(wire: UpstreamWire): Opened {
  const one = opened.get(wire);
  if (one === undefined) throw new Error(`${wire.name} is open.`);
  return one;
}

function findDialect(name: Dialect['name']): Dialect {
  const found = dialects.find((dialect) => dialect.name === name);
  if (found === undefined) throw new Error(`There is ${name}.`);
  return found;
}
const [chat, responses] = [findDialect('chat completions'), findDialect('responses')];
const messages = findDialect('messages');

/** The answer of a path of OpenAI's API. */
async function postOpenAi(path: string, body: Body): Promise<Body> {
  const response = await fetch(`${mesh.url}/v1/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${mesh.adminKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
  return (await response.json()) as Body;
}

/** An answer with everything that the reported servers mixed up: it thinks, speaks, and calls a tool twice. */
const rich: UpstreamAnswer = {
  reasoning: 'Let me think.',
  signature: Buffer.from('signature').toString('base64'),
  texts: ['I will', ' look.'],
  calls: [
    { id: 'call_a', name: 'look_up', arguments: ['{"PARAM_1":', '"one"', '}'] },
    { id: 'call_b', name: 'look_up', arguments: ['{"PARAM_1":', '"two"', '}'] },
  ],
};

async function send(wire: UpstreamWire, dialect: Dialect, more: Body, isStreamed: boolean, answer = rich) {
  const { upstream, model } = open(wire);
  upstream.answer = answer;
  const fields = { ...toLoopFields(dialect, beginConversation(dialect, 'Look.')), ...more };
  const body = dialect.toBody(model, fields, isStreamed);
  const reply = await readReply(dialect, await post(mesh, dialect, body, { isStreamed }));
  expect([reply.code, reply.code === null ? '' : reply.text]).toEqual([null, '']);
  return { ...reply, request: JSON.parse(upstream.server.requests.at(-1)?.body ?? '{}') as Body };
}

interface MessagesEvent {
  readonly type: string;
  readonly index?: number;
  readonly content_block?: Body & { readonly type: string };
  readonly delta?: Body & { readonly type: string };
  readonly message?: { readonly usage: Body };
}
const readEvents = (text: string) =>
  [...text.matchAll(/^data: (.*)$/gm)].map(([, data = '']) => JSON.parse(data) as MessagesEvent);
const streamMessages = async (wire: UpstreamWire) =>
  readEvents((await send(wire, messages, {}, true)).text).filter(({ type }) => type !== 'ping');

/** What type of delta each type of block has. */
const deltaTypes: Readonly<Record<string, readonly string[]>> = {
  text: ['text_delta', 'citations_delta'],
  thinking: ['thinking_delta', 'signature_delta'],
  tool_use: ['input_json_delta'],
};

describe.each(wires)('responses over $name', (wire) => {
  it('LiteLLM #22102: no delta of an item comes before the item is added', async () => {
    const { text } = await send(wire, responses, {}, true);
    const added = new Set<unknown>();
    for (const event of parseResponseEvents(text)) {
      if (event.type === 'response.output_item.added') added.add(event.output_index);
      else if ('output_index' in event)
        expect([event.type, added.has(event.output_index)]).toEqual([event.type, true]);
    }
    expect(added.size).toBeGreaterThanOrEqual(3);
  });

  it('LiteLLM #37264: the usage has its details, reasoning_tokens among them', async () => {
    for (const isStreamed of [false, true]) {
      const { text } = await send(wire, responses, {}, isStreamed);
      const details = /"output_tokens_details":\{"reasoning_tokens":(\d+)\}/.exec(text);
      expect([0, counts.reasoning]).toContain(Number(details?.[1]));
      if (wire.aspects.has('reasoningTokens')) expect(Number(details?.[1])).toBe(counts.reasoning);
      expect(text).toMatch(/"input_tokens_details":\{"cached_tokens":\d+/);
    }
  });

  it('LiteLLM PR 28899: every event has its number, and the response its format of text and usage', async () => {
    const { text } = await send(wire, responses, {}, true);
    const events = parseResponseEvents(text);
    expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, at) => at));
    expect(events.at(-1)).toMatchObject({ response: { text: { format: { type: 'text' } } } });
  });

  it('new-api #6223: a call that the end of the answer repeats is one call, under one id', async () => {
    const { text } = await send(wire, responses, {}, true);
    const done = parseResponseEvents(text).flatMap((event) =>
      event.type === 'response.output_item.done' && event.item.type === 'function_call'
        ? [event.item.call_id]
        : [],
    );
    expect(done).toEqual(['call_a', 'call_b']);
  });

  it('new-api #4432: arguments are a text of JSON, and the usage is there', async () => {
    const { text } = await send(wire, responses, {}, false);
    const { output, usage } = JSON.parse(text) as { output: Body[]; usage: Body };
    const given = output.filter(({ type }) => type === 'function_call').map((item) => item.arguments);
    expect(given.map((one) => JSON.parse(String(one)))).toEqual([{ PARAM_1: 'one' }, { PARAM_1: 'two' }]);
    expect(usage).toMatchObject({ input_tokens: counts.input, output_tokens: counts.output });
  });

  it('Bifrost #3170: tools of Codex without parameters the graph has do not fail the call', async () => {
    const more = { tools: [{ type: 'tool_search', description: 'Finds tools.' }] };
    const { text, dropped } = await send(wire, responses, more, false, { texts: ['Hello'] });
    expect(text).toContain('Hello');
    expect(dropped.join()).toContain('tool_search');
  });

  it('LiteLLM #361: a conversation is compacted, and the next turn sends what it was compacted to', async () => {
    const { upstream, model } = open(wire);
    upstream.answer = { texts: ['They launch', ' on Tuesday.'] };
    const input = [
      { role: 'user', content: 'We launch.' },
      { role: 'assistant', content: 'Understood.' },
    ];
    const { output } = compactionSchema.parse(await postOpenAi('responses/compact', { model, input }));
    expect(output.map(({ type }) => type)).toEqual(['message', 'compaction']);
    expect(JSON.stringify(output)).not.toContain('Understood.');
    await postOpenAi('responses', { model, input: [...output, { role: 'user', content: 'When?' }] });
    const sent = upstream.server.requests.at(-1)?.body;
    for (const text of ['We launch.', 'They launch on Tuesday.', 'When?']) expect(sent).toContain(text);
  });
});

it.each([
  ['one text', 'one', 1],
  ['a list of texts', ['one', 'two', 'three'], 3],
])(
  'openai-python #1490: embeddings of %s are little-endian floats in base64 where they are requested so',
  async (_what, input, count) => {
    const embed = async (more: Body) => {
      const { data } = await postOpenAi('embeddings', { model: 'demo/embed', input, ...more });
      return (data as readonly { readonly embedding: unknown }[]).map(({ embedding }) => embedding);
    };
    const plain = (await embed({})) as readonly (readonly number[])[];
    expect(plain).toHaveLength(count);
    expect(await embed({ encoding_format: 'float' })).toEqual(plain);
    const decode = (text: unknown) => {
      const bytes = Buffer.from(String(text), 'base64');
      return Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readFloatLE(at * 4));
    };
    const packed = await embed({ encoding_format: 'base64' });
    expect(packed.map(decode)).toEqual(plain.map((vector) => vector.map(Math.fround)));
  },
);

describe.each(wires)('messages over $name', (wire) => {
  it('LiteLLM #32357: one message_start comes first, and thinking is in blocks of thinking alone', async () => {
    const events = await streamMessages(wire);
    expect(events[0]?.type).toBe('message_start');
    expect(events.filter(({ type }) => type === 'message_start')).toHaveLength(1);
    expect(events.filter(({ type }) => type === 'message_stop')).toHaveLength(1);
  });

  it('LiteLLM #33224: each delta is of the type of its block', async () => {
    const types = new Map<number | undefined, string>();
    for (const { type, index, content_block, delta } of await streamMessages(wire)) {
      if (type === 'content_block_start') types.set(index, content_block?.type ?? '');
      if (type === 'content_block_delta') {
        expect(deltaTypes[types.get(index) ?? '']).toContain(delta?.type);
      }
    }
    expect([...types.values()]).toEqual(expect.arrayContaining(['text', 'tool_use']));
  });

  it('LiteLLM #13373, #14315: deltas and ends are of the one block that is open, and indexes follow each other', async () => {
    let current: number | null = null;
    let count = 0;
    for (const { type, index } of await streamMessages(wire)) {
      if (type === 'content_block_start') {
        expect([current, index]).toEqual([null, count++]);
        current = index ?? null;
      } else if (type.startsWith('content_block')) expect(index).toBe(current);
      if (type === 'content_block_stop') current = null;
    }
    expect(current).toBeNull();
  });

  it('LiteLLM #24176: the usage of message_start has the fields of caches', async () => {
    const [start] = await streamMessages(wire);
    expect(start?.message?.usage).toMatchObject({
      input_tokens: expect.any(Number),
      output_tokens: expect.any(Number),
      cache_creation_input_tokens: expect.any(Number),
      cache_read_input_tokens: expect.any(Number),
      cache_creation: expect.any(Object),
    });
  });

  it('new-api #7302: the input of a tool comes to its last letter', async () => {
    const inputs = new Map<number | undefined, string>();
    for (const { index, delta } of await streamMessages(wire)) {
      if (delta?.type !== 'input_json_delta') continue;
      inputs.set(index, (inputs.get(index) ?? '') + String(delta.partial_json));
    }
    expect([...inputs.values()].map((text) => JSON.parse(text))).toEqual([
      { PARAM_1: 'one' },
      { PARAM_1: 'two' },
    ]);
  });

  it('OpenHands #2686: temperature and top_p together fail no call, and what is not sent is named', async () => {
    const more = { temperature: 0.5, top_p: 0.5, thinking: undefined };
    const { request, dropped } = await send(wire, messages, more, false, { texts: ['Hello'] });
    const sent = JSON.stringify(request);
    for (const [name, pattern] of [
      ['temperature', /temperature"/],
      ['topP', /"(?:top_p|topP|p)":/],
    ] as const) {
      expect([name, pattern.test(sent) || dropped.includes(name)]).toEqual([name, true]);
    }
    if (/claude/.test(wire.model)) expect(/temperature"/.test(sent) && /"top_?[pP]":/.test(sent)).toBe(false);
  });

  it('Bifrost #3596: a tool that Anthropic runs, and the choice of it, fail no call', async () => {
    const more = {
      tools: [{ type: 'web_search_20250305', name: 'web_search', max_uses: 8 }],
      tool_choice: { type: 'tool', name: 'web_search' },
      thinking: undefined,
    };
    const { text, dropped } = await send(wire, messages, more, false, { texts: ['Hello'] });
    expect(text).toContain('Hello');
    const { name } = wire;
    const isSent = open(wire).upstream.server.requests.at(-1)?.body.includes('web_search_20250305');
    expect([name, isSent === true || dropped.join().includes('web_search_20250305')]).toEqual([name, true]);
  });
});

const hi = { role: 'user', content: 'Hi' };
/** Reasoning of which nothing is left, as servers return it where none was requested. */
const blank: readonly (readonly [Dialect, Body])[] = [
  [chat, { role: 'assistant', content: 'Hello', reasoning_content: '' }],
  [chat, { role: 'assistant', content: 'Hello', reasoning_details: [{ type: 'reasoning.text', index: 0 }] }],
  [responses, { type: 'reasoning', id: 'rs_up', summary: [] }],
  [
    responses,
    { type: 'reasoning', id: 'rs_up', summary: [], content: null, encrypted_content: 'hd1.changed' },
  ],
  [messages, { role: 'assistant', content: [{ type: 'thinking', thinking: '', signature: '' }] }],
];
describe.each(wires)('a turn with reasoning of which nothing is left, over $name', (wire) => {
  it.each(blank)('is none in $name, and fails no call: %j', async (dialect, turn) => {
    const more = { [dialect === responses ? 'input' : 'messages']: [hi, turn, hi] };
    const { request } = await send(wire, dialect, more, false, { texts: ['Hello'] });
    expect(JSON.stringify(request)).not.toMatch(/rs_up|hd1\.|"signature":""/);
  });
});

const signing = wires.filter(({ aspects }) => aspects.has('signature'));
describe.each(dialects)('the next turn over $name', (dialect) => {
  it.each(signing)('LiteLLM #8964, PR 8797: $name gets its signature back', async (wire) => {
    const first = await send(wire, dialect, {}, false);
    const next = continueConversation(dialect, beginConversation(dialect, 'Look.'), first.text, 'found');
    const { request } = await send(wire, dialect, toLoopFields(dialect, next), false, { texts: ['Done'] });
    expect(JSON.stringify(request)).toContain(rich.signature);
  });

  it('Bifrost #6342: blocks of thinking go back to Anthropic in the form and order that they had', async () => {
    const wire = wires.find(({ kind }) => kind === 'ANTHROPIC') as UpstreamWire;
    const first = await send(wire, dialect, {}, false);
    const next = continueConversation(dialect, beginConversation(dialect, 'Look.'), first.text, 'found');
    const { request } = await send(wire, dialect, toLoopFields(dialect, next), false, { texts: ['Done'] });
    const turns = request.messages as readonly { role: string; content: readonly Body[] }[];
    expect(turns.find(({ role }) => role === 'assistant')?.content.slice(0, 2)).toEqual([
      { type: 'thinking', thinking: rich.reasoning, signature: rich.signature },
      { type: 'text', text: 'I will look.' },
    ]);
  });

  it.each(thinking)(
    'Bifrost #3456, #3802: $model gets its thinking back with the calls that it led to',
    async (wire) => {
      const first = await send(wire, dialect, {}, false);
      const next = continueConversation(dialect, beginConversation(dialect, 'Look.'), first.text, 'found');
      const { request } = await send(wire, dialect, toLoopFields(dialect, next), false, { texts: ['Done'] });
      const turns = request.messages as readonly Body[];
      expect(turns.filter(({ tool_calls }) => tool_calls !== undefined)).toMatchObject([
        { role: 'assistant', reasoning_content: rich.reasoning },
      ]);
    },
  );

  it.each(wires)(
    'new-api #2499, #6103: a stream with thinking, text and calls over $name is whole',
    async (wire) => {
      const { text, code } = await send(wire, dialect, {}, true);
      expect(code).toBeNull();
      for (const part of ['call_a', 'call_b', 'look_up'])
        expect([part, text.includes(part)]).toEqual([part, true]);
      expect(readCallIds(dialect, (await send(wire, dialect, {}, false)).text)).toEqual(['call_a', 'call_b']);
    },
  );

  it.each(wires)('new-api #6592: reasoning is no message of the user for $name', async (wire) => {
    const first = await send(wire, dialect, {}, false);
    const next = continueConversation(dialect, beginConversation(dialect, 'Look.'), first.text, 'found');
    const { request } = await send(wire, dialect, toLoopFields(dialect, next), false, { texts: ['Done'] });
    const turns = (request.messages ?? request.input ?? request.contents) as readonly Body[];
    const users = turns.filter(({ role }) => role === 'user');
    expect(JSON.stringify(users)).not.toContain(rich.reasoning);
  });

  it.each(wires)(
    'Bifrost #3511: tools and the ids of their calls fit $name, and come back as they were',
    async (wire) => {
      const { text, request } = await send(wire, dialect, {}, false);
      expect(JSON.stringify(request)).toContain('PARAM_1');
      expect(readCallIds(dialect, text)).toEqual(['call_a', 'call_b']);
    },
  );
});

describe.each(wires)('chat completions over $name', (wire) => {
  const readChunks = (text: string) =>
    [...text.matchAll(/^data: (\{.*)$/gm)].map(
      ([, data = '']) => JSON.parse(data) as { choices: { delta: Body }[] },
    );

  it('Bifrost #1804: calls of tools are streamed as tool_calls, in pieces', async () => {
    const { text } = await send(wire, chat, {}, true);
    const calls = readChunks(text).flatMap(({ choices }) =>
      choices.flatMap(({ delta }) => delta.tool_calls ?? []),
    );
    const ids = calls.flatMap((call) => (call as { id?: string }).id ?? []);
    expect(ids).toEqual(['call_a', 'call_b']);
    const content = readChunks(text).flatMap(({ choices }) =>
      choices.map(({ delta }) => delta.content ?? ''),
    );
    expect(content.join('')).toBe('I will look.');
  });

  it('Cline #8384: a chunk without choices comes only where the usage is requested', async () => {
    const { text } = await send(wire, chat, { stream: true }, false);
    expect(readChunks(text).every(({ choices }) => choices.length > 0)).toBe(true);
    expect(
      readChunks((await send(wire, chat, {}, true)).text).some(({ choices }) => choices.length === 0),
    ).toBe(true);
  });

  it('Cline #12132: the first delta has content', async () => {
    const [first] = readChunks((await send(wire, chat, {}, true)).text);
    expect(first?.choices[0]?.delta).toMatchObject({ role: 'assistant', content: '' });
  });

  it('LiteLLM #25753: user is sent, or named as dropped', async () => {
    const { request, dropped } = await send(wire, chat, { user: 'person-1' }, false, { texts: ['Hello'] });
    expect(JSON.stringify(request).includes('person-1')).toBe(!dropped.includes('user'));
  });

  it('Bifrost #6457: the bound of the output is sent under each of its names', async () => {
    for (const name of ['max_tokens', 'max_completion_tokens']) {
      const { request } = await send(wire, chat, { [name]: 2_917, reasoning_effort: undefined }, false, {
        texts: ['Hello'],
      });
      expect(JSON.stringify(request)).toContain('2917');
    }
  });
});
