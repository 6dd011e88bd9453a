import { createAmazonBedrock } from '@ai-sdk/amazon-bedrock';
import { describe, expect, it, vi } from 'vitest';
import type { ProviderFailure } from './provider.ts';
import { answerWires, eventWires } from './testing/answer-wires/answer-wires.ts';
import { frame, frames } from './testing/answer-wires/aws-frames.ts';
import {
  callWire,
  helloAnswer,
  helloText,
  openWire,
  readFailures,
  readStream,
  readWhole,
  respondWith,
} from './testing/answer-wires/read-answer.ts';
import type { AnswerWire, GivenAnswer } from './testing/answer-wires/wire.ts';
import { ask, type Collected, collect } from './testing/calls.ts';
import { createSdkProvider } from './testing/sdk-provider.ts';

/** The same bytes one by one. */
const byByte = (body: string) => [...new TextEncoder().encode(body)].map((byte) => Uint8Array.of(byte));

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
    const begun = wire.stream(helloAnswer);
    const first = begun.slice(0, begun.indexOf('\n\n', begun.indexOf('Grüße')) + 2);
    const { error, finish, text } = await readStream(wire, { body: `${first}${event}` });
    expect(finish).toBeNull();
    expect(text).toBe('Grüße, ');
    expect(error).toMatchObject({ code: 'PROVIDER_RATE_LIMITED', retryable: true });
    expect((error as ProviderFailure).message).toContain('Rate limit exceeded');
  });

  const read = async (body: string | readonly Uint8Array[]) => {
    const { text, error, finish } = await readStream(wire, { body });
    expect({ text, error, reason: finish?.reason }).toEqual({ text: helloText, error: null, reason: 'STOP' });
  };
  const body = wire.stream(helloAnswer);

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
    const answer = await readWhole(wire, {
      body: wire.whole(helloAnswer).replace('{', `{"error":${JSON.stringify(error)},`),
    });
    expect(answer).toMatchObject({ text: helloText, finishReason: 'STOP' });
  });

  it('may come whole, and whole answers as a stream', async () => {
    await read(wire.whole(helloAnswer));
    await read(byByte(`\ufeff\n ${wire.whole(helloAnswer)}\n`));
    for (const text of [body, `: hi\n\n${body}`, body.replaceAll('\n', '\r\n')]) {
      expect(await readWhole(wire, { body: text })).toMatchObject({ text: helloText, finishReason: 'STOP' });
    }
  });

  it('that end without their terminal marker are failures, also when a whole answer was requested', async () => {
    const begun = body.slice(0, body.indexOf('\n\n', body.indexOf('Grüße')) + 2);
    for (const failure of await readFailures(wire, { body: begun })) {
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
    expect(await readStream(wire, { body: late })).toMatchObject({ text: all, error: null });
  });

  it('whose last event alone has a tool call do not lose it', async () => {
    const late = wire.lateCall({ id: 'a', name: 'f', arguments: '{"x":1}' });
    if (late === null) return;
    const { toolCalls, finish } = await readStream(wire, { body: late });
    expect(toolCalls).toEqual([{ id: 'a', name: 'f', arguments: '{"x":1}' }]);
    expect(finish?.reason).toBe('TOOL_CALLS');
  });
});

describe('Bedrock: frames', () => {
  const wire = answerWires.find(({ kind }) => kind === 'BEDROCK') as AnswerWire;
  const body = wire.stream(helloAnswer) as Uint8Array;

  it('are read wherever the bytes are cut', async () => {
    for (const pieces of [
      [...body].map((byte) => Uint8Array.of(byte)),
      ...Array.from(body, (_, at) => [body.subarray(0, at), body.subarray(at)]),
    ]) {
      const { text, error, finish } = await readStream(wire, { body: pieces });
      expect([text, error, finish?.reason]).toEqual([helloText, null, 'STOP']);
      expect(finish?.usage).toMatchObject({ inputTokens: 3, outputTokens: 2 });
    }
  });

  it('that are cut or damaged at any byte are no answer, unless nothing of it is missing', async () => {
    for (let at = 0; at < body.length; at++) {
      const damaged = Uint8Array.from(body);
      damaged[at] = (damaged[at] ?? 0) ^ 0x55;
      for (const bytes of [body.subarray(0, at), damaged]) {
        const { text, error, finish } = await readStream(wire, { body: bytes });
        expect(helloText.startsWith(text)).toBe(true);
        if (finish === null) expect(error).toMatchObject({ code: 'PROVIDER_ERROR', retryable: true });
        else expect([text, finish.reason]).toEqual([helloText, 'STOP']);
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
    expect(await readStream(wire, { body: pieces })).toMatchObject({ text: large, error: null });
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
      const { text, error } = await readStream(wire, { body: pieces });
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
    const { text, error, finish } = await readStream(wire, { body: Buffer.concat([bytes, body, bytes]) });
    expect([text, error, finish?.reason]).toEqual([helloText, null, 'STOP']);
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
    const { text, error } = await readStream(wire, {
      body: Buffer.concat([begun, frame(exception, '{"message":"too much of it"}')]),
    });
    expect(text).toBe('Hi');
    expect(error).toMatchObject({ code, retryable });
    const message = { ':message-type': 'error', ':error-code': type, ':error-message': 'too much of it' };
    expect((await readStream(wire, { body: frame(message, '') })).error).toMatchObject({ code, retryable });
  });

  it('are read as the AI SDK reads them', async () => {
    const answers: readonly GivenAnswer[] = [
      helloAnswer,
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
      const fetch = respondWith({ body: wire.stream(answer) });
      const models = createAmazonBedrock({
        region: 'x',
        baseURL: 'http://upstream.test',
        apiKey: 'k',
        fetch,
      });
      const sdk = createSdkProvider({ models, secret: null });
      const seen = ({ text, toolCalls, finish, error }: Collected) => ({ text, toolCalls, finish, error });
      expect(seen(await readStream(wire, { body: wire.stream(answer) }))).toEqual(
        seen(await collect(sdk, callWire(wire))),
      );
    }
  });

  it('of a Claude that is instructed in words to answer with JSON give the first object alone', async () => {
    const json = '{"a":"}\\"{","b":{"c":1}}';
    for (const [texts, expected] of [
      [['Here: ```', json.slice(0, 5), json.slice(5), '``` and {"more":1}'], json],
      [['no object'], 'no object'],
    ] as const) {
      const provider = await openWire(wire, respondWith({ body: wire.stream({ texts }) }));
      const answer = await collect(provider, ask(wire.model, 'q', { responseSchema: { type: 'object' } }));
      expect([answer.text, answer.error]).toEqual([expected, null]);
    }
  });
});
