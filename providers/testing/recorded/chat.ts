import { chunk, sse } from '../wire-server.ts';
import { type Recorded, record, structured, tools } from './recording.ts';

const usage = { prompt_tokens: 31, completion_tokens: 17, total_tokens: 48 };
/** Groq reports the usage in a field of its own. */
const last = (finishReason: string) => ({ ...chunk({}, finishReason), usage, x_groq: { usage } });
const toolCall = (index: number, more: object) =>
  chunk({ tool_calls: [{ index, type: 'function', ...more }] });
const begin = chunk({ role: 'assistant', content: '' });
const whole = (message: object, finishReason = 'stop', more: object = {}) =>
  JSON.stringify({
    id: 'c1',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [
      { index: 0, message: { role: 'assistant', content: '', ...message }, finish_reason: finishReason },
    ],
    usage,
    ...more,
  });
/** Calls of the tool in a whole answer. */
export const chatCalls = [
  { id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Paris"}' } },
  { id: 'call_2', type: 'function', function: { name: 'get_weather', arguments: '{}' } },
];

const commonStreams: Readonly<Record<string, string>> = {
  'a text': sse(begin, chunk({ content: 'Grüße, ' }), chunk({ content: '世界 🙂' }), last('stop'), '[DONE]'),
  'a text cut at the limit': sse(begin, chunk({ content: 'Hi' }), last('length'), '[DONE]'),
  'an end of an unknown kind': sse(begin, chunk({ content: 'Hi' }), last('novel'), '[DONE]'),
};
const toolStream = sse(
  begin,
  toolCall(0, { id: 'call_1', function: { name: 'get_weather', arguments: '' } }),
  toolCall(0, { function: { arguments: '{"city":' } }),
  toolCall(0, { function: { arguments: '"Köln"}' } }),
  toolCall(1, { id: 'call_2', function: { name: 'get_weather', arguments: '{"city":"Rome"}' } }),
  last('tool_calls'),
  '[DONE]',
);
const chatKinds = ['GROQ', 'DEEPSEEK', 'MISTRAL', 'FIREWORKS', 'CEREBRAS', 'PERPLEXITY'] as const;

/** Streamed answers of chat completions. */
export const chatStreams: readonly Recorded[] = [
  ...chatKinds.flatMap((kind) => record(kind, 'm', commonStreams)),
  ...chatKinds
    .filter((kind) => kind !== 'PERPLEXITY')
    .map((kind) => ({ name: 'tool calls', kind, model: 'm', call: { tools }, body: toolStream })),
  ...record('GROQ', 'openai/gpt-oss-20b', {
    'reasoning, and the usage in its own field': sse(
      { ...begin, x_groq: { id: 'req_1' } },
      chunk({ reasoning: 'Hm. ' }),
      chunk({ channel: 'analysis', reasoning: 'Well.' }),
      chunk({ content: 'Yes.' }),
      {
        ...chunk({}, 'stop'),
        x_groq: {
          id: 'req_1',
          usage: {
            queue_time: 0.01,
            ...usage,
            prompt_tokens_details: { cached_tokens: 16 },
            completion_tokens_details: { reasoning_tokens: 9 },
          },
        },
      },
      '[DONE]',
    ),
    'a filtered end': sse(begin, chunk({ content: 'part' }), last('content_filter'), '[DONE]'),
  }),
  ...record('DEEPSEEK', 'deepseek-reasoner', {
    'reasoning, and its own count of cached input': sse(
      chunk({ role: 'assistant', content: null, reasoning_content: '' }),
      chunk({ content: null, reasoning_content: 'Hm.' }),
      chunk({ content: 'Yes.', reasoning_content: null }),
      {
        ...chunk({ content: '', reasoning_content: null }, 'stop'),
        usage: {
          ...usage,
          prompt_cache_hit_tokens: 20,
          prompt_cache_miss_tokens: 11,
          prompt_tokens_details: { cached_tokens: 20 },
          completion_tokens_details: { reasoning_tokens: 9 },
        },
      },
      '[DONE]',
    ),
    'an end for want of resources': sse(
      begin,
      chunk({ content: 'Hi' }),
      last('insufficient_system_resource'),
      '[DONE]',
    ),
    'keep-alive comments': `: keep-alive\n\n: keep-alive\n\n${sse(begin, chunk({ content: 'Hi' }), last('stop'), '[DONE]')}`,
  }),
  ...record('MISTRAL', 'magistral-medium-latest', {
    'thinking in parts of the content': sse(
      begin,
      chunk({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'Hm. ' }] }] }),
      chunk({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'Well.' }] }] }),
      chunk({ content: [{ type: 'text', text: 'Yes' }] }),
      chunk({ content: [{ type: 'reference', reference_ids: [1] }] }),
      chunk({ content: '.' }),
      last('stop'),
      '[DONE]',
    ),
    'whole calls without an index': sse(
      begin,
      { ...chunk({ tool_calls: chatCalls }, 'tool_calls'), usage: { ...usage, num_cached_tokens: 24 } },
      '[DONE]',
    ),
    'the limit of the model': sse(begin, chunk({ content: 'Hi' }), last('model_length'), '[DONE]'),
    'an end with an error': sse(begin, chunk({ content: 'Hi' }), last('error'), '[DONE]'),
  }),
  ...record('PERPLEXITY', 'sonar-deep-research', {
    'citations, and reasoning counted apart': sse(
      { ...chunk({ role: 'assistant', content: 'Yes' }), citations: ['https://example.com'], usage },
      {
        ...chunk({ content: '.' }, 'stop'),
        citations: ['https://example.com'],
        search_results: [{ title: 't', url: 'https://example.com' }],
        usage: {
          ...usage,
          search_context_size: 'low',
          citation_tokens: 100,
          num_search_queries: 3,
          reasoning_tokens: 500,
          cost: { total_cost: 0.1 },
        },
      },
    ),
  }),
  {
    name: 'an answer through a tool of the SDK',
    kind: 'GROQ',
    model: 'llama-3.3-70b-versatile',
    call: structured,
    body: sse(
      begin,
      chunk({ content: 'Here you are.' }),
      toolCall(0, { id: 'call_1', function: { name: 'json', arguments: '' } }),
      toolCall(0, { function: { arguments: '{"city":' } }),
      toolCall(0, { function: { arguments: '"Köln"}' } }),
      last('tool_calls'),
      '[DONE]',
    ),
  },
  {
    name: 'a tool of the caller where an answer was requested',
    kind: 'GROQ',
    model: 'llama-3.3-70b-versatile',
    call: structured,
    body: toolStream,
  },
  {
    name: 'a call that is repeated after a structured answer',
    kind: 'CEREBRAS',
    model: 'zai-glm-4.6',
    call: structured,
    body: sse(
      begin,
      chunk({ content: '{"city":"Rome"}' }),
      toolCall(0, { id: 'call_1', function: { name: 'get_weather', arguments: '{}' } }),
      last('tool_calls'),
      '[DONE]',
    ),
  },
];

