import { namedSse } from '../wire-server.ts';
import { chatCalls } from './chat.ts';
import { type Recorded, record } from './recording.ts';

const cohereUsage = {
  billed_units: { input_tokens: 5, output_tokens: 7 },
  tokens: { input_tokens: 71, output_tokens: 9 },
};
/** Cohere charges the billed units; the SDK counts its templates as well. */
const cohereBilled = {
  inputTokens: 5,
  outputTokens: 7,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
};
const ofCohere = (bodies: Readonly<Record<string, string>>): Recorded[] =>
  record('COHERE', 'command-a-03-2025', bodies).map((each) => ({ ...each, usage: cohereBilled }));
const cohereContent = (index: number, type: 'text' | 'thinking', ...pieces: string[]) => [
  { type: 'content-start', index, delta: { message: { content: { type, [type]: '' } } } },
  ...pieces.map((piece) => ({
    type: 'content-delta',
    index,
    delta: { message: { content: { [type]: piece } } },
  })),
  { type: 'content-end', index },
];
const cohereCall = (index: number, ...pieces: string[]) => [
  {
    type: 'tool-call-start',
    index,
    delta: {
      message: {
        tool_calls: {
          id: `get_weather_${index}`,
          type: 'function',
          function: { name: 'get_weather', arguments: '' },
        },
      },
    },
  },
  ...pieces.map((piece) => ({
    type: 'tool-call-delta',
    index,
    delta: { message: { tool_calls: { function: { arguments: piece } } } },
  })),
  { type: 'tool-call-end', index },
];
const cohereStart = { type: 'message-start', id: 'c1', delta: { message: { role: 'assistant' } } };
const cohereEnd = (finish_reason: string) => ({
  type: 'message-end',
  delta: { finish_reason, usage: cohereUsage },
});

const streams: Readonly<Record<string, string>> = {
  'a text': namedSse(cohereStart, ...cohereContent(0, 'text', 'Grüße, ', '世界 🙂'), cohereEnd('COMPLETE')),
  'thinking before the text': namedSse(
    cohereStart,
    ...cohereContent(0, 'thinking', 'Let me ', 'see.'),
    ...cohereContent(1, 'text', 'Yes.'),
    cohereEnd('COMPLETE'),
  ),
  'calls after a plan': namedSse(
    cohereStart,
    { type: 'tool-plan-delta', delta: { message: { tool_plan: 'I will look.' } } },
    ...cohereCall(0, '{"city":', '"Köln"}'),
    ...cohereCall(1),
    cohereEnd('TOOL_CALL'),
  ),
  ...Object.fromEntries(
    ['MAX_TOKENS', 'STOP_SEQUENCE', 'ERROR', 'NOVEL'].map((reason) => [
      `the finish reason ${reason}`,
      namedSse(cohereStart, ...cohereContent(0, 'text', 'Hi'), cohereEnd(reason)),
    ]),
  ),
  'no end': namedSse(cohereStart, ...cohereContent(0, 'text', 'Hi')),
};

/** Streamed answers of Cohere. */
export const cohereStreams: readonly Recorded[] = [...ofCohere(streams)];

/** Whole answers of Cohere. */
export const cohereAnswers: readonly Recorded[] = [
  ...ofCohere({
    'thinking and a text': JSON.stringify({
      message: {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'Hm.' },
          { type: 'text', text: 'Grüße, 世界 🙂' },
        ],
      },
      finish_reason: 'COMPLETE',
      usage: cohereUsage,
    }),
    calls: JSON.stringify({
      message: {
        role: 'assistant',
        tool_plan: 'I will look.',
        tool_calls: chatCalls.map((each, at) =>
          at === 0 ? each : { ...each, function: { name: 'get_weather', arguments: 'null' } },
        ),
      },
      finish_reason: 'TOOL_CALL',
      usage: cohereUsage,
    }),
  }),
];
