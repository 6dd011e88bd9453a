import { namedSse } from '../wire-server.ts';
import { type Recorded, record, withTools } from './recording.ts';

const response = (more: object = {}) => ({
  id: 'resp_1',
  object: 'response',
  created_at: 1,
  model: 'gpt',
  status: 'completed',
  output: [],
  error: null,
  incomplete_details: null,
  usage: {
    input_tokens: 40,
    output_tokens: 20,
    total_tokens: 60,
    input_tokens_details: { cached_tokens: 8 },
    output_tokens_details: { reasoning_tokens: 12 },
  },
  ...more,
});
const created = {
  type: 'response.created',
  sequence_number: 0,
  response: response({ status: 'in_progress', usage: null }),
};
const done = (more: object = {}, type = 'response.completed') => ({
  type,
  sequence_number: 99,
  response: response(more),
});
const messageItem = (...content: object[]) => ({
  type: 'message',
  id: 'item_0',
  status: 'completed',
  role: 'assistant',
  content,
});
const outputText = (received: string) => ({
  type: 'output_text',
  text: received,
  annotations: [],
  logprobs: [],
});
const item = (index: number, kind: 'added' | 'done', given: object) => ({
  type: `response.output_item.${kind}`,
  sequence_number: 1,
  output_index: index,
  item: given,
});
const itemDelta = (index: number, type: string, given: string, more: object = {}) => ({
  type,
  sequence_number: 2,
  item_id: `item_${index}`,
  output_index: index,
  content_index: 0,
  delta: given,
  ...more,
});
const spoken = (index: number, ...pieces: string[]) => [
  item(index, 'added', { ...messageItem(), id: `item_${index}`, status: 'in_progress' }),
  ...pieces.map((piece) => itemDelta(index, 'response.output_text.delta', piece, { logprobs: [] })),
  item(index, 'done', { ...messageItem(outputText(pieces.join(''))), id: `item_${index}` }),
];
const functionCall = (index: number, name: string, ...pieces: string[]) => {
  const given = (status: string, joined: string) => ({
    type: 'function_call',
    id: `fc_${index}`,
    call_id: `call_${index}`,
    name,
    arguments: joined,
    status,
  });
  return [
    item(index, 'added', given('in_progress', '')),
    ...pieces.map((piece) => itemDelta(index, 'response.function_call_arguments.delta', piece)),
    item(index, 'done', given('completed', pieces.join(''))),
  ];
};
const thought = (index: number, ...pieces: string[]) => {
  const part = { item_id: `rs_${index}`, output_index: index, summary_index: 0, sequence_number: 1 };
  const summary = { type: 'summary_text', text: pieces.join('') };
  return [
    item(index, 'added', { type: 'reasoning', id: `rs_${index}`, summary: [], status: 'in_progress' }),
    {
      type: 'response.reasoning_summary_part.added',
      ...part,
      part: { type: 'summary_text', text: '' },
    },
    ...pieces.map((piece) => ({ type: 'response.reasoning_summary_text.delta', ...part, delta: piece })),
    { type: 'response.reasoning_summary_part.done', ...part, part: summary },
    item(index, 'done', {
      type: 'reasoning',
      id: `rs_${index}`,
      summary: [summary],
      status: 'completed',
      encrypted_content: 'gAAAA',
    }),
  ];
};

const streams: Readonly<Record<string, string>> = {
  'a text': namedSse(created, ...spoken(0, 'Grüße, ', '世界 🙂'), done()),
  'thoughts before the text': namedSse(
    created,
    ...thought(0, 'Let me ', 'see.'),
    ...spoken(1, 'Yes.'),
    done(),
  ),
  calls: namedSse(
    created,
    ...functionCall(0, 'get_weather', '{"city":', '"Köln"}'),
    ...functionCall(1, 'get_weather', '{}'),
    done(),
  ),
  'a text cut at the limit': namedSse(
    created,
    ...spoken(0, 'Hi'),
    done(
      { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } },
      'response.incomplete',
    ),
  ),
  'a filtered end': namedSse(
    created,
    ...spoken(0, 'Hi'),
    done({ status: 'incomplete', incomplete_details: { reason: 'content_filter' } }, 'response.incomplete'),
  ),
  'a failure in the middle': namedSse(
    created,
    ...spoken(0, 'Hi'),
    done(
      { status: 'failed', usage: null, error: { code: 'server_error', message: 'it broke' } },
      'response.failed',
    ),
  ),
  'an error in the middle': namedSse(created, ...spoken(0, 'Hi'), {
    type: 'error',
    sequence_number: 9,
    code: 'rate_limit_exceeded',
    message: 'slow down',
    param: null,
  }),
  'no end': namedSse(created, ...spoken(0, 'Hi')),
};
const nested = (name: string) =>
  JSON.stringify({ tool_uses: [{ recipient_name: `functions.${name}`, parameters: { city: 'Rome' } }] });
const openaiOnly: Readonly<Record<string, string>> = {
  'a refusal': namedSse(
    created,
    item(0, 'added', messageItem()),
    itemDelta(0, 'response.refusal.delta', 'I will not.'),
    item(0, 'done', messageItem({ type: 'refusal', refusal: 'I will not.' })),
    done(),
  ),
  'calls inside of a call': namedSse(
    created,
    ...functionCall(0, 'parallel', nested('get_weather').slice(0, 20), nested('get_weather').slice(20)),
    done(),
  ),
  'what is no call inside of a call': namedSse(
    created,
    ...functionCall(0, 'parallel', nested('launch_rocket')),
    done(),
  ),
};

/** Streamed answers of responses. */
export const responsesStreams: readonly Recorded[] = [
  ...withTools(record('OPENAI', 'gpt-5-mini', { ...streams, ...openaiOnly })),
  ...withTools(record('XAI', 'grok-4', streams)),
];

/** Whole answers of responses. */
export const responsesAnswers: readonly Recorded[] = [
  ...withTools(
    (['OPENAI', 'XAI'] as const).flatMap((kind) =>
      record(kind, kind === 'OPENAI' ? 'gpt-5-mini' : 'grok-4', {
        'thoughts, a text and a call': JSON.stringify(
          response({
            output: [
              {
                type: 'reasoning',
                id: 'rs_0',
                summary: [{ type: 'summary_text', text: 'Hm.' }],
                status: 'completed',
              },
              messageItem(outputText('Grüße, 世界 🙂')),
              {
                type: 'function_call',
                id: 'fc_1',
                call_id: 'call_1',
                name: 'get_weather',
                arguments: '{"city":"Köln"}',
                status: 'completed',
              },
            ],
          }),
        ),
        'a text': JSON.stringify(response({ output: [messageItem(outputText('Hi'))] })),
      }),
    ),
  ),
  ...withTools(
    record('OPENAI', 'gpt-5-mini', {
      'a refusal': JSON.stringify(
        response({ output: [messageItem({ type: 'refusal', refusal: 'I will not.' })] }),
      ),
      'a text cut at the limit': JSON.stringify(
        response({
          status: 'incomplete',
          incomplete_details: { reason: 'max_output_tokens' },
          output: [messageItem(outputText('Hi'))],
        }),
      ),
      'calls inside of a call': JSON.stringify(
        response({
          output: [
            {
              type: 'function_call',
              id: 'fc_1',
              call_id: 'call_1',
              name: 'parallel',
              arguments: nested('get_weather'),
            },
          ],
        }),
      ),
    }),
  ),
];
