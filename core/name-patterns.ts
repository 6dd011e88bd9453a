import { type Caller, type CallerNames, hasScope } from './caller.ts';
import { badInput, checkedList } from './input.ts';

const patternsMax = 100;
/** Printable, and `*` at the end alone. */
const pattern = /^(?:[^*\s\p{C}]{1,256}\*?|\*)$/u;

/** Names of AI models and routes, or of prompts, as they are stored; null: all. A name each, or a beginning followed by `*`. */
export function checkedPatterns(
  wanted: readonly string[] | null | undefined,
  field: string,
): string[] | null {
  if (wanted == null) return null;
  const patterns = checkedList(wanted, field, patternsMax);
  const wrong = patterns.findIndex((one) => !pattern.test(one));
  if (wrong >= 0) {
    badInput(
      `${field}[${wrong}]`,
      'must be a name of 1 to 256 characters without spaces, or the beginning of names followed by *.',
    );
  }
  return patterns;
}

type Matches = (name: string) => boolean;

/** By the lists of a caller, which live as long as the gateway remembers the caller. */
const compiled = new WeakMap<readonly CallerNames[], Matches>();

/** Does the name match a pattern of every list? */
export function matchesLists(lists: readonly CallerNames[], name: string): boolean {
  if (lists.length === 0) return true;
  let matches = compiled.get(lists);
  if (matches === undefined) {
    matches = compileLists(lists);
    compiled.set(lists, matches);
  }
  return matches(name);
}

function compileLists(lists: readonly CallerNames[]): Matches {
  const parts = lists.map(({ patterns }) => {
    const { names, prefixes } = splitPatterns(patterns);
    return { names: new Set(names), prefixes };
  });
  return (name) =>
    parts.every(
      ({ names, prefixes }) => names.has(name) || prefixes.some((prefix) => name.startsWith(prefix)),
    );
}

/** May the caller see this model or route? With `models:read` all; otherwise those that it may call. */
export function isListed(caller: Caller, name: string): boolean {
  return hasScope(caller, 'models:read') || matchesLists(caller.modelLists, name);
}

/** The names among the patterns, and the beginnings of the others. */
export function splitPatterns(patterns: readonly string[]): {
  readonly names: readonly string[];
  readonly prefixes: readonly string[];
} {
  return {
    names: patterns.filter((one) => !one.endsWith('*')),
    prefixes: patterns.filter((one) => one.endsWith('*')).map((one) => one.slice(0, -1)),
  };
}

/** Is every name that `inner` matches one that `outer` matches? */
export function coversPattern(outer: string, inner: string): boolean {
  if (!outer.endsWith('*')) return outer === inner;
  return inner.replace(/\*$/, '').startsWith(outer.slice(0, -1));
}

/** What all lists match, as one; null: all names, where there is no list. */
export function intersectPatterns(lists: readonly (readonly string[])[]): readonly string[] | null {
  return lists.reduce<readonly string[] | null>((all, list) => {
    if (all === null) return list;
    const narrower = all.flatMap((one) =>
      list.flatMap((other) => (coversPattern(other, one) ? [one] : coversPattern(one, other) ? [other] : [])),
    );
    return [...new Set(narrower)];
  }, null);
}
