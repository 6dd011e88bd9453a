import { describe, expect, it } from 'vitest';
import type { GuardedText } from '#guardrails/guardrail.ts';
import { parseMeshPolicy, planPolicies } from '#guardrails/pipeline/policy.ts';
import type { ProviderAnswer } from '#providers/provider.ts';
import type { CompletionRequest } from '../request.ts';
import { mapAnswerTexts } from './answer-texts.ts';
import { mapCallTexts } from './call-texts.ts';
import { guardAnswer } from './guard-answer.ts';
import { guardCall } from './guard-call.ts';

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
  'the name of a participant': { messages: [{ ...asked, name: token }] },
  "the name of an answer's participant": {
    messages: [asked, { role: 'assistant', text: 'Hi', toolCalls: [], name: token }],
  },
  'the name of an author of instructions': {
    messages: [{ role: 'system', content: 'Be brief.', name: token }, asked],
  },
  'two messages of named participants': {
    messages: [
      { role: 'user', parts: [{ type: 'text', text: token.slice(0, 9) }], name: 'Ada' },
      { role: 'assistant', text: token.slice(9), toolCalls: [], name: 'Bob' },
    ],
  },
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
  'a further field of a tool call': called({ own: { messages: { caller: { tool_id: token } } } }),
  'a further field of the result of a tool': {
    messages: [
      ...called({}).messages,
      {
        ...{ role: 'tool', toolCallId: 'c', toolName: 'f', content: 'seen' },
        resultOwn: { messages: { toolset_name: token } },
      },
    ],
  },
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
  'the name of the response schema': { messages: [asked], responseSchema: {}, responseSchemaName: token },
  'the description of the response schema': {
    messages: [asked],
    responseSchema: {},
    responseSchemaDescription: `Use ${token}.`,
  },
  'a stop text': { messages: [asked], stop: ['x', token] },
  'the address of an image': file('image/*', { url: `https://host.test/a.png?token=${token}` }),
  'the address of an image, encoded': file('image/*', {
    url: `https://host.test/a.png?token=${token.replace('_', '%5F')}`,
  }),
  'the password of the address of an image': file('image/*', { url: 'https://user:password@host.test/a' }),
  'a file of text': file('text/plain', { data: base64(`token=${token}\n`) }),
  'a file of JSON': file('application/json', { data: base64(JSON.stringify({ token })) }),
  'a file of UTF-16': file('text/plain', { data: base64(`\ufeff${token}`, 'utf16le') }),
  'a text that is stated to be an image': file('image/png', {
    data: base64(`token=${token} ${'é'.repeat(999)}`),
  }),
  'a text of UTF-16 that is stated to be an image': file('image/png', {
    data: base64(`\ufeff文字${token} ${'é'.repeat(999)}`, 'utf16le'),
  }),
  'a text of UTF-16 without a mark that is stated to be a video': file('video/mp4', {
    data: base64(`token=${token}`, 'utf16le'),
  }),
  'a text that is stated to be a sound': file('audio/wav', { data: base64(`${'é'.repeat(999)} ${token}`) }),
  'a drawing': file('image/svg+xml', { data: base64(`<svg><!-- ${token} --></svg>`) }),
};

const mesh = parseMeshPolicy('secrets');
const plan = planPolicies(mesh === null ? [] : [mesh], {});
const neverAborted = new AbortController().signal;
const guard = (call: Call) =>
  guardCall({ call }, plan, { tenantId: 't', allowedRegions: null, endUserId: null }, neverAborted);

describe('what the rule secrets looks at', () => {
  it.each(Object.entries(places))('includes %s', async (_, call) => {
    await expect(guard(call)).rejects.toMatchObject({ code: 'GUARDRAIL_BLOCKED' });
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
    expect((await guard(harmless)).call).toBe(harmless);
  });

  it('is no image that begins with letters', async () => {
    const image = file('image/gif', { data: base64(`GIF89a\0${token}`) });
    expect((await guard(image)).call).toBe(image);
  });

  it('is not what is for the server of a tool alone', () => {
    const texts: string[] = [];
    mapCallTexts(ran({ authorization: token, headers: { 'x-api-key': token } }), ({ text }) => {
      texts.push(text);
      return text;
    });
    expect(texts.join()).not.toContain(token);
    expect(texts.join()).toContain('server_label');
  });

  it.each(Object.entries(answers(token)))('includes the %s of an answer', async (_, answer) => {
    const guarded = await guard({ messages: [asked] });
    const place = { isStructured: false, signal: neverAborted };
    expect(await guardAnswer(answer, guarded, place)).toMatchObject({
      kind: 'REFUSED',
      error: { code: 'GUARDRAIL_BLOCKED' },
    });
  });
});

