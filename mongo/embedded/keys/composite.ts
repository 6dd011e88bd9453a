import { indexOfPart, type Path } from '../bson/paths.ts';
import { type Doc, UNDEFINED, type Value } from '../bson/values.ts';
import { CommandError } from '../errors.ts';

/** One tuple of values, one for each path; undefined where the path is missing. */
export type KeyValues = (Value | undefined)[];

/** Where a path has got to. */
type Step = { value: Value | undefined; path: Path; at: number };

/**
 * The tuples that a document contributes to an index or a sort over `paths`: one for each element of the array that
 * the paths meet, as the server's key generator makes them. An empty array counts as BSON undefined. Paths that meet
 * two different arrays throw what `parallel` makes. Returns whether an array was met.
 */
export function compositeKeys(
  doc: Doc,
  paths: readonly Path[],
  emit: (values: KeyValues) => void,
  parallel: (path: Path, other: Path) => CommandError,
): boolean {
  return expand(
    paths.map((path) => ({ value: doc, path, at: 0 })),
    emit,
    parallel,
  );
}

/** The one tuple of a document in which none of the paths meets an array, otherwise undefined. */
export function plainKeys(doc: Doc, paths: readonly Path[]): KeyValues | undefined {
  const values: KeyValues = [];
  for (const path of paths) {
    let value: Value | undefined = doc;
    for (const part of path) {
      if (value instanceof Map) value = value.get(part);
      else if (Array.isArray(value)) return undefined;
      else {
        value = undefined;
        break;
      }
    }
    if (Array.isArray(value)) return undefined;
    values.push(value);
  }
  return values;
}

function expand(
  steps: Step[],
  emit: (values: KeyValues) => void,
  parallel: (path: Path, other: Path) => CommandError,
): boolean {
  let met: Step | undefined;
  for (const [index, step] of steps.entries()) {
    const reached = advance(step);
    steps[index] = reached;
    if (!Array.isArray(reached.value) || reached.at > reached.path.length) continue;
    if (met === undefined) met = reached;
    else if (met.value !== reached.value) throw parallel(reached.path, met.path);
  }
  if (met === undefined) {
    emit(steps.map((step) => step.value));
    return false;
  }
  const items = met.value as Value[];
  const elements: (Value | undefined)[] = items.length === 0 ? [undefined] : items;
  for (const item of elements) {
    const next = steps.map((step): Step => {
      if (step.value !== items || step.at > step.path.length) return step;
      // one past the end: the value is final, an array inside an array is not walked through again
      if (step.at === step.path.length) {
        return { value: item === undefined ? UNDEFINED : item, path: step.path, at: step.at + 1 };
      }
      return item instanceof Map ? { ...step, value: item } : missing(step.path);
    });
    expand(next, emit, parallel);
  }
  return true;
}

function missing(path: Path): Step {
  return { value: undefined, path, at: path.length + 1 };
}

/** Continues until the path ends, is missing, or meets an array that has no element at the path's number. */
function advance(step: Step): Step {
  const { path } = step;
  let { value, at } = step;
  while (at < path.length) {
    const part = path[at]!;
    if (value instanceof Map) value = value.get(part);
    else if (Array.isArray(value)) {
      const index = indexOfPart(part);
      if (index < 0 || index >= value.length) return { value, path, at };
      if (value.some((item) => item instanceof Map && item.has(part))) {
        throw new CommandError(
          16746,
          `Ambiguous field name found in array (do not use numeric field names in embedded elements in an array), field: '${part}'`,
        );
      }
      value = value[index];
    } else return missing(path);
    at++;
  }
  return { value, path, at };
}
