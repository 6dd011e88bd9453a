import { type NamedEvent, namedSse } from '../wire-server.ts';
import { chatCall } from './chat.ts';
import {
  type EventWire,
  type GivenAnswer,
  type GivenCall,
  joinPieces,
  joinTexts,
  listPieces,
} from './wire.ts';

const cohereUsage = {
  billed_units: { input_tokens: 3, output_tokens: 2 },
  tokens: { input_tokens: 3, output_tokens: 2 },
};
const cohereEnd = (answer: GivenAnswer) => answer.finish ?? (answer.calls ? 'TOOL_CALL' : 'COMPLETE');
const cohereCall = (call: GivenCall, given: string | null | undefined) => chatCall(call, given);
const cohereMessage = (answer: GivenAnswer) => ({
  role: 'assistant',
  ...(answer.texts === undefined ? {} : { content: [{ type: 'text', text: joinTexts(answer) }] }),
  ...(answer.calls === undefined
    ? {}
    : { tool_calls: answer.calls.map((call) => cohereCall(call, joinPieces(call))) }),
});
const cohereStop = (finish_reason: string, message?: object): NamedEvent => ({
  type: 'message-end',
  delta: { finish_reason, usage: cohereUsage, ...(message === undefined ? {} : { message }) },
});

/** Chat of Cohere. */
export const cohereAnswerWire: EventWire = {
  name: 'Cohere',
  kind: 'COHERE',
  model: 'command-a-03-2025',
  stream: (answer) =>
    namedSse(
      ...(answer.texts ?? []).map((received) => ({
        type: 'content-delta',
        index: 0,
        delta: { message: { content: { text: received } } },
      })),
      ...(answer.calls ?? []).flatMap((call, index) => {
        const [first, ...rest] = listPieces(call);
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
    namedSse(
      ...(reported === ''
        ? []
        : [{ type: 'content-delta', index: 0, delta: { message: { content: { text: reported } } } }]),
      cohereStop('COMPLETE', cohereMessage({ texts: [whole] })),
    ),
  lateCall: (call) => namedSse(cohereStop('TOOL_CALL', cohereMessage({ calls: [call] }))),
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
