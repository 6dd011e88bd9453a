import { expect } from 'vitest';
import type { ProviderCall, ProviderKind } from '../provider.ts';
import { makeProvider } from '../registry/registry.ts';
import { fields, list, text } from '../wires/shared/fields.ts';
import { presetKinds } from './preset-kinds.ts';

/** One turn of a conversation as it was sent. */
export interface SentTurn {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly texts: readonly string[];
  readonly calls: readonly { readonly id: string; readonly name: string; readonly arguments: unknown }[];
  readonly results: readonly { readonly id: string; readonly text: string; readonly name?: string }[];
}

/** A wire's requests, read back. */
export interface RequestWire {
  readonly name: string;
  readonly kind: ProviderKind;
  readonly model: string;
  /** An answer with the text `Hi`. */
  readonly answer: object;
  /** The turns of a request, system instructions first; on wires without ids of calls, ids are empty. */
  turns(body: unknown): readonly SentTurn[];
  /** The ids that the vendor takes; null: any, or none are sent. */
  readonly ids: RegExp | null;
  /** What the vendor takes of arguments. */
  readonly arguments: 'text' | 'object';
  /** Whether system messages between the turns stay such. */
  readonly systemBetween: boolean;
  /** Whether all results of a turn are sent as one. */
  readonly resultsTogether: boolean;
  /** Results are sent where they stand; absent: directly after their calls. */
  readonly resultsAnywhere?: true;
}

const turn = (role: SentTurn['role'], more: Partial<SentTurn> = {}): SentTurn => ({
  role,
  texts: [],
  calls: [],
  results: [],
  ...more,
});

const roles: Readonly<Record<string, SentTurn['role']>> = {
  system: 'system',
  developer: 'system',
  user: 'user',
  assistant: 'assistant',
  model: 'assistant',
  tool: 'tool',
};
const toRole = (value: unknown) => roles[text(value)] ?? 'user';

const listTexts = (content: unknown): string[] =>
  typeof content === 'string'
    ? [content].filter(Boolean)
    : list(content)
        .map((part) => text(fields(part)?.text))
        .filter(Boolean);

function chatTurns(body: unknown): SentTurn[] {
  return list(fields(body)?.messages).map((each) => {
    const message = fields(each);
    const role = toRole(message?.role);
    const texts = listTexts(message?.content);
    if (role === 'tool') {
      return turn(role, { results: [{ id: text(message?.tool_call_id), text: texts.join('') }] });
    }
    const calls = list(message?.tool_calls).map((call) => {
      const called = fields(fields(call)?.function);
      return { id: text(fields(call)?.id), name: text(called?.name), arguments: called?.arguments };
    });
    return turn(role, { texts, calls });
  });
}

function responsesTurns(body: unknown): SentTurn[] {
  return list(fields(body)?.input).map((each) => {
    const item = fields(each);
    const id = text(item?.call_id);
    if (item?.type === 'function_call') {
      return turn('assistant', { calls: [{ id, name: text(item.name), arguments: item.arguments }] });
    }
    if (item?.type === 'function_call_output') {
      return turn('tool', { results: [{ id, text: text(item.output) }] });
    }
    return turn(toRole(item?.role), { texts: listTexts(item?.content) });
  });
}

function anthropicTurns(body: unknown): SentTurn[] {
  const system = listTexts(fields(body)?.system);
  const turns = list(fields(body)?.messages).map((each) => {
    const message = fields(each);
    const blocks = list(message?.content).map(fields);
    return turn(toRole(message?.role), {
      texts: listTexts(message?.content),
      calls: blocks
        .filter((block) => block?.type === 'tool_use')
        .map((block) => ({ id: text(block?.id), name: text(block?.name), arguments: block?.input })),
      results: blocks
        .filter((block) => block?.type === 'tool_result')
        .map((block) => ({ id: text(block?.tool_use_id), text: listTexts(block?.content).join('') })),
    });
  });
  return [...system.map((received) => turn('system', { texts: [received] })), ...turns];
}

function geminiTurns(body: unknown): SentTurn[] {
  const system = listTexts(fields(fields(body)?.systemInstruction)?.parts);
  const turns = list(fields(body)?.contents).map((each) => {
    const content = fields(each);
    const parts = list(content?.parts).map(fields);
    return turn(toRole(content?.role), {
      texts: listTexts(content?.parts),
      calls: parts.flatMap((part) => {
        const call = fields(part?.functionCall);
        return call === null ? [] : [{ id: text(call.id), name: text(call.name), arguments: call.args }];
      }),
      results: parts.flatMap((part) => {
        const result = fields(part?.functionResponse);
        if (result === null) return [];
        return [
          { id: text(result.id), name: text(result.name), text: text(fields(result.response)?.content) },
        ];
      }),
    });
  });
  return [...system.map((received) => turn('system', { texts: [received] })), ...turns];
}

