import { describe, expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { ProviderFailure } from '../provider.ts';
import { makeProvider } from '../registry/registry.ts';
import { ask, collect } from '../testing/calls.ts';
import { recordedStreams } from '../testing/recorded/recorded.ts';
import { replay } from '../testing/replay.ts';

/** The value with one of its leaves or branches, chosen by `at`, replaced. */
function spoil(value: unknown, at: number, junk: unknown): unknown {
  const places: (readonly (string | number)[])[] = [];
  const visit = (current: unknown, path: readonly (string | number)[]) => {
    places.push(path);
    if (typeof current !== 'object' || current === null) return;
    for (const [key, child] of Object.entries(current)) visit(child, [...path, key]);
  };
  visit(value, []);
  const path = places[at % places.length] ?? [];
  const put = (current: unknown, [key, ...rest]: readonly (string | number)[]): unknown => {
    if (key === undefined) return junk;
    const copy: Record<string | number, unknown> = Array.isArray(current)
      ? ([...current] as unknown as Record<number, unknown>)
      : { ...(current as object) };
    copy[key] = put(copy[key], rest);
    return copy;
  };
  return put(value, path);
}

const junk = fc.oneof(fc.constantFrom(null, [], {}, [null], [{}], '', true, -1, 1e99, 'x'), fc.jsonValue());

describe('a stream with junk in one place is read or refused, and its parts are sound in either case', () => {
  const kinds = [...new Set(recordedStreams.map(({ kind }) => kind))];
  it.each(kinds)('%s', async (kind) => {
    let body = '';
    const provider = await makeProvider({
      kind,
      baseUrl: 'http://upstream.test',
      region: null,
      secret: 'sk-test-0123456789',
      fetch: replay(() => [new TextEncoder().encode(body)]),
    });
    const streams = recordedStreams.filter((recorded) => recorded.kind === kind);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...streams),
        fc.nat(),
        fc.nat(),
        junk,
        async (recorded, line, at, given) => {
          const lines = recorded.body.split('\n');
          const events = [...lines.keys()].filter((index) => lines[index]?.startsWith('data: {'));
          const spoilt = events[line % events.length] ?? 0;
          const event: unknown = JSON.parse(lines[spoilt]?.slice(6) ?? '');
          lines[spoilt] = `data: ${JSON.stringify(spoil(event, at, given))}`;
          body = lines.join('\n');
          const { parts, error, finish } = await collect(provider, ask(recorded.model, 'q', recorded.call));
          if (finish === null) expect(error).toBeInstanceOf(ProviderFailure);
          else expect(error).toBeNull();
          let calls = 0;
          for (const part of parts) {
            if (part.type === 'text' || part.type === 'reasoning') expect(part.text).toMatch(/./s);
            else if (part.type === 'tool-call') {
              if (part.id !== undefined) expect(part.index).toBe(calls++);
              expect(part.index).toBeLessThan(calls);
              expect(part.id === undefined || (part.id !== '' && part.name !== '')).toBe(true);
              expect(typeof part.argumentsDelta).toBe('string');
            } else if (part.type === 'usage' || part.type === 'finish') {
              const { estimated: _, ...counts } = part.usage;
              for (const tokens of Object.values(counts)) {
                expect(Number.isSafeInteger(tokens) && tokens >= 0 && tokens <= 2e9).toBe(true);
              }
            }
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});
