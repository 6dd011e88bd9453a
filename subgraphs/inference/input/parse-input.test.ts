import { describe, expect, it } from 'vitest';
import { anonymousCaller } from '#core/caller.ts';
import { cacheKey, inputHash } from '#inference/admission/cache-key.ts';
import type { CompletionRequest } from '#inference/request.ts';
import type { CompletionInput } from '../generated.ts';
import { parseCompletionInput } from './parse-input.ts';

const parse = (more: Partial<CompletionInput>) =>
  parseCompletionInput(
    { model: 'm', messages: [{ role: 'USER', content: 'Hello' }], ...more },
    { requestId: 'ours', clientRequestId: 'theirs', clientAddress: null, caller: anonymousCaller },
  );

const said = (isRefusal = false) => ({ role: 'ASSISTANT' as const, parts: [{ text: 'No.', isRefusal }] });

describe('parseCompletionInput', () => {
  it("turns a conversation into the provider's terms", () => {
    const { call } = parse({
      messages: [
        { role: 'SYSTEM', content: 'Be brief.' },
        {
          role: 'USER',
          parts: [
            { text: 'Look:' },
            { imageUrl: 'https://example.com/y.png' },
            { data: 'AAAA', mediaType: 'application/pdf' },
            { data: 'AAAA', mediaType: 'IMAGE/JPG; q=1' },
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
          { type: 'file', mediaType: 'image/*', url: 'https://example.com/y.png' },
          { type: 'file', mediaType: 'application/pdf', data: 'AAAA' },
          { type: 'file', mediaType: 'image/jpeg', data: 'AAAA' },
        ],
      },
      { role: 'assistant', text: '', toolCalls: [{ id: '1', name: 'look', arguments: { at: 'it' } }] },
      { role: 'tool', toolCallId: '1', toolName: 'look', content: 'seen' },
    ]);
  });

  it('keeps the names of participants, in the messages that have them', () => {
    const { call } = parse({
      messages: [
        { role: 'SYSTEM', content: 'Be brief.', name: 'Zoë' },
        { role: 'USER', content: 'Hi', name: 'Ada Lovelace' },
        { role: 'ASSISTANT', content: 'Hello', name: 'a'.repeat(256) },
        { role: 'USER', content: 'Hi', name: null },
      ],
    });
    expect(call.messages).toEqual([
      { role: 'system', content: 'Be brief.', name: 'Zoë' },
      { role: 'user', parts: [{ type: 'text', text: 'Hi' }], name: 'Ada Lovelace' },
      { role: 'assistant', text: 'Hello', toolCalls: [], name: 'a'.repeat(256) },
      { role: 'user', parts: [{ type: 'text', text: 'Hi' }] },
    ]);
  });

  it('keeps what is stated of a response schema, and nothing where nothing is', () => {
    const responseSchema = { type: 'object' };
    const traits = {
      responseSchemaName: 'person',
      responseSchemaDescription: 'A person.',
      responseSchemaStrict: false,
    };
    expect(parse({ responseSchema, ...traits }).call).toMatchObject({ responseSchema, ...traits });
    const nothing = Object.fromEntries(Object.keys(traits).map((name) => [name, null]));
    expect(parse({ responseSchema, ...nothing }).call).toEqual(parse({ responseSchema }).call);
  });

  it('counts them as input, and takes each for another question', () => {
    const responseSchema = { type: 'object' };
    const long = 'x'.repeat(120);
    const plain = parse({ responseSchema });
    for (const more of [
      { messages: [{ role: 'USER' as const, content: 'Hello', name: long }] },
      { responseSchemaName: long },
      { responseSchemaDescription: long },
    ]) {
      expect(parse({ responseSchema, ...more }).inputTokensMax).toBeGreaterThanOrEqual(
        plain.inputTokensMax + 40,
      );
    }
    const questions = [
      plain,
      parse({ responseSchema, messages: [{ role: 'USER', content: 'Hello', name: 'Ada' }] }),
      parse({ responseSchema, responseSchemaName: 'a' }),
      parse({ responseSchema, responseSchemaDescription: 'a' }),
      parse({ responseSchema, responseSchemaStrict: true }),
      parse({ responseSchema, responseSchemaStrict: false }),
      parse({ responseSchema, responseJsonObject: true }),
      parse({ responseSchema, messages: [{ role: 'USER', content: 'Hello' }, said()] }),
      parse({ responseSchema, messages: [{ role: 'USER', content: 'Hello' }, said(true)] }),
    ];
    const keys = questions.map((request) => cacheKey(request, anonymousCaller, 'TENANT', ''));
    expect(new Set(keys).size).toBe(questions.length);
    expect(new Set(questions.map(inputHash)).size).toBe(questions.length);
  });

  it('bounds the input tokens of any text from above: at least a third of its bytes', () => {
    expect(
      parse({ messages: [{ role: 'USER', content: '日本語'.repeat(1_000) }] }).inputTokensMax,
    ).toBeGreaterThanOrEqual(3_000);
    const image = parse({ messages: [{ role: 'USER', parts: [{ imageUrl: 'https://example.com/y.png' }] }] });
    expect(image.inputTokensMax).toBeGreaterThanOrEqual(1_600);
    expect(image.inputs).toEqual(['IMAGE']);
  });

  it('counts the further fields of calls and results of tools', () => {
    const read = (call: object, result: object) =>
      parse({
        messages: [
          { role: 'USER', content: 'x' },
          { role: 'ASSISTANT', toolCalls: [{ id: '1', name: 'f', arguments: {}, ...call }] },
          { role: 'TOOL', toolCallId: '1', content: 'x', ...result },
        ],
      }).inputTokensMax;
    const further = { providerOptions: { messages: { note: 'x'.repeat(3_000) } } };
    expect(read(further, {})).toBeGreaterThanOrEqual(read({}, {}) + 1_000);
    expect(read({}, further)).toBeGreaterThanOrEqual(read({}, {}) + 1_000);
  });

  it('bounds an image in its own size by the largest that is documented', () => {
    const read = (detail: string, file: object) =>
      parse({ messages: [{ role: 'USER', parts: [{ ...file, detail }] }] }).inputTokensMax;
    for (const file of [
      { imageUrl: 'https://example.com/y.png' },
      { data: 'AAAA', mediaType: 'image/png' },
    ]) {
      expect(read('original', file)).toBeGreaterThanOrEqual(24_600);
      expect(read('high', file)).toBeLessThan(5_000);
    }
  });

  it('needs no AI model that takes schemas for a JSON object alone', () => {
    const responseSchema = { type: 'object' };
    expect(parse({ responseSchema }).needs).toEqual(['CHAT', 'STRUCTURED_OUTPUT']);
    expect(parse({ responseSchema, responseJsonObject: true }).needs).toEqual(['CHAT']);
    expect(parse({ responseSchema, responseJsonObject: false }).call).toEqual(parse({ responseSchema }).call);
  });

  it.for<[what: string, input: Partial<CompletionInput>]>([
    ['messages', { messages: [] }],
    ['instructions', { messages: [{ role: 'SYSTEM', content: 'x' }] }],
    ['messages[0]', { messages: [{ role: 'USER' }] }],
    ['not both', { messages: [{ role: 'USER', content: 'x', parts: [{ text: 'y' }] }] }],
    [
      'exactly one',
      { messages: [{ role: 'USER', parts: [{ text: 'x', imageUrl: 'https://example.com' }] }] },
    ],
    ['parts[0]', { messages: [{ role: 'USER', parts: [{}] }] }],
    ['http(s)', { messages: [{ role: 'USER', parts: [{ imageUrl: 'file:///etc/passwd' }] }] }],
    ['mediaType', { messages: [{ role: 'USER', parts: [{ data: 'AAAA' }] }] }],
    ...['application/pdf', 'Video/MP4', 'text/plain; q=1', 'application/x-pdf'].map(
      (mediaType): [string, Partial<CompletionInput>] => [
        'imageUrl',
        { messages: [{ role: 'USER', parts: [{ imageUrl: 'https://example.com/y', mediaType }] }] },
      ],
    ),
    ['base64', { messages: [{ role: 'USER', parts: [{ data: 'data:x', mediaType: 'image/png' }] }] }],
    ['toolCallId', { messages: [{ role: 'TOOL', content: 'x' }] }],
    ['tool call 9', { messages: [{ role: 'TOOL', content: 'x', toolCallId: '9' }] }],
    ['only an ASSISTANT', { messages: [{ role: 'USER', content: 'x', toolCalls: [] }] }],
    ['only a TOOL', { messages: [{ role: 'USER', content: 'x', providerOptions: { chat: {} } }] }],
    [
      'messages[0].toolCalls[0].providerOptions',
      {
        messages: [
          { role: 'ASSISTANT', toolCalls: [{ id: '1', name: 'f', arguments: {}, providerOptions: [] }] },
        ],
      },
    ],
    ['messages[0].name must', { messages: [{ role: 'USER', content: 'x', name: '' }] }],
    ['messages[0].name must', { messages: [{ role: 'USER', content: 'x', name: 'a\nb' }] }],
    ['messages[0].name must', { messages: [{ role: 'USER', content: 'x', name: 'a'.repeat(257) }] }],
    [
      'a TOOL message has no name',
      { messages: [{ role: 'TOOL', content: 'x', toolCallId: '9', name: 'a' }] },
    ],
    ['responseSchemaName requires', { responseSchemaName: 'a' }],
    ['responseSchemaDescription requires', { responseSchemaDescription: 'a' }],
    ['responseSchemaStrict requires', { responseSchemaStrict: false }],
    ['responseJsonObject requires', { responseJsonObject: true }],
    [
      'ASSISTANT message has refusals',
      { messages: [{ role: 'USER', parts: [{ text: 'x', isRefusal: true }] }] },
    ],
    [
      'detail must be one of',
      { messages: [{ role: 'USER', parts: [{ data: 'AAAA', mediaType: 'image/png', detail: 'max' }] }] },
    ],
    ['responseSchemaName must', { responseSchema: {}, responseSchemaName: '' }],
    ['responseSchemaName must', { responseSchema: {}, responseSchemaName: 'a'.repeat(129) }],
    ['responseSchemaDescription may', { responseSchema: {}, responseSchemaDescription: 'a'.repeat(16_385) }],
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
    ['responseSchema', { responseSchema: ['list'] }],
    ['responseSchema', { responseSchema: { description: 'x'.repeat(65_536) } }],
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

describe('labels of a call', () => {
  it('are kept beside the question, with the ids of the request', () => {
    const labelled = parse({ endUserId: 'Zoë 👩', tags: ['team a', 'ü'] });
    expect(labelled.labels).toEqual({
      requestId: 'ours',
      clientRequestId: 'theirs',
      endUserId: 'Zoë 👩',
      tags: ['team a', 'ü'],
    });
    expect(parse({ endUserId: null, tags: null }).labels).toMatchObject({ endUserId: null, tags: [] });
  });

  it('change neither where the answer is cached nor what an idempotency key compares', () => {
    const labelled = parse({ endUserId: 'u1', tags: ['a'] });
    const key = (request: CompletionRequest) => cacheKey(request, anonymousCaller, 'TENANT', '');
    expect(key(labelled)).toBe(key(parse({})));
    expect(inputHash(labelled)).toBe(inputHash(parse({})));
    expect(labelled.call).toEqual(parse({}).call);
  });

  const sixteen = Array.from({ length: 16 }, (_, n) => `t${n}`);
  it.each<[string, Partial<CompletionInput>, string | null]>([
    ['an end user of 256 characters', { endUserId: '😀'.repeat(256) }, null],
    ['an end user of 257', { endUserId: 'a'.repeat(257) }, 'endUserId'],
    ['an empty end user', { endUserId: '' }, 'endUserId'],
    ['an end user with a line break', { endUserId: 'a\nb' }, 'endUserId'],
    ['an end user with a line separator', { endUserId: 'a\u2028b' }, 'endUserId'],
    ['an end user with half a character', { endUserId: 'a\ud800' }, 'endUserId'],
    ['an end user with an invisible character', { endUserId: 'a\u200bb' }, 'endUserId'],
    ['an end user with a zero byte', { endUserId: 'a\0' }, 'endUserId'],
    ['an end user with space at its end', { endUserId: 'a ' }, 'endUserId'],
    ['sixteen tags', { tags: sixteen }, null],
    ['seventeen tags', { tags: [...sixteen, 'more'] }, 'tags'],
    ['a tag of 64 characters', { tags: ['x'.repeat(64)] }, null],
    ['a tag of 65', { tags: ['a', 'x'.repeat(65)] }, 'tags[1]'],
    ['an empty tag', { tags: [''] }, 'tags[0]'],
    ['a tag twice', { tags: ['a', 'b', 'a'] }, 'tags'],
  ])('are bounded: %s', (_what, input, field) => {
    if (field === null) expect(() => parse(input)).not.toThrow();
    else
      expect(() => parse(input)).toThrow(
        expect.objectContaining({ extensions: { code: 'BAD_USER_INPUT', field } }),
      );
  });
});
