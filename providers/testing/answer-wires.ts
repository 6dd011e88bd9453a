import { crc32 } from 'node:zlib';
import { parseJson } from '#core/json/exact-json.ts';
import type { FinishReason, ProviderKind } from '../provider.ts';
import { sse } from './wire-server.ts';

/** A tool call as a wire sends it; what is left out is not sent. */
export interface GivenCall {
  readonly id?: string;
  readonly name?: string;
  /** A text of JSON, whose pieces are streamed one by one where there are several; null and absent are sent as such. */
  readonly arguments?: string | readonly string[] | null;
}

export interface GivenAnswer {
  /** The pieces of the text. */
  readonly texts?: readonly string[];
  readonly calls?: readonly GivenCall[];
  /** The vendor's word for the end; the usual one where absent. */
  readonly finish?: string;
}

type Outcome = FinishReason | 'BROKEN' | 'FILTERED';

/** A wire as its vendor's server writes it. */
export interface AnswerWire {
  readonly name: string;
  readonly kind: ProviderKind;
  readonly model: string;
  stream(answer: GivenAnswer): string | Uint8Array<ArrayBuffer>;
  whole(answer: GivenAnswer): string;
  /** Every word of the vendor's documentation for the end of an answer. */
  readonly finishReasons: Readonly<Record<string, Outcome>>;
}

/** A wire that streams server-sent events. */
export interface EventWire extends AnswerWire {
  stream(answer: GivenAnswer): string;
  /** A stream whose text, or all but its beginning, stands in an event at the end; null where the wire has no such event. */
  lateStream(reported: string, whole: string): string | null;
  /** The same for a tool call; null where the wire has no such event. */
  lateCall(call: Required<GivenCall>): string | null;
}

type Event = { readonly type: string; readonly [field: string]: unknown };
const named = (...events: readonly Event[]) =>
  events.map((event) => `event: ${event.type}\n${sse(event)}`).join('');

const pieces = (call: GivenCall): readonly (string | null | undefined)[] =>
  typeof call.arguments === 'object' && call.arguments !== null ? call.arguments : [call.arguments as string];
const joined = (call: GivenCall) =>
  typeof call.arguments === 'object' && call.arguments !== null ? call.arguments.join('') : call.arguments;
const text = ({ texts = [] }: GivenAnswer) => texts.join('');

/** The arguments as a value, their digits as they are. */
const raw = (given: string | null | undefined) =>
  given === undefined ? undefined : given === null || given === '' ? null : parseJson(given);

const chatUsage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
const choice = (delta: object, finish_reason: string | null = null) => ({
  choices: [{ index: 0, delta, finish_reason }],
});
const chatEnd = (answer: GivenAnswer) => answer.finish ?? (answer.calls ? 'tool_calls' : 'stop');
const chatCall = ({ id, name }: GivenCall, given: string | null | undefined) => ({
  ...(id === undefined ? {} : { id }),
  type: 'function',
  function: { ...(name === undefined ? {} : { name }), ...(given === undefined ? {} : { arguments: given }) },
});
const chatMessage = (answer: GivenAnswer) => ({
  role: 'assistant',
  content: text(answer),
  ...(answer.calls === undefined
    ? {}
    : { tool_calls: answer.calls.map((call) => chatCall(call, joined(call))) }),
});

