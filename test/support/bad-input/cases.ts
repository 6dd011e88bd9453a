import { wrongNames } from './names.ts';

const model = 'openai-compatible/small';
/** The path of each dialect. */
export const paths = {
  chat: '/v1/chat/completions',
  responses: '/v1/responses',
  anthropic: '/v1/messages',
} as const;
/** A dialect whose errors are compared. */
export type Dialect = keyof typeof paths;

/** A message of the user, in every dialect. */
export const user = (content: unknown) => ({ role: 'user', content });
const hi = user('Hi');
/** A small body of each dialect. */
export const bodies: Readonly<Record<Dialect, Readonly<Record<string, unknown>>>> = {
  chat: { model, messages: [hi] },
  responses: { model, input: [hi] },
  anthropic: { model, max_tokens: 10, messages: [hi] },
};

/** The head of an image's data: URL. */
export const png = 'data:image/png;base64,';
const chatImage = (url: string) => [
  hi,
  user([
    { type: 'text', text: 'x' },
    { type: 'image_url', image_url: { url } },
  ]),
];
const responsesImage = (url: string) => [
  hi,
  user([
    { type: 'input_text', text: 'x' },
    { type: 'input_image', image_url: url },
  ]),
];
const anthropicImage = (source: object) => [
  hi,
  user([
    { type: 'text', text: 'x' },
    { type: 'image', source },
  ]),
];
const manyTools = (write: (name: string) => object, count: number) =>
  Array.from({ length: count }, (_, at) => write(`t${at}`));
const chatTool = (name: string) => ({ type: 'function', function: { name } });
const responsesTool = (name: string) => ({ type: 'function', name, parameters: {} });
const anthropicTool = (name: string) => ({ name, input_schema: {} });
const longAudio = 'A'.repeat(20_000);
const manyMessages = Array.from({ length: 10_001 }, () => hi);

/** A wrong input, and what names it. */
export type Case = readonly [
  what: string,
  dialect: Dialect,
  fields: object,
  param: string | null,
  message: RegExp,
  /** The status, and the code of OpenAI's API. */
  more?: { readonly status?: number; readonly code?: string; readonly type?: string },
];

