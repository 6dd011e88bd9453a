import { createAnthropic } from '@ai-sdk/anthropic';
import { createAzure } from '@ai-sdk/azure';
import { createCerebras } from '@ai-sdk/cerebras';
import { createCohere } from '@ai-sdk/cohere';
import { createDeepSeek } from '@ai-sdk/deepseek';
import { createFireworks } from '@ai-sdk/fireworks';
import { createGoogle } from '@ai-sdk/google';
import { createGroq } from '@ai-sdk/groq';
import { createMistral } from '@ai-sdk/mistral';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { createPerplexity } from '@ai-sdk/perplexity';
import type { LanguageModelV4 } from '@ai-sdk/provider';
import { createXai } from '@ai-sdk/xai';
import { describe, expect, it } from 'vitest';
import { printedSeed, type Random, randomOf } from '#test/support/random.ts';
import type { ProviderCall, ProviderMessage } from '../provider.ts';
import { toCallOptions } from '../translate/call-options.ts';
import type { ConversationRules } from '../translate/conversation.ts';
import { chatWire } from '../wires/chat/chat-reader.ts';
import { cohereWire } from '../wires/cohere/cohere-reader.ts';
import { geminiWire } from '../wires/gemini/gemini-reader.ts';
import { messagesWire } from '../wires/messages/messages-reader.ts';
import { responsesWire } from '../wires/responses/responses-reader.ts';
import { type CapturedRequest, captureFetch, requestOf } from './captured-request.ts';
import { PlainRequests } from './plain-requests.ts';

const fetch = captureFetch;
const blanks: Readonly<Record<string, string>> = {
  anthropic: messagesWire.blank,
  cohere: cohereWire.blank,
  google: geminiWire.blank,
  responses: responsesWire.blank,
  xai: responsesWire.blank,
};
const chatBlank = chatWire().blank;
const models: Readonly<Record<string, (id: string) => LanguageModelV4>> = {
  compatible: createOpenAICompatible({
    name: 'openaiCompatible',
    baseURL: 'http://localhost/v1',
    apiKey: 'k',
    includeUsage: true,
    supportsStructuredOutputs: true,
    fetch,
  }).chatModel,
  openai: (id) => createOpenAI({ apiKey: 'k', fetch }).chat(id),
  anthropic: createAnthropic({ apiKey: 'k', fetch }),
  google: createGoogle({ apiKey: 'k', fetch }),
  cerebras: createCerebras({ apiKey: 'k', fetch }),
  cohere: createCohere({ apiKey: 'k', fetch }),
  deepseek: createDeepSeek({ apiKey: 'k', fetch }),
  fireworks: createFireworks({ apiKey: 'k', fetch }),
  groq: createGroq({ apiKey: 'k', fetch }),
  mistral: createMistral({ apiKey: 'k', fetch }),
  perplexity: createPerplexity({ apiKey: 'k', fetch }),
  responses: (id) => createOpenAI({ apiKey: 'k', fetch }).responses(id),
  xai: createXai({ apiKey: 'k', fetch }),
  azure: (id) => createAzure({ apiKey: 'k', resourceName: 'r', fetch }).chat(id),
};

/** Rules that join or move texts: then there may be nothing to fill in, and never anything wrong. */
const rules: Readonly<Record<string, ConversationRules>> = {
  anthropic: { systemFirst: true },
  google: { systemFirst: true },
  mistral: { systemFirst: true, assistantAfterTool: true },
  perplexity: { systemFirst: true, alternating: true },
};

const seed = printedSeed('plain requests');

const texts = [
  'Hello',
  'a "quoted" \\ text\n',
  '§ €uro 😀',
  '\ud800 alone',
  '{"json": [1]}',
  '\u2028</script>',
  'x'.repeat(3_000),
];

