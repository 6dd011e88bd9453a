import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compactionSchema, parseResponseEvents } from '#test/support/response-schemas.ts';
import { type Body, dialects } from './dialects.ts';
import { chat, messages, openReportedMesh, type ReportedMesh, responses, wires } from './reported-mesh.ts';
import { counts, type UpstreamWire } from './upstream-wire.ts';

let reported: ReportedMesh;
beforeAll(async () => {
  reported = await openReportedMesh();
}, 120_000);
afterAll(() => reported?.[Symbol.asyncDispose]());

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
  readEvents((await reported.send(wire, messages, {}, true)).text).filter(({ type }) => type !== 'ping');

/** The items of a response, each of which a stream ends once. */
function readOutput(text: string, isStreamed: boolean): readonly Body[] {
  if (!isStreamed) return (JSON.parse(text) as { readonly output: readonly Body[] }).output;
  return parseResponseEvents(text).flatMap((event) =>
    event.type === 'response.output_item.done' ? [event.item] : [],
  );
}

/** What type of delta each type of block has. */
const deltaTypes: Readonly<Record<string, readonly string[]>> = {
  text: ['text_delta', 'citations_delta'],
  thinking: ['thinking_delta', 'signature_delta'],
  tool_use: ['input_json_delta'],
};

describe.each(wires)('responses over $name', (wire) => {
  it('LiteLLM #22102: no delta of an item comes before the item is added', async () => {
    const { text } = await reported.send(wire, responses, {}, true);
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
      const { text } = await reported.send(wire, responses, {}, isStreamed);
      const details = /"output_tokens_details":\{"reasoning_tokens":(\d+)\}/.exec(text);
      expect([0, counts.reasoning]).toContain(Number(details?.[1]));
      if (wire.aspects.has('reasoningTokens')) expect(Number(details?.[1])).toBe(counts.reasoning);
      expect(text).toMatch(/"input_tokens_details":\{"cached_tokens":\d+/);
    }
  });

  it('LiteLLM PR 28899: every event has its number, and the response its format of text and usage', async () => {
    const { text } = await reported.send(wire, responses, {}, true);
    const events = parseResponseEvents(text);
    expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, at) => at));
    expect(events.at(-1)).toMatchObject({ response: { text: { format: { type: 'text' } } } });
  });

  it('new-api #6223: a call that the end of the answer repeats is one call, under one id', async () => {
    const { text } = await reported.send(wire, responses, {}, true);
    const done = parseResponseEvents(text).flatMap((event) =>
      event.type === 'response.output_item.done' && event.item.type === 'function_call'
        ? [event.item.call_id]
        : [],
    );
    expect(done).toEqual(['call_a', 'call_b']);
  });

  it('new-api #4432: arguments are a text of JSON, and the usage is there', async () => {
    const { text } = await reported.send(wire, responses, {}, false);
    const { output, usage } = JSON.parse(text) as { output: Body[]; usage: Body };
    const given = output.filter(({ type }) => type === 'function_call').map((item) => item.arguments);
    expect(given.map((one) => JSON.parse(String(one)))).toEqual([{ PARAM_1: 'one' }, { PARAM_1: 'two' }]);
    expect(usage).toMatchObject({ input_tokens: counts.input, output_tokens: counts.output });
  });

  it('Bifrost #3170: tools of Codex without parameters the graph has do not fail the call', async () => {
    const more = { tools: [{ type: 'tool_search', description: 'Finds tools.' }] };
    const { text, dropped } = await reported.send(wire, responses, more, false, { texts: ['Hello'] });
    expect(text).toContain('Hello');
    expect(dropped.includes('tools.tool_search')).toBe(wire.name !== 'responses');
  });

  it('Codex #26234, #23186: tools of a namespace are offered, and their calls and the next turn name it', async () => {
    const parameters = { type: 'object', properties: { PARAM_1: { type: 'string' } }, required: ['PARAM_1'] };
    const tool = { type: 'function', name: 'look_up', description: 'Finds a note.', parameters };
    const tools = [{ type: 'namespace', name: 'mcp__notes', description: 'Notes of us.', tools: [tool] }];
    const calls = [{ id: 'call_a', name: 'mcp__notes__look_up', arguments: ['{"PARAM_1":', '"one"}'] }];
    for (const isStreamed of [false, true]) {
      const { text, request, dropped } = await reported.send(wire, responses, { tools }, isStreamed, {
        calls,
      });
      const sent = JSON.stringify(request);
      for (const part of ['"mcp__notes__look_up"', 'Finds a note.', 'Notes of us.'])
        expect(sent).toContain(part);
      expect(dropped.join()).not.toContain('namespace');
      const [call] = readOutput(text, isStreamed).filter(({ type }) => type === 'function_call');
      const called = { name: 'look_up', namespace: 'mcp__notes', call_id: 'call_a' };
      expect(call).toMatchObject({ ...called, arguments: '{"PARAM_1":"one"}' });
      const result = { type: 'function_call_output', call_id: 'call_a', output: 'found' };
      const input = [{ role: 'user', content: 'Look.' }, call, result];
      const next = await reported.send(wire, responses, { tools, input }, false, { texts: ['Done'] });
      expect(JSON.stringify(next.request)).not.toContain('"look_up"');
    }
  });

  it('Codex PR 22809, CLIProxyAPI #4848: a trigger for compaction is answered with one item, which stands for all', async () => {
    const asked = { role: 'user', content: 'We launch.' };
    const input = [asked, { role: 'assistant', content: 'Understood.' }, { type: 'compaction_trigger' }];
    for (const isStreamed of [false, true]) {
      const answer = { texts: ['They launch', ' on Tuesday.'] };
      const { text, request } = await reported.send(wire, responses, { input }, isStreamed, answer);
      for (const part of ['We launch.', 'Understood.']) expect(JSON.stringify(request)).toContain(part);
      expect(JSON.stringify(request)).not.toContain('look_up');
      const output = readOutput(text, isStreamed);
      expect(output).toMatchObject([{ type: 'compaction', encrypted_content: expect.any(String) }]);
      const more = { input: [asked, ...output, { role: 'user', content: 'When?' }] };
      const next = await reported.send(wire, responses, more, false, { texts: ['On Tuesday.'] });
      expect(JSON.stringify(next.request)).toContain('They launch on Tuesday.');
    }
  });

  it('LiteLLM #361: a conversation is compacted, and the next turn sends what it was compacted to', async () => {
    const { upstream, model } = reported.open(wire);
    upstream.answer = { texts: ['They launch', ' on Tuesday.'] };
    const input = [
      { role: 'user', content: 'We launch.' },
      { role: 'assistant', content: 'Understood.' },
    ];
    const { output } = compactionSchema.parse(await reported.post('responses/compact', { model, input }));
    expect(output.map(({ type }) => type)).toEqual(['message', 'compaction']);
    expect(JSON.stringify(output)).not.toContain('Understood.');
    await reported.post('responses', { model, input: [...output, { role: 'user', content: 'When?' }] });
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
      const { data } = await reported.post('embeddings', { model: 'demo/embed', input, ...more });
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
    const { request, dropped } = await reported.send(wire, messages, more, false, { texts: ['Hello'] });
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
    const { text, dropped } = await reported.send(wire, messages, more, false, { texts: ['Hello'] });
    expect(text).toContain('Hello');
    const { name } = wire;
    const isSent = reported.open(wire).upstream.server.requests.at(-1)?.body.includes('web_search_20250305');
    expect([name, isSent === true || dropped.join().includes('web_search_20250305')]).toEqual([name, true]);
  });
});