const tooLong = { code: 'context_length_exceeded' };
const unknownModel = { status: 404, code: 'model_not_found' };
/** Wrong inputs of every dialect. */
export const cases: readonly Case[] = [
  ['missing messages', 'chat', { messages: undefined }, 'messages', /at least one/],
  ['missing messages', 'responses', { input: undefined }, 'input', /at least one/],
  ['missing messages', 'anthropic', { messages: undefined }, 'messages', /at least one/],
  [
    'only instructions',
    'chat',
    { messages: [{ role: 'system', content: 'x' }] },
    'messages',
    /more than instructions/,
  ],
  [
    'only instructions',
    'responses',
    { input: [{ role: 'system', content: 'x' }] },
    'input',
    /more than instructions/,
  ],
  [
    'only instructions',
    'anthropic',
    { messages: [{ role: 'system', content: 'x' }] },
    'messages',
    /more than instructions/,
  ],
  ...wrongNames,
  ['too many messages', 'chat', { messages: manyMessages }, 'messages', /10000/],
  ['too many messages', 'responses', { input: manyMessages }, 'input', /10000/],
  ['too many messages', 'anthropic', { messages: manyMessages }, 'messages', /10000/],
  [
    'an unknown model',
    'chat',
    { model: 'openai-compatible/smal' },
    'model',
    /Did you mean "openai-compatible\/small"/,
    unknownModel,
  ],
  [
    'an unknown model',
    'responses',
    { model: 'openai-compatible/smal' },
    'model',
    /Did you mean "openai-compatible\/small"/,
    unknownModel,
  ],
  [
    'an unknown model',
    'anthropic',
    { model: 'openai-compatible/smal' },
    'model',
    /Did you mean "openai-compatible\/small"/,
    { status: 404, type: 'not_found_error' },
  ],
  [
    'invalid base64',
    'chat',
    { messages: chatImage(`${png}@@@`) },
    'messages[1].content[1].image_url.url',
    /not valid base64/,
  ],
  [
    'invalid base64',
    'responses',
    { input: responsesImage(`${png}@@@`) },
    'input[1].content[1].image_url',
    /not valid base64/,
  ],
  [
    'invalid base64',
    'anthropic',
    { messages: anthropicImage({ type: 'base64', media_type: 'image/png', data: '@@@' }) },
    'messages.1.content.1.source.data',
    /not valid base64/,
  ],
  [
    'a data: URL that is not base64',
    'chat',
    { messages: chatImage('data:image/png,xyz') },
    'messages[1].content[1].image_url.url',
    /in base64/,
  ],
  [
    'a data: URL that is not base64',
    'responses',
    { input: responsesImage('data:image/png,xyz') },
    'input[1].content[1].image_url',
    /in base64/,
  ],
  [
    'a data: URL without a media type',
    'chat',
    { messages: chatImage('data:;base64,AAAA') },
    'messages[1].content[1].image_url.url',
    /media type/,
  ],
  [
    'a data: URL without a media type',
    'responses',
    { input: responsesImage('data:;base64,AAAA') },
    'input[1].content[1].image_url',
    /media type/,
  ],
  [
    'a media type that is none',
    'chat',
    { messages: chatImage('data:png;base64,AAAA') },
    'messages[1].content[1].image_url.url',
    /media type/,
  ],
  [
    'a media type that is none',
    'anthropic',
    { messages: anthropicImage({ type: 'base64', media_type: 'png', data: 'AAAA' }) },
    'messages.1.content.1.source.media_type',
    /media type/,
  ],
  [
    'a URL with a password',
    'chat',
    { messages: chatImage('https://u:p@example.com/y.png') },
    'messages[1].content[1].image_url.url',
    /user or password/,
  ],
  [
    'a URL with a password',
    'anthropic',
    { messages: anthropicImage({ type: 'url', url: 'https://u:p@example.com/y.png' }) },
    'messages.1.content.1.source.url',
    /user or password/,
  ],
  [
    'an image in instructions',
    'chat',
    {
      messages: [{ role: 'system', content: [{ type: 'image_url', image_url: { url: `${png}AAAA` } }] }, hi],
    },
    'messages[0].content[0].image_url',
    /text parts only/,
  ],
  [
    'audio that is too long',
    'chat',
    { messages: [user([{ type: 'input_audio', input_audio: { data: longAudio, format: 'wav' } }])] },
    'messages',
    /shorten the input/,
    tooLong,
  ],
  [
    'audio that is too long',
    'responses',
    { input: [user([{ type: 'input_audio', input_audio: { data: longAudio, format: 'wav' } }])] },
    'input',
    /shorten the input/,
    tooLong,
  ],
  [
    'a document that is too long',
    'anthropic',
    {
      messages: [
        user([
          { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: longAudio } },
        ]),
      ],
    },
    null,
    /prompt is too long/,
  ],
  [
    'audio in no base64',
    'chat',
    { messages: [user([{ type: 'input_audio', input_audio: { data: '@@', format: 'wav' } }])] },
    'messages[0].content[0].input_audio.data',
    /not valid base64/,
  ],
  [
    'audio of no format',
    'chat',
    { messages: [user([{ type: 'input_audio', input_audio: { data: 'AAAA', format: 'W V' } }])] },
    'messages[0].content[0].input_audio.format',
    /must be/,
  ],
  [
    'a file in no base64',
    'chat',
    { messages: [user([{ type: 'file', file: { file_data: 'data:application/pdf;base64,@@' } }])] },
    'messages[0].content[0].file.file_data',
    /not valid base64/,
  ],
  [
    'a result without a call',
    'chat',
    { messages: [hi, { role: 'tool', tool_call_id: 'c9', content: 'x' }] },
    'messages[1].tool_call_id',
    /no message before it makes the tool call c9/,
  ],
  [
    'a result without a call',
    'responses',
    { input: [hi, { type: 'function_call_output', call_id: 'c9', output: 'x' }] },
    'input[1].call_id',
    /names no tool call before it/,
  ],
  [
    'a result without a call',
    'anthropic',
    {
      messages: [
        user([
          { type: 'text', text: 'x' },
          { type: 'tool_result', tool_use_id: 'c9', content: 'x' },
        ]),
      ],
    },
    'messages.0.content.1.tool_use_id',
    /no message before it makes the tool call c9/,
  ],
  ['10,000 tools', 'chat', { tools: manyTools(chatTool, 10_000) }, 'tools', /at most 512/],
  ['10,000 tools', 'responses', { tools: manyTools(responsesTool, 10_000) }, 'tools', /at most 512/],
  ['10,000 tools', 'anthropic', { tools: manyTools(anthropicTool, 10_000) }, 'tools', /at most 512/],
  ['20,000 tools', 'chat', { tools: manyTools(chatTool, 20_000) }, 'tools', /10000/],
  ['20,000 tools', 'responses', { tools: manyTools(responsesTool, 20_000) }, 'tools', /10000/],
  ['20,000 tools', 'anthropic', { tools: manyTools(anthropicTool, 20_000) }, 'tools', /10000/],
  [
    'a wrong name of a tool',
    'chat',
    { tools: [chatTool('a'), chatTool('a b')] },
    'tools[1].function.name',
    /letters, digits/,
  ],
  [
    'a wrong name of a tool',
    'responses',
    { tools: [responsesTool('a'), responsesTool('a b')] },
    'tools[1].name',
    /letters, digits/,
  ],
  [
    'a wrong name of a tool',
    'anthropic',
    { tools: [anthropicTool('a'), anthropicTool('a b')] },
    'tools.1.name',
    /letters, digits/,
  ],
  [
    'a choice of no tool',
    'chat',
    { tools: [chatTool('a')], tool_choice: chatTool('b') },
    'tool_choice',
    /name of one of the tools/,
  ],
  [
    'a choice of no tool',
    'responses',
    { tools: [responsesTool('a')], tool_choice: { type: 'function', name: 'b' } },
    'tool_choice',
    /name of one of the tools/,
  ],
  ['a temperature beyond the scale', 'chat', { temperature: 3 }, 'temperature', /from 0 to 2/],
  ['a temperature beyond the scale', 'responses', { temperature: 3 }, 'temperature', /from 0 to 2/],
  ['a temperature beyond the scale', 'anthropic', { temperature: 3 }, 'temperature', /from 0 to 2/],
  ['no tokens for the answer', 'chat', { max_tokens: 0 }, 'max_tokens', /from 1 to/],
  ['no tokens for the answer', 'chat', { max_completion_tokens: 0 }, 'max_completion_tokens', /from 1 to/],
  ['no tokens for the answer', 'responses', { max_output_tokens: 0 }, 'max_output_tokens', /from 1 to/],
  ['no tokens for the answer', 'anthropic', { max_tokens: 0 }, 'max_tokens', /at least 1/],
  ['an unknown effort', 'chat', { reasoning_effort: 'huge' }, 'reasoning_effort', /must be one of/],
  ['an unknown effort', 'responses', { reasoning: { effort: 'huge' } }, 'reasoning.effort', /must be one of/],
  [
    'an unknown effort',
    'anthropic',
    { output_config: { effort: 'huge' } },
    'output_config.effort',
    /must be one of/,
  ],
  ...[0, -1, 9].map((n): Case => ['answers beyond those allowed', 'chat', { n }, 'n', /^n .*1 to 8/]),
  ['logprobs that were not requested', 'chat', { top_logprobs: 2 }, 'top_logprobs', /requires logprobs/],
  [
    'a schema that is none',
    'chat',
    { response_format: { type: 'json_schema', json_schema: { schema: { type: 7 } } } },
    'response_format.json_schema.schema',
    /usable JSON Schema/,
  ],
  [
    'a schema that is none',
    'responses',
    { text: { format: { type: 'json_schema', schema: { type: 7 } } } },
    'text.format.schema',
    /usable JSON Schema/,
  ],
  [
    'a schema that is none',
    'anthropic',
    { output_config: { format: { type: 'json_schema', schema: { type: 7 } } } },
    'output_config.format.schema',
    /usable JSON Schema/,
  ],
  ['an end user that is none', 'chat', { user: 'a\nb' }, 'user', /printable/],
  ['an end user that is none', 'responses', { user: 'a\nb' }, 'user', /printable/],
  [
    'an end user that is none',
    'anthropic',
    { metadata: { user_id: 'a\nb' } },
    'metadata.user_id',
    /printable/,
  ],
  [
    'fields for the provider that are too large',
    'chat',
    { prediction: 'x'.repeat(40_000) },
    null,
    /^The fields for the provider may have at most/,
  ],
  [
    'a wrong format of spoken answers',
    'chat',
    { modalities: ['text', 'audio'], audio: { voice: 'alloy', format: 'midi' } },
    'audio.format',
    /must be one of/,
  ],
  [
    'an unknown previous_response_id',
    'responses',
    { previous_response_id: 'resp_none' },
    'previous_response_id',
    /no stored response/,
    { status: 400, code: 'previous_response_not_found' },
  ],
];
