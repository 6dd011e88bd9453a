import { describe, expect, it } from 'vitest';
import type { ProviderCall, ProviderMessage, ReasoningBlock } from '../provider.ts';
import { makeProvider } from '../registry/registry.ts';
import { ask, collect } from '../testing/calls.ts';
import { type ThinkingWire, thinkingWires } from '../testing/turns/thinking-wires.ts';
import { type Fields, fields, list } from './shared/fields.ts';

const tools = [{ name: 'f', parameters: { type: 'object', properties: { a: { type: 'integer' } } } }];

/** A provider of the wire whose every answer is `body`, and the requests that it got. */
async function open({ kind }: ThinkingWire, body: string, type = 'application/json') {
  const requests: Fields[] = [];
  const provider = await makeProvider({
    kind,
    baseUrl: 'http://upstream.test',
    region: 'eu-central-1',
    secret: 'sk-test-0123456789',
    fetch: async (_url, init = {}) => {
      requests.push(fields(JSON.parse(String(init.body))) ?? {});
      return new Response(body, { headers: { 'content-type': type } });
    },
  });
  return { provider, requests };
}

/** The next turn: the answer that was given, and the results of its calls. */
function continueWith(
  call: ProviderCall,
  answer: {
    readonly toolCalls: readonly {
      readonly id: string;
      readonly name: string;
      readonly arguments: unknown;
    }[];
    readonly blocks: readonly ReasoningBlock[];
  },
): ProviderCall {
  const results = answer.toolCalls.map(
    ({ id, name }): ProviderMessage => ({ role: 'tool', toolCallId: id, toolName: name, content: 'done' }),
  );
  const assistant: ProviderMessage = {
    role: 'assistant',
    text: '',
    toolCalls: answer.toolCalls,
    ...(answer.blocks.length === 0 ? {} : { reasoning: answer.blocks }),
  };
  return { ...call, messages: [...call.messages, assistant, ...results] };
}

function countProof(value: unknown, proof: string): number {
  return JSON.stringify(value).split(JSON.stringify(proof)).length - 1;
}

describe('a loop of three turns with thinking', () => {
  it.each(thinkingWires)('$name: sends the reasoning of each turn back, unchanged', async (wire) => {
    const { provider, requests } = await open(wire, JSON.stringify(wire.called));
    let call = ask(wire.model, 'Use f.', { tools, reasoningEffort: 'low' });
    for (let turn = 0; turn < 3; turn++) {
      const answer = await provider.generate(call);
      expect(answer.toolCalls).toMatchObject([{ name: 'f', arguments: { a: 1 } }]);
      const blocks = answer.extras?.reasoningBlocks ?? [];
      expect(blocks).toHaveLength(1);
      expect(blocks[0]?.provider).toBe(wire.kind);
      call = continueWith(call, { toolCalls: answer.toolCalls, blocks });
    }
    const counts = requests.map((body) => countProof(wire.sent(body), wire.proof));
    expect(counts).toEqual([0, 1, 2]);
  });

  it.each(thinkingWires)('$name: reads the same blocks from a stream', async (wire) => {
    const whole = await (await open(wire, JSON.stringify(wire.called))).provider.generate(
      ask(wire.model, 'q', { tools }),
    );
    const body =
      wire.events?.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('') ??
      JSON.stringify(wire.called);
    const { provider } = await open(wire, body, wire.events === null ? undefined : 'text/event-stream');
    const { parts, error } = await collect(provider, ask(wire.model, 'q', { tools }));
    expect(error).toBeNull();
    const blocks = parts.flatMap((part) => (part.type === 'reasoning-block' ? [part.block] : []));
    const streamed = blocks.map(({ toolCallId: _, ...block }) => block);
    expect(streamed).toEqual(whole.extras?.reasoningBlocks?.map(({ toolCallId: _, ...block }) => block));
  });

  const pairs = thinkingWires.flatMap((from) =>
    thinkingWires
      .filter(({ kind }) => kind !== from.kind)
      .map((to) => ({ from, to, name: `${from.name} → ${to.name}` })),
  );
  it.each(pairs)(
    '$name: sends nothing that another vendor signed, and keeps calls and results',
    async ({ from, to }) => {
      const first = await open(from, JSON.stringify(from.called));
      let call = ask(from.model, 'Use f.', { tools });
      for (let turn = 0; turn < 2; turn++) {
        const answer = await first.provider.generate(call);
        const { toolCalls, extras } = answer;
        // Clients see the ids that the vendor gave: each turn has its own.
        const own = toolCalls.map((made) => ({ ...made, id: `${made.id}-${turn}` }));
        const blocks = (extras?.reasoningBlocks ?? []).map((block) =>
          block.toolCallId === null ? block : { ...block, toolCallId: `${block.toolCallId}-${turn}` },
        );
        call = continueWith(call, { toolCalls: own, blocks });
      }
      const second = await open(to, JSON.stringify(to.called));
      await second.provider.generate({ ...call, model: to.model });
      const [body] = second.requests;
      const sent = JSON.stringify(body);
      expect(sent).not.toContain(from.proof);
      expect(sent.split('done').length - 1).toBeGreaterThanOrEqual(2);
      expect(list(to.sent(body ?? {})).length).toBeGreaterThanOrEqual(3);
    },
  );
});

