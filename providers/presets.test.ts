import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LanguageProvider, type ProviderCall, ProviderFailure, type ProviderKind } from './provider.ts';
import { makeProvider } from './registry/registry.ts';
import { ask, collect } from './testing/calls.ts';
import { presetKinds } from './testing/preset-kinds.ts';
import { presetWires, recordPreset } from './testing/preset-wires.ts';
import { cut, replay, withWitness } from './testing/replay.ts';

const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const tools = [{ name: 'get_weather', parameters }];

const exchanges = presetKinds.flatMap((kind) =>
  Object.entries(recordPreset(presetWires[kind])).map(([name, bodies]) => ({ kind, name, ...bodies })),
);

/** Kinds whose usage the package does not find: Moonshot has it in the choice, and its cached input beside the other counts. */
const ownUsage: Partial<Record<ProviderKind, object>> = {
  MOONSHOT: {
    inputTokens: 31,
    outputTokens: 17,
    cachedInputTokens: 10,
    cacheWriteTokens: 0,
    reasoningTokens: 0,
  },
};

async function readStream(provider: LanguageProvider, call: ProviderCall) {
  const { text, reasoning, toolCalls, finish, error } = await collect(provider, call);
  return { text, reasoning, toolCalls, finish, error };
}

describe.each(exchanges)('$kind: $name', ({ kind, name, stream, whole }) => {
  const call = ask(presetWires[kind].model, 'What is the weather?', { tools });

  it('is read from a stream as the AI SDK reads it, however the bytes are cut', async () => {
    let pieces = cut(stream, []);
    const { ours, sdk } = await withWitness(
      kind,
      replay(() => pieces),
    );
    const read = await readStream(sdk, call);
    const usage = ownUsage[kind] ?? read.finish?.usage;
    const witness = { ...read, finish: { ...read.finish, usage } };
    expect(witness.error).toBeNull();
    const length = pieces[0]?.byteLength ?? 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(length), { maxLength: 30 }), async (places) => {
        pieces = cut(stream, places);
        expect(await readStream(ours, call)).toEqual(witness);
      }),
      { numRuns: 5 },
    );
  });

  it('is read whole as the AI SDK reads it', async () => {
    const { ours, sdk } = await withWitness(
      kind,
      replay(() => cut(whole, [10])),
    );
    const answer = await ours.generate(call);
    const read = await sdk.generate(call);
    expect(answer).toEqual({ ...read, usage: ownUsage[kind] ?? read.usage });
    expect(answer.usage).toMatchObject({ inputTokens: 31, outputTokens: 17 });
    expect(answer.finishReason).toBe(
      { 'a call of a tool': 'TOOL_CALLS', 'a text cut at the limit': 'LENGTH' }[name] ?? 'STOP',
    );
  });
});

describe.each(presetKinds)('%s: an error', (kind) => {
  const [status, body, code, words] = presetWires[kind].error;

  it('has our code and the words of the vendor', async () => {
    const provider = await makeProvider({
      kind,
      baseUrl: 'http://upstream.test',
      region: null,
      secret: 'sk-test-0123456789',
      fetch: async () => Response.json(body, { status }),
    });
    const call = ask(presetWires[kind].model, 'Hello');
    const failure = await provider.generate(call).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ProviderFailure);
    expect(failure).toMatchObject({
      code,
      status,
      message: expect.stringContaining(words ?? `(HTTP ${status})`),
    });
    expect((await collect(provider, call)).error).toMatchObject({ code, status });
  });
});
