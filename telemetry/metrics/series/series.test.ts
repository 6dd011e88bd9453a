import { describe, expect, it } from 'vitest';
import { parseMetrics } from '#test/support/metrics-text.ts';
import { createRegistry, openCounter, openHistogram } from './series.ts';

const config = { name: 'sample_total', help: 'A sample.', labels: ['a', 'b'], seriesMax: 10 };

describe('series of a metric', () => {
  it('counts a million values of a label in as many series as it may have, and one more', async () => {
    const registry = createRegistry();
    const counter = openCounter(registry, config);
    for (let index = 0; index < 1_000_000; index += 1) counter.of(`v${index}`, 'x').inc();
    const found = parseMetrics(await registry.metrics());
    expect(found.size).toBe(11);
    expect(found.get('sample_total{a="v0",b="x"}')).toBe(1);
    expect(found.get('sample_total{a="other",b="other"}')).toBe(999_990);
  });

  it('bounds the length of values, and escapes what would begin another sample', async () => {
    const registry = createRegistry();
    const counter = openCounter(registry, config);
    counter.of('x'.repeat(10_000), 'y').inc();
    counter.of('a"} 1\nsample_total{a="forged"', '\\').inc();
    const text = await registry.metrics();
    expect(text).toContain(`{a="${'x'.repeat(100)}",b="y"} 1\n`);
    expect(text).toContain('{a="a\\"} 1\\nsample_total{a=\\"forged\\"",b="\\\\"} 1\n');
    expect(text.split('\n').filter((line) => line.startsWith('sample_total'))).toHaveLength(2);
  });

  it('begins at 0, and leaves out labels without a value', async () => {
    const registry = createRegistry();
    openCounter(registry, config).of('one', '');
    expect(parseMetrics(await registry.metrics())).toEqual(new Map([['sample_total{a="one"}', 0]]));
  });

  it('returns the same series for the same values', () => {
    const histogram = openHistogram(createRegistry(), { ...config, name: 'sample', buckets: [1] });
    expect(histogram.of('a', 'b')).toBe(histogram.of('a', 'b'));
    expect(histogram.of('a', 'b')).not.toBe(histogram.of('ab', ''));
  });
});