function converseTurns(body: unknown): SentTurn[] {
  const system = listTexts(fields(body)?.system);
  const turns = list(fields(body)?.messages).map((each) => {
    const message = fields(each);
    const blocks = list(message?.content).map(fields);
    return turn(toRole(message?.role), {
      texts: listTexts(message?.content),
      calls: blocks.flatMap((block) => {
        const use = fields(block?.toolUse);
        return use === null ? [] : [{ id: text(use.toolUseId), name: text(use.name), arguments: use.input }];
      }),
      results: blocks.flatMap((block) => {
        const result = fields(block?.toolResult);
        return result === null
          ? []
          : [{ id: text(result.toolUseId), text: listTexts(result.content).join('') }];
      }),
    });
  });
  return [...system.map((received) => turn('system', { texts: [received] })), ...turns];
}

const chatAnswer = {
  id: 'c',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
};
const chat = (kind: ProviderKind, model = 'm', more: Partial<RequestWire> = {}): RequestWire => ({
  name: kind,
  kind,
  model,
  answer: chatAnswer,
  turns: chatTurns,
  ids: /^[\s\S]+$/,
  arguments: 'text',
  systemBetween: true,
  resultsTogether: false,
  ...more,
});

const responses = (kind: ProviderKind, model: string, ids: RegExp): RequestWire => ({
  ...chat(kind, model),
  name: `${kind} responses`,
  answer: {
    id: 'r',
    object: 'response',
    created_at: 1,
    model,
    status: 'completed',
    output: [{ type: 'message', id: 'm', role: 'assistant', content: [{ type: 'output_text', text: 'Hi' }] }],
    usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 },
  },
  turns: responsesTurns,
  ids,
  ...(kind === 'OPENAI' ? { resultsAnywhere: true } : {}),
});

const claudeIds = /^[a-zA-Z0-9_-]{1,64}$/;
const claude = (model: string, systemBetween: boolean): RequestWire => ({
  name: `ANTHROPIC ${model}`,
  kind: 'ANTHROPIC',
  model,
  answer: {
    id: 'msg',
    type: 'message',
    role: 'assistant',
    model,
    content: [{ type: 'text', text: 'Hi' }],
    stop_reason: 'end_turn',
    usage: { input_tokens: 1, output_tokens: 1 },
  },
  turns: anthropicTurns,
  ids: claudeIds,
  arguments: 'object',
  systemBetween,
  resultsTogether: true,
});

const gemini = (kind: ProviderKind): RequestWire => ({
  name: kind,
  kind,
  model: 'gemini-2.5-flash',
  answer: {
    candidates: [{ index: 0, content: { role: 'model', parts: [{ text: 'Hi' }] }, finishReason: 'STOP' }],
    usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 },
  },
  turns: geminiTurns,
  ids: null,
  arguments: 'object',
  systemBetween: false,
  resultsTogether: true,
});

/** Every wire that requests are sent on, under each kind of provider that has rules of its own. */
export const requestWires: readonly RequestWire[] = [
  chat('OPENAI', 'gpt-4o', { ids: /^[\s\S]{1,40}$/ }),
  chat('OPENAI_COMPATIBLE'),
  chat('AZURE_OPENAI', 'my-deployment', { ids: /^[\s\S]{1,40}$/ }),
  chat('GROQ'),
  chat('DEEPSEEK'),
  chat('FIREWORKS'),
  chat('CEREBRAS'),
  chat('TOGETHER'),
  chat('OPENROUTER'),
  chat('OLLAMA'),
  chat('VLLM'),
  ...presetKinds.map((kind) => chat(kind)),
  chat('MISTRAL', 'mistral-large-latest', { ids: /^[a-zA-Z0-9]{9}$/, systemBetween: false }),
  responses('OPENAI', 'gpt-5-mini', /^[\s\S]{1,64}$/),
  responses('XAI', 'grok-4', /^[\s\S]+$/),
  claude('claude-sonnet-4-5', false),
  claude('claude-opus-4-20250514', false),
  claude('claude-opus-4-7', false),
  claude('claude-opus-4-8', true),
  claude('claude-sonnet-5', true),
  gemini('GOOGLE'),
  gemini('VERTEX'),
  {
    ...chat('COHERE', 'command-a-03-2025', { systemBetween: false }),
    answer: {
      message: { role: 'assistant', content: [{ type: 'text', text: 'Hi' }] },
      finish_reason: 'COMPLETE',
      usage: { billed_units: { input_tokens: 1, output_tokens: 1 } },
    },
  },
  {
    ...claude('anthropic.claude-sonnet-4-5-20250929-v1:0', false),
    name: 'BEDROCK',
    kind: 'BEDROCK',
    answer: {
      output: { message: { role: 'assistant', content: [{ text: 'Hi' }] } },
      stopReason: 'end_turn',
      metrics: { latencyMs: 1 },
      usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
    },
    turns: converseTurns,
  },
];

/** The body of the request that a call sends. */
export async function captureBody(
  { kind, answer }: Pick<RequestWire, 'kind' | 'answer'>,
  call: ProviderCall,
) {
  let body: unknown;
  const provider = await makeProvider({
    kind,
    baseUrl: 'http://upstream.test',
    region: 'eu-central-1',
    secret: 'sk-test-0123456789',
    fetch: async (_, init) => {
      body = JSON.parse(String(init?.body));
      return new Response(JSON.stringify(answer));
    },
  });
  const { text } = await provider.generate(call);
  expect(text).toBe('Hi');
  return body;
}
