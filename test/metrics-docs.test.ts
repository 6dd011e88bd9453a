import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { metricRows, readEveryMetric } from './support/metrics-docs.ts';

const page = readFileSync(join(resolve(import.meta.dirname, '..'), 'docs/metrics.md'), 'utf8');

describe('docs/metrics.md', () => {
  it('has every metric with its type, labels and meaning, and no other', async () => {
    const rows = page.split('\n').filter((line) => /^\| `\w+` \| (?:counter|gauge|histogram) /.test(line));
    expect(rows).toEqual(metricRows(await readEveryMetric()));
  });
});
