import { afterAll, describe, expect, it } from 'vitest';
import { createHttpFetch } from '../http/http-fetch.ts';
import type { ProviderKind } from '../provider.ts';
import { ask, collect } from '../testing/calls.ts';
import { embeddingKinds, moderationKinds } from '../testing/preset-kinds.ts';
import { type UsageWire, usageWires } from '../testing/usage-wires.ts';
import { startWireServer } from '../testing/wire-server.ts';
import { providerKinds } from './environment.ts';
import { makeProvider } from './registry.ts';
import { vendors } from './vendors.generated.ts';

const secret = 'sk-test-0123456789';
const { fetch, close } = createHttpFetch();
afterAll(() => close());

/** An exchange on the wire of a kind. Vertex answers on Gemini's. */
function selectWires(kind: ProviderKind): readonly UsageWire[] {
  return usageWires.filter((wire) => wire.kind === (kind === 'VERTEX' ? 'GOOGLE' : kind));
}

const exchanges = providerKinds
  .filter((kind) => kind !== 'DEMO')
  .flatMap((kind) => selectWires(kind).map((wire) => [`${kind} (${wire.name})`, kind, wire] as const));

describe('an exchange with every vendor over HTTP', () => {
  it('exists for every kind but the demo, which sends nothing, and those that only embed', () => {
    const kinds = new Set<ProviderKind>(exchanges.map(([, kind]) => kind));
    expect(providerKinds.filter((kind) => !kinds.has(kind))).toEqual([
      ...moderationKinds,
      'DEMO',
      ...embeddingKinds,
    ]);
  });

  it.each(exchanges)(
    'of %s goes below the usual path with the credential and is read, whole and streamed',
    async (_, kind, wire) => {
      const usage = wire.usage({ input: 25, output: 5, total: 30 });
      let body: string | Uint8Array = wire.whole(usage);
      await using server = await startWireServer((response) => void response.end(body));
      const provider = await makeProvider({
        kind,
        baseUrl: server.url,
        region: 'eu-central-1',
        secret,
        fetch,
      });
      const call = ask(wire.model, 'Hello');
      const counted = { inputTokens: 25, outputTokens: 5 };

      expect(await provider.generate(call)).toMatchObject({ text: 'Hi', usage: counted });
      body = wire.stream([usage]);
      expect(await collect(provider, call)).toMatchObject({
        text: 'Hi',
        error: null,
        finish: { usage: counted },
      });

      expect(server.requests).toHaveLength(2);
      for (const { path, headers, body: sent } of server.requests) {
        const { pathname, search } = new URL(path, server.url);
        expect(pathname.startsWith(`${vendors[kind].basePath}/`), pathname).toBe(true);
        expect(Object.values(headers).join(' ')).toContain(secret);
        expect(search + sent).not.toContain(secret);
        expect(sent).toContain('Hello');
      }
    },
  );
});
