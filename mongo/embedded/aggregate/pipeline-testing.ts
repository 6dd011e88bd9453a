import type { Document } from 'bson';
import { expect } from 'vitest';
import { d, j } from '../bson/testing.ts';
import type { Doc, Value } from '../bson/values.ts';
import { compileFilter } from '../query/compile.ts';
import { parseFilter } from '../query/parse.ts';
import { compileSort } from '../query/sort-testing.ts';
import { commandVariables } from './expression.ts';
import { PAUSE } from './pause.ts';
import { type AggregationPipeline, compilePipeline, type PipelineContext } from './pipeline.ts';
import type { Stream } from './stream.ts';

type Collections = { [name: string]: Document[] };

/** For tests: a context with collections in memory. */
export function createPipelineContext(
  collections: Collections = {},
  extra: Partial<PipelineContext> = {},
): PipelineContext {
  return {
    vars: commandVariables(1_700_000_000_000n),
    collection: (name) => ({
      *scan(filter) {
        const matches = filter === undefined ? () => true : compileFilter(parseFilter(filter));
        for (const source of collections[name] ?? []) {
          yield PAUSE;
          const doc = d(source);
          if (matches(doc)) yield doc;
        }
      },
    }),
    ...extra,
  };
}

export const compile = (stages: Document[], context = createPipelineContext()): AggregationPipeline =>
  compilePipeline(d({ stages }).get('stages') as Value[], context);

/** For tests: runs the head as find would, then the rest, with a pause before every document. */
export function results(pipeline: AggregationPipeline, input: Document[]): Doc[] {
  const { filter, sort, skip, limit } = pipeline.head;
  let docs = input.map(d);
  if (filter !== undefined) docs = docs.filter((doc) => compileFilter(parseFilter(filter))(doc));
  if (sort !== undefined) docs = docs.toSorted(compileSort(sort));
  docs = docs.slice(skip, limit === 0 ? undefined : skip + limit);
  const stream: Stream = (pipeline.source === 'collection' ? docs : [...pipeline.source()]).flatMap((doc) => [
    PAUSE,
    doc,
  ]);
  return [...pipeline.run(stream)].filter((doc) => doc !== PAUSE);
}

/** For tests: documents, a pipeline, and what comes out. */
export function answers(
  input: Document[],
  stages: Document[],
  output: Document[],
  context = createPipelineContext(),
): void {
  expect(results(compile(stages, context), input).map(j)).toEqual(output.map((doc) => j(d(doc))));
  if (stages.length === 0) return;
  // the same without anything handed to the scan
  const whole = compile([{ $limit: 1_000_000 }, ...stages], context);
  expect(results(whole, input).map(j)).toEqual(output.map((doc) => j(d(doc))));
}

/** For tests: a pipeline that is refusesPipeline with the server's code. */
export function refusesPipeline(stages: Document[], code: number, context = createPipelineContext()): void {
  expect(() => results(compile(stages, context), [{ _id: 1, a: 1 }])).toThrow(
    expect.objectContaining({ code }),
  );
}

/** The manual's sales. */
export const SALES = [
  { _id: 1, item: 'abc', price: 10, quantity: 2, date: new Date('2014-03-01T08:00:00Z') },
  { _id: 2, item: 'jkl', price: 20, quantity: 1, date: new Date('2014-03-01T09:00:00Z') },
  { _id: 3, item: 'xyz', price: 5, quantity: 10, date: new Date('2014-03-15T09:00:00Z') },
  { _id: 4, item: 'xyz', price: 5, quantity: 20, date: new Date('2014-04-04T11:21:39Z') },
  { _id: 5, item: 'abc', price: 10, quantity: 10, date: new Date('2014-04-04T21:23:13Z') },
];
