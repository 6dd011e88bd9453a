import { namedSse } from '../wire-server.ts';
import { type Recorded, record, schema, structured } from './recording.ts';

const message = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude',
  content: [],
  stop_reason: null,
  stop_sequence: null,
};
const start = (input: object = { input_tokens: 25, output_tokens: 1 }) => ({
  type: 'message_start',
  message: { ...message, usage: input },
});
const open = (index: number, block: object) => ({
  type: 'content_block_start',
  index,
  content_block: block,
});
const delta = (index: number, given: object) => ({ type: 'content_block_delta', index, delta: given });
const close = (index: number) => ({ type: 'content_block_stop', index });
const stop = (reason: string, counted: object = { output_tokens: 15 }) =>
  [
    { type: 'message_delta', delta: { stop_reason: reason, stop_sequence: null }, usage: counted },
    { type: 'message_stop' },
  ] as const;
const textBlock = (index: number, ...pieces: string[]) => [
  open(index, { type: 'text', text: '' }),
  ...pieces.map((piece) => delta(index, { type: 'text_delta', text: piece })),
  close(index),
];
const toolBlock = (index: number, name: string, ...pieces: string[]) => [
  open(index, { type: 'tool_use', id: `toolu_${index}`, name, input: {} }),
  ...pieces.map((piece) => delta(index, { type: 'input_json_delta', partial_json: piece })),
  close(index),
];
const claude = (content: readonly object[], reason: string, more: object = {}) =>
  JSON.stringify({
    ...message,
    content,
    stop_reason: reason,
    usage: { input_tokens: 25, output_tokens: 15 },
    ...more,
  });

const streams: Readonly<Record<string, string>> = {
  'a text with pings': namedSse(
    start(),
    { type: 'ping' },
    ...textBlock(0, 'Grüße, ', '世界 🙂'),
    { type: 'ping' },
    ...stop('end_turn'),
  ),
  'thinking before the text': namedSse(
    start(),
    open(0, { type: 'thinking', thinking: '', signature: '' }),
    delta(0, { type: 'thinking_delta', thinking: 'Let me ' }),
    delta(0, { type: 'thinking_delta', thinking: 'see.' }),
    delta(0, { type: 'signature_delta', signature: 'EqQBCgIYAhIM1gbcDa9GJwZA2b3h' }),
    close(0),
    open(1, { type: 'redacted_thinking', data: 'EmwKAhgBEgy3va3pzix' }),
    close(1),
    ...textBlock(2, 'Yes.'),
    ...stop('end_turn', { output_tokens: 40, output_tokens_details: { thinking_tokens: 22 } }),
  ),
  'tool calls after a text': namedSse(
    start(),
    ...textBlock(0, 'Okay.'),
    ...toolBlock(1, 'get_weather', '', '{"city":', ' "Paris"}'),
    ...toolBlock(2, 'get_weather', ''),
    ...stop('tool_use'),
  ),
  'cached input, reported at the start': namedSse(
    start({
      input_tokens: 5,
      cache_creation_input_tokens: 300,
      cache_read_input_tokens: 1000,
      output_tokens: 2,
    }),
    ...textBlock(0, 'Hi'),
    ...stop('end_turn'),
  ),
  'counts that are reported again at the end': namedSse(
    start({
      input_tokens: 5,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      output_tokens: 1,
    }),
    ...textBlock(0, 'Hi'),
    ...stop('end_turn', {
      input_tokens: 7,
      cache_creation_input_tokens: null,
      cache_read_input_tokens: 9,
      output_tokens: 3,
    }),
  ),
  ...Object.fromEntries(
    [
      'max_tokens',
      'stop_sequence',
      'refusal',
      'pause_turn',
      'model_context_window_exceeded',
      'compaction',
    ].map((reason) => [
      `the stop reason ${reason}`,
      namedSse(start(), ...textBlock(0, 'Hi'), ...stop(reason)),
    ]),
  ),
  'a refusal without a word': namedSse(start(), ...stop('refusal', { output_tokens: 0 })),
  'overload in the middle': namedSse(start(), open(0, { type: 'text', text: '' }), {
    type: 'error',
    error: { type: 'overloaded_error', message: 'Overloaded' },
  }),
  'overload at once': namedSse({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }),
  'a rate limit in the middle': namedSse(start(), ...textBlock(0, 'Hi'), {
    type: 'error',
    error: { type: 'rate_limit_error', message: 'slow down' },
  }),
  'a start that comes twice': namedSse(start(), start(), ...textBlock(0, 'Hi'), ...stop('end_turn')),
  'no message_stop': namedSse(start(), ...textBlock(0, 'Hi'), stop('end_turn')[0]),
};

/** Streamed answers of Anthropic’s messages. */
export const messagesStreams: readonly Recorded[] = [
  ...record('ANTHROPIC', 'claude-sonnet-4-5', streams),
  {
    name: 'an answer through a tool of the SDK',
    kind: 'ANTHROPIC',
    model: 'claude-3-5-haiku-20241022',
    call: { responseSchema: schema },
    body: namedSse(
      start(),
      ...textBlock(0, 'Here you are.'),
      ...toolBlock(1, 'json', '{"city":', '"Köln"}'),
      ...stop('tool_use'),
    ),
  },
  {
    name: 'an answer beside a tool of the SDK',
    kind: 'ANTHROPIC',
    model: 'claude-3-5-haiku-20241022',
    call: structured,
    body: namedSse(start(), ...textBlock(0, '{"city":', '"Rome"}'), ...stop('end_turn')),
  },
  {
    name: 'a tool of the caller where an answer was requested',
    kind: 'ANTHROPIC',
    model: 'claude-3-5-haiku-20241022',
    call: structured,
    body: namedSse(
      start(),
      ...textBlock(0, 'Let me look.'),
      ...toolBlock(1, 'get_weather', '{"city":"Rome"}'),
      ...stop('tool_use'),
    ),
  },
];

/** Whole answers of Anthropic’s messages. */
export const messagesAnswers: readonly Recorded[] = [
  ...record('ANTHROPIC', 'claude-sonnet-4-5', {
    'a text': claude([{ type: 'text', text: 'Grüße, 世界 🙂' }], 'end_turn'),
    'thinking, text and calls': claude(
      [
        { type: 'thinking', thinking: 'Hm.', signature: 'EqQB' },
        { type: 'redacted_thinking', data: 'Emwk' },
        { type: 'text', text: 'Okay.' },
        { type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: { city: 'Köln' } },
        { type: 'tool_use', id: 'toolu_2', name: 'get_weather', input: {} },
      ],
      'tool_use',
      {
        usage: {
          input_tokens: 25,
          cache_creation_input_tokens: 10,
          cache_read_input_tokens: 40,
          output_tokens: 15,
          output_tokens_details: { thinking_tokens: 6 },
        },
      },
    ),
    'a refusal without a word': claude([], 'refusal'),
    'the end of the window': claude([{ type: 'text', text: 'Hi' }], 'model_context_window_exceeded'),
  }),
  {
    name: 'an answer through a tool of the SDK',
    kind: 'ANTHROPIC',
    model: 'claude-3-5-haiku-20241022',
    call: { responseSchema: schema },
    body: claude(
      [
        { type: 'text', text: 'Here you are.' },
        { type: 'tool_use', id: 'toolu_1', name: 'json', input: { city: 'Köln' } },
      ],
      'tool_use',
    ),
  },
];
