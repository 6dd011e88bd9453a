import { createGoogle } from '@ai-sdk/google';
import { createGoogleVertex } from '@ai-sdk/google-vertex/edge';
import { describe, expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import type { ProviderCall, ProviderKind } from '../../provider.ts';
import { captureFetch } from '../../sdk/captured-request.ts';
import { blankAnswers } from '../../testing/oracle/blank-answers.ts';
import { plannedCalls } from '../../testing/oracle/planned-calls.ts';
import { openRequests, type RequestOracle, requestOfSdk } from '../../testing/oracle/request-oracle.ts';

const models = [
  ...[
    'gemini-2.5-flash',
    'gemini-2.5-pro',
    'gemini-2.0-flash',
    'gemini-pro',
    'gemma-3-27b-it',
    'tunedModels/x',
  ],
  ...['gemini-3-pro-preview', 'gemini-3-flash-preview', 'gemini-3.7-flash', 'gemini-3.5-flash-lite'],
  ...['gemini-4-hydrogen', 'gemini-flash-latest', 'gemini-3-pro-image-preview', 'learnlm'],
];
const apiKey = 'sk-test-0123456789';

interface Vendor extends RequestOracle {
  readonly kind: ProviderKind;
  readonly baseUrl: string;
}

const rules = () => ({ objectArguments: true, systemFirst: true });
const vendors: readonly Vendor[] = [
  {
    kind: 'GOOGLE',
    baseUrl: 'http://upstream.test/v1beta',
    languageModel: createGoogle({ baseURL: 'http://upstream.test/v1beta', apiKey, fetch: captureFetch }),
    blank: blankAnswers.gemini,
    rules,
  },
  {
    kind: 'VERTEX',
    baseUrl: 'http://upstream.test',
    languageModel: createGoogleVertex({
      baseURL: 'http://upstream.test/v1/publishers/google',
      apiKey,
      fetch: captureFetch,
    }),
    blank: blankAnswers.gemini,
    rules,
  },
];

/** Deliberate differences, each with its reason. */
const differences: readonly (readonly [string, (call: ProviderCall) => boolean])[] = [
  [
    'instructions to a Gemma are kept though the model speaks first',
    ({ model, messages }) =>
      model.startsWith('gemma') &&
      messages[0]?.role === 'system' &&
      messages.find(({ role }) => role !== 'system')?.role === 'assistant',
  ],
];

describe.each(vendors)('$kind: requests of generateContent', (vendor) => {
  it.each([false, true])('are those that the AI SDK sends (streaming: %s)', async (streaming) => {
    const send = await openRequests(vendor.kind, vendor.baseUrl);
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(plannedCalls(models), async (call) => {
        fc.pre(!differences.some(([, differs]) => differs(call)));
        const wanted = await requestOfSdk(vendor, call, streaming);
        expect(await send(call, streaming)).toEqual(wanted);
        if (wanted !== null) compared += 1;
      }),
      { numRuns: 400 },
    );
    expect(compared).toBeGreaterThan(100);
  });
});

describe('GOOGLE', () => {
  it.each([
    ['gemini-3-pro?alt=x', '/v1beta/models/gemini-3-pro%3Falt=x:generateContent'],
    ['tunedModels/a#b', '/v1beta/tunedModels/a%23b:generateContent'],
  ])('keeps the id of a model within its place in the URL: %s', async (model, path) => {
    const send = await openRequests('GOOGLE', 'http://upstream.test/v1beta');
    const messages: ProviderCall['messages'] = [{ role: 'user', parts: [{ type: 'text', text: 'Hi.' }] }];
    expect(await send({ model, messages }, false)).toMatchObject({ url: `http://upstream.test${path}` });
  });

  it('writes each constant of a schema as an enum, whatever its value and wherever it is nested', async () => {
    const send = await openRequests('GOOGLE', 'http://upstream.test/v1beta');
    const messages: ProviderCall['messages'] = [{ role: 'user', parts: [{ type: 'text', text: 'Hi.' }] }];
    const buildSchema = (leaf: (value: unknown) => object) => ({
      type: 'object',
      properties: {
        flag: leaf(false),
        none: leaf(0),
        either: { oneOf: [leaf(''), { anyOf: [leaf('x')] }] },
        list: { type: 'array', items: leaf(null) },
      },
      additionalProperties: leaf(1),
      $defs: { one: leaf('one') },
    });
    const responseSchema = buildSchema((value) => ({ const: value }));
    const sent = await send({ model: 'gemini-3-pro', messages, responseSchema }, false);
    expect(sent).toMatchObject({
      body: { generationConfig: { responseJsonSchema: buildSchema((value) => ({ enum: [value] })) } },
    });
  });

  it('keeps instructions to a Gemma though the model speaks first', async () => {
    const send = await openRequests('GOOGLE', 'http://upstream.test/v1beta');
    const messages: ProviderCall['messages'] = [
      { role: 'system', content: 'be brief' },
      { role: 'assistant', text: 'Hi.', toolCalls: [] },
    ];
    expect(await send({ model: 'gemma-3-27b-it', messages }, false)).toMatchObject({
      body: { contents: [{ role: 'user', parts: [{ text: 'be brief\n\n' }] }, { role: 'model' }] },
    });
  });
});