const png = 'iVBORw0KGgoAAAANSUhEUg==';

/** A conversation whose result of a tool has a picture. */
const withPicture = (model: string): ProviderCall => ({
  model,
  tools,
  messages: [
    { role: 'user', parts: [{ type: 'text', text: 'Draw.' }] },
    { role: 'assistant', text: '', toolCalls: [{ id: 'call_1', name: 'f', arguments: {} }] },
    {
      role: 'tool',
      toolCallId: 'call_1',
      toolName: 'f',
      content: 'drawn',
      parts: [
        { type: 'text', text: 'drawn' },
        { type: 'file', mediaType: 'image/png', data: png },
      ],
    },
  ],
});

describe('a file in the result of a tool', () => {
  it.each(thinkingWires.filter(({ kind }) => kind !== 'DEEPSEEK'))(
    '$name: reaches the AI model, after the call that it belongs to',
    async (wire) => {
      const { provider, requests } = await open(wire, JSON.stringify(wire.called));
      await provider.generate(withPicture(wire.model));
      const sent = JSON.stringify(requests[0]);
      expect(sent).toContain(png);
      expect(sent.indexOf(png)).toBeGreaterThan(sent.indexOf('drawn'));
    },
  );
});

describe('the messages of Claude', () => {
  const wire = thinkingWires[0] as ThinkingWire;
  const send = async (call: Partial<ProviderCall>) => {
    const { provider, requests } = await open(wire, JSON.stringify(wire.called));
    await provider.generate({ ...ask(wire.model, 'q'), ...call });
    return requests[0] ?? {};
  };
  const cache_control = { type: 'ephemeral' };

  it('mark the end of each cached prefix: of tools, instructions, users, answers and results', async () => {
    const body = await send({
      tools: [{ name: 'f', parameters: { type: 'object' }, cache: true }],
      messages: [
        { role: 'system', content: 'Be brief.', cache: true },
        { role: 'user', parts: [{ type: 'text', text: 'q', cache: true }] },
        {
          role: 'assistant',
          text: 'a',
          toolCalls: [{ id: 'call_1', name: 'f', arguments: {} }],
          cache: true,
        },
        { role: 'tool', toolCallId: 'call_1', toolName: 'f', content: 'r', cache: true },
      ],
    });
    expect(body).toMatchObject({
      tools: [{ name: 'f', cache_control }],
      system: [{ text: 'Be brief.', cache_control }],
      messages: [
        { content: [{ text: 'q', cache_control }] },
        { content: [{ type: 'text' }, { type: 'tool_use', cache_control }] },
        { content: [{ type: 'tool_result', cache_control }] },
      ],
    });
  });

  it('mark the result of a tool that failed', async () => {
    const body = await send({
      tools,
      messages: [
        { role: 'user', parts: [{ type: 'text', text: 'q' }] },
        { role: 'assistant', text: '', toolCalls: [{ id: 'call_1', name: 'f', arguments: {} }] },
        { role: 'tool', toolCallId: 'call_1', toolName: 'f', content: 'no', isError: true },
      ],
    });
    expect(list(body.messages).at(-1)).toMatchObject({ content: [{ is_error: true, content: 'no' }] });
  });

  it('have no thinking that is not signed, which Anthropic refuses', async () => {
    const reasoning = [{ text: 'hm', signature: null, redacted: null, toolCallId: null, provider: null }];
    const body = await send({
      messages: [
        { role: 'user', parts: [{ type: 'text', text: 'q' }] },
        { role: 'assistant', text: 'a', toolCalls: [], reasoning },
        { role: 'user', parts: [{ type: 'text', text: 'q' }] },
      ],
    });
    expect(JSON.stringify(body)).not.toContain('hm');
  });
});

describe('a refusal', () => {
  const chat = (message: object) => ({
    choices: [{ index: 0, finish_reason: 'stop', message, delta: message }],
    usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
  });
  const responses = {
    status: 'completed',
    output: [{ type: 'message', id: 'm', content: [{ type: 'refusal', refusal: 'I will not.' }] }],
    usage: { input_tokens: 1, output_tokens: 2, total_tokens: 3 },
  };
  it.each([
    ['chat', 'gpt-4o', chat({ content: null, refusal: 'I will not.' }), chat({ refusal: 'I will not.' })],
    ['responses', 'gpt-5-mini', responses, { type: 'response.completed', response: responses }],
  ])('%s: is read apart from the text, whole and streamed', async (_name, model, whole, event) => {
    const wire = { ...(thinkingWires[0] as ThinkingWire), kind: 'OPENAI' as const };
    const answer = await (await open(wire, JSON.stringify(whole))).provider.generate(ask(model, 'q'));
    expect(answer).toMatchObject({
      text: '',
      finishReason: 'CONTENT_FILTER',
      extras: { refusal: 'I will not.' },
    });
    const { provider } = await open(wire, `data: ${JSON.stringify(event)}\n\n`, 'text/event-stream');
    const { parts, text, finish } = await collect(provider, ask(model, 'q'));
    expect(text).toBe('');
    expect(parts.filter(({ type }) => type === 'refusal')).toEqual([
      { type: 'refusal', text: 'I will not.' },
    ]);
    expect(finish?.reason).toBe('CONTENT_FILTER');
  });
});
