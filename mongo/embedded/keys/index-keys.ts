import { splitPath } from '../bson/paths.ts';
import type { Doc } from '../bson/values.ts';
import { CommandError } from '../errors.ts';
import { compositeKeys, type KeyValues, plainKeys } from './composite.ts';
import { encodeKey } from './encode.ts';

export type IndexField = { path: string; direction: 1 | -1 };

/** `multikey`: an array was met, so that one document may have several keys or none of its own. */
export type IndexKeys = { keys: Buffer[]; multikey: boolean; values: KeyValues[] };

/**
 * Compiles an index's key pattern to the function that computes a document's distinct keys (and the values that they are
 * made of, for a duplicate-key error's keyValue). With `sparse`, a document that has none of the fields has no key.
 * A partial index's filter is the caller's. Throws CannotIndexParallelArrays (171).
 */
export function compileIndexKeys(
  fields: readonly IndexField[],
  options: { sparse?: boolean } = {},
): (doc: Doc) => IndexKeys {
  const paths = fields.map((field) => splitPath(field.path));
  const directions = fields.map((field) => field.direction);
  const sparse = options.sparse === true;
  return (doc) => {
    const plain = plainKeys(doc, paths);
    if (plain !== undefined) {
      if (sparse && plain.every((value) => value === undefined)) return NO_KEYS;
      return { keys: [encodeKey(plain, directions)], multikey: false, values: [plain] };
    }
    const keys: Buffer[] = [];
    const values: KeyValues[] = [];
    const seen = new Set<string>();
    const add = (tuple: KeyValues): void => {
      if (sparse && tuple.every((value) => value === undefined)) return;
      const key = encodeKey(tuple, directions);
      const text = key.toString('latin1');
      if (seen.has(text)) return;
      seen.add(text);
      keys.push(key);
      values.push(tuple);
    };
    const multikey = compositeKeys(doc, paths, add, parallelArrays);
    return { keys, multikey, values };
  };
}

const NO_KEYS: IndexKeys = { keys: [], multikey: false, values: [] };

function parallelArrays(path: readonly string[], other: readonly string[]): CommandError {
  return new CommandError(
    'CannotIndexParallelArrays',
    `cannot index parallel arrays [${path.at(-1)}] [${other.at(-1)}]`,
  );
}
