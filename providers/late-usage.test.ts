import { describe, expect, it } from 'vitest';
import { streamOnce } from '#inference/execution/attempts/attempt.ts';
import { createHttpFetch } from './http/http-fetch.ts';
import type { ProviderUsage } from './provider.ts';
import { makeProvider } from './registry/registry.ts';
import { ask, collect } from './testing/calls.ts';
import { type UsageWire, usageWires } from './testing/usage-wires.ts';
import { startWireServer } from './testing/wire-server.ts';

const done = 'data: [DONE]\n\n';
const chatWires = usageWires.filter((wire) => String(wire.stream([])).endsWith(done));
const [compatible] = chatWires.filter(({ kind }) => kind === 'OPENAI_COMPATIBLE') as [UsageWire];

const counted = (inputTokens: number, outputTokens: number): ProviderUsage => ({
  inputTokens,
  outputTokens,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
});
const estimate: ProviderUsage = { ...counted(2, 1), estimated: true };

const openProvider = (
  { kind }: UsageWire,
  fetch: typeof globalThis.fetch,
  baseUrl = 'http://upstream.test',
) => makeProvider({ kind, baseUrl, region: null, secret: 'sk-test-0123456789', fetch });

/** What a stream of these pieces comes to; `isOpen`: the body does not end after them. */
async function read(wire: UsageWire, pieces: readonly (string | Uint8Array)[], isOpen = false) {
  let isCanceled = false;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) {
        controller.enqueue(typeof piece === 'string' ? new TextEncoder().encode(piece) : piece);
      }
      if (!isOpen) controller.close();
    },
    cancel() {
      isCanceled = true;
    },
  });
  const provider = await openProvider(wire, async () => new Response(body));
  const { text, finish, error } = await collect(provider, ask(wire.model, 'Hello'));
  return { text, usage: finish?.usage, error, isCanceled };
}

const usageEvent = (input: number, output: number) =>
  `data: ${JSON.stringify({ choices: [], usage: compatible.usage({ input, output }) })}\n\n`;
const answer = (wire: UsageWire) => String(wire.stream([]));
const byByte = (text: string) => Array.from(Buffer.from(text), (byte) => Uint8Array.of(byte));

describe.each(chatWires)('$name: a usage after [DONE]', (wire) => {
  const body = answer(wire);
  const late = usageEvent(25, 5);

  it.each([
    ['in the same bytes', [body + late]],
    ['in bytes of its own', [body, late]],
    ['byte by byte', byByte(body + late)],
    ['without a blank line behind it', [body, late.trimEnd()]],
    [
      'after comments and other events',
      [body, ': ping\n\n', 'data: {}\n\ndata: [1]\n\ndata: junk\n\n', late],
    ],
    ['before another [DONE]', [body + late + done]],
    ['after another [DONE]', [body + done + late]],
    [
      'beside words that come too late',
      [body, late.replace('"choices":[]', '"choices":[{"delta":{"content":"no"}}]')],
    ],
  ])('is billed: %s', async (_where, pieces) => {
    expect(await read(wire, pieces)).toMatchObject({ text: 'Hi', usage: counted(25, 5), error: null });
  });

  it('is billed where the events come in place of a whole answer', async () => {
    const provider = await openProvider(wire, async () => new Response(body + late));
    expect((await provider.generate(ask(wire.model, 'Hello'))).usage).toEqual(counted(25, 5));
  });

  it('never lowers what was reported before it, and raises it', async () => {
    const before = String(wire.stream([wire.usage({ input: 25, output: 5 })]));
    expect((await read(wire, [before + usageEvent(24, 4)])).usage).toEqual(counted(25, 5));
    expect((await read(wire, [before + usageEvent(26, 6)])).usage).toEqual(counted(26, 6));
  });
});

describe('what comes after [DONE]', () => {
  const body = answer(compatible);

  it.each([
    ['nothing', [body]],
    ['an error', [body, 'event: error\ndata: {"error":{"message":"Too late."}}\n\n']],
    ['bytes that are no text', [body, Uint8Array.of(0xff, 0xfe, 0x00, 0x0a, 0x0a)]],
    ['an absurd usage', [body, usageEvent(-1, 1e300)]],
    ['a usage beyond 64 KiB', [body, `: ${'x'.repeat(65_536)}\n\n`, usageEvent(25, 5)]],
  ])('changes nothing of an answer whose usage is estimated: %s', async (_what, pieces) => {
    expect(await read(compatible, pieces)).toMatchObject({ text: 'Hi', usage: estimate, error: null });
  });

  it('is waited for only where a usage is missing, and not for long', async () => {
    const complete = compatible.stream([compatible.usage({ input: 25, output: 5 })]);
    expect(await read(compatible, [complete], true)).toMatchObject({
      usage: counted(25, 5),
      isCanceled: true,
    });
    expect(await read(compatible, [body], true)).toMatchObject({ usage: estimate, isCanceled: true });
  });

  it('fails no call whose next token would be late by then, nor by a connection that breaks', async () => {
    await using http = createHttpFetch();
    for (const end of [() => undefined, (response: { destroy(): void }) => response.destroy()]) {
      await using server = await startWireServer((response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(body, () => end(response));
      });
      const provider = await openProvider(compatible, http.fetch, server.url);
      const limits = { connectMs: 5_000, firstMs: 5_000, nextMs: 50 };
      const call = ask(compatible.model, 'Hello');
      const ended = await streamOnce(provider, call, new AbortController(), limits, () => undefined);
      expect(ended).toMatchObject({ outcome: 'SUCCEEDED', answer: { text: 'Hi', usage: estimate } });
    }
  });
});
