import { describe, expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { type LanguageProvider, type ProviderCall, ProviderFailure } from '../provider.ts';
import { ask, type Collected, collect, toPlainAnswer } from '../testing/calls.ts';
import { recordedAnswers, recordedStreams } from '../testing/recorded/recorded.ts';
import type { Recorded } from '../testing/recorded/recording.ts';
import { cut, replay, withWitness } from '../testing/replay.ts';

const buildCall = ({ model, call }: Recorded): ProviderCall => ask(model, 'What is the weather?', call);
const titled = (all: readonly Recorded[]) => all.map((each) => [`${each.kind}: ${each.name}`, each] as const);

/** Ids that are made up where the wire has none differ. */
const calls = (collected: Pick<Collected, 'toolCalls'>) =>
  collected.toolCalls.map(({ name, arguments: given }) => [name, given]);

function verdict(error: unknown): unknown {
  if (error === null) return null;
  expect(error).toBeInstanceOf(ProviderFailure);
  const { code, retryable } = error as ProviderFailure;
  return { code, retryable };
}

/** Where we count on purpose what the SDK does not (Cohere's billed units), the rest of the answer must still agree. */
function counted<Read extends object>(read: Read, usage: Recorded['usage']): Read {
  return usage === undefined || !('usage' in read) ? read : { ...read, usage };
}

function seen(read: Collected): object {
  const { text, refusal, reasoning, error } = read;
  // The AI SDK has no place for details of the end.
  const { detail: _, stopSequence: _stop, ...finish } = read.finish ?? {};
  return {
    text: text + refusal,
    reasoning,
    toolCalls: calls(read),
    finish: read.finish && finish,
    failure: verdict(error),
  };
}

async function seenWhole(provider: LanguageProvider, call: ProviderCall): Promise<object> {
  try {
    const answer = toPlainAnswer(await provider.generate(call));
    return { ...answer, toolCalls: calls({ toolCalls: answer.toolCalls as never }) };
  } catch (error) {
    return { failure: verdict(error) };
  }
}

describe('streams are read as the AI SDK reads them, however the bytes are cut', () => {
  it.each(titled(recordedStreams))('%s', async (_, recorded) => {
    const whole = cut(recorded.body, []);
    let pieces = whole;
    const { ours, sdk } = await withWitness(
      recorded.kind,
      replay(() => pieces),
    );
    const read = await collect(sdk, buildCall(recorded));
    const finish = read.finish && counted(read.finish, recorded.usage);
    const witness = seen({ ...read, finish });
    const length = whole[0]?.byteLength ?? 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(length), { maxLength: 30 }), async (places) => {
        pieces = cut(recorded.body, places);
        expect(seen(await collect(ours, buildCall(recorded)))).toEqual(witness);
      }),
      { numRuns: 12 },
    );
  });
});

describe('whole answers are read as the AI SDK reads them', () => {
  it.each(titled(recordedAnswers))('%s', async (_, recorded) => {
    const { ours, sdk } = await withWitness(
      recorded.kind,
      replay(() => cut(recorded.body, [10])),
    );
    const witness = counted(await seenWhole(sdk, buildCall(recorded)), recorded.usage);
    expect(await seenWhole(ours, buildCall(recorded))).toEqual(witness);
  });
});

describe('a stream that is cut at any byte is no answer, unless nothing of it is missing', () => {
  const different = recordedStreams.filter(
    ({ body }, at) => recordedStreams.findIndex((other) => other.body === body) === at,
  );
  it.each(titled(different))('%s', async (_, recorded) => {
    const bytes = cut(recorded.body, [])[0] ?? new Uint8Array();
    let end = bytes.byteLength;
    const { ours } = await withWitness(
      recorded.kind,
      replay(() => [bytes.subarray(0, end)]),
    );
    const all = await collect(ours, buildCall(recorded));
    for (end = bytes.byteLength - 1; end >= 0; end--) {
      const { text, reasoning, finish, error, ...rest } = await collect(ours, buildCall(recorded));
      expect(all.text.startsWith(text) && all.reasoning.startsWith(reasoning)).toBe(true);
      if (finish === null) {
        expect(error).toBeInstanceOf(ProviderFailure);
        continue;
      }
      expect(error).toBeNull();
      expect({ text, reasoning, calls: calls(rest), reason: finish.reason }).toEqual({
        text: all.text,
        reasoning: all.reasoning,
        calls: calls(all),
        reason: all.finish?.reason,
      });
    }
  });
});

describe('a stream ends at its terminal marker though the connection stays open', () => {
  const texts = recordedStreams.filter(({ name, kind }) => name === 'a text' && kind !== 'GOOGLE');
  it.each(titled(texts))('%s', async (_, recorded) => {
    const left = Promise.withResolvers<void>();
    const fetch = async () =>
      new Response(
        new ReadableStream({
          start: (controller) => controller.enqueue(new TextEncoder().encode(recorded.body)),
          cancel: () => left.resolve(),
        }),
      );
    const { ours } = await withWitness(recorded.kind, fetch);
    const { text, finish, error } = await collect(ours, buildCall(recorded));
    expect({ text, error }).toEqual({ text: 'Grüße, 世界 🙂', error: null });
    expect(finish?.reason).toBe('STOP');
    await left.promise;
  });
});