/** Every place of an answer that reaches the client. */
function answers(text: string): Readonly<Record<string, Partial<ProviderAnswer>>> {
  const call = { id: 'c', name: 'f', arguments: { text } };
  const alternative = {
    index: 1,
    text: '',
    reasoning: null,
    refusal: null,
    toolCalls: [],
    logprobs: null,
    finishReason: 'STOP',
  } as const;
  const block = { signature: null, redacted: null, toolCallId: null, provider: 'OPENAI' } as const;
  return {
    text: { text },
    reasoning: { reasoning: text },
    'arguments of a tool call': { toolCalls: [call] },
    'arguments that are no JSON': { toolCalls: [{ ...call, arguments: `{"text":"${text}` }] },
    'name of a tool call': { toolCalls: [{ ...call, name: text, arguments: {} }] },
    'further fields of a tool call': {
      toolCalls: [{ ...call, arguments: {}, own: { messages: { caller: { tool_id: text } } } }],
    },
    'blocks of reasoning': { extras: { reasoningBlocks: [{ ...block, text }] } },
    refusal: { extras: { refusal: text } },
    transcript: { extras: { audio: { id: null, data: '', transcript: text, expiresAtMs: null } } },
    citations: { extras: { citations: [{ quote: text }] } },
    'blocks of the provider': {
      extras: { providerBlocks: [{ format: 'responses', block: { output: text }, textOffset: 0 }] },
    },
    'text of a further answer': { extras: { alternatives: [{ ...alternative, text }] } },
    'reasoning of a further answer': { extras: { alternatives: [{ ...alternative, reasoning: text }] } },
    'refusal of a further answer': { extras: { alternatives: [{ ...alternative, refusal: text }] } },
    'tool calls of a further answer': { extras: { alternatives: [{ ...alternative, toolCalls: [call] }] } },
  };
}

/** What stands where a text may be changed becomes `to`; all visited texts. */
function replacing(from: string, to: string) {
  const visited: GuardedText[] = [];
  const visit = (guarded: GuardedText) => {
    visited.push(guarded);
    return guarded.isEditable ? guarded.text.replaceAll(from, to) : guarded.text;
  };
  return { visited, visit };
}

describe('the texts of a call', () => {
  const plain = Object.entries(places).filter(([, call]) => JSON.stringify(call).includes(token));

  it.each(plain)('can be changed where they stand, or are stated to be fixed: %s', (_, call) => {
    const { visited, visit } = replacing(token, 'changed');
    const mapped = mapCallTexts(call, visit);
    const fixed = visited.some(({ text, isEditable }) => !isEditable && text.includes(token));
    expect(JSON.stringify(mapped).includes(token)).toBe(fixed);
    if (!fixed) expect(mapped).toEqual(JSON.parse(JSON.stringify(call).replaceAll(token, 'changed')));
  });

  it('stand in the same order in each walk, and a file of text is changed within its base64', () => {
    const call = file('text/plain', { data: base64(`key ${token}`), filename: 'a.txt' });
    const [first, second] = [replacing('', ''), replacing('', '')];
    mapCallTexts(call, first.visit);
    mapCallTexts(call, second.visit);
    expect(first.visited).toEqual(second.visited);
    const mapped = mapCallTexts(call, replacing(token, 'changed').visit);
    expect(mapped).toEqual(file('text/plain', { data: base64('key changed'), filename: 'a.txt' }));
  });

  it('of a message with parts stay the same in both of its forms', () => {
    const parts = [
      { type: 'text', text: `a ${token}` },
      { type: 'text', text: 'b', own: { chat: { x: 1 } } },
    ] as const;
    const call: Call = {
      messages: [
        asked,
        { role: 'assistant', text: `a ${token}b`, toolCalls: [], parts },
        { role: 'tool', toolCallId: 'c', toolName: 'f', content: `a ${token}b`, parts },
      ],
    };
    const mapped = mapCallTexts(call, replacing(token, 'x').visit);
    expect(mapped.messages.slice(1)).toMatchObject([
      { text: 'a xb', parts: [{ text: 'a x' }, { text: 'b' }] },
      { content: 'a xb', parts: [{ text: 'a x' }, { text: 'b' }] },
    ]);
  });
});

describe('the texts of an answer', () => {
  it.each(Object.entries(answers(token)))('can be changed where they stand: %s', (place, answer) => {
    const mapped = mapAnswerTexts(answer, replacing(token, 'changed').visit);
    const expected = place.startsWith('name') ? answer : answers('changed')[place];
    expect(mapped).toEqual(expected);
  });

  it('are read as JSON where they are to be, without escape sequences that hide what they stand for', () => {
    const answer = { text: '{"a":"\\u0061bc"}' };
    const { visited, visit } = replacing('abc', 'x');
    expect(mapAnswerTexts(answer, visit, true)).toEqual({ text: '{"a":"x"}' });
    expect(visited).toMatchObject([{ text: '{"a":"abc"}', format: 'JSON' }]);
    expect(mapAnswerTexts(answer, replacing('none', '').visit, true)).toEqual(answer);
    const prose = replacing('abc', 'x');
    mapAnswerTexts({ text: 'It is abc.' }, prose.visit, true);
    expect(prose.visited).toMatchObject([{ format: 'TEXT' }]);
  });

  it('keep no log probabilities of what was changed', () => {
    const logprobs = { content: [{ token }] };
    const answer = { text: token, extras: { logprobs } };
    expect(mapAnswerTexts(answer, replacing('none', '').visit)).toEqual(answer);
    expect(mapAnswerTexts(answer, replacing(token, 'x').visit)).toEqual({ text: 'x', extras: {} });
  });
});
