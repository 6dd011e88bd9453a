import type { ProviderCall, ProviderKind, ProviderUsage } from '../provider.ts';
import { chunk, sse } from './wire-server.ts';

/** An answer as its vendor sends it. */
export interface Recorded {
  readonly name: string;
  readonly kind: ProviderKind;
  readonly model: string;
  readonly call?: Partial<ProviderCall>;
  readonly body: string;
  /** What we count where the AI SDK counts something else. */
  readonly usage?: ProviderUsage;
}

const schema = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
};
const tools = [{ name: 'get_weather', parameters: schema }];
const structured = { responseSchema: schema, tools };

/** Server-sent events that name their type. */
function named(...events: readonly { readonly type: string; readonly [field: string]: unknown }[]): string {
  return events.map((event) => `event: ${event.type}\n${sse(event)}`).join('');
}

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
const calls = [
  { id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Paris"}' } },
  { id: 'call_2', type: 'function', function: { name: 'get_weather', arguments: '{}' } },
];

const chatStreams: Readonly<Record<string, string>> = {
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

const of = (kind: ProviderKind, model: string, bodies: Readonly<Record<string, string>>): Recorded[] =>
  Object.entries(bodies).map(([name, body]) => ({ name, kind, model, body }));

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

const claudeStreams: Readonly<Record<string, string>> = {
  'a text with pings': named(
    start(),
    { type: 'ping' },
    ...textBlock(0, 'Grüße, ', '世界 🙂'),
    { type: 'ping' },
    ...stop('end_turn'),
  ),
  'thinking before the text': named(
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
  'tool calls after a text': named(
    start(),
    ...textBlock(0, 'Okay.'),
    ...toolBlock(1, 'get_weather', '', '{"city":', ' "Paris"}'),
    ...toolBlock(2, 'get_weather', ''),
    ...stop('tool_use'),
  ),
  'cached input, reported at the start': named(
    start({
      input_tokens: 5,
      cache_creation_input_tokens: 300,
      cache_read_input_tokens: 1000,
      output_tokens: 2,
    }),
    ...textBlock(0, 'Hi'),
    ...stop('end_turn'),
  ),
  'counts that are reported again at the end': named(
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
    ].map((reason) => [`the stop reason ${reason}`, named(start(), ...textBlock(0, 'Hi'), ...stop(reason))]),
  ),
  'a refusal without a word': named(start(), ...stop('refusal', { output_tokens: 0 })),
  'overload in the middle': named(start(), open(0, { type: 'text', text: '' }), {
    type: 'error',
    error: { type: 'overloaded_error', message: 'Overloaded' },
  }),
  'overload at once': named({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }),
  'a rate limit in the middle': named(start(), ...textBlock(0, 'Hi'), {
    type: 'error',
    error: { type: 'rate_limit_error', message: 'slow down' },
  }),
  'a start that comes twice': named(start(), start(), ...textBlock(0, 'Hi'), ...stop('end_turn')),
  'no message_stop': named(start(), ...textBlock(0, 'Hi'), stop('end_turn')[0]),
};

const gemini = (parts: readonly object[], more: object = {}, usageMetadata: object = {}) => ({
  candidates: [{ index: 0, content: { role: 'model', parts }, ...more }],
  usageMetadata: {
    promptTokenCount: 11,
    candidatesTokenCount: 5,
    totalTokenCount: 16,
    ...usageMetadata,
  },
  modelVersion: 'gemini',
  responseId: 'r1',
});
const call = (name: string, args?: object) => ({
  functionCall: { name, ...(args ? { args } : {}) },
  thoughtSignature: 'CiQB',
});

const geminiStreams: Readonly<Record<string, string>> = {
  'a text': sse(
    gemini([{ text: 'Grüße, ' }]),
    gemini([{ text: '世界 🙂' }]),
    gemini([{ text: '' }], { finishReason: 'STOP' }),
  ),
  'thoughts, a signature and cached input': sse(
    gemini([{ text: 'Let me see.', thought: true }], {}, { thoughtsTokenCount: 20 }),
    gemini([{ text: 'Yes.', thoughtSignature: 'CiQB' }]),
    gemini(
      [{ text: '', thoughtSignature: 'CiQC' }],
      { finishReason: 'STOP' },
      { thoughtsTokenCount: 30, cachedContentTokenCount: 8, toolUsePromptTokenCount: 4 },
    ),
  ),
  calls: sse(
    gemini([{ text: 'Okay.' }, call('get_weather', { city: 'Köln' })]),
    gemini([call('get_weather')], { finishReason: 'STOP' }),
  ),
  ...Object.fromEntries(
    ['MAX_TOKENS', 'SAFETY', 'RECITATION', 'PROHIBITED_CONTENT', 'SPII', 'BLOCKLIST', 'OTHER', 'NOVEL'].map(
      (reason) => [
        `the finish reason ${reason}`,
        sse(gemini([{ text: 'Hi' }]), gemini([], { finishReason: reason })),
      ],
    ),
  ),
  'a broken call': sse(gemini([{ text: 'Hi' }]), gemini([], { finishReason: 'MALFORMED_FUNCTION_CALL' })),
  'safety before the first word': sse({
    candidates: [{ index: 0, finishReason: 'SAFETY' }],
    usageMetadata: { promptTokenCount: 11, totalTokenCount: 11 },
  }),
  'a prompt that is blocked': sse({
    promptFeedback: { blockReason: 'PROHIBITED_CONTENT' },
    usageMetadata: { promptTokenCount: 11, totalTokenCount: 11 },
  }),
  'an error in the middle': sse(gemini([{ text: 'Hi' }]), {
    error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' },
  }),
  'an exhausted quota in the middle': sse(gemini([{ text: 'Hi' }]), {
    error: { code: 429, message: 'Resource has been exhausted.', status: 'RESOURCE_EXHAUSTED' },
  }),
  'counts after the finish reason': sse(gemini([{ text: 'Hi' }], { finishReason: 'STOP' }), {
    usageMetadata: { promptTokenCount: 12, candidatesTokenCount: 6, totalTokenCount: 18 },
  }),
  'code that Google ran': sse(
    gemini([
      { executableCode: { language: 'PYTHON', code: 'print(1)' } },
      { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1' } },
      { text: 'One.' },
    ]),
    gemini([], { finishReason: 'STOP' }),
  ),
};

const structuredStreams: readonly Recorded[] = [
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
  {
    name: 'an answer through a tool of the SDK',
    kind: 'ANTHROPIC',
    model: 'claude-3-5-haiku-20241022',
    call: { responseSchema: schema },
    body: named(
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
    body: named(start(), ...textBlock(0, '{"city":', '"Rome"}'), ...stop('end_turn')),
  },
  {
    name: 'a tool of the caller where an answer was requested',
    kind: 'ANTHROPIC',
    model: 'claude-3-5-haiku-20241022',
    call: structured,
    body: named(
      start(),
      ...textBlock(0, 'Let me look.'),
      ...toolBlock(1, 'get_weather', '{"city":"Rome"}'),
      ...stop('tool_use'),
    ),
  },
  {
    name: 'an answer through a tool of the SDK',
    kind: 'GOOGLE',
    model: 'gemini-2.5-flash',
    call: structured,
    body: sse(
      gemini([{ text: 'Here you are.' }]),
      gemini([call('json', { city: 'Köln' })], { finishReason: 'STOP' }),
    ),
  },
  {
    name: 'a tool of the caller where an answer was requested',
    kind: 'GOOGLE',
    model: 'gemini-2.5-flash',
    call: structured,
    body: sse(gemini([call('get_weather', { city: 'Köln' })], { finishReason: 'STOP' })),
  },
];

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

const responseStreams: Readonly<Record<string, string>> = {
  'a text': named(created, ...spoken(0, 'Grüße, ', '世界 🙂'), done()),
  'thoughts before the text': named(created, ...thought(0, 'Let me ', 'see.'), ...spoken(1, 'Yes.'), done()),
  calls: named(
    created,
    ...functionCall(0, 'get_weather', '{"city":', '"Köln"}'),
    ...functionCall(1, 'get_weather', '{}'),
    done(),
  ),
  'a text cut at the limit': named(
    created,
    ...spoken(0, 'Hi'),
    done(
      { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } },
      'response.incomplete',
    ),
  ),
  'a filtered end': named(
    created,
    ...spoken(0, 'Hi'),
    done({ status: 'incomplete', incomplete_details: { reason: 'content_filter' } }, 'response.incomplete'),
  ),
  'a failure in the middle': named(
    created,
    ...spoken(0, 'Hi'),
    done(
      { status: 'failed', usage: null, error: { code: 'server_error', message: 'it broke' } },
      'response.failed',
    ),
  ),
  'an error in the middle': named(created, ...spoken(0, 'Hi'), {
    type: 'error',
    sequence_number: 9,
    code: 'rate_limit_exceeded',
    message: 'slow down',
    param: null,
  }),
  'no end': named(created, ...spoken(0, 'Hi')),
};
const nested = (name: string) =>
  JSON.stringify({ tool_uses: [{ recipient_name: `functions.${name}`, parameters: { city: 'Rome' } }] });
const openaiOnly: Readonly<Record<string, string>> = {
  'a refusal': named(
    created,
    item(0, 'added', messageItem()),
    itemDelta(0, 'response.refusal.delta', 'I will not.'),
    item(0, 'done', messageItem({ type: 'refusal', refusal: 'I will not.' })),
    done(),
  ),
  'calls inside of a call': named(
    created,
    ...functionCall(0, 'parallel', nested('get_weather').slice(0, 20), nested('get_weather').slice(20)),
    done(),
  ),
  'what is no call inside of a call': named(
    created,
    ...functionCall(0, 'parallel', nested('launch_rocket')),
    done(),
  ),
};
const withTools = (all: readonly Recorded[]) => all.map((each) => ({ ...each, call: { tools } }));

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
  of('COHERE', 'command-a-03-2025', bodies).map((each) => ({ ...each, usage: cohereBilled }));
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

const cohereStreams: Readonly<Record<string, string>> = {
  'a text': named(cohereStart, ...cohereContent(0, 'text', 'Grüße, ', '世界 🙂'), cohereEnd('COMPLETE')),
  'thinking before the text': named(
    cohereStart,
    ...cohereContent(0, 'thinking', 'Let me ', 'see.'),
    ...cohereContent(1, 'text', 'Yes.'),
    cohereEnd('COMPLETE'),
  ),
  'calls after a plan': named(
    cohereStart,
    { type: 'tool-plan-delta', delta: { message: { tool_plan: 'I will look.' } } },
    ...cohereCall(0, '{"city":', '"Köln"}'),
    ...cohereCall(1),
    cohereEnd('TOOL_CALL'),
  ),
  ...Object.fromEntries(
    ['MAX_TOKENS', 'STOP_SEQUENCE', 'ERROR', 'NOVEL'].map((reason) => [
      `the finish reason ${reason}`,
      named(cohereStart, ...cohereContent(0, 'text', 'Hi'), cohereEnd(reason)),
    ]),
  ),
  'no end': named(cohereStart, ...cohereContent(0, 'text', 'Hi')),
};

/** Streamed answers of every wire that is read by us. */
export const recordedStreams: readonly Recorded[] = [
  ...chatKinds.flatMap((kind) => of(kind, 'm', chatStreams)),
  ...chatKinds
    .filter((kind) => kind !== 'PERPLEXITY')
    .map((kind) => ({ name: 'tool calls', kind, model: 'm', call: { tools }, body: toolStream })),
  ...of('GROQ', 'openai/gpt-oss-20b', {
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
  ...of('DEEPSEEK', 'deepseek-reasoner', {
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
  ...of('MISTRAL', 'magistral-medium-latest', {
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
      { ...chunk({ tool_calls: calls }, 'tool_calls'), usage: { ...usage, num_cached_tokens: 24 } },
      '[DONE]',
    ),
    'the limit of the model': sse(begin, chunk({ content: 'Hi' }), last('model_length'), '[DONE]'),
    'an end with an error': sse(begin, chunk({ content: 'Hi' }), last('error'), '[DONE]'),
  }),
  ...of('PERPLEXITY', 'sonar-deep-research', {
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
  ...of('ANTHROPIC', 'claude-sonnet-4-5', claudeStreams),
  ...of('GOOGLE', 'gemini-2.5-flash', geminiStreams),
  ...withTools(of('OPENAI', 'gpt-5-mini', { ...responseStreams, ...openaiOnly })),
  ...withTools(of('XAI', 'grok-4', responseStreams)),
  ...ofCohere(cohereStreams),
  ...structuredStreams,
];

/** Whole answers of every wire that is read by us. */
export const recordedAnswers: readonly Recorded[] = [
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
        tool_calls: calls.map((each, at) =>
          at === 0 ? each : { ...each, function: { name: 'get_weather', arguments: 'null' } },
        ),
      },
      finish_reason: 'TOOL_CALL',
      usage: cohereUsage,
    }),
  }),
  ...chatKinds.flatMap((kind) =>
    of(kind, 'm', {
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
      body: whole({ content: null, tool_calls: calls }, 'tool_calls'),
    })),
  ...of('GROQ', 'openai/gpt-oss-20b', { reasoning: whole({ content: 'Yes.', reasoning: 'Hm.' }) }),
  ...of('DEEPSEEK', 'deepseek-reasoner', {
    reasoning: whole({ content: 'Yes.', reasoning_content: 'Hm.' }),
  }),
  ...of('MISTRAL', 'magistral-medium-latest', {
    'thinking in parts of the content': whole({
      content: [
        { type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }] },
        { type: 'text', text: 'Yes.' },
      ],
    }),
  }),
  ...of('PERPLEXITY', 'sonar-deep-research', {
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
    body: whole({ content: '{"city":"Rome"}', tool_calls: calls }, 'tool_calls'),
  },
  ...withTools(
    (['OPENAI', 'XAI'] as const).flatMap((kind) =>
      of(kind, kind === 'OPENAI' ? 'gpt-5-mini' : 'grok-4', {
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
    of('OPENAI', 'gpt-5-mini', {
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
  ...of('ANTHROPIC', 'claude-sonnet-4-5', {
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
  ...of('GOOGLE', 'gemini-2.5-flash', {
    'a text': JSON.stringify(gemini([{ text: 'Grüße, ' }, { text: '世界 🙂' }], { finishReason: 'STOP' })),
    'thoughts and calls': JSON.stringify(
      gemini(
        [
          { text: 'Hm.', thought: true },
          { text: 'Okay.' },
          call('get_weather', { city: 'Köln' }),
          call('get_weather'),
        ],
        { finishReason: 'STOP' },
        { thoughtsTokenCount: 30, cachedContentTokenCount: 8, toolUsePromptTokenCount: 4 },
      ),
    ),
    'safety before the first word': JSON.stringify({
      candidates: [{ index: 0, finishReason: 'SAFETY' }],
      usageMetadata: { promptTokenCount: 11 },
    }),
    'a prompt that is blocked': JSON.stringify({
      promptFeedback: { blockReason: 'SAFETY' },
      usageMetadata: { promptTokenCount: 11 },
    }),
    'a broken call': JSON.stringify(gemini([], { finishReason: 'MALFORMED_FUNCTION_CALL' })),
  }),
  {
    name: 'an answer through a tool of the SDK',
    kind: 'GOOGLE',
    model: 'gemini-2.5-flash',
    call: structured,
    body: JSON.stringify(
      gemini([{ text: 'Here you are.' }, call('json', { city: 'Köln' })], { finishReason: 'STOP' }),
    ),
  },
];
