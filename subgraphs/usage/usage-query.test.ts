import { type FieldNode, type FragmentDefinitionNode, Kind, parse } from 'graphql';
import { expect, it } from 'vitest';
import { checkUsageRange, toPreviousRange, usageQuery } from './usage-query.ts';

const day = (text: string) => new Date(`${text}T00:00:00Z`);

it('a range has 400 days at most', () => {
  const range = { from: day('2025-01-25'), to: day('2026-03-01') };
  expect(checkUsageRange(range)).toBe(range);
  expect(() => checkUsageRange({ ...range, to: new Date(range.to.getTime() + 1) })).toThrow(/400 days/);
});

it.each([
  ['MONTH', '2026-01-01', '2026-03-01', '2025-11-01', '2026-02-01', '2025-12-01'],
  ['DAY', '2026-03-01', '2026-03-04', '2026-02-26', '2026-03-02', '2026-02-27'],
  ['HOUR', '2026-03-01', '2026-03-02', '2026-02-28', '2026-03-01', '2026-02-28'],
] as const)('the range before one by %s is as long, and has a bucket for each', (interval, ...days) => {
  const [from, to, before, start, earlier] = days.map(day) as [Date, Date, Date, Date, Date];
  const previous = toPreviousRange({ from, to, interval });
  expect(previous).toMatchObject({ from: before, to: from });
  expect(previous.toStart(start)).toEqual(earlier);
});

it('the range before one as a whole may have any length', () => {
  const [from, to] = [new Date(10_000), new Date(13_000)];
  const previous = toPreviousRange({ from, to, interval: 'ALL' });
  expect(previous).toMatchObject({ from: new Date(7_000), to: from });
  expect(previous.toStart(null)).toBeNull();
});

const args = { from: day('2026-01-01'), to: day('2026-02-01'), interval: 'DAY', by: [] } as const;
const read = (text: string) => {
  const { definitions } = parse(text);
  const [operation, ...fragments] = definitions;
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error('There is no operation.');
  return usageQuery(args, {
    fieldNodes: operation.selectionSet.selections as readonly FieldNode[],
    fragments: Object.fromEntries(
      (fragments as readonly FragmentDefinitionNode[]).map((one) => [one.name.value, one]),
    ),
  });
};

it.each([
  ['{ usage { requests } }', {}],
  ['{ usage { latencyMsP50 } }', { latencies: true }],
  ['{ usage { previous { latencyMsP95 } } }', { latencies: true, previous: true }],
  [
    '{ usage { ...all } } fragment all on UsageBucket { rated { mean } previous { ...more } } fragment more on UsageBucket { latencyMsP50 }',
    { latencies: true, previous: true, rated: true },
  ],
  ['{ usage { ... on UsageBucket { rated { mean } } } }', { rated: true }],
])('what is selected decides what is read: %s', (text, wanted) => {
  expect(read(text)).toMatchObject({ latencies: false, previous: false, rated: false, ...wanted });
});
