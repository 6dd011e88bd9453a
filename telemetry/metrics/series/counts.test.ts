import { Counter, Histogram } from 'prom-client';
import { describe, expect, it, vi } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { Count, Distribution } from './counts.ts';
import { createRegistry, openCounter, openHistogram } from './series.ts';

const labels = ['a', 'b'] as const;
const names = { help: 'A "sample"\\of it.', labels, seriesMax: 100 };
const value = fc.constantFrom('one', 'two', '', 'a"b', 'c\\d', 'e\nf');
const traceId = 'ab'.repeat(16);

/** The labels of a series without those that have no value. */
function toLabels(a: string, b: string): Record<string, string> {
  return { ...(a === '' ? {} : { a }), ...(b === '' ? {} : { b }) };
}

describe('counts', () => {
  it("are written as prom-client's own counter is", async () => {
    const steps = fc.array(fc.tuple(value, value, fc.double({ min: 0, max: 1e9, noNaN: true })));
    await fc.assert(
      fc.asyncProperty(steps, async (drawn) => {
        const [ours, theirs] = [createRegistry(), createRegistry()];
        const counter = openCounter(ours, { name: 'sample_total', ...names });
        const theirCounter = new Counter({
          ...{ name: 'sample_total', help: names.help, labelNames: labels, registers: [theirs] },
        });
        for (const [a, b, by] of drawn) {
          counter.of(a, b).inc(by);
          theirCounter.inc(toLabels(a, b), by);
        }
        if (drawn.length > 0) expect(await ours.metrics()).toBe(await theirs.metrics());
      }),
    );
  });

  it("are written as prom-client's own histogram is, with the traces of their values", async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_700_000_000_500 });
    const bounds = [0.1, 1, 2.5, 1_000];
    const drawnValue = fc.oneof(
      fc.constantFrom(...bounds, 0, -1, 1e12),
      fc.double({ noNaN: true, max: 3, min: -3 }),
    );
    const steps = fc.array(fc.tuple(value, value, drawnValue, fc.constantFrom(undefined, traceId)));
    await fc
      .assert(
        fc.asyncProperty(steps, async (drawn) => {
          const [ours, theirs] = [createRegistry(), createRegistry()];
          const histogram = openHistogram(ours, { name: 'sample', buckets: bounds, ...names });
          const theirHistogram = new Histogram<string>({
            ...{ name: 'sample', help: names.help, labelNames: labels, registers: [theirs] },
            ...{ buckets: bounds, enableExemplars: true },
          });
          for (const [a, b, seen, trace] of drawn) {
            histogram.of(a, b).observe(seen, trace);
            theirHistogram.observe({
              ...{ labels: toLabels(a, b), value: seen },
              ...(trace === undefined ? {} : { exemplarLabels: { trace_id: trace } }),
            });
          }
          expect(await ours.metrics()).toBe(await theirs.metrics());
        }),
      )
      .finally(() => vi.useRealTimers());
  });

  it('are of one series where values are the same once they are cut', async () => {
    const registry = createRegistry();
    const counter = openCounter(registry, { name: 'sample_total', ...names });
    counter.of(`${'x'.repeat(100)}1`, '').inc(2);
    counter.of(`${'x'.repeat(100)}2`, '').inc(3);
    const text = await registry.metrics();
    expect(text.match(/^sample_total\{.*$/gm)).toEqual([`sample_total{a="${'x'.repeat(100)}"} 5`]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, -1])('of a counter do not grow by %d', (by) => {
    const count = new Count();
    expect(() => count.inc(by)).toThrow(TypeError);
    expect(count.value).toBe(0);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'of a histogram are not of %d',
    (seen) => {
      const distribution = new Distribution([1]);
      expect(() => distribution.observe(seen)).toThrow(TypeError);
      expect(distribution.read('sample', {}).at(-1)?.value).toBe(0);
    },
  );
});
