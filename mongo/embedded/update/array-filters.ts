import { type Doc, isDoc, type Value } from '../bson/values.ts';
import { CommandError } from '../errors.ts';
import { compileFilter } from '../query/compile.ts';
import { parseFilter } from '../query/parse.ts';

/** An update's `arrayFilters`, by the name that `$[name]` uses. */
export type ArrayFilters = {
  /** Throws BadValue when there is no filter of that name. */
  matcher(name: string, path: string): (item: Value) => boolean;
};

/** Checks and compiles the filters, and that every one of them is used by one of the paths. */
export function parseArrayFilters(
  filters: readonly Doc[],
  paths: readonly (readonly string[])[],
): ArrayFilters {
  const byName = new Map<string, (item: Value) => boolean>();
  for (const filter of filters) {
    const name = readFilterName(filter);
    if (!/^[a-z][A-Za-z0-9]*$/.test(name)) {
      throw new CommandError(
        'BadValue',
        `Error parsing array filter :: caused by :: The top-level field name must be an alphanumeric string beginning with a lowercase letter, found '${name}'`,
      );
    }
    if (byName.has(name)) {
      throw new CommandError(
        'FailedToParse',
        `Found multiple array filters with the same top-level field name ${name}`,
      );
    }
    const matches = compileFilter(parseFilter(filter));
    byName.set(name, (item) => matches(new Map([[name, item]])));
  }
  const used = new Set(
    paths
      .flat()
      .filter((part) => part.startsWith('$['))
      .map((part) => part.slice(2, -1)),
  );
  for (const name of byName.keys()) {
    if (!used.has(name)) {
      throw new CommandError(
        'FailedToParse',
        `The array filter for identifier '${name}' was not used in the update`,
      );
    }
  }
  const matcher = (name: string, path: string) => {
    const found = byName.get(name);
    if (found === undefined) {
      throw new CommandError('BadValue', `No array filter found for identifier '${name}' in path '${path}'`);
    }
    return found;
  };
  for (const path of paths) {
    for (const part of path) if (/^\$\[.+\]$/.test(part)) matcher(part.slice(2, -1), path.join('.'));
  }
  return { matcher };
}

/** The one top-level name that a filter speaks of. */
function readFilterName(filter: Doc): string {
  const names = new Set<string>();
  collect(filter, names);
  const [name, other] = names;
  if (name === undefined) {
    throw new CommandError(
      'FailedToParse',
      'Cannot use an expression without a top-level field name in arrayFilters',
    );
  }
  if (other !== undefined) {
    throw new CommandError(
      'FailedToParse',
      `Error parsing array filter :: caused by :: Expected a single top-level field name, found '${name}' and '${other}'`,
    );
  }
  return name;
}

function collect(filter: Doc, names: Set<string>): void {
  for (const [key, value] of filter) {
    if (!key.startsWith('$')) names.add(key.split('.')[0]!);
    else if (Array.isArray(value)) for (const inner of value) if (isDoc(inner)) collect(inner, names);
  }
}
