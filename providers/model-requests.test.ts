import { describe, expect, it } from 'vitest';
import type { ProviderCall, ProviderKind, ProviderMessage, ToolCall } from './provider.ts';
import { makeProvider } from './registry/registry.ts';
import { ask, collect } from './testing/calls.ts';
import { captureBody, type RequestWire, requestWires, type SentTurn } from './testing/request-wires.ts';

const tools = [
  { name: 'f', parameters: { type: 'object' } },
  { name: 'g', parameters: { type: 'object' } },
];

/** The turns that a conversation is sent as. */
async function sent(
  wire: RequestWire,
  ...messages: readonly ProviderMessage[]
): Promise<readonly SentTurn[]> {
  return wire.turns(await captureBody(wire, { model: wire.model, tools, messages }));
}

const user = (text: string): ProviderMessage => ({ role: 'user', parts: [{ type: 'text', text }] });
const system = (content: string): ProviderMessage => ({ role: 'system', content });
const calls = (...toolCalls: readonly ToolCall[]): ProviderMessage => ({
  role: 'assistant',
  text: '',
  toolCalls,
});
const call = (id: string, name = 'f', given: unknown = { a: 1 }): ToolCall => ({
  id,
  name,
  arguments: given,
});
const result = (toolCallId: string, content: string, toolName = 'f'): ProviderMessage => ({
  role: 'tool',
  toolCallId,
  toolName,
  content,
});

describe('a model that thinks before it calls a tool', () => {
  it.each([
    ['OPENAI_COMPATIBLE', 'moonshotai/kimi-k2.5', true],
    ['OPENAI_COMPATIBLE', 'kimi-k2-thinking', true],
    ['OPENAI_COMPATIBLE', 'deepseek/deepseek-v4-flash', true],
    ['DEEPSEEK', 'deepseek-reasoner', true],
    ['DEEPSEEK', 'deepseek-v4-pro', true],
    ['OPENAI_COMPATIBLE', 'moonshot-v1-8k', false],
    ['DEEPSEEK', 'deepseek-chat', false],
  ] as const)('has something in the place of that thinking: %s %s: %s', async (kind, model, holds) => {
    const answer = { choices: [{ message: { content: 'Hi' }, finish_reason: 'stop' }] };
    const messages = [user('q'), calls(call('a')), result('a', 'r')];
    const body = await captureBody({ kind, answer }, { model, tools, messages });
    expect(body).toMatchObject({ messages: [{ role: 'user' }, { role: 'assistant' }, { role: 'tool' }] });
    const [, turn] = (body as { readonly messages: readonly { readonly reasoning_content?: string }[] })
      .messages;
    expect(turn?.reasoning_content).toBe(holds ? ' ' : undefined);
  });
});

describe('Mistral', () => {
  it('reads an answer between a result and the next question', async () => {
    const wire = requestWires.find(({ kind }) => kind === 'MISTRAL') as RequestWire;
    const history = [user('Hello'), calls(call('a')), result('a', 'of a')];
    const roles = (turns: readonly SentTurn[]) => turns.map(({ role }) => role);
    expect(roles(await sent(wire, ...history, user('So?')))).toEqual([
      'user',
      'assistant',
      'tool',
      'assistant',
      'user',
    ]);
    expect(roles(await sent(wire, ...history, system('s2')))).toEqual([
      'user',
      'assistant',
      'tool',
      'assistant',
      'user',
    ]);
    expect(roles(await sent(wire, ...history))).toEqual(['user', 'assistant', 'tool']);
  });
});

describe('Perplexity', () => {
  it('reads user and assistant by turns, with instructions at the beginning only', async () => {
    const compatible = requestWires.find(({ kind }) => kind === 'OPENAI_COMPATIBLE') as RequestWire;
    const wire = { ...compatible, kind: 'PERPLEXITY' as const, model: 'sonar' };
    const said: ProviderMessage = { role: 'assistant', text: 'Hi.', toolCalls: [] };
    const messages = [
      system('s1'),
      system('s2'),
      user('one'),
      user('two'),
      said,
      said,
      system('s3'),
      user('three'),
    ];
    const turns = wire.turns(await captureBody(wire, { model: wire.model, messages }));
    expect(turns.map(({ role, texts }) => [role, texts.join('')])).toEqual([
      ['system', 's1'],
      ['system', 's2'],
      ['user', 'one\n\ntwo'],
      ['assistant', 'Hi.\n\nHi.'],
      ['user', '<system>\ns3\n</system>\n\nthree'],
    ]);
  });
});

type Body = Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;