function randomCall(random: Random): ProviderCall {
  const one = random.pick;
  const maybe = <T>(value: T): T | undefined => (random.chance(0.3) ? value : undefined);
  const message = (): ProviderMessage => {
    const role = one(['user', 'user', 'assistant', 'system'] as const);
    if (role === 'system') return { role, content: one(texts) };
    if (role === 'assistant') return { role, text: one(texts), toolCalls: [] };
    const parts = Array.from({ length: random.chance(0.8) ? 1 : 2 }, () => ({
      type: 'text' as const,
      text: one(texts),
    }));
    return { role, parts };
  };
  const call = {
    model: one(['gpt-4.1', 'o3', 'gpt-5-mini', 'llama', 'claude-sonnet-4-5', 'gemini-3-pro', 'gemma-3-27b']),
    messages: Array.from({ length: 1 + random.below(3) }, message),
    temperature: maybe(one([0, 0.5])),
    topP: maybe(0.9),
    maxOutputTokens: maybe(one([10, 20])),
    stop: maybe(['end']),
    seed: maybe(7),
    reasoningEffort: maybe(one(['low', 'high'])),
  };
  return Object.fromEntries(Object.entries(call).filter(([, value]) => value !== undefined)) as ProviderCall &
    object;
}

const seen = ({ url, init }: CapturedRequest) => ({ url, ...init });

describe.each(Object.entries(models))('%s', (name, model) => {
  const blank = blanks[name] ?? chatBlank;
  it('a request filled in is the request that the SDK builds, to the byte', async () => {
    const random = randomOf(seed);
    let built = 0;
    const build = (call: ProviderCall, streaming: boolean) => {
      built += 1;
      return requestOf(model(call.model), toCallOptions(call, rules[name]), streaming, blank);
    };
    const plain = new PlainRequests(build);
    for (let round = 0; round < 150; round++) {
      const call = randomCall(random);
      const streaming = random.chance(0.5);
      const wanted = await build(call, streaming).then(seen, () => null);
      if (wanted === null) {
        // A conversation that this vendor does not take.
        for (let time = 0; time < 3; time++) await expect(plain.requestOf(call, streaming)).rejects.toThrow();
        continue;
      }
      for (let time = 0; time < 3; time++) {
        expect(seen(await plain.requestOf(call, streaming))).toEqual(wanted);
      }
      const before = built;
      expect(seen(await plain.requestOf(call, streaming))).toEqual(wanted);
      // Some SDKs join the texts of a message, or of several, into one: then there is nothing to fill in.
      const single = call.messages.every((message) => message.role === 'user' && message.parts.length === 1);
      if (single && call.messages.length === 1) expect(built).toBe(before);
    }
  });
});

describe('what is no conversation of texts goes through the SDK each time', () => {
  const user: ProviderMessage = { role: 'user', parts: [{ type: 'text', text: 'Hi' }] };
  const calls: Readonly<Record<string, Omit<ProviderCall, 'model'>>> = {
    tools: { messages: [user], tools: [{ name: 'f', parameters: { type: 'object' } }] },
    'a response schema': { messages: [user], responseSchema: { type: 'object' } },
    'an image': {
      messages: [{ role: 'user', parts: [{ type: 'file', mediaType: 'image/png', data: 'aGk=' }] }],
    },
    'an empty text': { messages: [{ role: 'user', parts: [{ type: 'text', text: '' }] }] },
    'a tool result': { messages: [user, { role: 'tool', toolCallId: 'c', toolName: 'f', content: 'r' }] },
  };
  it.each(Object.entries(calls))('%s', async (_, call) => {
    let built = 0;
    const plain = new PlainRequests((asked, streaming) => {
      built += 1;
      return requestOf(
        (models.compatible as (id: string) => LanguageModelV4)(asked.model),
        toCallOptions(asked),
        streaming,
        chatBlank,
      );
    });
    for (let time = 0; time < 4; time++) await plain.requestOf({ model: 'm', ...call }, false);
    expect(built).toBe(4);
  });
});

it('a text that looks like a mark, and a body that is no text, change nothing', async () => {
  const user = (text: string): ProviderCall => ({
    model: 'm',
    messages: [{ role: 'user', parts: [{ type: 'text', text }] }],
  });
  const model = (models.compatible as (id: string) => LanguageModelV4)('m');
  const plain = new PlainRequests((call, streaming) =>
    requestOf(model, toCallOptions(call), streaming, chatBlank),
  );
  for (const text of ['a', 'b', 'd8b1c9a0-0-', '$&', "$'"]) {
    const { init } = await plain.requestOf(user(text), false);
    expect(JSON.parse(String(init.body)).messages).toEqual([{ role: 'user', content: text }]);
  }
});
