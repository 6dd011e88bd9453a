import { describe, expect, it } from 'vitest';
import { ask } from '../testing/calls.ts';
import { toCallOptions } from './call-options.ts';
import { isStrictSchema } from './strict-schema.ts';

const tools = [{ name: 'locate', description: 'finds', parameters: { type: 'object' } }];

function user(part: { mediaType: string; url?: string; data?: string }) {
  return toCallOptions({ model: 'm', messages: [{ role: 'user', parts: [{ type: 'file', ...part }] }] })
    .prompt[0];
}

describe('call options', () => {
  it('carries messages of every role', () => {
    const { prompt } = toCallOptions({
      model: 'm',
      messages: [
        { role: 'system', content: 'be brief' },
        { role: 'user', parts: [{ type: 'text', text: 'where?' }] },
        { role: 'assistant', text: '', toolCalls: [{ id: 'c1', name: 'locate', arguments: { q: 1 } }] },
        { role: 'tool', toolCallId: 'c1', toolName: 'locate', content: 'Paris' },
        { role: 'assistant', text: 'Paris.', toolCalls: [] },
      ],
    });
    expect(prompt).toEqual([
      { role: 'system', content: 'be brief' },
      { role: 'user', content: [{ type: 'text', text: 'where?' }] },
      {
        role: 'assistant',
        content: [{ type: 'tool-call', toolCallId: 'c1', toolName: 'locate', input: { q: 1 } }],
      },
      {
        role: 'tool',
        content: [
          {
            type: 'tool-result',
            toolCallId: 'c1',
            toolName: 'locate',
            output: { type: 'text', value: 'Paris' },
          },
        ],
      },
      { role: 'assistant', content: [{ type: 'text', text: 'Paris.' }] },
    ]);
  });

  it('carries files as data, as URLs, and out of data URLs', () => {
    expect(user({ mediaType: 'image/png', data: 'AAAA' })).toMatchObject({
      content: [{ mediaType: 'image/png', data: { type: 'data', data: 'AAAA' } }],
    });
    expect(user({ mediaType: 'image/*', url: 'https://example.com/a.png' })).toMatchObject({
      content: [{ data: { type: 'url', url: new URL('https://example.com/a.png') } }],
    });
    expect(user({ mediaType: 'image/*', url: 'data:image/gif;base64,R0lG' })).toMatchObject({
      content: [{ mediaType: 'image/gif', data: { type: 'data', data: 'R0lG' } }],
    });
    expect(() => user({ mediaType: 'image/png', url: 'not a url' })).toThrow('valid URL');
  });

  it('carries tools and the choice among them, and refuses a choice of none', () => {
    expect(toCallOptions(ask('m', 'x', { tools, toolChoice: 'required' }))).toMatchObject({
      tools: [{ type: 'function', name: 'locate', description: 'finds', inputSchema: { type: 'object' } }],
      toolChoice: { type: 'required' },
    });
    expect(toCallOptions(ask('m', 'x', { tools, toolChoice: 'locate' })).toolChoice).toEqual({
      type: 'tool',
      toolName: 'locate',
    });
    expect(() => toCallOptions(ask('m', 'x', { tools, toolChoice: 'fly' }))).toThrow('no tool fly');
  });

  it('knows the efforts of reasoning and refuses others', () => {
    expect(toCallOptions(ask('m', 'x', { reasoningEffort: 'high' })).reasoning).toBe('high');
    expect(toCallOptions(ask('m', 'x', { reasoningEffort: 'default' })).reasoning).toBeUndefined();
    expect(() => toCallOptions(ask('m', 'x', { reasoningEffort: 'enormous' }))).toThrow('reasoningEffort');
  });

  it('requests strictly only schemas that keep the rules of strict mode', () => {
    const closed = {
      type: 'object',
      properties: { a: { type: 'string' } },
      required: ['a'],
      additionalProperties: false,
    };
    expect(isStrictSchema(closed)).toBe(true);
    expect(isStrictSchema({ ...closed, required: [] })).toBe(false);
    expect(isStrictSchema({ type: 'array', items: closed })).toBe(false);
    const nested = {
      ...closed,
      properties: { a: { type: 'array', items: { type: 'object', properties: {} } } },
    };
    expect(isStrictSchema(nested)).toBe(false);
    expect(isStrictSchema({ ...nested, properties: { a: { type: 'array', items: closed } } })).toBe(true);
    expect(toCallOptions(ask('m', 'x', { responseSchema: closed }))).toMatchObject({
      responseFormat: { type: 'json', schema: closed },
      providerOptions: { openai: { strictJsonSchema: true } },
    });
  });
});
