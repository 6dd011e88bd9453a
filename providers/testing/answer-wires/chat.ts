import type { ProviderKind } from '../../provider.ts';
import { sse } from '../wire-server.ts';
import {
  type EventWire,
  type GivenAnswer,
  type GivenCall,
  joinPieces,
  joinTexts,
  listPieces,
} from './wire.ts';

const chatUsage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
const choice = (delta: object, finish_reason: string | null = null) => ({
  choices: [{ index: 0, delta, finish_reason }],
});
const chatEnd = (answer: GivenAnswer) => answer.finish ?? (answer.calls ? 'tool_calls' : 'stop');
/** A call of a tool, in the form that Cohere has too. */
export const chatCall = ({ id, name }: GivenCall, given: string | null | undefined) => ({
  ...(id === undefined ? {} : { id }),
  type: 'function',
  function: { ...(name === undefined ? {} : { name }), ...(given === undefined ? {} : { arguments: given }) },
});
const chatMessage = (answer: GivenAnswer) => ({
  role: 'assistant',
  content: joinTexts(answer),
  ...(answer.calls === undefined
    ? {}
    : { tool_calls: answer.calls.map((call) => chatCall(call, joinPieces(call))) }),
});

/** Chat completions of a vendor. */
export const buildChatWire = (kind: ProviderKind): EventWire => ({
  name: `chat (${kind})`,
  kind,
  model: 'm',
  stream: (answer) =>
    sse(
      ...(answer.texts ?? []).map((content) => choice({ content })),
      ...(answer.calls ?? []).flatMap((call, index) =>
        listPieces(call).map((piece, at) =>
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
