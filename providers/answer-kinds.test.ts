import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { createAmazonBedrock } from '@ai-sdk/amazon-bedrock';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { createHttpFetch } from './http/http-fetch.ts';
import { type Provider, type ProviderAnswer, ProviderFailure } from './provider.ts';
import { makeProvider } from './registry/registry.ts';
import { answerWires, eventWires } from './testing/answer-wires/answer-wires.ts';
import { frame, frames } from './testing/answer-wires/aws-frames.ts';
import type { AnswerWire, GivenAnswer, GivenCall } from './testing/answer-wires/wire.ts';
import { ask, type Collected, collect } from './testing/calls.ts';
import { cut } from './testing/replay.ts';
import { createSdkProvider } from './testing/sdk-provider.ts';
import { startWireServer } from './testing/wire-server.ts';

const secret = 'sk-test-0123456789';
const tools = ['f', 'g'].map((name) => ({ name, parameters: { type: 'object' } }));
const http = createHttpFetch();
afterAll(() => http.close());

interface Reply {
  readonly body: string | Uint8Array | readonly Uint8Array[];
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

function answering({ body, status = 200, headers = {} }: Reply): typeof globalThis.fetch {
  const pieces = typeof body === 'string' ? cut(body, []) : body instanceof Uint8Array ? [body] : body;
  return async () => {
    const rest = pieces.values();
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        const { value, done } = rest.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
    });
    return new Response(stream, { status, headers });
  };
}

function open(wire: AnswerWire, fetch: typeof globalThis.fetch): Promise<Provider> {
  const { kind } = wire;
  return makeProvider({ kind, baseUrl: 'http://upstream.test', region: 'eu-central-1', secret, fetch });
}

const call = (wire: AnswerWire) => ask(wire.model, 'q', { tools });

async function streamed(wire: AnswerWire, reply: Reply): Promise<Collected> {
  return collect(await open(wire, answering(reply)), call(wire));
}

async function whole(wire: AnswerWire, reply: Reply): Promise<ProviderAnswer | ProviderFailure> {
  const provider = await open(wire, answering(reply));
  return provider.generate(call(wire)).catch((error: unknown) => {
    expect(error).toBeInstanceOf(ProviderFailure);
    return error as ProviderFailure;
  });
}

async function failures(wire: AnswerWire, reply: Reply): Promise<readonly unknown[]> {
  return [(await streamed(wire, reply)).error, await whole(wire, reply)];
}

/** The same bytes one by one. */
const byByte = (body: string) => [...new TextEncoder().encode(body)].map((byte) => Uint8Array.of(byte));

const hello: GivenAnswer = { texts: ['Grüße, ', '世界 🙂'] };
const said = 'Grüße, 世界 🙂';

