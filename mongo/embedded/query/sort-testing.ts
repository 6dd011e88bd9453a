import type { Doc } from '../bson/values.ts';
import { compileSorter, parseSort } from './sort.ts';

/** Compares documents, each by its key for the sort. */
export function compileSort(spec: Doc): (a: Doc, b: Doc) => number {
  const sorter = compileSorter(parseSort(spec));
  return (a, b) => sorter.compare(sorter.buildKey(a), sorter.buildKey(b));
}