const chat = (kind: ProviderKind): EventWire => ({
  name: `chat (${kind})`,
  kind,
  model: 'm',
  stream: (answer) =>
    sse(
      ...(answer.texts ?? []).map((content) => choice({ content })),
      ...(answer.calls ?? []).flatMap((call, index) =>
        pieces(call).map((piece, at) =>
          choice({
            tool_calls: [
              {
                index,
                ...(at === 0 ? chatCall(call, piece) : { function: { arguments: piece } }),
              },
            ],
          }),
        ),
      ),
      choice({}, chatEnd(answer)),
      { choices: [], usage: chatUsage },
      '[DONE]',
    ),
  whole: (answer) =>
    JSON.stringify({
      choices: [{ index: 0, message: chatMessage(answer), finish_reason: chatEnd(answer) }],
      usage: chatUsage,
    }),
  lateStream: (reported, whole) =>
    sse(
      ...(reported === '' ? [] : [choice({ content: reported })]),
      { choices: [{ index: 0, message: { role: 'assistant', content: whole }, finish_reason: 'stop' }] },
      '[DONE]',
    ),
  lateCall: (call) =>
    sse(
      { choices: [{ index: 0, message: chatMessage({ calls: [call] }), finish_reason: 'tool_calls' }] },
      '[DONE]',
    ),
  finishReasons: {
    stop: 'STOP',
    eos: 'STOP',
    end_turn: 'STOP',
    stop_sequence: 'STOP',
    length: 'LENGTH',
    max_tokens: 'LENGTH',
    model_length: 'LENGTH',
    MAX_TOKENS: 'LENGTH',
    content_filter: 'CONTENT_FILTER',
    sensitive: 'CONTENT_FILTER',
    SAFETY: 'CONTENT_FILTER',
    tool_calls: 'TOOL_CALLS',
    function_call: 'TOOL_CALLS',
    tool_use: 'TOOL_CALLS',
    error: 'BROKEN',
    network_error: 'BROKEN',
    abort: 'BROKEN',
    cancelled: 'BROKEN',
    timeout: 'BROKEN',
    insufficient_system_resource: 'BROKEN',
    malformed_function_call: 'BROKEN',
    'function_call_filter: MALFORMED_FUNCTION_CALL': 'BROKEN',
    server_error: 'BROKEN',
    novel: 'OTHER',
  },
});

const responsesUsage = { input_tokens: 3, output_tokens: 2, total_tokens: 5 };
const incomplete = new Set(['max_output_tokens', 'content_filter', 'novel']);
const responsesMessage = (received: string) => ({
  type: 'message',
  id: 'm',
  role: 'assistant',
  content: [{ type: 'output_text', text: received }],
});
const responsesCall = ({ id, name }: GivenCall, given: string | null | undefined) => ({
  type: 'function_call',
  ...(id === undefined ? {} : { call_id: id }),
  ...(name === undefined ? {} : { name }),
  ...(given === undefined ? {} : { arguments: given }),
});
const responsesOutput = (answer: GivenAnswer) => [
  ...(answer.texts === undefined ? [] : [responsesMessage(text(answer))]),
  ...(answer.calls ?? []).map((call) => responsesCall(call, joined(call))),
];
const response = (output: readonly object[], finish = 'completed') => ({
  id: 'r',
  object: 'response',
  created_at: 1,
  model: 'm',
  status: incomplete.has(finish) ? 'incomplete' : finish,
  ...(incomplete.has(finish) ? { incomplete_details: { reason: finish } } : {}),
  output,
  usage: responsesUsage,
});
const responsesEnd = (finish = 'completed') =>
  incomplete.has(finish) ? 'response.incomplete' : 'response.completed';

const responses: EventWire = {
  name: 'responses',
  kind: 'OPENAI',
  model: 'gpt-5-mini',
  stream: (answer) =>
    named(
      ...(answer.texts ?? []).map((delta) => ({
        type: 'response.output_text.delta',
        output_index: 0,
        delta,
      })),
      ...(answer.calls ?? []).flatMap((call, at) => {
        const output_index = at + (answer.texts === undefined ? 0 : 1);
        return [
          { type: 'response.output_item.added', output_index, item: responsesCall(call, '') },
          ...pieces(call)
            .filter((piece) => typeof piece === 'string' && piece !== '')
            .map((delta) => ({ type: 'response.function_call_arguments.delta', output_index, delta })),
          { type: 'response.output_item.done', output_index, item: responsesCall(call, joined(call)) },
        ];
      }),
      { type: responsesEnd(answer.finish), response: response(responsesOutput(answer), answer.finish) },
    ),
  whole: (answer) => JSON.stringify(response(responsesOutput(answer), answer.finish)),
  lateStream: (reported, whole) =>
    named(
      ...(reported === '' ? [] : [{ type: 'response.output_text.delta', output_index: 0, delta: reported }]),
      {
        type: 'response.completed',
        response: response([responsesMessage(whole)]),
      },
    ),
  lateCall: (call) =>
    named({ type: 'response.completed', response: response(responsesOutput({ calls: [call] })) }),
  finishReasons: {
    completed: 'STOP',
    max_output_tokens: 'LENGTH',
    content_filter: 'CONTENT_FILTER',
    novel: 'OTHER',
    failed: 'BROKEN',
    cancelled: 'BROKEN',
    in_progress: 'BROKEN',
    queued: 'BROKEN',
  },
};