describe.each(answerWires)('$name: errors', (wire) => {
  it.each([
    [400, 'bad parameter', 'invalid_request_error', 'BAD_USER_INPUT', false],
    [400, 'prompt is too long: 3 tokens > 2 maximum', 'invalid_request_error', 'CONTEXT_TOO_LONG', false],
    [400, 'max_tokens is too large: 9', 'invalid_request_error', 'BAD_USER_INPUT', false],
    [401, 'no such key', 'authentication_error', 'PROVIDER_AUTH', false],
    [402, 'pay', 'billing', 'PROVIDER_RATE_LIMITED', false],
    [403, 'not yours', 'permission_error', 'PROVIDER_AUTH', false],
    [403, 'requires moderation and your input was flagged', 'x', 'CONTENT_FILTERED', false],
    [404, 'no such model', 'not_found_error', 'NOT_FOUND', false],
    [408, 'late', 'timeout', 'PROVIDER_TIMEOUT', true],
    [413, 'large', 'request_too_large', 'CONTEXT_TOO_LONG', false],
    [429, 'slow down', 'rate_limit_error', 'PROVIDER_RATE_LIMITED', true],
    [429, 'pay', 'insufficient_quota', 'PROVIDER_RATE_LIMITED', false],
    [500, 'broken', 'server_error', 'PROVIDER_ERROR', true],
    [503, 'busy', 'overloaded_error', 'PROVIDER_ERROR', true],
    [504, 'late', 'timeout', 'PROVIDER_TIMEOUT', true],
    [529, 'busy', 'overloaded_error', 'PROVIDER_ERROR', true],
  ] as const)(
    'HTTP %i "%s" (%s) is %s, streamed and whole',
    async (status, message, type, code, retryable) => {
      const body = JSON.stringify({ error: { message, type, param: null } });
      for (const failure of await failures(wire, { status, body })) {
        expect(failure).toMatchObject({ name: 'ProviderFailure', code, retryable, status });
      }
    },
  );

  it('waits as the headers or the words state', async () => {
    const body = JSON.stringify({ error: { message: 'slow down', type: 'rate_limit_error' } });
    for (const headers of [{ 'retry-after': '20' }, { 'x-ratelimit-reset-requests': '20s' }]) {
      for (const failure of await failures(wire, { status: 429, body, headers })) {
        expect(failure).toMatchObject({ code: 'PROVIDER_RATE_LIMITED', retryAfterMs: 20_000 });
      }
    }
    const words = JSON.stringify({
      error: { message: 'Please try again in 20s.', type: 'rate_limit_error' },
    });
    for (const failure of await failures(wire, { status: 429, body: words })) {
      expect(failure).toMatchObject({ code: 'PROVIDER_RATE_LIMITED', retryAfterMs: 20_000 });
    }
  });

  it.each([
    [{ message: 'Rate limit exceeded', code: 429, type: 'rate_limit_error' }, 'PROVIDER_RATE_LIMITED'],
    [{ message: 'no', code: 401 }, 'PROVIDER_AUTH'],
    [{ message: 'no', type: 'authentication_error' }, 'PROVIDER_AUTH'],
    [{ message: 'maximum context length exceeded', code: 'context_length_exceeded' }, 'CONTEXT_TOO_LONG'],
    [{ message: 'the server fell over' }, 'PROVIDER_ERROR'],
  ] as const)('HTTP 200 with the error %j in place of an answer is %s', async (error, code) => {
    for (const body of [JSON.stringify({ error }), `[${JSON.stringify({ error })}]`]) {
      const headers = { 'content-type': 'application/json' };
      for (const failure of await failures(wire, { body, headers })) expect(failure).toMatchObject({ code });
    }
    for (const failure of await failures(wire, { body: JSON.stringify(error) })) {
      expect(failure).toMatchObject({ code });
    }
  });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
  ] as const)('what comes compressed with %s is read, errors and answers', async (coding, compress) => {
    let reply: { readonly status: number; readonly body: string | Uint8Array<ArrayBuffer> } = {
      status: 200,
      body: '',
    };
    await using server = await startWireServer((response) => {
      response.writeHead(reply.status, { 'content-encoding': coding });
      response.end(compress(reply.body));
    });
    const provider = await makeProvider({
      kind: wire.kind,
      baseUrl: server.url,
      region: 'eu-central-1',
      secret,
      fetch: http.fetch,
    });
    const error = { code: 'context_length_exceeded', message: 'maximum context length is 8' };
    reply = { status: 400, body: JSON.stringify({ error }) };
    const thrown = await provider.generate(call(wire)).catch((failure: unknown) => failure);
    for (const failure of [thrown, (await collect(provider, call(wire))).error]) {
      expect(failure).toMatchObject({ code: 'CONTEXT_TOO_LONG', message: expect.stringContaining('is 8') });
    }
    reply = { status: 200, body: wire.whole(hello) };
    expect(await provider.generate(call(wire))).toMatchObject({ text: said, finishReason: 'STOP' });
    reply = { status: 200, body: wire.stream(hello) };
    expect(await collect(provider, call(wire))).toMatchObject({ text: said, error: null });
  });

  it.each([
    ['a page of HTML', '<html><head><title>502</title></head><body>nginx 10.0.0.7</body></html>'],
    ['a text', 'internal: token SECRET-IMDS-TOKEN at 10.0.0.7'],
    ['noise', '\u001f\u008b\b\0\ufffd 10.0.0.7'],
    ['nothing', ''],
  ])('of an error body that is %s, nothing reaches the client', async (_, body) => {
    for (const failure of await failures(wire, { status: 502, body })) {
      expect((failure as ProviderFailure).message).toBe('The provider failed (HTTP 502).');
    }
  });

  it('nothing shaped like a secret reaches the client', async () => {
    const token = `ghp_${'aB3'.repeat(12)}`;
    const body = JSON.stringify({ error: { message: `bad ${token} and ${secret}`, code: 400 } });
    for (const failure of [
      ...(await failures(wire, { status: 400, body })),
      ...(await failures(wire, { body: `{"error":${body}}` })),
    ]) {
      const { message } = failure as ProviderFailure;
      expect(message).toContain('bad ***');
      expect(message).not.toContain('aB3');
      expect(message).not.toContain('0123456789');
    }
  });
});

