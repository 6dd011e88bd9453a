import { frames } from './aws-frames.ts';
import {
  type AnswerWire,
  type GivenAnswer,
  joinPieces,
  joinTexts,
  listPieces,
  parseArguments,
} from './wire.ts';

const converseUsage = { inputTokens: 3, outputTokens: 2, totalTokens: 5 };
const converseEnd = (answer: GivenAnswer) => answer.finish ?? (answer.calls ? 'tool_use' : 'end_turn');

/** Converse of Bedrock. */
export const bedrockAnswerWire: AnswerWire = {
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
          ...listPieces(call)
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
            ...(answer.texts === undefined ? [] : [{ text: joinTexts(answer) }]),
            ...(answer.calls ?? []).map((call) => ({
              toolUse: { toolUseId: call.id, name: call.name, input: parseArguments(joinPieces(call)) },
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
