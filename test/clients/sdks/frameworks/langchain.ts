import { ChatAnthropic } from '@langchain/anthropic';
import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import {
  AIMessageChunk,
  type BaseMessage,
  HumanMessage,
  type ToolMessage,
  type UsageMetadata,
} from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
import { z } from 'zod';
import type { Connection, Framework, FrameworkAnswer, FrameworkCall, FrameworkFailure } from './framework.ts';

interface LangChainClient {
  readonly name: string;
  readonly dialect: Framework['dialect'];
  readonly connect: (connection: Connection, reasons: boolean) => ChatOpenAI | ChatAnthropic;
}

const place = z.object({ city: z.string() });

const openAi = ({ url, key, model, headers = {}, maxRetries = 0, fetch = globalThis.fetch }: Connection) => ({
  model,
  maxRetries,
  apiKey: key,
  configuration: { baseURL: `${url}/v1`, defaultHeaders: headers, fetch },
});

const clients: readonly LangChainClient[] = [
  {
    name: '@langchain/openai (chat)',
    dialect: 'openai',
    connect: (connection, reasons) =>
      new ChatOpenAI({ ...openAi(connection), ...(reasons ? { reasoning: { effort: 'low' } } : {}) }),
  },
  {
    name: '@langchain/openai (responses)',
    dialect: 'openai',
    connect: (connection, reasons) =>
      new ChatOpenAI({
        ...openAi(connection),
        useResponsesApi: true,
        ...(reasons ? { reasoning: { effort: 'low', summary: 'auto' } } : {}),
      }),
  },
  {
    name: '@langchain/anthropic',
    dialect: 'anthropic',
    connect: ({ url, key, model, headers = {}, maxRetries = 0, fetch = globalThis.fetch }, reasons) =>
      new ChatAnthropic({
        model,
        maxRetries,
        apiKey: key,
        anthropicApiUrl: url,
        clientOptions: { defaultHeaders: headers, fetch },
        maxTokens: 4_000,
        ...(reasons ? { thinking: { type: 'enabled', budget_tokens: 2_048 } } : {}),
      }),
  },
];

const toMessage = ({ prompt, image }: FrameworkCall) =>
  new HumanMessage(
    image === undefined
      ? prompt
      : {
          content: [
            { type: 'text', text: prompt },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${image}` } },
          ],
        },
  );

function toAnswer({ text, usage_metadata }: AIMessageChunk): FrameworkAnswer {
  const usage = usage_metadata as UsageMetadata | undefined;
  return { text, inputTokens: usage?.input_tokens, outputTokens: usage?.output_tokens };
}

function readFailure(thrown: unknown): FrameworkFailure {
  const { status, message, headers } = thrown as {
    readonly status?: number;
    readonly message: string;
    readonly headers?: Headers;
  };
  return { status, message, retryAfter: headers?.get('retry-after') ?? null };
}

function createFramework({ name, dialect, connect }: LangChainClient): Framework {
  const open = (connection: Connection, reasons = false) =>
    connect(connection, reasons) as BaseChatModel & Pick<ChatOpenAI, 'bindTools'>;
  const withSignal = ({ signal }: FrameworkCall) => (signal === undefined ? {} : { signal });
  return {
    name,
    dialect,
    readsInputFirst: dialect === 'anthropic',
    repeatsEvery429: false,
    readFailure,
    async complete(connection, call) {
      const message = await open(connection).invoke([toMessage(call)], withSignal(call));
      return toAnswer(message as AIMessageChunk);
    },
    async stream(connection, call, onText = () => {}) {
      let whole: AIMessageChunk | undefined;
      for await (const chunk of await open(connection).stream([toMessage(call)], withSignal(call))) {
        if (chunk.text !== '') onText(chunk.text);
        whole = whole === undefined ? (chunk as AIMessageChunk) : whole.concat(chunk as AIMessageChunk);
      }
      return toAnswer(whole ?? new AIMessageChunk(''));
    },
    async runTools(connection, prompt, weather) {
      const weatherTool = tool(({ city }: z.infer<typeof place>) => weather(city), {
        name: 'weather',
        description: 'The weather of a city',
        schema: place,
      });
      const model = open(connection).bindTools([weatherTool]);
      const messages: BaseMessage[] = [new HumanMessage(prompt)];
      for (let turn = 0; turn < 5; turn++) {
        const answer = await model.invoke(messages);
        messages.push(answer);
        const { tool_calls: calls = [] } = answer;
        if (calls.length === 0) return answer.text;
        for (const call of calls) messages.push((await weatherTool.invoke(call)) as ToolMessage);
      }
      throw new Error('The model did not stop calling the tool.');
    },
    async readObject(connection, prompt) {
      return open(connection).withStructuredOutput(place).invoke(prompt);
    },
    async reason(connection, prompt) {
      const message = await open(connection, true).invoke(prompt);
      // What chat completions have beside an answer is no block of it.
      const { reasoning_content: beside = '' } = message.additional_kwargs;
      const blocks = message.contentBlocks.map((block) =>
        block.type === 'reasoning' ? String(block.reasoning) : '',
      );
      return { reasoning: blocks.join('') || String(beside), text: message.text };
    },
    ...(name === '@langchain/openai (chat)'
      ? {
          embed: (connection: Connection, texts: readonly string[]) =>
            new OpenAIEmbeddings(openAi(connection)).embedDocuments([...texts]),
        }
      : {}),
  };
}

/** The clients of LangChain that call the mesh. */
export const langChain: readonly Framework[] = clients.map(createFramework);