describe.each(eventWires)('$name: streams', (wire) => {
  const json = JSON.stringify({ message: 'Rate limit exceeded', code: 429 });
  it.each([
    ['data', `data: {"error":${json}}\n\n`],
    ['an event of its name', `event: error\ndata: {"error":${json}}\n\n`],
    ['an event of its name, bare', `event: error\ndata: ${json}\n\n`],
    ['an event of its name, in words', 'event: error\ndata: 429 Too Many Requests: Rate limit exceeded\n\n'],
    ['an event of its type', `data: {"type":"error","error":${json}}\n\n`],
    ['an event without a name', `data: ${json}\n\n`],
    ['a list of details', `data: {"detail":[${json}]}\n\n`],
    ['a list of errors', `data: {"success":false,"errors":[${json}]}\n\n`],
    ['a line of its own', `{"error":${json}}\n\n`],
    ['the end of an event that was cut', `data: {"x":"y\ndata: {"error":${json}}\n\n`],
  ])('an error in the middle of a stream, as %s, keeps code and words', async (_, event) => {
    const begun = wire.stream(hello);
    const first = begun.slice(0, begun.indexOf('\n\n', begun.indexOf('Grüße')) + 2);
    const { error, finish, text } = await streamed(wire, { body: `${first}${event}` });
    expect(finish).toBeNull();
    expect(text).toBe('Grüße, ');
    expect(error).toMatchObject({ code: 'PROVIDER_RATE_LIMITED', retryable: true });
    expect((error as ProviderFailure).message).toContain('Rate limit exceeded');
  });

  const read = async (body: string | readonly Uint8Array[]) => {
    const { text, error, finish } = await streamed(wire, { body });
    expect({ text, error, reason: finish?.reason }).toEqual({ text: said, error: null, reason: 'STOP' });
  };
  const body = wire.stream(hello);

  it.each(['\n', '\r\n', '\r'])('are read byte by byte with lines that end with %j', (end) =>
    read(byByte(body.replaceAll('\n', end))),
  );

  it('are read with a byte order mark, comments, and no space after the colon', async () => {
    await read(
      byByte(`\ufeff: hi\n\n${body.replaceAll('data: ', 'data:').replaceAll('\n\n', '\n\n: ping\n\n')}`),
    );
    await read(`\n\n  \n${body}`);
  });

  it.each([
    'data: [DONE] ',
    'data:  [DONE]',
    'data: [done]',
    'data: "[DONE]"',
    'data: null',
    'data:',
    'data: {}',
  ])('end well with %j', async (last) => {
    await read(`${body.replace('data: [DONE]\n\n', '')}${last}\n\n`);
    await read(`${last.includes('DONE') || last.includes('done') ? '' : `${last}\n\n`}${body}`);
  });

  it.each([{}, null, '', { message: null, code: null }, []])('take the error %j for none', async (error) => {
    await read(body.replaceAll('data: {', `data: {"error":${JSON.stringify(error)},`));
    const answer = await whole(wire, {
      body: wire.whole(hello).replace('{', `{"error":${JSON.stringify(error)},`),
    });
    expect(answer).toMatchObject({ text: said, finishReason: 'STOP' });
  });

  it('may come whole, and whole answers as a stream', async () => {
    await read(wire.whole(hello));
    await read(byByte(`\ufeff\n ${wire.whole(hello)}\n`));
    for (const text of [body, `: hi\n\n${body}`, body.replaceAll('\n', '\r\n')]) {
      expect(await whole(wire, { body: text })).toMatchObject({ text: said, finishReason: 'STOP' });
    }
  });

  it('that end without their terminal marker are failures, also when a whole answer was requested', async () => {
    const begun = body.slice(0, body.indexOf('\n\n', body.indexOf('Grüße')) + 2);
    for (const failure of await failures(wire, { body: begun })) {
      expect(failure).toMatchObject({ code: 'PROVIDER_ERROR', retryable: true });
    }
  });

  it.each([
    ['', 'all of it'],
    ['all ', 'all of it'],
    ['all of it', 'all of it'],
  ])('whose last event reports the whole after %j lose nothing and double nothing', async (told, all) => {
    const late = wire.lateStream(told, all);
    if (late === null) return;
    expect(await streamed(wire, { body: late })).toMatchObject({ text: all, error: null });
  });

  it('whose last event alone has a tool call do not lose it', async () => {
    const late = wire.lateCall({ id: 'a', name: 'f', arguments: '{"x":1}' });
    if (late === null) return;
    const { toolCalls, finish } = await streamed(wire, { body: late });
    expect(toolCalls).toEqual([{ id: 'a', name: 'f', arguments: '{"x":1}' }]);
    expect(finish?.reason).toBe('TOOL_CALLS');
  });
});

