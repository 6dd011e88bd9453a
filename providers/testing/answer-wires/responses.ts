import { namedSse } from '../wire-server.ts';
import {
  type EventWire,
  type GivenAnswer,
  type GivenCall,
  joinPieces,
  joinTexts,
  listPieces,
} from './wire.ts';

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
  ...(answer.texts === undefined ? [] : [responsesMessage(joinTexts(answer))]),
  ...(answer.calls ?? []).map((call) => responsesCall(call, joinPieces(call))),
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

/** Responses of OpenAI. */
export const responsesAnswerWire: EventWire = {
  name: 'responses',
  kind: 'OPENAI',
  model: 'gpt-5-mini',
  stream: (answer) =>
    namedSse(
      ...(answer.texts ?? []).map((delta) => ({
        type: 'response.output_text.delta',
        output_index: 0,
        delta,
      })),
      ...(answer.calls ?? []).flatMap((call, at) => {
        const output_index = at + (answer.texts === undefined ? 0 : 1);
        return [
          { type: 'response.output_item.added', output_index, item: responsesCall(call, '') },
          ...listPieces(call)
            .filter((piece) => typeof piece === 'string' && piece !== '')
            .map((delta) => ({ type: 'response.function_call_arguments.delta', output_index, delta })),
          { type: 'response.output_item.done', output_index, item: responsesCall(call, joinPieces(call)) },
        ];
      }),
      { type: responsesEnd(answer.finish), response: response(responsesOutput(answer), answer.finish) },
    ),
  whole: (answer) => JSON.stringify(response(responsesOutput(answer), answer.finish)),
  lateStream: (reported, whole) =>
    namedSse(
      ...(reported === '' ? [] : [{ type: 'response.output_text.delta', output_index: 0, delta: reported }]),
      {
        type: 'response.completed',
        response: response([responsesMessage(whole)]),
      },
    ),
  lateCall: (call) =>
    namedSse({ type: 'response.completed', response: response(responsesOutput({ calls: [call] })) }),
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
