import { expect } from 'vitest';
import { type Provider, type ProviderAnswer, ProviderFailure } from '../../provider.ts';
import { makeProvider } from '../../registry/registry.ts';
import { ask, type Collected, collect } from '../calls.ts';
import { cut } from '../replay.ts';
import type { AnswerWire, GivenAnswer } from './wire.ts';

/** The credential of the provider. */
export const wireSecret = 'sk-test-0123456789';

const tools = ['f', 'g'].map((name) => ({ name, parameters: { type: 'object' } }));

interface Reply {
  readonly body: string | Uint8Array | readonly Uint8Array[];
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A fetch that answers every request with the reply. */
export function respondWith({ body, status = 200, headers = {} }: Reply): typeof globalThis.fetch {
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

/** A provider of the wire. */
export function openWire(wire: AnswerWire, fetch: typeof globalThis.fetch): Promise<Provider> {
  const { kind } = wire;
  return makeProvider({
    kind,
    baseUrl: 'http://upstream.test',
    region: 'eu-central-1',
    secret: wireSecret,
    fetch,
  });
}

/** A call with tools. */
export const callWire = (wire: AnswerWire) => ask(wire.model, 'q', { tools });

/** The stream that is read of a reply. */
export async function readStream(wire: AnswerWire, reply: Reply): Promise<Collected> {
  return collect(await openWire(wire, respondWith(reply)), callWire(wire));
}

/** The answer that is read of a reply, or its failure. */
export async function readWhole(wire: AnswerWire, reply: Reply): Promise<ProviderAnswer | ProviderFailure> {
  const provider = await openWire(wire, respondWith(reply));
  return provider.generate(callWire(wire)).catch((error: unknown) => {
    expect(error).toBeInstanceOf(ProviderFailure);
    return error as ProviderFailure;
  });
}

/** The failures of a reply, streamed and whole. */
export async function readFailures(wire: AnswerWire, reply: Reply): Promise<readonly unknown[]> {
  return [(await readStream(wire, reply)).error, await readWhole(wire, reply)];
}

/** An answer with letters of two and more bytes. */
export const helloAnswer: GivenAnswer = { texts: ['Grüße, ', '世界 🙂'] };

/** The text of `helloAnswer`. */
export const helloText = 'Grüße, 世界 🙂';
