import { expect } from 'vitest';
import type { ProviderKind, ProviderUsage } from '../provider.ts';
import { makeProvider } from '../registry/registry.ts';
import { frames } from './answer-wires/aws-frames.ts';
import { ask, collect } from './calls.ts';
import { presetKinds } from './preset-kinds.ts';
import { namedSse, sse } from './wire-server.ts';

/** One usage in the names of a vendor; what is left out is not reported. */
export interface Counts {
  readonly input?: unknown;
  readonly output?: unknown;
  readonly total?: unknown;
}

/** A wire whose answers of the text `Hi` bring a usage object. */
export interface UsageWire {
  readonly name: string;
  readonly kind: ProviderKind;
  readonly model: string;
  /** A usage object in the wire's own names. */
  usage(counts: Counts): Readonly<Record<string, unknown>>;
  /** A whole answer; `usage` undefined leaves the field out. */
  whole(usage: unknown): string;
  /** A stream that reports the usages one after the other, as far as the wire allows it. */
  stream(usages: readonly unknown[]): string | Uint8Array<ArrayBuffer>;
}

const choice = (delta: object, finish_reason: string | null = null) => ({
  choices: [{ index: 0, delta, finish_reason }],
});

const chat = (kind: ProviderKind, model = 'm'): UsageWire => ({
  name: kind,
  kind,
  model,
  usage: ({ input, output, total }) => ({
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: total,
  }),
  whole: (usage) =>
    JSON.stringify({
      id: 'c',
      object: 'chat.completion',
      created: 1,
      model: 'm',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
      usage,
    }),
  stream: (usages) =>
    sse(
      { ...choice({ content: 'Hi' }) },
      choice({}, 'stop'),
      ...usages.map((usage) => ({ choices: [], usage })),
      '[DONE]',
    ),
});

const output = [
  { type: 'message', id: 'm', role: 'assistant', content: [{ type: 'output_text', text: 'Hi' }] },
];
const responses = (kind: ProviderKind, model: string): UsageWire => ({
  name: `${kind} responses`,
  kind,
  model,
  usage: ({ input, output: counted, total }) => ({
    input_tokens: input,
    output_tokens: counted,
    total_tokens: total,
  }),
  whole: (usage) =>
    JSON.stringify({ id: 'r', object: 'response', created_at: 1, model, status: 'completed', output, usage }),
  stream: (usages) =>
    namedSse(
      { type: 'response.output_text.delta', output_index: 0, delta: 'Hi' },
      // The last event brings the usage; an earlier report stands beside it.
      {
        type: 'response.completed',
        response: { status: 'completed', output, usage: usages.at(-1) },
        usage: usages.length > 1 ? usages[0] : undefined,
      },
    ),
});

