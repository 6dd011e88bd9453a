import {
  counts,
  isStreamedByField,
  toEvents,
  type UpstreamAnswer,
  type UpstreamCall,
  type UpstreamWire,
} from './upstream-wire.ts';

const usage = {
  prompt_tokens: counts.input,
  completion_tokens: counts.output,
  total_tokens: counts.input + counts.output,
  prompt_tokens_details: { cached_tokens: counts.cached },
  completion_tokens_details: { reasoning_tokens: counts.reasoning },
};

/** What the servers state of how an answer was made. */
const made = { service_tier: 'priority', system_fingerprint: 'fp_44709d6fcb' };
const priority = '"service_tier":"priority"';

const choose = (delta: object, index = 0, more: object = {}) => ({
  choices: [{ index, delta, finish_reason: null, ...more }],
});
const end = (finish_reason: string, index = 0) => ({ choices: [{ index, delta: {}, finish_reason }] });
const toCall = ({ id, name, arguments: given }: UpstreamCall) => ({
  id,
  type: 'function',
  function: { name, arguments: given.join('') },
});
const toLogprobs = (token: string) => ({
  content: [{ token, logprob: -0.5, bytes: null, top_logprobs: [] }],
});
const toAnnotation = (url: string) => ({ type: 'url_citation', url_citation: { url, title: 'Source' } });
const findEnd = ({ calls, isCutByLength }: UpstreamAnswer) =>
  isCutByLength ? 'length' : calls ? 'tool_calls' : 'stop';

function toCallDeltas(call: UpstreamCall, index: number): readonly object[] {
  const [first = '', ...rest] = call.arguments;
  return [
    choose({ tool_calls: [{ index, ...toCall({ ...call, arguments: [first] }) }] }),
    ...rest.map((piece) => choose({ tool_calls: [{ index, function: { arguments: piece } }] })),
  ];
}

const chat: UpstreamWire = {
  name: 'chat',
  kind: 'OPENAI_COMPATIBLE',
  model: 'some-model',
  path: '/v1',
  aspects: new Set([
    'reasoning',
    'calls',
    'refusal',
    'citations',
    'logprobs',
    'alternatives',
    'cached',
    'reasoningTokens',
  ]),
  made: {
    'chat completions': [priority, `"system_fingerprint":"${made.system_fingerprint}"`],
    responses: [priority],
    messages: [priority],
  },
  contentType: 'text/event-stream',
  isStreamed: isStreamedByField,
  whole: (answer) => ({
    ...made,
    id: 'c1',
    object: 'chat.completion',
    created: 1,
    model: 'some-model',
    choices: [(answer.texts ?? []).join(''), ...(answer.alternatives ?? [])].map((text, index) => ({
      index,
      message: {
        role: 'assistant',
        content: text === '' && (answer.calls || answer.refusal) ? null : text,
        ...(answer.reasoning ? { reasoning_content: answer.reasoning } : {}),
        ...(answer.refusal ? { refusal: answer.refusal } : {}),
        ...(answer.citation ? { annotations: [toAnnotation(answer.citation)] } : {}),
        ...(answer.calls && index === 0 ? { tool_calls: answer.calls.map(toCall) } : {}),
      },
      ...(answer.logprob ? { logprobs: toLogprobs(answer.logprob) } : {}),
      finish_reason: findEnd(answer),
    })),
    usage,
  }),
  frames: (answer) =>
    toEvents(
      { ...made, ...choose({ role: 'assistant', content: '' }) },
      ...(answer.reasoning ? [choose({ reasoning_content: answer.reasoning })] : []),
      ...(answer.texts ?? []).map((content) =>
        choose({ content }, 0, answer.logprob ? { logprobs: toLogprobs(answer.logprob) } : {}),
      ),
      ...(answer.refusal ? [choose({ refusal: answer.refusal })] : []),
      ...(answer.citation ? [choose({ annotations: [toAnnotation(answer.citation)] })] : []),
      ...(answer.calls ?? []).flatMap(toCallDeltas),
      ...(answer.alternatives ?? []).flatMap((content, at) => [
        choose({ role: 'assistant', content }, at + 1),
        end('stop', at + 1),
      ]),
      end(findEnd(answer)),
      { choices: [], usage },
      '[DONE]',
    ),
  brokenFrame: `data: ${JSON.stringify({ error: { message: 'Broken.', type: 'server_error', code: 500 } })}\n\n`,
};

const responsesUsage = {
  input_tokens: counts.input,
  input_tokens_details: { cached_tokens: counts.cached },
  output_tokens: counts.output,
  output_tokens_details: { reasoning_tokens: counts.reasoning },
  total_tokens: counts.input + counts.output,
};

