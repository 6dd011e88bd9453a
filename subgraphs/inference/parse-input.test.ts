import { describe, expect, it } from 'vitest';
import type { CompletionInput } from './input-types.ts';
import { parseCompletionInput } from './parse-input.ts';
import { createStructuredOutputs } from './structured-output.ts';

const structuredOutputs = createStructuredOutputs();
const parse = (more: Partial<CompletionInput>) =>
  parseCompletionInput(
    { model: 'm', messages: [{ role: 'USER', content: 'Hello' }], ...more },
    structuredOutputs,
  );

describe('parseCompletionInput', () => {
  it("turns a conversation into the provider's terms", () => {
    const { call } = parse({
      messages: [
        { role: 'SYSTEM', content: 'Be brief.' },
        {
          role: 'USER',
          parts: [
            { text: 'Look:' },
            { imageUrl: 'https://x/y.png' },
            { data: 'AAAA', mediaType: 'application/pdf' },
          ],
        },
        { role: 'ASSISTANT', toolCalls: [{ id: '1', name: 'look', arguments: { at: 'it' } }] },
        { role: 'TOOL', toolCallId: '1', content: 'seen' },
      ],
    });
    expect(call.messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      {
        role: 'user',
        parts: [
          { type: 'text', text: 'Look:' },
          { type: 'file', mediaType: 'image/*', url: 'https://x/y.png' },
          { type: 'file', mediaType: 'application/pdf', data: 'AAAA' },
        ],
      },
      { role: 'assistant', text: '', toolCalls: [{ id: '1', name: 'look', arguments: { at: 'it' } }] },
      { role: 'tool', toolCallId: '1', toolName: 'look', content: 'seen' },
    ]);
  });

  it('bounds the input tokens of any text from above: at least a third of its bytes', () => {
    expect(
      parse({ messages: [{ role: 'USER', content: '日本語'.repeat(1_000) }] }).inputTokensMax,
    ).toBeGreaterThanOrEqual(3_000);
    const image = parse({ messages: [{ role: 'USER', parts: [{ imageUrl: 'https://x/y.png' }] }] });
    expect(image.inputTokensMax).toBeGreaterThanOrEqual(1_600);
    expect(image.inputs).toEqual(['IMAGE']);
  });

  it.for<[what: string, input: Partial<CompletionInput>]>([
    ['messages', { messages: [] }],
    ['instructions', { messages: [{ role: 'SYSTEM', content: 'x' }] }],
    ['messages[0]', { messages: [{ role: 'USER' }] }],
    ['not both', { messages: [{ role: 'USER', content: 'x', parts: [{ text: 'y' }] }] }],
    ['exactly one', { messages: [{ role: 'USER', parts: [{ text: 'x', imageUrl: 'https://x' }] }] }],
    ['parts[0]', { messages: [{ role: 'USER', parts: [{}] }] }],
    ['http(s)', { messages: [{ role: 'USER', parts: [{ imageUrl: 'file:///etc/passwd' }] }] }],
    ['mediaType', { messages: [{ role: 'USER', parts: [{ data: 'AAAA' }] }] }],
    ['base64', { messages: [{ role: 'USER', parts: [{ data: 'data:x', mediaType: 'image/png' }] }] }],
    ['toolCallId', { messages: [{ role: 'TOOL', content: 'x' }] }],
    ['tool call 9', { messages: [{ role: 'TOOL', content: 'x', toolCallId: '9' }] }],
    ['only an ASSISTANT', { messages: [{ role: 'USER', content: 'x', toolCalls: [] }] }],
    ['temperature', { temperature: 2.1 }],
    ['topP', { topP: 0 }],
    ['maxOutputTokens', { maxOutputTokens: 0 }],
    ['stop', { stop: [''] }],
    ['stop', { stop: Array.from({ length: 17 }, String) }],
    ['reasoningEffort', { reasoningEffort: 'huge' }],
    ['tools[0]', { tools: [{ name: 'a b', parameters: {} }] }],
    [
      'two tools',
      {
        tools: [
          { name: 'a', parameters: {} },
          { name: 'a', parameters: {} },
        ],
      },
    ],
    ['parameters', { tools: [{ name: 'a', parameters: [] }] }],
    ['toolChoice needs', { toolChoice: 'required' }],
    ['toolChoice must', { toolChoice: 'b', tools: [{ name: 'a', parameters: {} }] }],
    ['idempotencyKey', { idempotencyKey: '' }],
    ['responseSchema', { responseSchema: 'text' }],
    ['responseSchema', { responseSchema: { type: 'nonsense' } }],
    ['responseSchema', { responseSchema: { $ref: 'https://elsewhere/schema' } }],
  ])('refuses a wrong %s, naming it', ([what, input]) => {
    let refused: unknown;
    try {
      parse(input);
    } catch (error) {
      refused = error;
    }
    expect(refused).toMatchObject({ code: 'BAD_USER_INPUT', message: expect.stringContaining(what) });
  });
});