describe.each(answerWires)('$name: tool calls', (wire) => {
  /** The calls of a stream, whose deltas must be JSON, and of the whole answer, which must be the same. */
  async function collectCalls(calls: readonly GivenCall[]): Promise<Collected['toolCalls']> {
    const { toolCalls, error, finish } = await streamed(wire, { body: wire.stream({ calls }) });
    expect([error, finish?.reason]).toEqual([null, 'TOOL_CALLS']);
    const answer = await whole(wire, { body: wire.whole({ calls }) });
    if (answer instanceof ProviderFailure) throw answer;
    expect(answer.toolCalls.map(({ name, arguments: given }) => [name, JSON.stringify(given)])).toEqual(
      toolCalls.map(({ name, arguments: given }) => [name, given]),
    );
    for (const of of [toolCalls, answer.toolCalls]) {
      expect(new Set(of.map(({ id }) => id)).size).toBe(calls.length);
      expect(of.every(({ id }) => id !== '')).toBe(true);
    }
    return toolCalls;
  }

  it.each([
    ['absent', undefined],
    ['null', null],
    ['empty', ''],
    ['an empty object', '{}'],
  ])('have the arguments {} when they are %s', async (_, given) => {
    const calls = await collectCalls([
      { id: 'a', name: 'f', ...(given === undefined ? {} : { arguments: given }) },
    ]);
    expect(calls).toEqual([{ id: 'a', name: 'f', arguments: '{}' }]);
  });

  it.each([
    '{"id":9007199254740993}',
    '{"id":-12345678901234567890,"in":[{"a":0.12345678901234567}]}',
    '{"big":1e400}',
  ])('keep the digits of %s', async (given) => {
    expect(await collectCalls([{ id: 'a', name: 'f', arguments: given }])).toMatchObject([
      { arguments: given },
    ]);
  });

  it.each([
    ['no ids', [undefined, undefined]],
    ['empty ids', ['', '']],
    ['the same id', ['a', 'a']],
  ] as const)('in parallel with %s are distinguished', async (_, ids) => {
    for (const names of [
      ['f', 'g'],
      ['f', 'f'],
    ]) {
      const calls = names.map((name, at) => ({
        ...(ids[at] === undefined ? {} : { id: ids[at] }),
        name,
        arguments: `{"x":${at}}`,
      }));
      const found = await collectCalls(calls);
      expect(found.map(({ name, arguments: given }) => [name, given])).toEqual([
        [names[0], '{"x":0}'],
        [names[1], '{"x":1}'],
      ]);
      if (ids[0] === 'a') expect(found[0]?.id).toBe('a');
    }
  });

  it('without a name are refused, streamed and whole', async () => {
    const calls = [{ id: 'a', arguments: '{"x":1}' }];
    expect((await streamed(wire, { body: wire.stream({ calls }) })).error).toMatchObject({
      code: 'PROVIDER_ERROR',
      retryable: true,
    });
    expect(await whole(wire, { body: wire.whole({ calls }) })).toMatchObject({
      code: 'PROVIDER_ERROR',
      retryable: true,
    });
  });
});