/** Whole answers of chat completions. */
export const chatAnswers: readonly Recorded[] = [
  ...chatKinds.flatMap((kind) =>
    record(kind, 'm', {
      'a text': whole({ content: 'Grüße, 世界 🙂' }),
      'a text cut at the limit': whole({ content: 'Hi' }, 'length'),
    }),
  ),
  ...chatKinds
    .filter((kind) => kind !== 'PERPLEXITY')
    .map((kind) => ({
      name: 'tool calls',
      kind,
      model: 'm',
      call: { tools },
      body: whole({ content: null, tool_calls: chatCalls }, 'tool_calls'),
    })),
  ...record('GROQ', 'openai/gpt-oss-20b', { reasoning: whole({ content: 'Yes.', reasoning: 'Hm.' }) }),
  ...record('DEEPSEEK', 'deepseek-reasoner', {
    reasoning: whole({ content: 'Yes.', reasoning_content: 'Hm.' }),
  }),
  ...record('MISTRAL', 'magistral-medium-latest', {
    'thinking in parts of the content': whole({
      content: [
        { type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }] },
        { type: 'text', text: 'Yes.' },
      ],
    }),
  }),
  ...record('PERPLEXITY', 'sonar-deep-research', {
    'reasoning counted apart': whole({ content: 'Yes.' }, 'stop', {
      usage: { ...usage, reasoning_tokens: 500 },
    }),
  }),
  {
    name: 'an answer through a tool of the SDK',
    kind: 'GROQ',
    model: 'llama-3.3-70b-versatile',
    call: structured,
    body: whole(
      {
        content: 'Here you are.',
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: 'json', arguments: '{"city":"Rome"}' } },
        ],
      },
      'tool_calls',
    ),
  },
  {
    name: 'a call that is repeated after a structured answer',
    kind: 'CEREBRAS',
    model: 'zai-glm-4.6',
    call: structured,
    body: whole({ content: '{"city":"Rome"}', tool_calls: chatCalls }, 'tool_calls'),
  },
];