describe('thinking of a Claude with a budget', () => {
  const claudes = requestWires.filter(
    ({ name }) => name === 'ANTHROPIC claude-sonnet-4-5' || name === 'BEDROCK',
  );
  const said: ProviderMessage = { role: 'assistant', text: 'Hi.', toolCalls: [] };
  const loop = [
    user('Hello'),
    { ...calls(call('a')), text: 'calling' } as ProviderMessage,
    result('a', 'of a'),
  ];
  const rows: readonly (readonly [string, boolean, readonly ProviderMessage[], Partial<ProviderCall>])[] = [
    ['a question', true, [user('Hello')], {}],
    ['a tool result', false, loop, {}],
    ['a question after a tool result', false, [...loop, user('and also')], {}],
    ['instructions after a tool result', false, [...loop, system('s2')], {}],
    ['both after a tool result', false, [...loop, system('s2'), user('and also')], {}],
    ['a call that is not answered', false, loop.slice(0, 2), {}],
    ['a text right before the call', false, [user('Hello'), said, ...loop.slice(1), user('and also')], {}],
    ['a question after the loop has ended', true, [...loop, said, user('and also')], {}],
    ['the beginning of its answer', false, [user('Hello'), said], {}],
    ['a call that it is forced to make', false, [user('Hello')], { tools, toolChoice: 'required' }],
    ['a call of a tool by name', false, [user('Hello')], { tools, toolChoice: 'f' }],
  ];
  describe.each(claudes)('$name', (wire) => {
    it.each(rows)('%s', async (_, thinks, messages, more) => {
      const call = { model: wire.model, tools, reasoningEffort: 'medium', messages, ...more };
      const { thinking, additionalModelRequestFields: bedrock } = (await captureBody(wire, call)) as Body;
      expect((thinking ?? bedrock?.thinking ?? null) !== null).toBe(thinks);
    });
  });
});

describe('a reasoning model of OpenAI behind another name', () => {
  const settings = { maxOutputTokens: 100, temperature: 0.5, topP: 0.9 };
  const compatible = requestWires.find(({ kind }) => kind === 'OPENAI_COMPATIBLE') as RequestWire;
  const kinds: readonly ProviderKind[] = [
    ...(['OPENAI_COMPATIBLE', 'OPENROUTER', 'TOGETHER', 'VLLM', 'OLLAMA'] as const),
    ...(['GITHUB_MODELS', 'LITELLM', 'VERCEL_AI_GATEWAY', 'DATABRICKS', 'SNOWFLAKE'] as const),
  ];

  it.each([
    'openai/gpt-5',
    'gpt-5-mini',
    'o3-mini',
    'openrouter/openai/o1',
    'openai.gpt-5.1',
    'openai/o4-mini:high',
  ])('%s takes neither max_tokens nor a temperature', async (model) => {
    for (const kind of kinds) {
      const body = await captureBody({ kind, answer: compatible.answer }, ask(model, 'Hello', settings));
      expect(body).toMatchObject({ model, max_completion_tokens: 100 });
      for (const field of ['max_tokens', 'temperature', 'top_p']) expect(body).not.toHaveProperty(field);
    }
  });

  it.each([
    'gpt-4o',
    'openai/gpt-4.1',
    'openai/gpt-oss-120b',
    'openai/gpt-5-chat',
    'qwen/o2-large-not',
    'orca-3',
  ])('%s takes both', async (model) => {
    const body = await captureBody(compatible, ask(model, 'Hello', settings));
    const takes = { max_tokens: 100, temperature: 0.5, top_p: 0.9 };
    if (model.includes('o2')) expect(body).toMatchObject({ model });
    else expect(body).toMatchObject({ model, ...takes });
  });

  it('keeps the sampling of a model that is set not to reason', async () => {
    const body = await captureBody(
      compatible,
      ask('openai/gpt-5.1', 'Hello', { ...settings, reasoningEffort: 'none' }),
    );
    expect(body).toMatchObject({ max_completion_tokens: 100, temperature: 0.5, top_p: 0.9 });
  });

  it.each(['openai/gpt-5', 'openrouter/openai/o3-mini'])(
    '%s is called through responses at a provider of kind OPENAI, by its full name, and through chat where there are none',
    async (model) => {
      const sentBodies: Record<string, unknown>[] = [];
      const responses = requestWires.find(({ name }) => name === 'OPENAI responses') as RequestWire;
      let lacking = false;
      const provider = await makeProvider({
        kind: 'OPENAI',
        baseUrl: 'http://upstream.test',
        region: null,
        secret: null,
        fetch: async (url, init) => {
          const isResponses = String(url).endsWith('/responses');
          if (isResponses && lacking) return new Response('Not Found', { status: 404 });
          sentBodies.push({ path: new URL(String(url)).pathname, ...JSON.parse(String(init?.body)) });
          return new Response(JSON.stringify(isResponses ? responses.answer : compatible.answer));
        },
      });
      expect((await provider.generate(ask(model, 'Hello', settings))).text).toBe('Hi');
      lacking = true;
      expect((await provider.generate(ask(model, 'Hello', settings))).text).toBe('Hi');
      expect(sentBodies).toMatchObject([
        { path: '/v1/responses', model, max_output_tokens: 100 },
        { path: '/v1/chat/completions', model, max_completion_tokens: 100 },
      ]);
      for (const body of sentBodies) {
        for (const field of ['max_tokens', 'temperature', 'top_p']) expect(body).not.toHaveProperty(field);
      }
    },
  );

  it('is streamed in the same words', async () => {
    let body: unknown;
    const provider = await makeProvider({
      kind: 'OPENAI_COMPATIBLE',
      baseUrl: 'http://upstream.test',
      region: null,
      secret: null,
      fetch: async (_, init) => {
        body = JSON.parse(String(init?.body));
        return new Response('data: [DONE]\n\n');
      },
    });
    // Three times: the second request of a kind is learnt from, the third is filled in.
    for (let time = 0; time < 3; time++) {
      await collect(provider, ask('openai/gpt-5', `Hello ${time}`, settings));
      expect(body).toMatchObject({ model: 'openai/gpt-5', max_completion_tokens: 100 });
      expect(body).not.toHaveProperty('temperature');
    }
  });
});
