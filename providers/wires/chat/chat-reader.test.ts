import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { afterAll, describe, expect, it } from 'vitest';
import { createHttpFetch } from '../../http/http-fetch.ts';
import type { LanguageProvider } from '../../provider.ts';
import { makeProvider } from '../../registry/registry.ts';
import { ask, collect } from '../../testing/calls.ts';
import { createSdkProvider } from '../../testing/sdk-provider.ts';
import { chunk, sse, startWireServer, usageChunk, type WireServer } from '../../testing/wire-server.ts';

const http = createHttpFetch();
afterAll(() => http.close());

/** Our decoder, and the SDK's as its witness. */
async function openBoth(url: string): Promise<{ ours: LanguageProvider; sdk: LanguageProvider }> {
  const { fetch } = http;
  const ours = await makeProvider({
    kind: 'OPENAI_COMPATIBLE',
    baseUrl: url,
    region: null,
    secret: 'k',
    fetch,
  });
  const models = createOpenAICompatible({
    name: 'openaiCompatible',
    baseURL: `${url}/v1`,
    apiKey: 'k',
    fetch,
    includeUsage: true,
    supportsStructuredOutputs: true,
  });
  return { ours, sdk: createSdkProvider({ models, secret: 'k' }) };
}

function serve(...bodies: string[]): Promise<WireServer> {
  return startWireServer((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const body of bodies) response.write(body);
    response.end();
  });
}

const call = (index: number, more: object) => chunk({ tool_calls: [{ index, ...more }] });

const streams: Readonly<Record<string, string>> = {
  'a plain answer': sse(
    chunk({ role: 'assistant', content: '' }),
    chunk({ content: 'Hi ' }),
    chunk({ content: 'there' }),
    chunk({}, 'stop'),
    usageChunk(3, 2),
    '[DONE]',
  ),
  'text in the last chunk': sse(chunk({ content: 'Hi' }, 'length'), usageChunk(3, 2), '[DONE]'),
  'reasoning before text': sse(
    chunk({ reasoning_content: 'hm' }),
    chunk({ reasoning: ' well' }),
    chunk({ content: 'ok' }),
    chunk({}, 'stop'),
    usageChunk(1, 2),
    '[DONE]',
  ),
  'content in parts': sse(
    chunk({
      content: [
        { type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] },
        { type: 'text', text: 'ok' },
      ],
    }),
    chunk({}, 'stop'),
    usageChunk(1, 2),
    '[DONE]',
  ),
  'a refusal': sse(chunk({ refusal: 'I will not' }), chunk({}, 'stop'), usageChunk(1, 2), '[DONE]'),
  'a filtered end': sse(chunk({ content: 'part' }), chunk({}, 'content_filter'), usageChunk(1, 2), '[DONE]'),
  'a tool call in pieces': sse(
    call(0, { id: 'a', type: 'function', function: { name: 'f', arguments: '' } }),
    call(0, { function: { arguments: '{"x"' } }),
    call(0, { function: { arguments: ':1}' } }),
    chunk({}, 'tool_calls'),
    usageChunk(1, 2),
    '[DONE]',
  ),
  'two tool calls after text': sse(
    chunk({ content: 'let me see' }),
    call(0, { id: 'a', function: { name: 'f', arguments: '{}' } }),
    call(1, { id: 'b', function: { name: 'g', arguments: '{"y":2}' } }),
    chunk({}, 'tool_calls'),
    usageChunk(1, 2),
    '[DONE]',
  ),
  'a name that comes late': sse(
    call(0, { id: 'a', function: { arguments: '{"x":' } }),
    call(0, { function: { name: 'f', arguments: '1}' } }),
    chunk({}, 'tool_calls'),
    usageChunk(1, 2),
    '[DONE]',
  ),
  'parallel calls that share an index': sse(
    call(0, { id: 'a', function: { name: 'f', arguments: '{"x":1}' } }),
    call(0, { id: 'b', function: { name: 'g', arguments: '{"y":2}' } }),
    chunk({}, 'tool_calls'),
    usageChunk(1, 2),
    '[DONE]',
  ),
  'no terminal [DONE]': sse(chunk({ content: 'Hi' }), chunk({}, 'stop'), usageChunk(3, 2)),
  'comments, CRLF and an empty choice list': `: ping\r\n\r\n${sse({ choices: [] }, chunk({ content: 'Hi' }), chunk({}, 'stop'), usageChunk(3, 2), '[DONE]').replaceAll('\n', '\r\n')}`,
  'cut before the finish reason': sse(chunk({ content: 'Hi ' }), chunk({ content: 'th' })),
  'done without a finish reason': sse(chunk({ content: 'Hi ' }), '[DONE]'),
  'an error in the middle': sse(chunk({ content: 'Hi ' }), {
    error: { message: 'slow down', type: 'rate_limit_error', code: 429 },
  }),
  'no JSON in the middle': `${sse(chunk({ content: 'Hi ' }))}data: {oops\n\n${sse(chunk({}, 'stop'), '[DONE]')}`,
  'an empty body': '',
  'a page of HTML': '<html><body>login</body></html>',
  'nothing but an end': sse(chunk({}, 'stop'), '[DONE]'),
};

