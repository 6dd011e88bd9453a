import type { Dialect } from './dialects.ts';
import {
  type Asks,
  audio,
  call,
  document,
  extend,
  field,
  image,
  imageUrl,
  plain,
  schema,
  spoken,
  textResult,
  tools,
  withParts,
  withResult,
} from './feature-asks.ts';
import { type Aspect, counts, type UpstreamAnswer } from './upstream-wire.ts';

/** Something that a client expresses in a call, or expects of an answer. */
export interface Feature {
  readonly name: string;
  readonly asks: Asks;
  /** The same calls without the feature; absent: plain calls. */
  readonly without?: Asks;
  /** What of the call must be in the request of the provider; absent: the request differs from the one without the feature. */
  readonly sent?: readonly string[];
  /** What the provider answers. */
  readonly answer?: UpstreamAnswer;
  /** What of the answer not every wire format has. */
  readonly needs?: Aspect;
  /** What of the answer must reach the client. */
  readonly received?: (text: string, dialect: Dialect, isDemo: boolean) => boolean;
}

const has =
  (...markers: readonly string[]) =>
  (text: string): boolean =>
    markers.every((marker) => text.includes(marker));

/** The arguments in an answer, whole or in pieces, without what JSON in JSON escapes. */
const hasCalls =
  (...values: readonly string[]) =>
  (text: string): boolean => {
    const plain = text.replaceAll('\\', '');
    return plain.includes('look_up') && values.every((value) => plain.includes(value));
  };

/** The number that a field of the usage has; of several, the last one. */
function readCount(text: string, field: RegExp): number {
  return Number([...text.matchAll(field)].at(-1)?.[1] ?? Number.NaN);
}

function hasUsage(text: string, { name }: Dialect, isDemo: boolean): boolean {
  const output = readCount(text, /"(?:completion_tokens|output_tokens|outputTokens)":(\d+)/g);
  const input = readCount(text, /"(?:prompt_tokens|input_tokens|inputTokens)":(\d+)/g);
  const apart =
    name === 'messages'
      ? readCount(text, /"cache_read_input_tokens":(\d+)/g) +
        readCount(text, /"cache_creation_input_tokens":(\d+)/g)
      : 0;
  if (isDemo) return output > 0 && input > 0;
  return output === counts.output && input + apart === counts.input;
}

