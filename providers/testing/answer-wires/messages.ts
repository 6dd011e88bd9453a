import { type NamedEvent, namedSse } from '../wire-server.ts';
import {
  type EventWire,
  type GivenAnswer,
  joinPieces,
  joinTexts,
  listPieces,
  parseArguments,
} from './wire.ts';

const claudeUsage = { input_tokens: 3, output_tokens: 2 };
const claudeEnd = (answer: GivenAnswer) => answer.finish ?? (answer.calls ? 'tool_use' : 'end_turn');
const claudeBlocks = (answer: GivenAnswer) => [
  ...(answer.texts === undefined ? [] : [{ type: 'text', text: joinTexts(answer) }]),
  ...(answer.calls ?? []).map((call) => ({
    type: 'tool_use',
    id: call.id,
    name: call.name,
    input: parseArguments(joinPieces(call)),
  })),
];
const claudeStart = (content: readonly object[] = []): NamedEvent => ({
  type: 'message_start',
  message: { id: 'm', type: 'message', role: 'assistant', content, usage: claudeUsage },
});
const claudeStop = (finish: string): readonly NamedEvent[] => [
  { type: 'message_delta', delta: { stop_reason: finish }, usage: { output_tokens: 2 } },
  { type: 'message_stop' },
];

/** Messages of Anthropic. */
export const messagesAnswerWire: EventWire = {
  name: 'Anthropic',
  kind: 'ANTHROPIC',
  model: 'claude-sonnet-4-5',
  stream: (answer) =>
    namedSse(
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
          ...listPieces(call)
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
      ? namedSse(claudeStart([{ type: 'text', text: whole }]), ...claudeStop('end_turn'))
      : namedSse(
          claudeStart([{ type: 'text', text: whole }]),
          { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: reported } },
          ...claudeStop('end_turn'),
        ),
  lateCall: (call) => namedSse(claudeStart(claudeBlocks({ calls: [call] })), ...claudeStop('tool_use')),
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
