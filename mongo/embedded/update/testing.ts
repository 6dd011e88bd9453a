import type { Document } from 'bson';
import { expect } from 'vitest';
import { d, j } from '../bson/testing.ts';
import type { Value } from '../bson/values.ts';
import { compileFilter } from '../query/compile.ts';
import { parseFilter } from '../query/parse.ts';
import { compileUpdate, type UpdateContext } from './compile.ts';

export type Case = { filter?: Document; arrayFilters?: Document[]; context?: UpdateContext };

function run(before: Document, update: Document | Document[], { filter, arrayFilters, context }: Case = {}) {
  const doc = d(before);
  const details = { position: -1 };
  if (filter !== undefined) expect(compileFilter(parseFilter(d(filter)))(doc, details)).toBe(true);
  const spec = Array.isArray(update) ? (d({ u: update }).get('u') as Value[]) : d(update);
  const compiled = compileUpdate(spec, { arrayFilters: (arrayFilters ?? []).map(d) });
  const unchanged = j(doc);
  const result = compiled.apply(doc, { position: details.position, ...context });
  expect(j(doc)).toBe(unchanged);
  if (!('$push' in update)) expect(result.changed).toBe(j(result.doc) !== unchanged);
  return result.doc;
}

/** For tests: an update of a document, and what it becomes: at first, and again when its shape is known. */
export function becomes(
  before: Document,
  update: Document | Document[],
  after: Document,
  options: Case = {},
): void {
  for (let time = 0; time < 2; time++) expect(j(run(before, update, options))).toBe(j(d(after)));
}

/** For tests: an update that is refusesUpdate with the server's code, each time. */
export function refusesUpdate(
  before: Document,
  update: Document | Document[],
  code: number,
  options: Case = {},
): void {
  for (let time = 0; time < 2; time++) {
    expect(() => run(before, update, options)).toThrow(expect.objectContaining({ code }));
  }
}
