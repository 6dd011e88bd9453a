import { describe, expect, it } from 'vitest';
import type { ProviderCall, ProviderKind } from './provider.ts';
import { makeProvider } from './registry/registry.ts';
import { ask } from './testing/calls.ts';

const models: readonly (readonly [kind: ProviderKind, model: string])[] = [
  ['OPENAI', 'gpt-4o'],
  ['OPENAI', 'gpt-5-mini'],
  ['AZURE_OPENAI', 'gpt-5-mini'],
  ['OPENAI_COMPATIBLE', 'openai/gpt-5'],
  ['OPENAI_COMPATIBLE', 'llama'],
  ['ANTHROPIC', 'claude-sonnet-4-5'],
  ['ANTHROPIC', 'claude-opus-4-8'],
  ['GOOGLE', 'gemini-2.5-flash'],
  ['COHERE', 'command-a-03-2025'],
  ['MISTRAL', 'mistral-small-latest'],
  ['GROQ', 'llama-3.3-70b'],
  ['CEREBRAS', 'llama-3.3-70b'],
  ['DEEPSEEK', 'deepseek-reasoner'],
  ['FIREWORKS', 'llama'],
  ['PERPLEXITY', 'sonar'],
  ['XAI', 'grok-4'],
  ['BEDROCK', 'amazon.nova-lite-v1:0'],
];

const fields: readonly (readonly [name: string, given: Partial<ProviderCall>])[] = [
  ['temperature', { temperature: 0.3 }],
  ['topP', { topP: 0.3 }],
  ['stop', { stop: ['END'] }],
  ['seed', { seed: 11 }],
  ['presencePenalty', { presencePenalty: 0.3 }],
  ['frequencyPenalty', { frequencyPenalty: 0.3 }],
  ['logprobs', { topLogprobs: 3 }],
  ['parallelToolCalls', { parallelToolCalls: false }],
];
const converse = (name?: string): ProviderCall['messages'] => {
  const named = name === undefined ? {} : { name };
  return [
    { role: 'system', content: 'Be brief.', ...named },
    { role: 'user', parts: [{ type: 'text', text: 'q' }], ...named },
    { role: 'assistant', text: 'Hi', toolCalls: [], ...named },
    { role: 'user', parts: [{ type: 'text', text: 'q' }] },
  ];
};
const schema = { type: 'object', properties: {}, additionalProperties: false };
/** What is beside something else that a call must have. */
const dependent: readonly (readonly [
  name: string,
  base: Partial<ProviderCall>,
  given: Partial<ProviderCall>,
])[] = [
  ['messages.name', { messages: converse() }, { messages: converse('Ada') }],
  ['responseSchemaName', { responseSchema: schema }, { responseSchemaName: 'person' }],
  ['responseSchemaDescription', { responseSchema: schema }, { responseSchemaDescription: 'A person.' }],
  ['responseSchemaStrict', { responseSchema: schema }, { responseSchemaStrict: false }],
  [
    'responseSchemaName',
    { responseSchema: schema, responseJsonObject: true },
    { responseSchemaName: 'person' },
  ],
];
const tools = [{ name: 'f', parameters: { type: 'object', properties: {} } }];

async function open(kind: ProviderKind) {
  const bodies: string[] = [];
  const provider = await makeProvider({
    kind,
    baseUrl: 'http://upstream.test',
    region: 'eu-central-1',
    secret: 'sk-test-0123456789',
    fetch: async (_url, init = {}) => {
      bodies.push(String(init.body));
      throw new Error('The request has been seen.');
    },
  });
  return {
    provider,
    send: async (call: ProviderCall) => {
      await provider.generate(call).catch(() => null);
      return bodies.pop();
    },
  };
}

describe('a field of a call is either in the request or named as dropped', () => {
  it.each(models)('%s: %s', async (kind, model) => {
    const { provider, send } = await open(kind);
    // Its models call no tools.
    const more = kind === 'PERPLEXITY' ? {} : { tools };
    const plain = await send(ask(model, 'q', more));
    expect(plain).toBeDefined();
    expect(provider.dropped?.(ask(model, 'q', more))).toBeUndefined();
    const cases = [...fields.map(([name, given]) => [name, {}, given] as const), ...dependent];
    for (const [name, base, given] of cases) {
      const call = ask(model, 'q', { ...more, ...base, ...given });
      const isSent = (await send(call)) !== (await send(ask(model, 'q', { ...more, ...base })));
      const dropped = provider.dropped?.(call) ?? [];
      expect({ name, isSent, isDropped: dropped.includes(name) }).toEqual({
        name,
        isSent,
        isDropped: !isSent,
      });
    }
  });
});

describe('the names of participants', () => {
  const messages: ProviderCall['messages'] = [
    ...converse('Ada').slice(0, 3),
    { role: 'assistant', text: '', toolCalls: [{ id: 'call_1', name: 'f', arguments: {} }], name: 'Bob' },
    { role: 'tool', toolCallId: 'call_1', toolName: 'f', content: 'x' },
    { role: 'user', parts: [{ type: 'text', text: 'q' }] },
  ];
  const readNames = (body: string | undefined) =>
    (JSON.parse(body ?? '{}').messages as { role: string; name?: string }[])
      .filter(({ role }) => role !== 'tool')
      .map(({ name }) => name);

  it.each(['OPENAI', 'OPENAI_COMPATIBLE', 'GROQ', 'DEEPSEEK'] as const)(
    'are those of each message, also of one that calls a tool: %s',
    async (kind) => {
      const { send } = await open(kind);
      expect(readNames(await send(ask('gpt-4o', 'q', { messages, tools })))).toEqual([
        ...['Ada', 'Ada', 'Ada', 'Bob', undefined],
      ]);
    },
  );

  it.each(['MISTRAL', 'PERPLEXITY'] as const)('are not sent to %s, which refuses them', async (kind) => {
    const { send } = await open(kind);
    const sent = readNames(await send(ask('m', 'q', { messages: converse('Ada') })));
    expect(sent.filter((name) => name !== undefined)).toEqual([]);
    expect(sent.length).toBeGreaterThan(2);
  });
});

describe('fields that a client sends for chat completions', () => {
  it('reach the responses API where it has them, and are named where it has not', async () => {
    const { provider, send } = await open('OPENAI');
    const chat = { service_tier: 'flex', verbosity: 'low', prompt_cache_key: 'k', logit_bias: { 1: 2 } };
    const call = ask('gpt-5-mini', 'q', {
      providerOptions: { chat },
      responseSchema: { type: 'object', properties: {} },
    });
    const body = JSON.parse((await send(call)) ?? '');
    expect(body).toMatchObject({ service_tier: 'flex', prompt_cache_key: 'k', text: { verbosity: 'low' } });
    expect(body.text.format).toMatchObject({ type: 'json_schema' });
    expect(body.logit_bias).toBeUndefined();
    expect(provider.dropped?.(call)).toEqual(['providerOptions.chat.logit_bias']);
  });

  it.each(['models', 'fallbacks', 'route', 'n', 'stream'])('never set %s', async (field) => {
    const { provider, send } = await open('OPENROUTER');
    const call = ask('m', 'q', { providerOptions: { chat: { [field]: ['other'] } } });
    expect(await send(call)).toBe(await send(ask('m', 'q')));
    expect(provider.dropped?.(call)).toEqual([`providerOptions.chat.${field}`]);
  });
});
