import { type Caller, hasScope } from '#schema/caller.ts';
import { HeddleError } from '#schema/errors.ts';
import { badInput, checkedList } from './input.ts';

/** Lists of patterns, all of which a name must match: a name itself, or a beginning followed by `*`. No list: all names match. */
export type PatternLists = readonly (readonly string[])[];

const patternsMax = 100;
/** Printable, and `*` at the end alone. */
const pattern = /^(?:[^*\s\p{C}]{1,256}\*?|\*)$/u;

type Matches = (name: string) => boolean;

/** By the lists of a caller, which live as long as the gateway remembers the caller. */
const compiled = new WeakMap<PatternLists, Matches>();

/** Does the name match a pattern of every list? */
export function matchesLists(lists: PatternLists, name: string): boolean {
  if (lists.length === 0) return true;
  let matches = compiled.get(lists);
  if (matches === undefined) {
    matches = compileLists(lists);
    compiled.set(lists, matches);
  }
  return matches(name);
}

/** May the caller see this model or route? With `models:read` all; otherwise those that it may call. */
export function isListed(caller: Caller, name: string): boolean {
  return hasScope(caller, 'models:read') || matchesLists(caller.modelLists, name);
}

function compileLists(lists: PatternLists): Matches {
  const parts = lists.map((list) => {
    const { names, prefixes } = splitPatterns(list);
    return { names: new Set(names), prefixes };
  });
  return (name) =>
    parts.every(
      ({ names, prefixes }) => names.has(name) || prefixes.some((prefix) => name.startsWith(prefix)),
    );
}

/** The names among the patterns, and the beginnings of the others. */
export function splitPatterns(list: readonly string[]): {
  readonly names: readonly string[];
  readonly prefixes: readonly string[];
} {
  return {
    names: list.filter((one) => !one.endsWith('*')),
    prefixes: list.filter((one) => one.endsWith('*')).map((one) => one.slice(0, -1)),
  };
}

/** Is every name that `inner` matches one that `outer` matches? */
function covers(outer: string, inner: string): boolean {
  if (!outer.endsWith('*')) return outer === inner;
  return inner.replace(/\*$/, '').startsWith(outer.slice(0, -1));
}

/** What both lists match. */
function intersect(a: readonly string[], b: readonly string[]): string[] {
  const narrower = a.flatMap((one) =>
    b.flatMap((other) => (covers(other, one) ? [one] : covers(one, other) ? [other] : [])),
  );
  return [...new Set(narrower)];
}

/**
 * A list of patterns as it is stored; null: all. What a restricted caller gives is within its own lists: left out, it is
 * what these match; FORBIDDEN for more.
 */
export function checkedPatterns(
  wanted: readonly string[] | null | undefined,
  field: string,
  own: PatternLists,
): string[] | null {
  if (wanted === undefined) return own.length === 0 ? null : own.reduce<string[]>(intersect, ['*']);
  if (wanted !== null) {
    const wrong = wanted.findIndex((one) => !pattern.test(one));
    if (wrong >= 0) {
      badInput(
        `${field}[${wrong}]`,
        'must be a name of 1 to 256 characters without spaces; only its end may be *.',
      );
    }
  }
  const patterns = wanted === null ? null : checkedList(wanted, field, patternsMax);
  const isWithin = own.every((list) =>
    (patterns ?? ['*']).every((one) => list.some((outer) => covers(outer, one))),
  );
  if (!isWithin) {
    throw new HeddleError('FORBIDDEN', `${field} allows more than your own key may use.`, {
      extensions: { field },
    });
  }
  return patterns;
}