describe.each(answerWires)('$name: the end', (wire) => {
  it.each(Object.entries(wire.finishReasons))('%s is %s, streamed and whole', async (finish, outcome) => {
    const calls = outcome === 'TOOL_CALLS' ? [{ id: 'a', name: 'f', arguments: '{}' }] : undefined;
    const answer = { texts: ['part'], finish, ...(calls === undefined ? {} : { calls }) };
    const stream = await streamed(wire, { body: wire.stream(answer) });
    const all = await whole(wire, { body: wire.whole(answer) });
    if (outcome === 'BROKEN') {
      for (const failure of [stream.error, all]) {
        expect(failure).toMatchObject({ name: 'ProviderFailure', code: 'PROVIDER_ERROR', retryable: true });
      }
    } else {
      expect([stream.error, stream.finish?.reason]).toEqual([null, outcome]);
      expect(all).toMatchObject({ text: 'part', finishReason: outcome });
    }
  });

  it('is STOP where the vendor names tool calls and makes none, and a failure where there is no text either', async () => {
    const [finish] = Object.entries(wire.finishReasons).find(([, end]) => end === 'TOOL_CALLS') ?? [];
    if (finish === undefined) return;
    const answer = { texts: ['part'], finish };
    expect((await streamed(wire, { body: wire.stream(answer) })).finish?.reason).toBe('STOP');
    expect(await whole(wire, { body: wire.whole(answer) })).toMatchObject({ finishReason: 'STOP' });
    const empty = { texts: [''], finish };
    for (const failure of [
      (await streamed(wire, { body: wire.stream(empty) })).error,
      await whole(wire, { body: wire.whole(empty) }),
    ]) {
      expect(failure).toMatchObject({ code: 'PROVIDER_ERROR', retryable: true });
    }
  });
});

