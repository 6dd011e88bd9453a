import { describe, expect, it } from 'vitest';
import { secretsGuardrail } from '#guardrails/secrets.ts';
import type { CompletionRequest } from '../request.ts';
import { readAnswerTexts, readCallTexts } from './guarded-texts.ts';

type Call = CompletionRequest['call'];

const token = `ghp_${'aB3'.repeat(12)}`;
const asked = { role: 'user', parts: [{ type: 'text', text: 'Hello.' }] } as const;
const base64 = (text: string, encoding: BufferEncoding = 'utf8') =>
  Buffer.from(text, encoding).toString('base64');
const file = (mediaType: string, more: object): Call => ({
  messages: [{ role: 'user', parts: [{ type: 'file', mediaType, ...more }] }],
});
const tool = (more: object): Call => ({
  messages: [asked],
  tools: [{ name: 'f', parameters: { type: 'object' }, ...more }],
});
const ran = (more: object): Call => ({
  messages: [asked],
  providerTools: { responses: [{ type: 'mcp', server_label: 's', ...more }] },
});
const called = (more: object): Call => ({
  messages: [
    asked,
    { role: 'assistant', text: '', toolCalls: [{ id: 'c', name: 'f', arguments: {}, ...more }] },
  ],
});

/** Every place of a call that is sent to an AI model. */
const places: Readonly<Record<string, Call>> = {
  'a system message': { messages: [{ role: 'system', content: token }, asked] },
  'a user message': { messages: [{ role: 'user', parts: [{ type: 'text', text: token }] }] },
  'an assistant message': { messages: [asked, { role: 'assistant', text: token, toolCalls: [] }] },
  'a tool result': {
    messages: [asked, { role: 'tool', toolCallId: 'c', toolName: 'f', content: `{"token":"${token}"}` }],
  },
  'two parts of one message': {
    messages: [
      {
        role: 'user',
        parts: [
          { type: 'text', text: token.slice(0, 9) },
          { type: 'text', text: token.slice(9) },
        ],
      },
    ],
  },
  'two messages': {
    messages: [
      { role: 'user', parts: [{ type: 'text', text: token.slice(0, 9) }] },
      { role: 'assistant', text: token.slice(9), toolCalls: [] },
    ],
  },
  'a text with zero-width spaces': {
    messages: [{ role: 'user', parts: [{ type: 'text', text: [...token].join('\u200b') }] }],
  },
  'a text with a letter before it': {
    messages: [{ role: 'user', parts: [{ type: 'text', text: `x${token}` }] }],
  },
  'the arguments of a tool call': called({ arguments: { deep: [{ token }] } }),
  'a key of the arguments of a tool call': called({ arguments: { [token]: 1 } }),
  'arguments that are a text': called({ arguments: `{"token":"${token}` }),
  'the id of a tool call': called({ id: token }),
  "a tool's name": tool({ name: token }),
  "a tool's description": tool({ description: `Use ${token}.` }),
  "a tool's parameters": tool({ parameters: { type: 'object', properties: { a: { default: token } } } }),
  "a description of a provider's tool": ran({ server_description: `Use ${token}.` }),
  "the address of a provider's tool": ran({ server_url: `https://host.test/${token}` }),
  "the choice of a provider's tool": {
    messages: [asked],
    providerToolChoice: { responses: { name: token } },
  },
  "an item of a provider's tool": {
    messages: [
      asked,
      {
        role: 'assistant',
        text: '',
        toolCalls: [],
        parts: [{ type: 'text', text: '', own: { responses: { type: 'mcp_call', output: token } } }],
      },
    ],
  },
  'the response schema': { messages: [asked], responseSchema: { type: 'object', description: token } },
  'a stop text': { messages: [asked], stop: ['x', token] },
  'the address of an image': file('image/*', { url: `https://host.test/a.png?token=${token}` }),
  'the address of an image, encoded': file('image/*', {
    url: `https://host.test/a.png?token=${token.replace('_', '%5F')}`,
  }),
  'the password of the address of an image': file('image/*', { url: 'https://user:password@host.test/a' }),
  'a file of text': file('text/plain', { data: base64(`token=${token}\n`) }),
  'a file of JSON': file('application/json', { data: base64(JSON.stringify({ token })) }),
  'a file of UTF-16': file('text/plain', { data: base64(`\ufeff${token}`, 'utf16le') }),
  'a drawing': file('image/svg+xml', { data: base64(`<svg><!-- ${token} --></svg>`) }),
};

describe('what the secrets guardrail looks at', () => {
  it.each(Object.entries(places))('includes %s', async (_, call) => {
    const looked = { ...readCallTexts(call), tenantId: 't' };
    expect(await secretsGuardrail.checkInput?.(looked)).toMatchObject({ allowed: false });
  });

  it.each(Object.entries(places))('finds nothing in %s without a secret', async (_, call) => {
    const harmless: Call = JSON.parse(
      JSON.stringify(call)
        .replaceAll('\u200b', '')
        .replaceAll(token, 'harmless')
        .replaceAll('user:password@', '')
        .replaceAll(/"data":"[^"]*"/g, `"data":"${base64('harmless')}"`)
        .replaceAll(/ghp_|%5F/g, ''),
    );
    const looked = { ...readCallTexts(harmless), tenantId: 't' };
    expect(await secretsGuardrail.checkInput?.(looked)).toEqual({ allowed: true });
  });

  it('is not what is for the server of a tool alone', () => {
    const { texts } = readCallTexts(ran({ authorization: token, headers: { 'x-api-key': token } }));
    expect(texts.join()).not.toContain(token);
    expect(texts.join()).toContain('server_label');
  });

  it.each([
    ['text', { text: token }],
    ['reasoning', { reasoning: token }],
    ['arguments of a tool call', { toolCalls: [{ id: 'c', name: 'f', arguments: { token } }] }],
    ['name of a tool call', { toolCalls: [{ id: 'c', name: token, arguments: {} }] }],
  ])('includes the %s of an answer', async (_, answer) => {
    const looked = { ...readAnswerTexts(answer), tenantId: 't' };
    expect(await secretsGuardrail.checkOutput?.(looked)).toMatchObject({ allowed: false });
  });
});
