import { indexOfPart } from '../bson/paths.ts';
import { show } from '../bson/show.ts';
import type { Doc, Value } from '../bson/values.ts';
import { CommandError } from '../errors.ts';
import type { ArrayFilters } from './array-filters.ts';

const bad = (message: string) => new CommandError('BadValue', message);

const REFERENCE = new Set(['$id', '$ref', '$db']);

/** Splits and checks an update path; positional parts (`$`, `$[]`, `$[name]`) are left in it. */
export function parseUpdatePath(path: string): string[] {
  if (path === '') throw new CommandError('EmptyFieldName', 'An empty update path is not valid.');
  const parts = path.split('.');
  let positional = 0;
  for (const [index, part] of parts.entries()) {
    if (part === '') {
      throw new CommandError(
        'EmptyFieldName',
        `The update path '${path}' contains an empty field name, which is not allowed.`,
      );
    }
    if (!part.startsWith('$')) continue;
    if (part === '$' || part.startsWith('$[')) {
      if (index === 0) {
        throw bad(`Cannot have positional (i.e. '$') element in the first position in path '${path}'`);
      }
      if (part === '$' && ++positional > 1) {
        throw bad(`Too many positional (i.e. '$') elements found in path '${path}'`);
      }
    }
  }
  return parts;
}

/**
 * Refuses to add to an existing document a top-level field that begins with a dollar sign. Deeper ones may, and so may
 * those of a document that an upsert inserts.
 */
export function checkTopLevelName(path: readonly string[]): void {
  const [first = ''] = path;
  if (!first.startsWith('$') || REFERENCE.has(first)) return;
  throw new CommandError(
    'DollarPrefixedFieldName',
    `The dollar ($) prefixed field '${first}' in '${path.join('.')}' is not allowed in the context of an update's replacement document. Consider using an aggregation pipeline with $replaceWith.`,
  );
}

export function isDynamic(parts: readonly string[]): boolean {
  return parts.some((part) => part === '$' || part.startsWith('$['));
}

/** The order in which paths are applied and new fields appear: by name, numbers by value. */
export function comparePaths(a: readonly string[], b: readonly string[]): number {
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const left = a[index]!;
    const right = b[index]!;
    if (left === right) continue;
    const [leftNumber, rightNumber] = [indexOfPart(left), indexOfPart(right)];
    if (leftNumber >= 0 && rightNumber >= 0) return leftNumber - rightNumber;
    return left < right ? -1 : 1;
  }
  return a.length - b.length;
}

/** Throws ConflictingUpdateOperators (40) when one of the paths, sorted by comparePaths, is another or lies inside it. */
export function checkConflicts(sorted: readonly (readonly string[])[]): void {
  for (let index = 1; index < sorted.length; index++) {
    const path = sorted[index]!;
    const before = sorted[index - 1]!;
    if (before.every((part, at) => path[at] === part)) {
      throw new CommandError(
        'ConflictingUpdateOperators',
        `Updating the path '${path.join('.')}' would create a conflict at '${before.join('.')}'`,
      );
    }
  }
}

/**
 * The concrete paths that a path with positional parts stands for in a document: `$` is `position`, `$[]` every
 * element, `$[name]` those that the array filter lets through.
 */
export function expandPath(
  doc: Doc,
  parts: readonly string[],
  position: number,
  filters: ArrayFilters,
): string[][] {
  const result: string[][] = [];
  const walk = (value: Value | undefined, at: number, prefix: string[]): void => {
    if (at === parts.length) {
      result.push(prefix);
      return;
    }
    let part = parts[at]!;
    if (part === '$') {
      if (position < 0) {
        throw bad('The positional operator did not find the match needed from the query.');
      }
      part = String(position);
    } else if (part.startsWith('$[')) {
      if (value === undefined) {
        throw bad(
          `The path '${prefix.join('.')}' must exist in the document in order to apply array updates.`,
        );
      }
      if (!Array.isArray(value)) {
        throw bad(`Cannot apply array updates to non-array element ${prefix.at(-1)}: ${show(value)}`);
      }
      const matches = part === '$[]' ? () => true : filters.matcher(part.slice(2, -1), parts.join('.'));
      for (const [index, item] of value.entries()) {
        if (matches(item)) walk(item, at + 1, [...prefix, String(index)]);
      }
      return;
    }
    walk(readChild(value, part), at + 1, [...prefix, part]);
  };
  walk(doc, 0, []);
  return result;
}

function readChild(value: Value | undefined, part: string): Value | undefined {
  if (value instanceof Map) return value.get(part);
  return Array.isArray(value) ? value[indexOfPart(part)] : undefined;
}