const claudeUsage = { input_tokens: 3, output_tokens: 2 };
const claudeEnd = (answer: GivenAnswer) => answer.finish ?? (answer.calls ? 'tool_use' : 'end_turn');
const claudeBlocks = (answer: GivenAnswer) => [
  ...(answer.texts === undefined ? [] : [{ type: 'text', text: text(answer) }]),
  ...(answer.calls ?? []).map((call) => ({
    type: 'tool_use',
    id: call.id,
    name: call.name,
    input: raw(joined(call)),
  })),
];
const claudeStart = (content: readonly object[] = []): Event => ({
  type: 'message_start',
  message: { id: 'm', type: 'message', role: 'assistant', content, usage: claudeUsage },
});
const claudeStop = (finish: string): readonly Event[] => [
  { type: 'message_delta', delta: { stop_reason: finish }, usage: { output_tokens: 2 } },
  { type: 'message_stop' },
];

const anthropic: EventWire = {
  name: 'Anthropic',
  kind: 'ANTHROPIC',
  model: 'claude-sonnet-4-5',
  stream: (answer) =>
    named(
      claudeStart(),
      ...(answer.texts === undefined
        ? []
        : [
            { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
            ...answer.texts.map((received) => ({
              type: 'content_block_delta',
              index: 0,
              delta: { type: 'text_delta', text: received },
            })),
            { type: 'content_block_stop', index: 0 },
          ]),
      ...(answer.calls ?? []).flatMap((call, at) => {
        const index = at + 1;
        return [
          {
            type: 'content_block_start',
            index,
            content_block: { type: 'tool_use', id: call.id, name: call.name, input: {} },
          },
          ...pieces(call)
            .filter((piece) => piece !== undefined)
            .map((partial_json) => ({
              type: 'content_block_delta',
              index,
              delta: { type: 'input_json_delta', partial_json },
            })),
          { type: 'content_block_stop', index },
        ];
      }),
      ...claudeStop(claudeEnd(answer)),
    ),
  whole: (answer) =>
    JSON.stringify({
      id: 'm',
      type: 'message',
      role: 'assistant',
      content: claudeBlocks(answer),
      stop_reason: claudeEnd(answer),
      usage: claudeUsage,
    }),
  lateStream: (reported, whole) =>
    reported === ''
      ? named(claudeStart([{ type: 'text', text: whole }]), ...claudeStop('end_turn'))
      : named(
          claudeStart([{ type: 'text', text: whole }]),
          { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: reported } },
          ...claudeStop('end_turn'),
        ),
  lateCall: (call) => named(claudeStart(claudeBlocks({ calls: [call] })), ...claudeStop('tool_use')),
  finishReasons: {
    end_turn: 'STOP',
    stop_sequence: 'STOP',
    pause_turn: 'STOP',
    max_tokens: 'LENGTH',
    model_context_window_exceeded: 'LENGTH',
    refusal: 'CONTENT_FILTER',
    error: 'BROKEN',
    novel: 'OTHER',
  },
};

const geminiUsage = { promptTokenCount: 3, candidatesTokenCount: 2, totalTokenCount: 5 };
const candidate = (parts: readonly object[], finishReason?: string) => ({
  candidates: [{ index: 0, content: { role: 'model', parts }, ...(finishReason ? { finishReason } : {}) }],
  usageMetadata: geminiUsage,
});
const geminiCalls = (calls: readonly GivenCall[] = []) =>
  calls.map((call) => ({
    functionCall: { id: call.id, name: call.name, args: raw(joined(call)) },
  }));