describe.each(wires)('chat completions over $name', (wire) => {
  const readChunks = (text: string) =>
    [...text.matchAll(/^data: (\{.*)$/gm)].map(
      ([, data = '']) => JSON.parse(data) as { choices: { delta: Body }[] },
    );

  it('Bifrost #1804: calls of tools are streamed as tool_calls, in pieces', async () => {
    const { text } = await reported.send(wire, chat, {}, true);
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
    const { text } = await reported.send(wire, chat, { stream: true }, false);
    expect(readChunks(text).every(({ choices }) => choices.length > 0)).toBe(true);
    expect(
      readChunks((await reported.send(wire, chat, {}, true)).text).some(
        ({ choices }) => choices.length === 0,
      ),
    ).toBe(true);
  });

  it('Cline #12132: the first delta has content', async () => {
    const [first] = readChunks((await reported.send(wire, chat, {}, true)).text);
    expect(first?.choices[0]?.delta).toMatchObject({ role: 'assistant', content: '' });
  });

  it('stdapi.ai #258: the names of participants are sent, or named as dropped', async () => {
    const given = { messages: [{ role: 'user', name: 'Ada', content: 'Hi' }] };
    const { request, dropped } = await reported.send(wire, chat, given, false, { texts: ['Hello'] });
    expect(dropped.includes('messages.name')).toBe(!JSON.stringify(request).includes('"name":"Ada"'));
  });

  it('offers the tools that may be called, and no other', async () => {
    const [used, other] = ['look_up', 'delete_all'].map((name) => ({
      type: 'function',
      function: { name, parameters: { type: 'object', properties: {} } },
    }));
    const allowed_tools = { mode: 'required', tools: [{ type: 'function', function: { name: 'look_up' } }] };
    const more = { tools: [used, other], tool_choice: { type: 'allowed_tools', allowed_tools } };
    const { request } = await reported.send(wire, chat, { ...more, reasoning_effort: undefined }, false);
    expect(JSON.stringify(request)).toContain('look_up');
    expect(JSON.stringify(request)).not.toContain('delete_all');
  });

  it('LiteLLM #25753: user is sent, or named as dropped', async () => {
    const { request, dropped } = await reported.send(wire, chat, { user: 'person-1' }, false, {
      texts: ['Hello'],
    });
    expect(JSON.stringify(request).includes('person-1')).toBe(!dropped.includes('user'));
  });

  it('Bifrost #6457: the bound of the output is sent under each of its names', async () => {
    for (const name of ['max_tokens', 'max_completion_tokens']) {
      const { request } = await reported.send(
        wire,
        chat,
        { [name]: 2_917, reasoning_effort: undefined },
        false,
        {
          texts: ['Hello'],
        },
      );
      expect(JSON.stringify(request)).toContain('2917');
    }
  });
});

it.each(dialects.filter(({ name }) => name !== 'GraphQL'))(
  'CLIProxyAPI #1933: what a provider states of its tier and its configuration is in the answer of $name',
  async (dialect) => {
    for (const wire of wires) {
      const made = wire.made?.[dialect.name];
      if (made === undefined) continue;
      for (const isStreamed of [false, true]) {
        const { text } = await reported.send(wire, dialect, {}, isStreamed);
        for (const part of made)
          expect([wire.name, isStreamed, text]).toEqual([
            wire.name,
            isStreamed,
            expect.stringContaining(part),
          ]);
      }
    }
  },
);