export const features: readonly Feature[] = [
  {
    name: 'instructions and turns',
    asks: {
      'chat completions': {
        messages: [
          { role: 'system', content: 'SYSTEM-1' },
          { role: 'user', content: 'USER-1' },
          { role: 'assistant', content: 'ASSISTANT-1' },
          { role: 'user', content: 'USER-2' },
        ],
      },
      responses: {
        instructions: 'SYSTEM-1',
        input: [
          { role: 'user', content: 'USER-1' },
          { role: 'assistant', content: [{ type: 'output_text', text: 'ASSISTANT-1' }] },
          { role: 'user', content: 'USER-2' },
        ],
      },
      messages: {
        system: 'SYSTEM-1',
        messages: [
          { role: 'user', content: 'USER-1' },
          { role: 'assistant', content: 'ASSISTANT-1' },
          { role: 'user', content: 'USER-2' },
        ],
      },
      GraphQL: {
        messages: [
          { role: 'SYSTEM', content: 'SYSTEM-1' },
          { role: 'USER', content: 'USER-1' },
          { role: 'ASSISTANT', content: 'ASSISTANT-1' },
          { role: 'USER', content: 'USER-2' },
        ],
      },
    },
    sent: ['SYSTEM-1', 'USER-1', 'ASSISTANT-1', 'USER-2'],
  },
  {
    name: 'images as data',
    asks: withParts(
      { type: 'image_url', image_url: { url: `data:image/png;base64,${image}` } },
      { type: 'input_image', image_url: `data:image/png;base64,${image}` },
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: image } },
      { data: image, mediaType: 'image/png' },
    ),
    sent: [image],
  },
  {
    name: 'images by URL',
    asks: withParts(
      { type: 'image_url', image_url: { url: imageUrl } },
      { type: 'input_image', image_url: imageUrl },
      { type: 'image', source: { type: 'url', url: imageUrl } },
      { imageUrl },
    ),
    sent: [imageUrl],
  },
  {
    name: 'documents',
    asks: withParts(
      { type: 'file', file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${document}` } },
      { type: 'input_file', filename: 'a.pdf', file_data: `data:application/pdf;base64,${document}` },
      {
        type: 'document',
        title: 'a.pdf',
        source: { type: 'base64', media_type: 'application/pdf', data: document },
      },
      { data: document, mediaType: 'application/pdf', filename: 'a.pdf' },
    ),
    sent: [document],
  },
  {
    name: 'audio',
    asks: (({ messages: _, ...asks }) => asks)(
      withParts(
        { type: 'input_audio', input_audio: { data: audio, format: 'wav' } },
        { type: 'input_audio', input_audio: { data: audio, format: 'wav' } },
        {},
        { data: audio, mediaType: 'audio/wav' },
      ),
    ),
    sent: [audio],
  },
  {
    name: 'tools, and a call of one',
    asks: tools,
    sent: ['look_up', 'DESCRIPTION-1', 'PARAM_1'],
    answer: { calls: [call('call_1', 'VALUE-1')] },
    needs: 'calls',
    received: hasCalls('VALUE-1'),
  },
  {
    name: 'several calls at once',
    asks: tools,
    sent: ['look_up'],
    answer: { texts: ['Wait.'], calls: [call('call_1', 'VALUE-1'), call('call_2', 'VALUE-2')] },
    needs: 'calls',
    received: hasCalls('Wait.', 'VALUE-1', 'VALUE-2'),
  },
  {
    name: 'a tool that must be called',
    asks: extend(tools, {
      'chat completions': { tool_choice: { type: 'function', function: { name: 'look_up' } } },
      responses: { tool_choice: { type: 'function', name: 'look_up' } },
      messages: { tool_choice: { type: 'tool', name: 'look_up' } },
      GraphQL: { toolChoice: 'look_up' },
    }),
    without: tools,
  },
  {
    name: 'one call at a time',
    asks: extend(tools, {
      'chat completions': { parallel_tool_calls: false },
      responses: { parallel_tool_calls: false },
      messages: { tool_choice: { type: 'auto', disable_parallel_tool_use: true } },
      GraphQL: { parallelToolCalls: false },
    }),
    without: extend(tools, {
      'chat completions': {},
      responses: {},
      messages: { tool_choice: { type: 'auto' } },
      GraphQL: {},
    }),
  },
  {
    name: 'results of tools',
    asks: withResult(textResult('RESULT-1')),
    sent: ['ARGUMENT-1', 'RESULT-1'],
  },
  {
    name: 'results that failed',
    asks: (({ messages, GraphQL }) => ({ messages, GraphQL }))(
      withResult({
        ...textResult('RESULT-1'),
        messages: { content: 'RESULT-1', is_error: true },
        graph: { content: 'RESULT-1', isError: true },
      }),
    ) as Asks,
    without: withResult(textResult('RESULT-1')),
  },
  {
    name: 'images in results',
    asks: withResult({
      chat: [
        { type: 'text', text: 'RESULT-1' },
        { type: 'image_url', image_url: { url: `data:image/png;base64,${image}` } },
      ],
      responses: [
        { type: 'input_text', text: 'RESULT-1' },
        { type: 'input_image', image_url: `data:image/png;base64,${image}` },
      ],
      messages: {
        content: [
          { type: 'text', text: 'RESULT-1' },
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: image } },
        ],
      },
      graph: { parts: [{ text: 'RESULT-1' }, { data: image, mediaType: 'image/png' }] },
    }),
    sent: ['RESULT-1', image],
  },
  {
    name: 'structured output',
    asks: {
      'chat completions': { response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } },
      responses: { text: { format: { type: 'json_schema', name: 'x', schema } } },
      messages: { output_config: { format: { type: 'json_schema', schema } } },
      GraphQL: { responseSchema: schema },
    },
    sent: ['FIELD_1'],
    answer: { texts: ['{"FIELD_1":', '"VALUE-1"}'] },
    received: has('VALUE-1'),
  },
  {
    name: 'reasoning effort',
    asks: {
      'chat completions': { reasoning_effort: 'high' },
      responses: { reasoning: { effort: 'high' } },
      messages: { thinking: { type: 'enabled', budget_tokens: 8_000 } },
      GraphQL: { reasoningEffort: 'high' },
    },
  },
  {
    name: 'reasoning in the answer',
    asks: plain,
    answer: { reasoning: 'THOUGHT-1', texts: ['Hello'] },
    needs: 'reasoning',
    received: has('THOUGHT-1'),
  },
  { name: 'usage', asks: plain, received: hasUsage },
  { name: 'cached input in the usage', asks: plain, needs: 'cached', received: has(`${counts.cached}`) },
  {
    name: 'cache writes in the usage',
    asks: { messages: {}, GraphQL: {} },
    needs: 'cacheWrite',
    received: has(`${counts.cacheWrite}`),
  },
  {
    name: 'reasoning tokens in the usage',
    asks: (({ messages: _, ...asks }) => asks)(plain),
    needs: 'reasoningTokens',
    received: has(`${counts.reasoning}`),
  },
  {
    name: 'stop sequences',
    asks: extend(
      spoken,
      field({ 'chat completions': 'stop', messages: 'stop_sequences', GraphQL: 'stop' }, ['STOP']),
    ),
    without: spoken,
  },
  {
    name: 'several answers',
    asks: field({ 'chat completions': 'n', GraphQL: 'alternatives' }, 2),
    answer: { texts: ['Hello'], alternatives: ['ALTERNATIVE-1'] },
    needs: 'alternatives',
    received: has('ALTERNATIVE-1'),
  },
  {
    name: 'log probabilities',
    asks: {
      'chat completions': { logprobs: true, top_logprobs: 1 },
      responses: { include: ['message.output_text.logprobs'], top_logprobs: 1 },
      GraphQL: { logprobs: true, topLogprobs: 1 },
    },
    answer: { texts: ['Hello'], logprob: 'TOKEN-1' },
    needs: 'logprobs',
    received: has('TOKEN-1'),
  },
  {
    name: 'refusals',
    asks: plain,
    answer: { refusal: 'REFUSAL-1' },
    needs: 'refusal',
    received: has('REFUSAL-1'),
  },
  {
    name: 'citations',
    asks: plain,
    answer: { texts: ['Hello'], citation: 'https://source.test/1' },
    needs: 'citations',
    received: has('https://source.test/1'),
  },
  {
    name: 'cache marks',
    asks: withParts(
      { type: 'text', text: 'Keep.', cache_control: { type: 'ephemeral' } },
      { type: 'input_text', text: 'Keep.', cache_control: { type: 'ephemeral' } },
      { type: 'text', text: 'Keep.', cache_control: { type: 'ephemeral' } },
      { text: 'Keep.', cache: true },
    ),
    without: withParts(
      { type: 'text', text: 'Keep.' },
      { type: 'input_text', text: 'Keep.' },
      { type: 'text', text: 'Keep.' },
      { text: 'Keep.' },
    ),
  },
  {
    name: 'temperature',
    asks: field(
      {
        'chat completions': 'temperature',
        responses: 'temperature',
        messages: 'temperature',
        GraphQL: 'temperature',
      },
      0.5,
    ),
  },
  {
    name: 'top p',
    asks: field({ 'chat completions': 'top_p', responses: 'top_p', messages: 'top_p', GraphQL: 'topP' }, 0.5),
  },
  {
    name: 'penalties',
    asks: field(
      { 'chat completions': 'presence_penalty', responses: 'presence_penalty', GraphQL: 'presencePenalty' },
      0.5,
    ),
  },
  { name: 'seed', asks: field({ 'chat completions': 'seed', GraphQL: 'seed' }, 7) },
  {
    name: 'bound of the output',
    asks: field(
      {
        'chat completions': 'max_completion_tokens',
        responses: 'max_output_tokens',
        messages: 'max_tokens',
        GraphQL: 'maxOutputTokens',
      },
      2_917,
    ),
    sent: ['2917'],
  },
  {
    name: 'end of a bounded answer',
    asks: plain,
    answer: { texts: ['Hello'], isCutByLength: true },
    received: (text) => /"(?:length|max_output_tokens|max_tokens|LENGTH)"/.test(text),
  },
  {
    name: 'end user',
    asks: {
      'chat completions': { user: 'PERSON-1' },
      responses: { safety_identifier: 'PERSON-1' },
      messages: { metadata: { user_id: 'PERSON-1' } },
    },
    sent: ['PERSON-1'],
  },
  {
    name: 'metadata',
    asks: { 'chat completions': { metadata: { key: 'META-1' } }, responses: { metadata: { key: 'META-1' } } },
    sent: ['META-1'],
  },
  {
    name: 'service tier',
    asks: field(
      { 'chat completions': 'service_tier', responses: 'service_tier', messages: 'service_tier' },
      'auto',
    ),
    sent: ['service_tier'],
  },
  {
    name: 'unknown fields',
    asks: {
      ...field(
        {
          'chat completions': 'vendor_extension',
          responses: 'vendor_extension',
          messages: 'vendor_extension',
        },
        'EXTENSION-1',
      ),
      GraphQL: { providerOptions: { chat: { vendor_extension: 'EXTENSION-1' } } },
    },
    sent: ['EXTENSION-1'],
  },
];
