import { describe, expect, it } from 'vitest';
import { parseOwnFields, parseProviderTools } from './own-fields.ts';

const toolsMax = 128;
const toolsBytesMax = 1024 * 1024;
const tool = { type: 'web_search_20250305', name: 'web_search' };

/** Tools of one wire format with exactly so many bytes as JSON. */
function fillTools(bytes: number): object {
  const emptyBytes = Buffer.byteLength(JSON.stringify({ messages: [{ text: '' }] }));
  return { messages: [{ text: 'x'.repeat(bytes - emptyBytes) }] };
}

describe('tools that a provider runs', () => {
  it.each([
    ['no tools', {}],
    ['as many as are allowed', { messages: Array(toolsMax).fill(tool) }],
    ['as many bytes as are allowed', fillTools(toolsBytesMax)],
    ['several wire formats', { messages: [tool], responses: [tool] }],
  ])('are accepted unchanged: %s', (_what, tools) => {
    expect(parseProviderTools(tools)).toBe(tools);
  });

  it.each([
    ['a list', [tool], 'must be an object'],
    ['null', null, 'must be an object'],
    ['a name that no wire format has', { 'Not a name': [tool] }, 'for each wire format'],
    ['one tool without a list', { messages: tool }, 'for each wire format'],
    ['a tool that is no object', { messages: [tool, 'web_search'] }, 'for each wire format'],
    ['one tool too many', { messages: Array(toolsMax + 1).fill(tool) }, `at most ${toolsMax} tools`],
    ['one byte too many', fillTools(toolsBytesMax + 1), `at most ${toolsBytesMax} bytes`],
    [
      'characters of several bytes beyond the limit',
      { messages: [{ text: '日'.repeat(Math.ceil(toolsBytesMax / 3)) }] },
      `at most ${toolsBytesMax} bytes`,
    ],
  ])('are refused with their limit: %s', (_what, tools, message) => {
    expect(() => parseProviderTools(tools)).toThrow(
      expect.objectContaining({ code: 'BAD_USER_INPUT', message: expect.stringContaining(message) }),
    );
  });
});

describe('URLs in the form of responses', () => {
  const nested = { tools: [{ type: 'mcp', server_url: 'http://169.254.169.254/mcp' }] };
  it.each([
    ['a server of the clouds', { server_url: 'http://169.254.169.254/mcp' }],
    ['a file of the clouds', { file_url: 'http://metadata.google.internal/a.pdf' }],
    ['an image inside the network', { image_url: 'http://10.0.0.1/a.png' }],
    ['a server of a tool in a tool', nested],
    ['no URL', { server_url: 'mcp' }],
    ['another protocol', { file_url: 'file:///etc/passwd' }],
  ])('are refused as those of images are: %s', (_what, fields) => {
    const refusal = expect.objectContaining({ code: 'BAD_USER_INPUT' });
    expect(() => parseOwnFields({ responses: { ...fields } }, 'x')).toThrow(refusal);
    expect(() => parseProviderTools({ responses: [fields] })).toThrow(refusal);
  });

  it('are what they are in data, in a JSON Schema, and elsewhere', () => {
    const own = {
      responses: {
        image_url: 'data:image/png;base64,aW1hZ2U=',
        file_url: 'https://files.example.com/a.pdf',
        parameters: { properties: { server_url: 'http://10.0.0.1' } },
      },
    };
    expect(parseOwnFields(own, 'x')).toBe(own);
  });
});

describe('fields of one wire format', () => {
  it('are undefined where there are none, and refused where they are no object of objects', () => {
    expect([parseOwnFields(undefined, 'x'), parseOwnFields(null, 'x')]).toEqual([undefined, undefined]);
    for (const wrong of [[], 'text', { messages: 'text' }, { messages: [] }, { 'Not a name': {} }]) {
      expect(() => parseOwnFields(wrong, 'tools[3]')).toThrow(
        expect.objectContaining({
          code: 'BAD_USER_INPUT',
          message: expect.stringContaining('tools[3].providerOptions'),
        }),
      );
    }
  });
});