describe('Bedrock: frames', () => {
  const wire = answerWires.find(({ kind }) => kind === 'BEDROCK') as AnswerWire;
  const body = wire.stream(hello) as Uint8Array;

  it('are read wherever the bytes are cut', async () => {
    for (const pieces of [
      [...body].map((byte) => Uint8Array.of(byte)),
      ...Array.from(body, (_, at) => [body.subarray(0, at), body.subarray(at)]),
    ]) {
      const { text, error, finish } = await streamed(wire, { body: pieces });
      expect([text, error, finish?.reason]).toEqual([said, null, 'STOP']);
      expect(finish?.usage).toMatchObject({ inputTokens: 3, outputTokens: 2 });
    }
  });

  it('that are cut or damaged at any byte are no answer, unless nothing of it is missing', async () => {
    for (let at = 0; at < body.length; at++) {
      const damaged = Uint8Array.from(body);
      damaged[at] = (damaged[at] ?? 0) ^ 0x55;
      for (const bytes of [body.subarray(0, at), damaged]) {
        const { text, error, finish } = await streamed(wire, { body: bytes });
        expect(said.startsWith(text)).toBe(true);
        if (finish === null) expect(error).toMatchObject({ code: 'PROVIDER_ERROR', retryable: true });
        else expect([text, finish.reason]).toEqual([said, 'STOP']);
      }
    }
  });

  it('are joined once, however small the pieces that they come in', async () => {
    const large = 'x'.repeat(200_000);
    const bytes = frames(
      { messageStart: { role: 'assistant' } },
      { contentBlockDelta: { contentBlockIndex: 0, delta: { text: large } } },
      { messageStop: { stopReason: 'end_turn' } },
    );
    const pieces = Array.from({ length: Math.ceil(bytes.length / 20) }, (_, at) =>
      bytes.subarray(at * 20, at * 20 + 20),
    );
    using joined = vi.spyOn(Buffer, 'concat');
    expect(await streamed(wire, { body: pieces })).toMatchObject({ text: large, error: null });
    expect(joined.mock.calls.length).toBeLessThan(20);
  });

  const event = (payload: string, type = 'contentBlockDelta') =>
    frame({ ':event-type': type, ':message-type': 'event' }, payload);
  const withLength = (bytes: Buffer, length: number, at: 0 | 4) => {
    bytes.writeUInt32BE(length, at);
    return bytes;
  };

  it.each([
    ['a length of nothing', withLength(event('{}'), 0, 0)],
    ['a length of less than its own bytes', withLength(event('{}'), 15, 0)],
    ['a length beyond 4 MiB', withLength(event('{}'), 4 * 1024 * 1024 + 1, 0)],
    ['a length of 4 GiB', withLength(event('{}'), 0xffff_ffff, 0)],
    ['headers longer than itself', withLength(event('{}'), 0xffff, 4)],
    ['a payload that is no JSON', event('{"delta"')],
    ['a payload of two values', event('{} {}')],
    ['a payload that closes what is around it', event('{}},{"x":{')],
  ])('with %s end the answer as a failure, after what came before', async (_what, bytes) => {
    const begun = frames({ contentBlockDelta: { contentBlockIndex: 0, delta: { text: 'Hi' } } });
    for (const pieces of [[begun, bytes], [Buffer.concat([begun, bytes])]]) {
      const { text, error } = await streamed(wire, { body: pieces });
      expect(text).toBe('Hi');
      expect(error).toMatchObject({ code: 'PROVIDER_ERROR' });
    }
  });

  it.each([
    ['an unknown event', event('{"a":1}', 'newEvent')],
    ['the name of what all objects have', event('{"a":1}', '__proto__')],
    ['no type', frame({}, '{}')],
    ['an unknown message', frame({ ':message-type': 'news' }, 'no JSON')],
    ['no payload', event('', 'metadata')],
    ['null', event('null')],
    ['a number', event('1')],
    ['a list', event('[]')],
  ])('with %s are passed over', async (_what, bytes) => {
    const { text, error, finish } = await streamed(wire, { body: Buffer.concat([bytes, body, bytes]) });
    expect([text, error, finish?.reason]).toEqual([said, null, 'STOP']);
  });

  it.each([
    ['throttlingException', 'PROVIDER_RATE_LIMITED', true],
    ['serviceUnavailableException', 'PROVIDER_ERROR', true],
    ['internalServerException', 'PROVIDER_ERROR', true],
    ['modelStreamErrorException', 'PROVIDER_ERROR', true],
    ['modelTimeoutException', 'PROVIDER_TIMEOUT', true],
    ['validationException', 'BAD_USER_INPUT', false],
    ['accessDeniedException', 'PROVIDER_AUTH', false],
    ['resourceNotFoundException', 'NOT_FOUND', false],
  ])('with the exception %s in the middle of a stream are %s', async (type, code, retryable) => {
    const begun = frames({ contentBlockDelta: { contentBlockIndex: 0, delta: { text: 'Hi' } } });
    const exception = { ':exception-type': type, ':message-type': 'exception' };
    const { text, error } = await streamed(wire, {
      body: Buffer.concat([begun, frame(exception, '{"message":"too much of it"}')]),
    });
    expect(text).toBe('Hi');
    expect(error).toMatchObject({ code, retryable });
    const message = { ':message-type': 'error', ':error-code': type, ':error-message': 'too much of it' };
    expect((await streamed(wire, { body: frame(message, '') })).error).toMatchObject({ code, retryable });
  });

  it('are read as the AI SDK reads them', async () => {
    const answers: readonly GivenAnswer[] = [
      hello,
      { texts: ['Let me see.'], calls: [{ id: 'a', name: 'f', arguments: ['{"x"', ':1}'] }] },
      {
        calls: [
          { id: 'a', name: 'f' },
          { id: 'b', name: 'g', arguments: '{"y":[]}' },
        ],
      },
      { texts: ['cut'], finish: 'max_tokens' },
    ];
    for (const answer of answers) {
      const fetch = answering({ body: wire.stream(answer) });
      const models = createAmazonBedrock({
        region: 'x',
        baseURL: 'http://upstream.test',
        apiKey: 'k',
        fetch,
      });
      const sdk = createSdkProvider({ models, secret: null });
      const seen = ({ text, toolCalls, finish, error }: Collected) => ({ text, toolCalls, finish, error });
      expect(seen(await streamed(wire, { body: wire.stream(answer) }))).toEqual(
        seen(await collect(sdk, call(wire))),
      );
    }
  });

  it('of a Claude that is instructed in words to answer with JSON give the first object alone', async () => {
    const json = '{"a":"}\\"{","b":{"c":1}}';
    for (const [texts, expected] of [
      [['Here: ```', json.slice(0, 5), json.slice(5), '``` and {"more":1}'], json],
      [['no object'], 'no object'],
    ] as const) {
      const provider = await open(wire, answering({ body: wire.stream({ texts }) }));
      const answer = await collect(provider, ask(wire.model, 'q', { responseSchema: { type: 'object' } }));
      expect([answer.text, answer.error]).toEqual([expected, null]);
    }
  });
});
