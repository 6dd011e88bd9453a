import { type Feature, has, hasUsage } from './feature.ts';
import { extend, field, plain, spoken, withParts } from './feature-asks.ts';
import { counts } from './upstream-wire.ts';

/** What a call sets, and what an answer has beside its text. */
export const settingFeatures: readonly Feature[] = [
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