const gemini: EventWire = {
  name: 'Gemini',
  kind: 'GOOGLE',
  model: 'gemini-2.5-flash',
  stream: (answer) =>
    sse(
      ...(answer.texts ?? []).map((received) => candidate([{ text: received }])),
      ...geminiCalls(answer.calls).map((call) => candidate([call])),
      candidate([], answer.finish ?? 'STOP'),
    ),
  whole: (answer) =>
    JSON.stringify(
      candidate(
        [...(answer.texts === undefined ? [] : [{ text: text(answer) }]), ...geminiCalls(answer.calls)],
        answer.finish ?? 'STOP',
      ),
    ),
  lateStream: (reported, whole) =>
    sse(
      ...(reported === '' ? [] : [candidate([{ text: reported }])]),
      candidate([{ text: whole.slice(reported.length) }], 'STOP'),
    ),
  lateCall: (call) => sse(candidate(geminiCalls([call]), 'STOP')),
  finishReasons: {
    STOP: 'STOP',
    MAX_TOKENS: 'LENGTH',
    SAFETY: 'CONTENT_FILTER',
    RECITATION: 'CONTENT_FILTER',
    BLOCKLIST: 'CONTENT_FILTER',
    PROHIBITED_CONTENT: 'CONTENT_FILTER',
    SPII: 'CONTENT_FILTER',
    IMAGE_SAFETY: 'CONTENT_FILTER',
    IMAGE_PROHIBITED_CONTENT: 'CONTENT_FILTER',
    IMAGE_RECITATION: 'CONTENT_FILTER',
    MODEL_ARMOR: 'CONTENT_FILTER',
    MALFORMED_FUNCTION_CALL: 'BROKEN',
    UNEXPECTED_TOOL_CALL: 'BROKEN',
    TOO_MANY_TOOL_CALLS: 'BROKEN',
    MALFORMED_RESPONSE: 'BROKEN',
    MISSING_THOUGHT_SIGNATURE: 'BROKEN',
    OTHER: 'OTHER',
    LANGUAGE: 'OTHER',
    FINISH_REASON_UNSPECIFIED: 'OTHER',
  },
};

const cohereUsage = {
  billed_units: { input_tokens: 3, output_tokens: 2 },
  tokens: { input_tokens: 3, output_tokens: 2 },
};
const cohereEnd = (answer: GivenAnswer) => answer.finish ?? (answer.calls ? 'TOOL_CALL' : 'COMPLETE');
const cohereCall = (call: GivenCall, given: string | null | undefined) => chatCall(call, given);
const cohereMessage = (answer: GivenAnswer) => ({
  role: 'assistant',
  ...(answer.texts === undefined ? {} : { content: [{ type: 'text', text: text(answer) }] }),
  ...(answer.calls === undefined
    ? {}
    : { tool_calls: answer.calls.map((call) => cohereCall(call, joined(call))) }),
});
const cohereStop = (finish_reason: string, message?: object): Event => ({
  type: 'message-end',
  delta: { finish_reason, usage: cohereUsage, ...(message === undefined ? {} : { message }) },
});

const cohere: EventWire = {
  name: 'Cohere',
  kind: 'COHERE',
  model: 'command-a-03-2025',
  stream: (answer) =>
    named(
      ...(answer.texts ?? []).map((received) => ({
        type: 'content-delta',
        index: 0,
        delta: { message: { content: { text: received } } },
      })),
      ...(answer.calls ?? []).flatMap((call, index) => {
        const [first, ...rest] = pieces(call);
        return [
          {
            type: 'tool-call-start',
            index,
            delta: { message: { tool_calls: cohereCall(call, first) } },
          },
          ...rest.map((piece) => ({
            type: 'tool-call-delta',
            index,
            delta: { message: { tool_calls: { function: { arguments: piece } } } },
          })),
          { type: 'tool-call-end', index },
        ];
      }),
      cohereStop(cohereEnd(answer)),
    ),
  whole: (answer) =>
    JSON.stringify({ message: cohereMessage(answer), finish_reason: cohereEnd(answer), usage: cohereUsage }),
  lateStream: (reported, whole) =>
    named(
      ...(reported === ''
        ? []
        : [{ type: 'content-delta', index: 0, delta: { message: { content: { text: reported } } } }]),
      cohereStop('COMPLETE', cohereMessage({ texts: [whole] })),
    ),
  lateCall: (call) => named(cohereStop('TOOL_CALL', cohereMessage({ calls: [call] }))),
  finishReasons: {
    COMPLETE: 'STOP',
    STOP_SEQUENCE: 'STOP',
    MAX_TOKENS: 'LENGTH',
    TOOL_CALL: 'TOOL_CALLS',
    ERROR: 'BROKEN',
    TIMEOUT: 'BROKEN',
    ERROR_LIMIT: 'LENGTH',
    ERROR_TOXIC: 'CONTENT_FILTER',
    USER_CANCEL: 'BROKEN',
    NOVEL: 'OTHER',
  },
};

