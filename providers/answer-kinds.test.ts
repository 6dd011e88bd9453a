import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { createHttpFetch } from './http/http-fetch.ts';
import { ProviderFailure } from './provider.ts';
import { makeProvider } from './registry/registry.ts';
import { answerWires } from './testing/answer-wires/answer-wires.ts';
import {
  callWire,
  helloAnswer,
  helloText,
  readFailures,
  readStream,
  readWhole,
  wireSecret,
} from './testing/answer-wires/read-answer.ts';
import type { GivenCall } from './testing/answer-wires/wire.ts';
import { type Collected, collect } from './testing/calls.ts';
import { startWireServer } from './testing/wire-server.ts';

const http = createHttpFetch();
afterAll(() => http.close());

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
      for (const failure of await readFailures(wire, { status, body })) {
        expect(failure).toMatchObject({ name: 'ProviderFailure', code, retryable, status });
      }
    },
  );

  it('waits as the headers or the words state', async () => {
    const body = JSON.stringify({ error: { message: 'slow down', type: 'rate_limit_error' } });
    for (const headers of [{ 'retry-after': '20' }, { 'x-ratelimit-reset-requests': '20s' }]) {
      for (const failure of await readFailures(wire, { status: 429, body, headers })) {
        expect(failure).toMatchObject({ code: 'PROVIDER_RATE_LIMITED', retryAfterMs: 20_000 });
      }
    }
    const words = JSON.stringify({
      error: { message: 'Please try again in 20s.', type: 'rate_limit_error' },
    });
    for (const failure of await readFailures(wire, { status: 429, body: words })) {
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
      for (const failure of await readFailures(wire, { body, headers }))
        expect(failure).toMatchObject({ code });
    }
    for (const failure of await readFailures(wire, { body: JSON.stringify(error) })) {
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
      secret: wireSecret,
      fetch: http.fetch,
    });
    const error = { code: 'context_length_exceeded', message: 'maximum context length is 8' };
    reply = { status: 400, body: JSON.stringify({ error }) };
    const thrown = await provider.generate(callWire(wire)).catch((failure: unknown) => failure);
    for (const failure of [thrown, (await collect(provider, callWire(wire))).error]) {
      expect(failure).toMatchObject({ code: 'CONTEXT_TOO_LONG', message: expect.stringContaining('is 8') });
    }
    reply = { status: 200, body: wire.whole(helloAnswer) };
    expect(await provider.generate(callWire(wire))).toMatchObject({ text: helloText, finishReason: 'STOP' });
    reply = { status: 200, body: wire.stream(helloAnswer) };
    expect(await collect(provider, callWire(wire))).toMatchObject({ text: helloText, error: null });
  });

  it.each([
    ['a page of HTML', '<html><head><title>502</title></head><body>nginx 10.0.0.7</body></html>'],
    ['a text', 'internal: token SECRET-IMDS-TOKEN at 10.0.0.7'],
    ['noise', '\u001f\u008b\b\0\ufffd 10.0.0.7'],
    ['nothing', ''],
  ])('of an error body that is %s, nothing reaches the client', async (_, body) => {
    for (const failure of await readFailures(wire, { status: 502, body })) {
      expect((failure as ProviderFailure).message).toBe('The provider failed (HTTP 502).');
    }
  });

  it('nothing shaped like a secret reaches the client', async () => {
    const token = `ghp_${'aB3'.repeat(12)}`;
    const body = JSON.stringify({ error: { message: `bad ${token} and ${wireSecret}`, code: 400 } });
    for (const failure of [
      ...(await readFailures(wire, { status: 400, body })),
      ...(await readFailures(wire, { body: `{"error":${body}}` })),
    ]) {
      const { message } = failure as ProviderFailure;
      expect(message).toContain('bad ***');
      expect(message).not.toContain('aB3');
      expect(message).not.toContain('0123456789');
    }
  });
});

describe.each(answerWires)('$name: tool calls', (wire) => {
  /** The calls of a stream, whose deltas must be JSON, and of the whole answer, which must be the same. */
  async function collectCalls(calls: readonly GivenCall[]): Promise<Collected['toolCalls']> {
    const { toolCalls, error, finish } = await readStream(wire, { body: wire.stream({ calls }) });
    expect([error, finish?.reason]).toEqual([null, 'TOOL_CALLS']);
    const answer = await readWhole(wire, { body: wire.whole({ calls }) });
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
    expect((await readStream(wire, { body: wire.stream({ calls }) })).error).toMatchObject({
      code: 'PROVIDER_ERROR',
      retryable: true,
    });
    expect(await readWhole(wire, { body: wire.whole({ calls }) })).toMatchObject({
      code: 'PROVIDER_ERROR',
      retryable: true,
    });
  });
});

describe.each(answerWires)('$name: the end', (wire) => {
  it.each(Object.entries(wire.finishReasons))('%s is %s, streamed and whole', async (finish, outcome) => {
    const calls = outcome === 'TOOL_CALLS' ? [{ id: 'a', name: 'f', arguments: '{}' }] : undefined;
    const answer = { texts: ['part'], finish, ...(calls === undefined ? {} : { calls }) };
    const stream = await readStream(wire, { body: wire.stream(answer) });
    const all = await readWhole(wire, { body: wire.whole(answer) });
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
    expect((await readStream(wire, { body: wire.stream(answer) })).finish?.reason).toBe('STOP');
    expect(await readWhole(wire, { body: wire.whole(answer) })).toMatchObject({ finishReason: 'STOP' });
    const empty = { texts: [''], finish };
    for (const failure of [
      (await readStream(wire, { body: wire.stream(empty) })).error,
      await readWhole(wire, { body: wire.whole(empty) }),
    ]) {
      expect(failure).toMatchObject({ code: 'PROVIDER_ERROR', retryable: true });
    }
  });
});
