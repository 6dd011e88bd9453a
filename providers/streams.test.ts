import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createHttpFetch } from './http/http-fetch.ts';
import type { Provider, ProviderKind, ProviderPart } from './provider.ts';
import { makeProvider } from './registry/registry.ts';
import { ask, collect } from './testing/calls.ts';
import { chunk, sse, startWireServer, type WireServer } from './testing/wire-server.ts';

interface Wire {
  readonly name: string;
  readonly kind: ProviderKind;
  readonly model: string;
  /** The events of an answer that begins with "Hi" and has no end yet. */
  readonly begun: string;
}

function event(type: string, rest: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
}

const response = {
  id: 'r1',
  object: 'response',
  created_at: 1,
  model: 'gpt-5-mini',
  output: [],
  usage: null,
};

const wires: readonly Wire[] = [
  {
    name: 'chat completions',
    kind: 'OPENAI_COMPATIBLE',
    model: 'm',
    begun: sse(chunk({ role: 'assistant', content: 'Hi' })),
  },
  ...(['GROQ', 'MISTRAL', 'DEEPSEEK', 'FIREWORKS', 'PERPLEXITY', 'CEREBRAS'] as const).map((kind) => ({
    name: kind,
    kind,
    model: 'm',
    begun: sse(chunk({ role: 'assistant', content: 'Hi' })),
  })),
  ...(['OPENAI', 'XAI'] as const).map((kind) => ({
    name: `${kind} responses`,
    kind,
    model: 'gpt-5-mini',
    begun: [
      event('response.created', { response }),
      event('response.output_item.added', {
        output_index: 0,
        item: { type: 'message', id: 'i1', status: 'in_progress', role: 'assistant', content: [] },
      }),
      event('response.output_text.delta', { item_id: 'i1', output_index: 0, content_index: 0, delta: 'Hi' }),
    ].join(''),
  })),
  {
    name: 'Anthropic',
    kind: 'ANTHROPIC',
    model: 'claude-sonnet-4-5',
    begun: [
      event('message_start', {
        message: {
          id: 'm1',
          type: 'message',
          role: 'assistant',
          model: 'c',
          content: [],
          stop_reason: null,
          usage: { input_tokens: 9, output_tokens: 1 },
        },
      }),
      event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
      event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'Hi' } }),
    ].join(''),
  },
  {
    name: 'Gemini',
    kind: 'GOOGLE',
    model: 'gemini-2.5-flash',
    begun: sse({ candidates: [{ index: 0, content: { role: 'model', parts: [{ text: 'Hi' }] } }] }),
  },
  {
    name: 'Cohere',
    kind: 'COHERE',
    model: 'command-a-03-2025',
    begun: [
      event('message-start', { id: 'c1', delta: { message: { role: 'assistant' } } }),
      event('content-start', { index: 0, delta: { message: { content: { type: 'text', text: '' } } } }),
      event('content-delta', { index: 0, delta: { message: { content: { text: 'Hi' } } } }),
    ].join(''),
  },
];

const http = createHttpFetch();
const unhandled: unknown[] = [];
const onUnhandled = (reason: unknown) => void unhandled.push(reason);
beforeAll(() => void process.on('unhandledRejection', onUnhandled));
afterAll(async () => {
  process.off('unhandledRejection', onUnhandled);
  await http.close();
});
afterEach(() => expect(unhandled.splice(0)).toEqual([]));

function open(wire: Wire, server: WireServer): Promise<Provider> {
  const { fetch } = http;
  return makeProvider({ kind: wire.kind, baseUrl: server.url, region: null, secret: 'sk-test', fetch });
}

function serve(body: string, end: boolean): Promise<WireServer> {
  return startWireServer((reply) => {
    reply.writeHead(200, { 'content-type': 'text/event-stream' });
    reply.write(body);
    if (end) reply.end();
  });
}

/** Reads until the first text. */
async function firstText(parts: AsyncIterator<ProviderPart>): Promise<string> {
  for (let next = await parts.next(); !next.done; next = await parts.next()) {
    if (next.value.type === 'text') return next.value.text;
  }
  throw new Error('No text came.');
}

describe.each(wires)('a stream of $name', (wire) => {
  it('is a failure when it ends without its terminal marker', async () => {
    await using server = await serve(wire.begun, true);
    const { text, finish, error } = await collect(await open(wire, server), ask(wire.model, 'hello'));
    expect(text).toBe('Hi');
    expect(finish).toBeNull();
    expect(error).toMatchObject({ name: 'ProviderFailure', code: 'PROVIDER_ERROR', retryable: true });
  });

  it('is a failure when it is empty', async () => {
    await using server = await serve('', true);
    const { parts, error } = await collect(await open(wire, server), ask(wire.model, 'hello'));
    expect(parts).toEqual([]);
    expect(error).toMatchObject({ name: 'ProviderFailure', code: 'PROVIDER_ERROR' });
  });

  it('rejects with the reason of the abort, and the call is closed upstream', async () => {
    await using server = await serve(wire.begun, false);
    const abort = new AbortController();
    const reason = new Error('the client left');
    const provider = await open(wire, server);
    const parts = provider.stream(ask(wire.model, 'hello', { signal: abort.signal }))[Symbol.asyncIterator]();
    expect(await firstText(parts)).toBe('Hi');
    const next = parts.next();
    abort.abort(reason);
    await expect(next).rejects.toBe(reason);
    expect(await server.closed(0)).toBe(true);
  });

  it('closes the call upstream when its reader leaves early', async () => {
    await using server = await serve(wire.begun, false);
    const provider = await open(wire, server);
    for await (const part of provider.stream(ask(wire.model, 'hello'))) if (part.type === 'text') break;
    expect(await server.closed(0)).toBe(true);
  });

  it('is not begun after an abort', async () => {
    await using server = await serve(wire.begun, true);
    const reason = new Error('too late');
    const provider = await open(wire, server);
    const call = ask(wire.model, 'hello', { signal: AbortSignal.abort(reason) });
    expect((await collect(provider, call)).error).toBe(reason);
    await expect(provider.generate(call)).rejects.toBe(reason);
    expect(server.requests).toHaveLength(0);
  });
});

describe.each(wires)('a whole answer of $name', (wire) => {
  it('rejects with the reason of the abort, and the call is closed upstream', async () => {
    const arrived = Promise.withResolvers<void>();
    await using server = await startWireServer(() => arrived.resolve());
    const abort = new AbortController();
    const reason = new Error('the client left');
    const provider = await open(wire, server);
    const pending = provider.generate(ask(wire.model, 'hello', { signal: abort.signal }));
    pending.catch(() => undefined);
    await arrived.promise;
    abort.abort(reason);
    await expect(pending).rejects.toBe(reason);
    expect(await server.closed(0)).toBe(true);
  });
});