function toOutput(answer: UpstreamAnswer) {
  const { texts, reasoning, signature, calls, refusal, citation, logprob, vendorItem } = answer;
  const text = {
    type: 'output_text',
    text: (texts ?? []).join(''),
    annotations: citation
      ? [{ type: 'url_citation', url: citation, title: 'Source', start_index: 0, end_index: 1 }]
      : [],
    ...(logprob ? { logprobs: toLogprobs(logprob).content } : {}),
  };
  return [
    ...(reasoning
      ? [
          {
            type: 'reasoning',
            id: 'rs_1',
            summary: [{ type: 'summary_text', text: reasoning }],
            ...(signature ? { encrypted_content: signature } : {}),
          },
        ]
      : []),
    ...(vendorItem ? [{ type: 'mcp_call', id: 'mcp_1', name: 'search', output: vendorItem }] : []),
    ...(texts || refusal
      ? [
          {
            type: 'message',
            id: 'msg_1',
            role: 'assistant',
            content: [...(texts ? [text] : []), ...(refusal ? [{ type: 'refusal', refusal }] : [])],
          },
        ]
      : []),
    ...(calls ?? []).map(({ id, name, arguments: given }, at) => ({
      type: 'function_call',
      id: `fc_${at}`,
      call_id: id,
      name,
      arguments: given.join(''),
    })),
  ];
}

const toResponse = (answer: UpstreamAnswer) => ({
  id: 'resp_1',
  object: 'response',
  created_at: 1,
  model: 'gpt-5-mini',
  status: answer.isCutByLength ? 'incomplete' : 'completed',
  service_tier: made.service_tier,
  ...(answer.isCutByLength ? { incomplete_details: { reason: 'max_output_tokens' } } : {}),
  output: toOutput(answer),
  usage: responsesUsage,
});

type Item = ReturnType<typeof toOutput>[number];

function toItemEvents(item: Item, output_index: number, answer: UpstreamAnswer): readonly object[] {
  const added = {
    type: 'response.output_item.added',
    output_index,
    item: 'arguments' in item ? { ...item, arguments: '' } : { ...item, content: [], summary: [] },
  };
  const done = { type: 'response.output_item.done', output_index, item };
  if ('output' in item) return [added, done];
  const logprobs = answer.logprob ? { logprobs: toLogprobs(answer.logprob).content } : {};
  const at = { output_index, item_id: item.id, content_index: 0 };
  if ('arguments' in item) {
    const call = (answer.calls ?? []).find(({ id }) => id === item.call_id);
    const type = 'response.function_call_arguments.delta';
    return [added, ...(call?.arguments ?? []).map((delta) => ({ type, ...at, delta })), done];
  }
  if ('summary' in item) {
    const type = 'response.reasoning_summary_text.delta';
    return [added, { type, ...at, summary_index: 0, delta: answer.reasoning }, done];
  }
  const texts = (answer.texts ?? []).map((delta) => ({
    type: 'response.output_text.delta',
    ...at,
    delta,
    ...logprobs,
  }));
  const refusals = answer.refusal
    ? [
        {
          type: 'response.refusal.delta',
          ...at,
          content_index: texts.length > 0 ? 1 : 0,
          delta: answer.refusal,
        },
      ]
    : [];
  return [added, ...texts, ...refusals, done];
}

const responses: UpstreamWire = {
  name: 'responses',
  kind: 'OPENAI',
  model: 'gpt-5-mini',
  path: '/v1',
  aspects: new Set([
    'reasoning',
    'signature',
    'calls',
    'refusal',
    'citations',
    'vendorItems',
    'logprobs',
    'cached',
    'reasoningTokens',
  ]),
  made: { 'chat completions': [priority], responses: [priority], messages: [priority] },
  contentType: 'text/event-stream',
  isStreamed: isStreamedByField,
  whole: toResponse,
  frames: (answer) => {
    const response = toResponse(answer);
    const created = { ...response, status: 'in_progress', output: [], usage: null };
    return toEvents(
      { type: 'response.created', response: created },
      ...response.output.flatMap((item, at) => toItemEvents(item, at, answer)),
      { type: answer.isCutByLength ? 'response.incomplete' : 'response.completed', response },
    );
  },
  brokenFrame: `data: ${JSON.stringify({ type: 'error', code: 'server_error', message: 'Broken.' })}\n\n`,
};

/** Chat completions of a vendor whose reasoning is in the open, and is sent back. */
export const openReasoningWire: UpstreamWire = {
  ...chat,
  name: 'DeepSeek chat',
  kind: 'DEEPSEEK',
  model: 'deepseek-reasoner',
  path: '',
};

/** OpenAI's wire formats, and one of a vendor that differs from them. */
export const chatWires: readonly UpstreamWire[] = [
  chat,
  {
    ...chat,
    name: 'Mistral chat',
    kind: 'MISTRAL',
    model: 'mistral-large-latest',
    aspects: new Set(['calls', 'alternatives']),
  },
  responses,
];