/** A frame of AWS's event stream. */
export function frame(headers: Readonly<Record<string, string>>, payload: string): Buffer<ArrayBuffer> {
  const fields = Object.entries(headers).map(([name, value]) => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(Buffer.byteLength(value));
    return Buffer.concat([
      Buffer.of(name.length),
      Buffer.from(name),
      Buffer.of(7),
      length,
      Buffer.from(value),
    ]);
  });
  const head = Buffer.concat(fields);
  const body = Buffer.from(payload);
  const bytes = Buffer.alloc(16 + head.length + body.length);
  bytes.writeUInt32BE(bytes.length, 0);
  bytes.writeUInt32BE(head.length, 4);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8);
  head.copy(bytes, 12);
  body.copy(bytes, 12 + head.length);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, bytes.length - 4)), bytes.length - 4);
  return bytes;
}

/** Events of Bedrock's Converse, each an object with its payload under its type. */
export function frames(...events: readonly Readonly<Record<string, object>>[]): Buffer<ArrayBuffer> {
  return Buffer.concat(
    events.flatMap((event) =>
      Object.entries(event).map(([type, payload]) =>
        frame(
          { ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' },
          JSON.stringify({ ...payload, p: 'abcdefgh' }),
        ),
      ),
    ),
  );
}

const converseUsage = { inputTokens: 3, outputTokens: 2, totalTokens: 5 };
const converseEnd = (answer: GivenAnswer) => answer.finish ?? (answer.calls ? 'tool_use' : 'end_turn');

const bedrock: AnswerWire = {
  name: 'Bedrock',
  kind: 'BEDROCK',
  model: 'anthropic.claude-sonnet-4-5-20250929-v1:0',
  stream: (answer) =>
    frames(
      { messageStart: { role: 'assistant' } },
      ...(answer.texts ?? []).map((received) => ({
        contentBlockDelta: { contentBlockIndex: 0, delta: { text: received } },
      })),
      { contentBlockStop: { contentBlockIndex: 0 } },
      ...(answer.calls ?? []).flatMap((call, at) => {
        const contentBlockIndex = at + 1;
        const toolUse = { toolUseId: call.id, name: call.name };
        return [
          { contentBlockStart: { contentBlockIndex, start: { toolUse } } },
          ...pieces(call)
            .filter((piece) => piece !== undefined)
            .map((input) => ({ contentBlockDelta: { contentBlockIndex, delta: { toolUse: { input } } } })),
          { contentBlockStop: { contentBlockIndex } },
        ];
      }),
      { messageStop: { stopReason: converseEnd(answer) } },
      { metadata: { usage: converseUsage, metrics: { latencyMs: 1 } } },
    ),
  whole: (answer) =>
    JSON.stringify({
      output: {
        message: {
          role: 'assistant',
          content: [
            ...(answer.texts === undefined ? [] : [{ text: text(answer) }]),
            ...(answer.calls ?? []).map((call) => ({
              toolUse: { toolUseId: call.id, name: call.name, input: raw(joined(call)) },
            })),
          ],
        },
      },
      stopReason: converseEnd(answer),
      usage: converseUsage,
    }),
  finishReasons: {
    end_turn: 'STOP',
    stop_sequence: 'STOP',
    max_tokens: 'LENGTH',
    model_context_window_exceeded: 'LENGTH',
    guardrail_intervened: 'CONTENT_FILTER',
    content_filtered: 'CONTENT_FILTER',
    malformed_model_output: 'BROKEN',
    malformed_tool_use: 'BROKEN',
    novel: 'OTHER',
  },
};

/** The wires that stream server-sent events. */
export const eventWires: readonly EventWire[] = [
  chat('OPENAI_COMPATIBLE'),
  chat('MISTRAL'),
  responses,
  anthropic,
  gemini,
  cohere,
];

/** Every wire. */
export const answerWires: readonly AnswerWire[] = [...eventWires, bedrock];
