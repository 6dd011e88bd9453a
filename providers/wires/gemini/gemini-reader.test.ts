import { describe, expect, it } from 'vitest';
import { makeProvider } from '../../registry/registry.ts';
import { ask, collect } from '../../testing/calls.ts';
import { recordingFetch } from '../../testing/recording-fetch.ts';
import { replay, withWitness } from '../../testing/replay.ts';
import { sse } from '../../testing/wire-server.ts';

const piece = (text: string, more: object, promptTokenCount: number) => ({
  candidates: [{ index: 0, content: { role: 'model', parts: [{ text }] }, ...more }],
  usageMetadata: { promptTokenCount, candidatesTokenCount: 5, totalTokenCount: promptTokenCount + 5 },
});
const rows = [
  piece('One, ', { finishReason: 'CONTINUATION', continuationToken: 't1' }, 10),
  piece('two, ', { finishReason: 'CONTINUATION', continuationToken: 't2' }, 15),
  piece('three.', { finishReason: 'STOP' }, 20),
];

/** Answers with one body after the other. */
function inTurn(bodies: readonly string[]): typeof globalThis.fetch {
  let next = 0;
  return replay(() => [new TextEncoder().encode(bodies[next++ % bodies.length])]);
}

function open(fetch: typeof globalThis.fetch) {
  return makeProvider({
    kind: 'GOOGLE',
    baseUrl: 'http://upstream.test',
    region: null,
    secret: 'k',
    fetch,
  });
}

describe('an answer of Gemini in several responses', () => {
  it('is requested to its end, as the AI SDK does, and usage is the sum', async () => {
    const streams = inTurn(rows.map((row) => sse(row)));
    const { fetch, sent } = recordingFetch(streams);
    const { ours, sdk } = await withWitness('GOOGLE', fetch);
    const mine = await collect(ours, ask('gemini-4-pro', 'count'));
    expect(mine).toMatchObject({ text: 'One, two, three.', error: null });
    expect(mine.finish).toMatchObject({ reason: 'STOP', usage: { inputTokens: 45, outputTokens: 15 } });
    const witness = await collect(sdk, ask('gemini-4-pro', 'count'));
    expect([witness.text, witness.finish]).toEqual([mine.text, mine.finish]);
    const [ownSent, sdkSent] = [sent.slice(0, 3), sent.slice(3)].map((each) => each.map(({ body }) => body));
    expect(ownSent).toEqual(sdkSent);
    expect(ownSent?.[2]).toMatchObject({ continuationToken: 't2', contents: [{ role: 'user' }] });
  });

  it('is one answer also when it is requested whole', async () => {
    const { ours, sdk } = await withWitness('GOOGLE', inTurn(rows.map((row) => JSON.stringify(row))));
    const mine = await ours.generate(ask('gemini-4-pro', 'count'));
    expect(mine).toMatchObject({ text: 'One, two, three.', finishReason: 'STOP' });
    expect(await sdk.generate(ask('gemini-4-pro', 'count'))).toEqual(mine);
  });

  it('is cut when the rest does not come, and malformed when it never ends', async () => {
    const cut = await open(inTurn([sse(rows[0] ?? {}), '']));
    expect((await collect(cut, ask('gemini-4-pro', 'count'))).error).toMatchObject({
      code: 'PROVIDER_ERROR',
    });
    const endless = await open(inTurn([sse(rows[0] ?? {})]));
    expect((await collect(endless, ask('gemini-4-pro', 'count'))).error).toMatchObject({
      code: 'PROVIDER_ERROR',
    });
  });
});

it('a call of Gemini is read from a part that has a text as well, as proxies write it', async () => {
  for (const [given, emitted] of [
    ['', ''],
    ['Hi', 'Hi'],
  ] as const) {
    const parts = [{ text: given, functionCall: { name: 'f', args: { x: 1 } } }];
    const body = { candidates: [{ content: { parts }, finishReason: 'STOP' }] };
    const streamed = await collect(await open(inTurn([sse(body)])), ask('gemini-2.5-flash', 'q'));
    expect(streamed).toMatchObject({ text: emitted, toolCalls: [{ name: 'f', arguments: '{"x":1}' }] });
    const whole = await (await open(inTurn([JSON.stringify(body)]))).generate(ask('gemini-2.5-flash', 'q'));
    expect(whole).toMatchObject({ text: emitted, finishReason: 'TOOL_CALLS' });
  }
});
