import { createCohere } from '@ai-sdk/cohere';
import { describe, expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import type { ProviderCall } from '../../provider.ts';
import { captureFetch } from '../../sdk/captured-request.ts';
import { blankAnswers } from '../../testing/oracle/blank-answers.ts';
import { plannedCalls } from '../../testing/oracle/planned-calls.ts';
import { openRequests, requestOfSdk } from '../../testing/oracle/request-oracle.ts';

const baseURL = 'http://upstream.test/v2';
const oracle = {
  languageModel: createCohere({ baseURL, apiKey: 'sk-test-0123456789', fetch: captureFetch }),
  blank: blankAnswers.cohere,
  rules: () => ({ systemFirst: true }),
};

const isDocument = (part: { readonly type: string; readonly mediaType?: string }) =>
  part.type === 'file' && part.mediaType?.toLowerCase().startsWith('image') === false;

/** Deliberate differences, each with its reason. */
const differences: readonly (readonly [string, (call: ProviderCall) => boolean])[] = [
  [
    'effort max is a budget, as the others are, and not left out',
    ({ reasoningEffort }) => reasoningEffort === 'max',
  ],
  [
    'a document is the text of a file, not its base64, and other files are refused',
    ({ messages }) => messages.some((message) => message.role === 'user' && message.parts.some(isDocument)),
  ],
];

describe("requests of Cohere's chat", () => {
  it.each([false, true])('are those that the AI SDK sends (streaming: %s)', async (streaming) => {
    const send = await openRequests('COHERE', baseURL);
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(plannedCalls(['command-a-03-2025', 'command-a-reasoning']), async (call) => {
        fc.pre(!differences.some(([, differs]) => differs(call)));
        const wanted = await requestOfSdk(oracle, call, streaming);
        expect(await send(call, streaming)).toEqual(wanted);
        if (wanted !== null) compared += 1;
      }),
      { numRuns: 400 },
    );
    expect(compared).toBeGreaterThan(100);
  });

  it('hold no empty text beside an image', async () => {
    const send = await openRequests('COHERE', baseURL);
    const image = { type: 'file', mediaType: 'image/png', data: 'iVBORw==' } as const;
    const parts = [{ type: 'text', text: '' } as const, image];
    const call: ProviderCall = { model: 'command-a-vision-07-2025', messages: [{ role: 'user', parts }] };
    expect(await send(call, false)).toMatchObject({
      body: {
        messages: [
          { content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw==' } }] },
        ],
      },
    });
  });

  it('hold texts beside the conversation, and no other files', async () => {
    const send = await openRequests('COHERE', baseURL);
    const file = (mediaType: string, data: string): ProviderCall => ({
      model: 'command-a-03-2025',
      messages: [
        {
          role: 'user',
          parts: [
            { type: 'text', text: 'Sum it up.' },
            { type: 'file', mediaType, data },
          ],
        },
      ],
    });
    expect(await send(file('text/plain', 'SGVsbG8='), false)).toMatchObject({
      body: { messages: [{ role: 'user', content: 'Sum it up.' }], documents: [{ data: { text: 'Hello' } }] },
    });
    expect(await send(file('application/pdf', 'JVBERi0x'), false)).toBeNull();
  });
});