const message = { id: 'msg', type: 'message', role: 'assistant', model: 'claude', stop_reason: null };
const anthropic = (kind: ProviderKind, name: string): UsageWire => ({
  name,
  kind,
  model: 'claude-sonnet-4-5',
  usage: ({ input, output: counted, total }) => ({
    input_tokens: input,
    output_tokens: counted,
    total_tokens: total,
  }),
  whole: (usage) =>
    JSON.stringify({ ...message, content: [{ type: 'text', text: 'Hi' }], stop_reason: 'end_turn', usage }),
  stream: (usages) =>
    namedSse(
      { type: 'message_start', message: { ...message, content: [] } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi' } },
      { type: 'content_block_stop', index: 0 },
      ...usages.map((usage) => ({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage })),
      ...(usages.length === 0 ? [{ type: 'message_delta', delta: { stop_reason: 'end_turn' } }] : []),
      { type: 'message_stop' },
    ),
});

const candidate = (text: string, finishReason?: string) => ({
  candidates: [{ index: 0, content: { role: 'model', parts: [{ text }] }, finishReason }],
});
const gemini: UsageWire = {
  name: 'GOOGLE',
  kind: 'GOOGLE',
  model: 'gemini-2.5-flash',
  usage: ({ input, output: counted, total }) => ({
    promptTokenCount: input,
    candidatesTokenCount: counted,
    totalTokenCount: total,
  }),
  whole: (usageMetadata) => JSON.stringify({ ...candidate('Hi', 'STOP'), usageMetadata }),
  stream: (usages) =>
    sse(candidate('Hi'), candidate('', 'STOP'), ...usages.map((usageMetadata) => ({ usageMetadata }))),
};

const cohere: UsageWire = {
  name: 'COHERE',
  kind: 'COHERE',
  model: 'command-a-03-2025',
  usage: ({ input, output: counted }) => ({ billed_units: { input_tokens: input, output_tokens: counted } }),
  whole: (usage) =>
    JSON.stringify({
      message: { role: 'assistant', content: [{ type: 'text', text: 'Hi' }] },
      finish_reason: 'COMPLETE',
      usage,
    }),
  stream: (usages) =>
    namedSse(
      { type: 'content-delta', index: 0, delta: { message: { content: { text: 'Hi' } } } },
      {
        type: 'message-end',
        delta: { finish_reason: 'COMPLETE', usage: usages.at(-1) },
        usage: usages.length > 1 ? usages[0] : undefined,
      },
    ),
};

const metadata = (usage: unknown) => ({ metadata: { metrics: { latencyMs: 1 }, usage } });
const bedrock: UsageWire = {
  name: 'BEDROCK',
  kind: 'BEDROCK',
  model: 'anthropic.claude-sonnet-4-5-20250929-v1:0',
  usage: ({ input, output: counted, total }) => ({
    inputTokens: input,
    outputTokens: counted,
    totalTokens: total,
  }),
  whole: (usage) =>
    JSON.stringify({
      output: { message: { role: 'assistant', content: [{ text: 'Hi' }] } },
      stopReason: 'end_turn',
      usage,
    }),
  stream: (usages) =>
    frames(
      { messageStart: { role: 'assistant' } },
      ...usages.slice(0, -1).map(metadata),
      { contentBlockDelta: { contentBlockIndex: 0, delta: { text: 'Hi' } } },
      { contentBlockStop: { contentBlockIndex: 0 } },
      { messageStop: { stopReason: 'end_turn' } },
      ...usages.slice(-1).map(metadata),
    ),
};

/** Every wire whose answers are read by us, under each kind of provider that speaks it in its own way. */
export const usageWires: readonly UsageWire[] = [
  chat('OPENAI', 'gpt-4o'),
  chat('OPENAI_COMPATIBLE'),
  chat('AZURE_OPENAI'),
  chat('MISTRAL'),
  chat('GROQ'),
  chat('DEEPSEEK'),
  chat('FIREWORKS'),
  chat('PERPLEXITY'),
  chat('CEREBRAS'),
  chat('TOGETHER'),
  chat('OPENROUTER'),
  chat('OLLAMA'),
  chat('VLLM'),
  ...presetKinds.map((kind) => chat(kind)),
  responses('OPENAI', 'gpt-5-mini'),
  responses('XAI', 'grok-4'),
  anthropic('ANTHROPIC', 'ANTHROPIC'),
  gemini,
  cohere,
  bedrock,
];

type Body = string | Uint8Array<ArrayBuffer>;

const openProvider = (kind: ProviderKind, body: Body) =>
  makeProvider({
    kind,
    baseUrl: 'http://upstream.test',
    region: 'eu-central-1',
    secret: 'sk-test-0123456789',
    fetch: async () => new Response(body),
  });

/** The usage of an answer to the question `Hello`, five bytes. */
export async function usageOfWhole({ kind, model }: Pick<UsageWire, 'kind' | 'model'>, body: string) {
  return (await (await openProvider(kind, body)).generate(ask(model, 'Hello'))).usage;
}

/** The same of a streamed answer. */
export async function usageOfStream({ kind, model }: Pick<UsageWire, 'kind' | 'model'>, body: Body) {
  const { finish, error } = await collect(await openProvider(kind, body), ask(model, 'Hello'));
  expect(error).toBeNull();
  return finish?.usage;
}

/** A usage as it is reported. */
export const makeUsage = (inputTokens: number, outputTokens: number, more: Partial<ProviderUsage> = {}) => ({
  inputTokens,
  outputTokens,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
  ...more,
});

/** An estimated usage. */
export const makeEstimate = (inputTokens: number, outputTokens: number) =>
  makeUsage(inputTokens, outputTokens, { estimated: true });
