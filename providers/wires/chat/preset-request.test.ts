import { describe, expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import type { ProviderCall, ProviderMessage } from '../../provider.ts';
import { captureFetch } from '../../sdk/captured-request.ts';
import { ask } from '../../testing/calls.ts';
import { blankAnswers } from '../../testing/oracle/blank-answers.ts';
import { plannedCalls } from '../../testing/oracle/planned-calls.ts';
import { openRequests, requestOfSdk } from '../../testing/oracle/request-oracle.ts';
import { presetKinds } from '../../testing/preset-kinds.ts';
import { type PresetKind, presetWires } from '../../testing/preset-wires.ts';
import { createCompatibleModels } from '../../testing/sdk-witness.ts';
import { fields } from '../shared/fields.ts';

const baseURL = 'http://upstream.test/v1';
const models = createCompatibleModels({ baseURL, apiKey: 'sk-test-0123456789', fetch: captureFetch });

type Differs = (call: ProviderCall) => boolean;
const seed: Differs = (call) => call.seed !== undefined;
const schema: Differs = (call) => call.responseSchema !== undefined;
const effort: Differs = (call) => call.reasoningEffort !== undefined;
const choice: Differs = (call) => call.toolChoice !== undefined;
const hasPart = (call: ProviderCall, type: 'text' | 'file', least: number) =>
  call.messages.some(
    (message) =>
      message.role === 'user' && message.parts.filter((part) => part.type === type).length >= least,
  );
const files: Differs = (call) => hasPart(call, 'file', 1);
const severalTexts: Differs = (call) => hasPart(call, 'text', 2);
const silentCalls: Differs = ({ messages }) => messages.some(({ role }) => role === 'assistant');

/** What a kind takes otherwise than the package for compatible servers sends it; the table below has each of these. */
const differences: Partial<Record<PresetKind, readonly Differs[]>> = {
  AI21: [schema, effort, files, severalTexts],
  CLOUDFLARE: [silentCalls],
  DATABRICKS: [seed],
  MOONSHOT: [seed, schema, effort, files],
  QWEN: [effort],
  SAMBANOVA: [seed, severalTexts],
  SILICONFLOW: [effort],
  SNOWFLAKE: [({ maxOutputTokens }) => maxOutputTokens !== undefined],
  UPSTAGE: [effort],
  VERCEL_AI_GATEWAY: [effort],
  ZAI: [seed, schema, effort, choice],
  ZHIPU: [seed, schema, effort, choice],
};

/** MiniMax is sent a field of its own in each request. */
const compared = presetKinds.filter((kind) => kind !== 'MINIMAX');

describe.each(compared)('%s: requests of chat completions', (kind) => {
  it.each([false, true])(
    'are those that the AI SDK sends, but for the differences (streaming: %s)',
    async (streaming) => {
      // Kimi K2.6 takes no temperature, and thinking in its place.
      const model = kind === 'MOONSHOT' ? 'kimi-latest' : presetWires[kind].model;
      const send = await openRequests(kind, baseURL);
      let count = 0;
      await fc.assert(
        fc.asyncProperty(plannedCalls([model]), async (call) => {
          fc.pre(!differences[kind]?.some((differs) => differs(call)));
          const languageModel = (id: string) => models.languageModel(id);
          const wanted = await requestOfSdk({ languageModel, blank: blankAnswers.chat }, call, streaming);
          expect(await send(call, streaming)).toEqual(wanted);
          if (wanted !== null) count += 1;
        }),
        { numRuns: 60 },
      );
      expect(count).toBeGreaterThan(15);
    },
  );
});

const tools = [{ name: 'f', parameters: { type: 'object', properties: {} } }];
const object = { type: 'object', properties: { a: { type: 'string' } } };
const instruction = {
  role: 'system',
  content: `Return JSON that conforms to the following schema: ${JSON.stringify(object)}`,
};
const image = (source: object): Partial<ProviderCall> => ({
  messages: [{ role: 'user', parts: [{ type: 'file', mediaType: 'image/png', ...source }] }],
});
const twoTexts: readonly ProviderMessage[] = [
  {
    role: 'user',
    parts: [
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ],
  },
];
const silentCall: readonly ProviderMessage[] = [
  { role: 'user', parts: [{ type: 'text', text: 'a' }] },
  { role: 'assistant', text: '', toolCalls: [{ id: 'call_1', name: 'f', arguments: {} }] },
  { role: 'tool', toolCallId: 'call_1', toolName: 'f', content: 'x' },
];

type Quirk = readonly [
  kind: PresetKind,
  what: string,
  call: Partial<ProviderCall>,
  /** Fields of the body; undefined: not sent. Null: the call is refused. */
  sent: Readonly<Record<string, unknown>> | null,
];

const quirks: readonly Quirk[] = [
  [
    'AI21',
    'a schema',
    { responseSchema: object },
    { response_format: { type: 'json_object' }, 'messages.0': instruction },
  ],
  ['AI21', 'an effort', { reasoningEffort: 'high' }, { reasoning_effort: undefined }],
  ['AI21', 'texts', { messages: twoTexts }, { 'messages.0': { role: 'user', content: 'ab' } }],
  ['AI21', 'a video', image({ mediaType: 'video/mp4', data: 'AAAA' }), null],
  ['CLOUDFLARE', 'a call without a text', { messages: silentCall, tools }, { 'messages.1.content': '' }],
  ['DATABRICKS', 'a seed', { seed: 7 }, { seed: undefined }],
  [
    'LM_STUDIO',
    'a JSON object',
    { responseSchema: object, responseJsonObject: true },
    { 'response_format.type': 'json_schema' },
  ],
  [
    'DATABRICKS',
    'a JSON object',
    { responseSchema: object, responseJsonObject: true },
    { response_format: { type: 'json_object' } },
  ],
  ['MINIMAX', 'any call', {}, { reasoning_split: true, max_tokens: undefined }],
  ['MINIMAX', 'a length', { maxOutputTokens: 9 }, { max_completion_tokens: 9, max_tokens: undefined }],
  ['MINIMAX', 'temperature 0', { temperature: 0 }, { temperature: 0.01 }],
  ['MINIMAX', 'temperature 1.5', { temperature: 1.5 }, { temperature: 1 }],
  ['MINIMAX', 'temperature 0.5', { temperature: 0.5 }, { temperature: 0.5 }],
  ['MINIMAX', 'a seed', { seed: 7 }, { seed: undefined }],
  ['MINIMAX', 'an effort', { reasoningEffort: 'high' }, { reasoning_effort: undefined }],
  [
    'MINIMAX',
    'a schema',
    { responseSchema: object },
    { response_format: undefined, 'messages.0': instruction },
  ],
  [
    'MOONSHOT',
    'sampling of a thinking model',
    { temperature: 0.5, topP: 0.9 },
    { temperature: undefined, top_p: undefined },
  ],
  [
    'MOONSHOT',
    'sampling',
    { model: 'moonshot-v1-8k', temperature: 0.5, topP: 0.9 },
    { temperature: 0.5, top_p: 0.9 },
  ],
  [
    'MOONSHOT',
    'effort none',
    { reasoningEffort: 'none' },
    { thinking: { type: 'disabled' }, reasoning_effort: undefined },
  ],
  [
    'MOONSHOT',
    'effort high',
    { reasoningEffort: 'high' },
    { thinking: { type: 'enabled' }, reasoning_effort: undefined },
  ],
  ['MOONSHOT', 'the default effort', { reasoningEffort: 'default' }, { thinking: undefined }],
  [
    'MOONSHOT',
    'effort none of a coder',
    { model: 'kimi-k2.7-code', reasoningEffort: 'none' },
    { thinking: undefined },
  ],
  [
    'MOONSHOT',
    'effort xhigh of K3',
    { model: 'kimi-k3', reasoningEffort: 'xhigh' },
    { reasoning_effort: 'max' },
  ],
  ['MOONSHOT', 'a seed', { seed: 7 }, { seed: undefined }],
  [
    'MOONSHOT',
    'a schema',
    { responseSchema: { ...object, $schema: 'http://json-schema.org/draft-07/schema#' } },
    { response_format: { type: 'json_schema', json_schema: { name: 'response', schema: object } } },
  ],
  [
    'MOONSHOT',
    'a schema to an older model',
    { model: 'moonshot-v1-8k', responseSchema: object },
    { response_format: { type: 'json_object' }, 'messages.0': instruction },
  ],
  ['MOONSHOT', 'an image by URL', image({ url: 'https://example.com/a.png' }), null],
  [
    'MOONSHOT',
    'an image as data',
    image({ data: 'AAAA' }),
    { 'messages.0.content.0': { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } } },
  ],
  ['MOONSHOT', 'a PDF', image({ mediaType: 'application/pdf', data: 'JVBERi0x' }), null],
  [
    'QWEN',
    'effort none',
    { reasoningEffort: 'none' },
    { enable_thinking: false, reasoning_effort: undefined },
  ],
  ['QWEN', 'effort low', { reasoningEffort: 'low' }, { enable_thinking: true, reasoning_effort: undefined }],
  ['QWEN', 'the default effort', { reasoningEffort: 'default' }, { enable_thinking: undefined }],
  [
    'QWEN',
    'an open model, not streamed',
    { model: 'qwen3-32b', reasoningEffort: 'low' },
    { enable_thinking: false },
  ],
  ['SAMBANOVA', 'a seed', { seed: 7 }, { seed: undefined }],
  ['SAMBANOVA', 'texts', { messages: twoTexts }, { 'messages.0': { role: 'user', content: 'ab' } }],
  [
    'SILICONFLOW',
    'effort none',
    { reasoningEffort: 'none' },
    { enable_thinking: false, reasoning_effort: undefined },
  ],
  ['SILICONFLOW', 'effort high', { reasoningEffort: 'high' }, { enable_thinking: true }],
  ['SNOWFLAKE', 'a length', { maxOutputTokens: 9 }, { max_completion_tokens: 9, max_tokens: undefined }],
  ['UPSTAGE', 'effort none', { reasoningEffort: 'none' }, { reasoning_effort: 'low' }],
  ['UPSTAGE', 'effort minimal', { reasoningEffort: 'minimal' }, { reasoning_effort: 'low' }],
  ['UPSTAGE', 'effort max', { reasoningEffort: 'max' }, { reasoning_effort: 'high' }],
  [
    'VERCEL_AI_GATEWAY',
    'an effort',
    { reasoningEffort: 'high' },
    { reasoning: { effort: 'high' }, reasoning_effort: undefined },
  ],
  ['VERCEL_AI_GATEWAY', 'effort max', { reasoningEffort: 'max' }, { reasoning: { effort: 'xhigh' } }],
  ...(['ZHIPU', 'ZAI'] as const).flatMap((kind): Quirk[] => [
    [kind, 'a seed', { seed: 7 }, { seed: undefined }],
    [
      kind,
      'effort none',
      { reasoningEffort: 'none' },
      { thinking: { type: 'disabled' }, reasoning_effort: undefined },
    ],
    [kind, 'effort low', { reasoningEffort: 'low' }, { thinking: { type: 'enabled' } }],
    [
      kind,
      'a schema',
      { responseSchema: object },
      { response_format: { type: 'json_object' }, 'messages.0': instruction },
    ],
    [kind, 'the choice of the model', { tools, toolChoice: 'auto' }, { tool_choice: 'auto' }],
    [
      kind,
      'the choice of no tool',
      { tools, toolChoice: 'none' },
      { tools: undefined, tool_choice: undefined },
    ],
    [kind, 'the choice of any tool', { tools, toolChoice: 'required' }, null],
    [kind, 'the choice of one tool', { tools, toolChoice: 'f' }, null],
  ]),
];

/** The value at a path with dots; undefined where there is none. */
function valueAt(body: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce(
      (value: unknown, name) => (Array.isArray(value) ? value[Number(name)] : fields(value)?.[name]),
      body,
    );
}

describe('what a kind takes otherwise', () => {
  it.each(quirks)('%s: %s', async (kind, _, call, sent) => {
    const send = await openRequests(kind, baseURL);
    const request = await send({ ...ask(presetWires[kind].model, 'Hello'), ...call }, false);
    if (sent === null) return expect(request).toBeNull();
    for (const [path, value] of Object.entries(sent))
      expect(valueAt(request?.body, path), path).toEqual(value);
  });

  it('is in the table for every kind that is compared with the package less than whole', () => {
    const listed = new Set(quirks.map(([kind]) => kind));
    expect(Object.keys(differences).filter((kind) => !listed.has(kind as PresetKind))).toEqual([]);
  });

  it('lets an open model of Qwen think in a stream', async () => {
    const send = await openRequests('QWEN', baseURL);
    const request = await send(ask('qwen3-32b', 'Hello', { reasoningEffort: 'low' }), true);
    expect(request?.body).toMatchObject({ enable_thinking: true, stream_options: { include_usage: true } });
  });
});
