import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import type { EmbeddingModelV4, LanguageModelV4 } from '@ai-sdk/provider';
import {
  APICallError,
  embedMany,
  generateObject,
  generateText,
  isStepCount,
  type ModelMessage,
  RetryError,
  streamText,
  tool,
} from 'ai';
import { z } from 'zod';
import type { Connection, Framework, FrameworkCall, FrameworkFailure } from './framework.ts';

interface AiSdkClient {
  readonly name: string;
  readonly dialect: Framework['dialect'];
  readonly connect: (connection: Connection) => LanguageModelV4;
  readonly connectEmbeddings?: (connection: Connection) => EmbeddingModelV4;
  /** Options of the client by which it requests reasoning. */
  readonly reasoning: Parameters<typeof generateText>[0]['providerOptions'];
}

// It would print a line for each model that it does not know.
Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false });

const place = z.object({ city: z.string() });

const toSettings = ({ url, key, headers = {}, fetch = globalThis.fetch }: Connection) => ({
  baseURL: `${url}/v1`,
  apiKey: key,
  headers,
  fetch,
});
const openAi = (connection: Connection) => createOpenAI(toSettings(connection));
const compatible = (connection: Connection) =>
  createOpenAICompatible({
    ...toSettings(connection),
    name: 'heddle',
    includeUsage: true,
    supportsStructuredOutputs: true,
  });

const clients: readonly AiSdkClient[] = [
  {
    name: 'ai with @ai-sdk/openai (responses)',
    dialect: 'openai',
    connect: (connection) => openAi(connection)(connection.model),
    connectEmbeddings: (connection) => openAi(connection).embedding(connection.model),
    reasoning: { openai: { reasoningEffort: 'low', reasoningSummary: 'auto', forceReasoning: true } },
  },
  {
    name: 'ai with @ai-sdk/openai (chat)',
    dialect: 'openai',
    connect: (connection) => openAi(connection).chat(connection.model),
    reasoning: undefined,
  },
  {
    name: 'ai with @ai-sdk/openai-compatible',
    dialect: 'openai',
    connect: (connection) => compatible(connection)(connection.model),
    connectEmbeddings: (connection) => compatible(connection).embeddingModel(connection.model),
    reasoning: { heddle: { reasoningEffort: 'low' } },
  },
  {
    name: 'ai with @ai-sdk/anthropic',
    dialect: 'anthropic',
    connect: (connection) => createAnthropic(toSettings(connection))(connection.model),
    reasoning: { anthropic: { thinking: { type: 'enabled', budgetTokens: 2_048 } } },
  },
];

const toMessages = ({ prompt, image }: FrameworkCall): ModelMessage[] => [
  {
    role: 'user',
    content:
      image === undefined
        ? prompt
        : [
            { type: 'text', text: prompt },
            { type: 'file', data: image, mediaType: 'image/png' },
          ],
  },
];

function readFailure(thrown: unknown): FrameworkFailure {
  const error = RetryError.isInstance(thrown) ? thrown.lastError : thrown;
  if (!APICallError.isInstance(error)) {
    return { status: undefined, message: String(error), retryAfter: null };
  }
  const { statusCode, message, responseHeaders = {} } = error;
  return { status: statusCode, message, retryAfter: responseHeaders['retry-after'] ?? null };
}

function createFramework({ name, dialect, connect, connectEmbeddings, reasoning }: AiSdkClient): Framework {
  const prepare = (connection: Connection) => ({
    model: connect(connection),
    maxRetries: connection.maxRetries ?? 0,
  });
  const withSignal = ({ signal }: FrameworkCall) => (signal === undefined ? {} : { abortSignal: signal });
  return {
    name,
    dialect,
    readsInputFirst: false,
    repeatsEvery429: dialect === 'openai',
    readFailure,
    async complete(connection, call) {
      const { text, usage } = await generateText({
        ...prepare(connection),
        ...withSignal(call),
        messages: toMessages(call),
      });
      return { text, inputTokens: usage.inputTokens, outputTokens: usage.outputTokens };
    },
    async stream(connection, call, onText = () => {}) {
      let failure: unknown;
      const result = streamText({
        ...prepare(connection),
        ...withSignal(call),
        messages: toMessages(call),
        onError: ({ error }) => {
          failure ??= error;
        },
      });
      let text = '';
      for await (const part of result.fullStream) {
        if (part.type === 'abort') throw new Error('aborted');
        if (part.type !== 'text-delta') continue;
        text += part.text;
        onText(part.text);
      }
      if (failure !== undefined) throw failure;
      const { inputTokens, outputTokens } = await result.usage;
      return { text, inputTokens, outputTokens };
    },
    async runTools(connection, prompt, weather) {
      const { text } = await generateText({
        ...prepare(connection),
        prompt,
        tools: {
          weather: tool({
            description: 'The weather of a city',
            inputSchema: place,
            execute: async ({ city }) => weather(city),
          }),
        },
        stopWhen: isStepCount(5),
      });
      return text;
    },
    async readObject(connection, prompt) {
      const { object } = await generateObject({ ...prepare(connection), prompt, schema: place });
      return object;
    },
    ...(reasoning === undefined
      ? {}
      : {
          async reason(connection: Connection, prompt: string) {
            const { reasoningText = '', text } = await generateText({
              ...prepare(connection),
              prompt,
              providerOptions: reasoning,
            });
            return { reasoning: reasoningText, text };
          },
        }),
    ...(connectEmbeddings === undefined
      ? {}
      : {
          async embed(connection: Connection, texts: readonly string[]) {
            const { embeddings } = await embedMany({
              model: connectEmbeddings(connection),
              values: [...texts],
              maxRetries: connection.maxRetries ?? 0,
            });
            return embeddings;
          },
        }),
  };
}

/** The clients of the AI SDK that call the mesh. */
export const aiSdk: readonly Framework[] = clients.map(createFramework);
