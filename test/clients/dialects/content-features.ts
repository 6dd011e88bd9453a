import { type Feature, has, hasCalls } from './feature.ts';
import {
  type Asks,
  audio,
  call,
  document,
  extend,
  image,
  imageUrl,
  schema,
  textResult,
  tools,
  withParts,
  withResult,
} from './feature-asks.ts';

/** A structured answer, with what a dialect states of its schema. */
const withSchema = (given: object, graph: object): Asks => ({
  'chat completions': { response_format: { type: 'json_schema', json_schema: { schema, ...given } } },
  responses: { text: { format: { type: 'json_schema', schema, ...given } } },
  GraphQL: { responseSchema: schema, ...graph },
});

/** What a conversation consists of: texts, files, tools and their results. */
export const contentFeatures: readonly Feature[] = [
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
    name: 'names of participants',
    asks: {
      'chat completions': {
        messages: [
          { role: 'developer', content: 'SYSTEM-1', name: 'NAME_1' },
          { role: 'user', content: 'USER-1', name: 'NAME_2' },
          { role: 'assistant', content: 'ASSISTANT-1', name: 'NAME_3' },
          { role: 'user', content: 'USER-2' },
        ],
      },
      GraphQL: {
        messages: [
          { role: 'SYSTEM', content: 'SYSTEM-1', name: 'NAME_1' },
          { role: 'USER', content: 'USER-1', name: 'NAME_2' },
          { role: 'ASSISTANT', content: 'ASSISTANT-1', name: 'NAME_3' },
          { role: 'USER', content: 'USER-2' },
        ],
      },
    },
    sent: ['NAME_1', 'NAME_2', 'NAME_3'],
  },
  {
    name: 'refusals of earlier answers',
    asks: {
      'chat completions': {
        messages: [
          { role: 'user', content: 'USER-1' },
          { role: 'assistant', content: null, refusal: 'REFUSAL-1' },
          { role: 'user', content: 'USER-2' },
        ],
      },
      responses: {
        input: [
          { role: 'user', content: 'USER-1' },
          { role: 'assistant', content: [{ type: 'refusal', refusal: 'REFUSAL-1' }] },
          { role: 'user', content: 'USER-2' },
        ],
      },
      GraphQL: {
        messages: [
          { role: 'USER', content: 'USER-1' },
          { role: 'ASSISTANT', parts: [{ text: 'REFUSAL-1', isRefusal: true }] },
          { role: 'USER', content: 'USER-2' },
        ],
      },
    },
    sent: ['REFUSAL-1'],
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
    name: 'further fields of calls sent back',
    asks: withResult(textResult('RESULT-1'), {
      chat: { extra_content: { mark: 'FURTHER-1' } },
      responses: { caller: { type: 'direct', mark: 'FURTHER-1' } },
      messages: { toolset_name: 'FURTHER-1' },
    }),
    sent: ['FURTHER-1'],
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
      'chat completions': { response_format: { type: 'json_schema', json_schema: { schema } } },
      responses: { text: { format: { type: 'json_schema', schema } } },
      messages: { output_config: { format: { type: 'json_schema', schema } } },
      GraphQL: { responseSchema: schema },
    },
    sent: ['FIELD_1'],
    answer: { texts: ['{"FIELD_1":', '"VALUE-1"}'] },
    received: has('VALUE-1'),
  },
  {
    name: 'a JSON object without a schema',
    asks: {
      'chat completions': { response_format: { type: 'json_object' } },
      responses: { text: { format: { type: 'json_object' } } },
      GraphQL: { responseSchema: { type: 'object' }, responseJsonObject: true },
    },
    answer: { texts: ['{"FIELD_1":', '"VALUE-1"}'] },
    received: has('VALUE-1'),
  },
  {
    name: 'name and description of a schema',
    asks: withSchema(
      { name: 'NAME_1', description: 'DESCRIPTION-1' },
      { responseSchemaName: 'NAME_1', responseSchemaDescription: 'DESCRIPTION-1' },
    ),
    sent: ['NAME_1', 'DESCRIPTION-1'],
    answer: { texts: ['{"FIELD_1":"VALUE-1"}'] },
  },
  {
    name: 'a schema as a guide alone',
    asks: withSchema({ strict: false }, { responseSchemaStrict: false }),
    sent: ['"strict":false'],
    answer: { texts: ['{"FIELD_1":"VALUE-1"}'] },
  },
];
