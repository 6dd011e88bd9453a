import type { LanguageProvider, Provider, ProviderKind } from '../provider.ts';
import { makeProvider } from '../registry/registry.ts';
import { sdkWitness } from './sdk-witness.ts';

/** A fetch whose every answer is the body that `next` returns, in the pieces that it is cut into. */
export function replay(next: () => readonly Uint8Array[]): typeof globalThis.fetch {
  return async () => {
    const pieces = next().values();
    const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
      const { value, done } = pieces.next();
      if (done) controller.close();
      else controller.enqueue(value);
    };
    return new Response(new ReadableStream({ pull }));
  };
}

/** The body in pieces that end at the given places. */
export function cut(body: string, places: readonly number[]): readonly Uint8Array[] {
  const bytes = new TextEncoder().encode(body);
  const edges = [0, ...[...places].sort((a, b) => a - b), bytes.byteLength];
  return edges
    .slice(1)
    .map((edge, at) => bytes.subarray(edges[at], edge))
    .filter(({ byteLength }) => byteLength > 0);
}

/** Our provider of a kind, and the AI SDK's package as its witness, behind the same fetch. */
export async function withWitness(
  kind: ProviderKind,
  fetch: typeof globalThis.fetch,
): Promise<{ readonly ours: Provider; readonly sdk: LanguageProvider }> {
  const options = {
    kind,
    baseUrl: 'http://upstream.test',
    region: null,
    secret: 'sk-test-0123456789',
    fetch,
  };
  return { ours: await makeProvider(options), sdk: await sdkWitness(options) };
}