describe('chat completions, decoded by us', () => {
  it.each(Object.entries(streams))('reads %s as the SDK does', async (_name, body) => {
    await using server = await serve(body);
    const { ours, sdk } = await openBoth(server.url);
    const mine = await collect(ours, ask('m', 'hello'));
    const witness = await collect(sdk, ask('m', 'hello'));
    // The SDK has no place for a refusal but the text.
    expect(mine.text + mine.refusal).toBe(witness.text);
    expect(mine.reasoning).toBe(witness.reasoning);
    expect(mine.toolCalls).toEqual(witness.toolCalls);
    expect(mine.finish).toEqual(witness.finish);
    expect(mine.error === null).toBe(witness.error === null);
    if (mine.error !== null) {
      expect(mine.error).toMatchObject({ name: 'ProviderFailure' });
      expect(Reflect.get(Object(mine.error), 'code')).toBe(Reflect.get(Object(witness.error), 'code'));
    }
    const [own, theirs] = server.requests;
    expect(JSON.parse(own?.body ?? '')).toEqual(JSON.parse(theirs?.body ?? ''));
    expect(own?.headers.authorization).toBe('Bearer k');
  });

  it.each(['null', 'None', 'undefined', '', null])(
    'takes the finish reason %j for none yet',
    async (none) => {
      const begun = sse(chunk({ content: 'Hi ' }, none), chunk({ content: 'there' }, none));
      await using cut = await serve(begun, '');
      await using whole = await serve(begun, sse(chunk({}, 'stop'), chunk({}, none), '[DONE]'));
      const { finish, error } = await collect((await openBoth(cut.url)).ours, ask('m', 'x'));
      expect(finish).toBeNull();
      expect(error).toMatchObject({ code: 'PROVIDER_ERROR', retryable: true });
      const read = await collect((await openBoth(whole.url)).ours, ask('m', 'x'));
      expect([read.text, read.finish?.reason]).toEqual(['Hi there', 'STOP']);
    },
  );

  it('estimates the usage, and reports it, when the server sends none', async () => {
    await using server = await serve(sse(chunk({ content: 'eight ch' }), chunk({}, 'stop'), '[DONE]'));
    const { ours } = await openBoth(server.url);
    const { finish } = await collect(ours, ask('m', 'twelve bytes'));
    expect(finish?.usage).toMatchObject({ inputTokens: 3, outputTokens: 2, estimated: true });
  });

  it('believes no count that no call can have', async () => {
    const usage = { prompt_tokens: 1e99, completion_tokens: 2 };
    await using server = await serve(
      sse(chunk({ content: 'eight ch' }), chunk({}, 'stop'), { choices: [], usage }, '[DONE]'),
    );
    const { ours, sdk } = await openBoth(server.url);
    for (const provider of [ours, sdk]) {
      const { finish } = await collect(provider, ask('m', 'twelve bytes'));
      expect(finish?.usage).toMatchObject({ inputTokens: 3, outputTokens: 2, estimated: true });
    }
  });

  it('counts cached and reasoning tokens', async () => {
    const usage = {
      prompt_tokens: 100,
      completion_tokens: 50,
      prompt_tokens_details: { cached_tokens: 80, cache_write_tokens: 5 },
      completion_tokens_details: { reasoning_tokens: 30 },
    };
    await using server = await serve(
      sse(chunk({ content: 'x' }), chunk({}, 'stop'), { choices: [], usage }, '[DONE]'),
    );
    const { ours } = await openBoth(server.url);
    expect((await collect(ours, ask('m', 'x'))).finish?.usage).toEqual({
      inputTokens: 100,
      outputTokens: 50,
      cachedInputTokens: 80,
      cacheWriteTokens: 5,
      reasoningTokens: 30,
    });
  });

  it.each([
    [
      'a message beside the delta that says the same',
      { delta: { content: 'Hi' }, message: { content: 'Hi' } },
    ],
    ['a message beside an empty delta', { delta: {}, message: { content: 'Hi' } }],
    ['the text of completions without a chat', { text: 'Hi' }],
    ['parts of another type', { delta: { content: [{ type: 'output_text', text: 'Hi' }] } }],
    ['parts without a type, and texts', { delta: { content: [{ text: 'H' }, 'i'] } }],
    [
      'references beside the text',
      {
        delta: {
          content: [
            { type: 'text', text: 'Hi' },
            { type: 'reference', reference_ids: [1] },
          ],
        },
      },
    ],
  ])('reports a text once that comes as %s, streamed and whole', async (_, choice) => {
    const { delta, message = delta, ...rest } = { message: undefined, delta: undefined, ...choice };
    const answer = { choices: [{ index: 0, ...(message && { message }), ...rest, finish_reason: 'stop' }] };
    await using server = await startWireServer((response, { body }) => {
      if (!body.includes('"stream":true')) response.end(JSON.stringify(answer));
      else response.end(sse({ choices: [{ index: 0, ...choice }] }, chunk({}, 'stop'), '[DONE]'));
    });
    const { ours } = await openBoth(server.url);
    expect(await collect(ours, ask('m', 'x'))).toMatchObject({ text: 'Hi', error: null });
    expect(await ours.generate(ask('m', 'x'))).toMatchObject({ text: 'Hi' });
  });

  it('reads one choice where the server sends more than were requested, in whatever chunks', async () => {
    const of = (index: number, content: string) => ({ index, delta: { content } });
    const events = [
      { choices: [of(0, 'a')] },
      { choices: [of(1, 'X')] },
      { choices: [of(1, 'Y'), of(0, 'b')] },
      { choices: [{ index: 1, delta: {}, finish_reason: 'length' }] },
      { choices: [{ delta: { content: 'c' } }] },
    ];
    await using server = await startWireServer((response) => {
      response.end(sse(...events, chunk({}, 'stop'), '[DONE]'));
    });
    const { ours } = await openBoth(server.url);
    expect(await collect(ours, ask('m', 'x'))).toMatchObject({ text: 'abc', error: null });
  });

  it.each([
    ['reasoning_content', { reasoning_content: 'hm' }],
    ['details alone', { reasoning_details: [{ text: 'h' }, { summary: 'm' }, { type: 'x', data: 'y' }] }],
    ['details beside the same text', { reasoning: 'hm', reasoning_details: [{ text: 'hm' }] }],
    ['a thinking part that is a text', { content: [{ type: 'thinking', thinking: 'hm' }] }],
  ])('reports reasoning that comes as %s, streamed and whole', async (_, said) => {
    const message = { content: [], ...said };
    await using server = await startWireServer((response, { body }) => {
      if (!body.includes('"stream":true'))
        response.end(JSON.stringify({ choices: [{ message, finish_reason: 'stop' }] }));
      else response.end(sse(chunk(said), chunk({}, 'stop'), '[DONE]'));
    });
    const { ours } = await openBoth(server.url);
    expect(await collect(ours, ask('m', 'x'))).toMatchObject({ reasoning: 'hm', error: null });
    expect(await ours.generate(ask('m', 'x'))).toMatchObject({ reasoning: 'hm' });
  });

  it.each([
    [{ x_groq: { id: 'r', error: 'over_capacity' } }, 'PROVIDER_ERROR', 'over_capacity'],
    [
      { x_groq: { id: 'r', error: { message: 'Rate limit reached' } } },
      'PROVIDER_RATE_LIMITED',
      'Rate limit',
    ],
    [{ base_resp: { status_code: 1002, status_msg: 'rate limit' } }, 'PROVIDER_RATE_LIMITED', 'rate limit'],
    [
      { base_resp: { status_code: 1008, status_msg: 'insufficient balance' } },
      'PROVIDER_RATE_LIMITED',
      'bal',
    ],
  ])('takes the error of a vendor, %j, for what it is, streamed and whole', async (error, code, words) => {
    const answer = { choices: [{ message: { content: 'part' }, finish_reason: 'stop' }], ...error };
    await using server = await startWireServer((response, { body }) => {
      if (!body.includes('"stream":true')) response.end(JSON.stringify(answer));
      else response.end(sse(chunk({ content: 'part' }), { ...chunk({}, 'stop'), ...error }, '[DONE]'));
    });
    const { ours } = await openBoth(server.url);
    const expected = { name: 'ProviderFailure', code, message: expect.stringContaining(words) };
    expect((await collect(ours, ask('m', 'x'))).error).toMatchObject(expected);
    await expect(ours.generate(ask('m', 'x'))).rejects.toMatchObject(expected);
  });

  it.each([
    { code: 1302, msg: '您的账户已达到速率限制，请您控制请求频率' },
    { code: 1302, msg: '您当前使用该API的并发数过高，请降低并发' },
    { code: '1303', message: '当前使用该 API 的频率过高，请降低频率' },
    { success: false, code: 500, msg: '请求过于频繁，请稍后再试' },
    { code: 18, msg: '请求次数超过上限，已限流' },
  ])('takes the words of a rate limit without an error object, %j, for one', async (answer) => {
    await using server = await startWireServer((response, { body }) => {
      response.end(body.includes('"stream":true') ? sse(answer) : JSON.stringify(answer));
    });
    const { ours } = await openBoth(server.url);
    const expected = { code: 'PROVIDER_RATE_LIMITED', retryable: true };
    expect((await collect(ours, ask('m', 'x'))).error).toMatchObject(expected);
    await expect(ours.generate(ask('m', 'x'))).rejects.toMatchObject(expected);
  });

  it('takes the report of MiniMax that all is well for no error', async () => {
    const base_resp = { status_code: 0, status_msg: '' };
    await using server = await serve(sse({ ...chunk({ content: 'Hi' }, 'stop'), base_resp }, '[DONE]'));
    const { ours } = await openBoth(server.url);
    expect(await collect(ours, ask('m', 'x'))).toMatchObject({ text: 'Hi', error: null });
  });

  it('passes on what came before an error in the same packet, then the error', async () => {
    await using server = await serve(`${sse(chunk({ content: 'Hi' }))}data: {oops\n\n`);
    const { ours } = await openBoth(server.url);
    const { text, error } = await collect(ours, ask('m', 'x'));
    expect(text).toBe('Hi');
    expect(error).toMatchObject({ code: 'PROVIDER_ERROR', retryable: true });
  });

  it('ends at [DONE] though the server holds the connection, and uses the connection again when it ends in time', async () => {
    const endings: (() => void)[] = [];
    await using server = await startWireServer((response) => {
      response.write(sse(chunk({ content: 'Hi' }), chunk({}, 'stop'), usageChunk(1, 1), '[DONE]'));
      endings.push(() => response.end());
    });
    const { ours } = await openBoth(server.url);
    expect((await collect(ours, ask('m', 'x'))).finish?.reason).toBe('STOP');
    endings[0]?.();
    expect(await server.closed(0)).toBe(false);
    expect((await collect(ours, ask('m', 'x'))).finish?.reason).toBe('STOP');
    expect(await server.closed(1)).toBe(true);
  });

  it.each([
    ['no JSON', '{oops'],
    ['no choices', '{"choices":[]}'],
    ['an empty message', '{"choices":[{"message":{"content":""},"finish_reason":"stop"}]}'],
    ['an error in a 200', '{"error":{"message":"the model broke"}}'],
    ['a page', '<html></html>'],
  ])('refuses a whole answer that is %s', async (_name, body) => {
    await using server = await serve(body);
    const { ours } = await openBoth(server.url);
    await expect(ours.generate(ask('m', 'x'))).rejects.toMatchObject({
      code: 'PROVIDER_ERROR',
      retryable: true,
    });
  });

  it('returns the arguments of a tool call as JSON, and as the text they are where they are none', async () => {
    const toolCall = (text: string) => ({ id: text, function: { name: 'f', arguments: text } });
    const message = { tool_calls: ['{"x":1}', '', '{"x":'].map(toolCall) };
    await using server = await serve(JSON.stringify({ choices: [{ message, finish_reason: 'tool_calls' }] }));
    const { ours, sdk } = await openBoth(server.url);
    for (const provider of [ours, sdk]) {
      const { toolCalls } = await provider.generate(ask('m', 'x'));
      expect(toolCalls.map((call) => call.arguments)).toEqual([{ x: 1 }, {}, '{"x":']);
    }
  });
});
