import { describe, expect, it } from 'vitest';
import type { ProviderCall } from '#providers/provider.ts';
import type { CallLabels } from '../call-labels.ts';
import { measureCompletion, measureEmbedding } from './call-sizes.ts';

const labelled = (payloadLogging?: CallLabels['payloadLogging']): CallLabels => ({
  ...{ endUserId: null, tags: [], requestId: 'r', clientRequestId: null },
  ...(payloadLogging === undefined ? {} : { payloadLogging }),
});
const tool = { name: 'look', parameters: {} };
const toolCall = { id: 't', name: 'look', arguments: { at: 'a long argument' } };
const block = { signature: null, redacted: null, toolCallId: null, provider: null };
const messages: ProviderCall['messages'] = [
  { role: 'system', content: 'Be brief.' },
  {
    role: 'user',
    parts: [
      { type: 'text', text: 'Hi' },
      { type: 'file', mediaType: 'image/png', data: 'AAAA' },
    ],
  },
  {
    ...{ role: 'assistant', text: '', toolCalls: [toolCall] },
    reasoning: [
      { text: 'hm', ...block },
      { text: null, ...block },
    ],
  },
  { role: 'tool', toolCallId: 't', toolName: 'look', content: 'nothing' },
  { role: 'user', parts: [{ type: 'text', text: 'So?' }] },
];
const answer = { text: 'None.', reasoning: 'so', toolCalls: [toolCall, toolCall] };
const output = { textCharacters: 5, reasoningCharacters: 2, toolCalls: 2 };

describe('the sizes of a call', () => {
  it.each(['METADATA', 'FULL'] as const)('are those of each author and of the answer with %s', (rule) => {
    expect(
      measureCompletion({ labels: labelled(rule) }, { messages, tools: [tool, tool, tool] }, answer),
    ).toEqual({
      sizes: {
        input: [
          { role: 'SYSTEM', characters: 9, parts: 1 },
          { role: 'USER', characters: 5, parts: 3 },
          { role: 'ASSISTANT', characters: 2, parts: 3 },
          { role: 'TOOL', characters: 7, parts: 1 },
        ],
        ...{ tools: 3, ...output },
      },
    });
  });

  it('count each text of a message with several', () => {
    const text = (value: string) => ({ type: 'text', text: value }) as const;
    const several: ProviderCall['messages'] = [
      { role: 'assistant', text: 'ab', toolCalls: [], parts: [text('a'), text('b')] },
      { role: 'tool', toolCallId: 't', toolName: 'look', content: 'cde', parts: [text('cd'), text('e')] },
    ];
    const { sizes } = measureCompletion({ labels: labelled('FULL') }, { messages: several }, answer);
    expect(sizes).toMatchObject({
      input: [
        { role: 'ASSISTANT', characters: 2, parts: 2 },
        { role: 'TOOL', characters: 3, parts: 2 },
      ],
      tools: 0,
    });
  });

  it('do not state how long a prompt of the mesh is, which the tenant is not shown', () => {
    const ofMesh = { system: [], user: [] };
    expect(measureCompletion({ labels: labelled('FULL'), ofMesh }, { messages }, answer)).toEqual({
      sizes: { input: [], tools: 0, ...output },
    });
  });

  it('of an embedding are those of its values', () => {
    expect(measureEmbedding(labelled('METADATA'), ['a', 'bcd'])).toEqual({
      sizes: {
        ...{ input: [{ role: 'USER', characters: 4, parts: 2 }], tools: 0 },
        ...{ textCharacters: 0, reasoningCharacters: 0, toolCalls: 0 },
      },
    });
  });

  it('are not kept without such a rule', () => {
    expect(measureCompletion({ labels: labelled() }, { messages }, answer)).toEqual({});
    expect(measureEmbedding(labelled(), ['a'])).toEqual({});
  });
});
