import { compareValues } from '../bson/compare.ts';
import { decodeFields } from '../bson/decode.ts';
import { splitPath } from '../bson/paths.ts';
import { type Doc, isDoc, isNumeric, typeName, type Value } from '../bson/values.ts';
import { CommandError, unsupported } from '../errors.ts';
import { compositeKeys, type KeyValues, plainKeys } from '../keys/composite.ts';
import { encodeKey } from '../keys/encode.ts';
import { toExactLong } from './operands.ts';

export type SortField = { path: string; direction: 1 | -1 };

const SORT_FIELDS_MAX = 32;

/** Checks a sort document. Throws the server's errors (15975 and its kin); `$meta` is MongoDB's. */
export function parseSort(spec: Doc): SortField[] {
  if (spec.size > SORT_FIELDS_MAX)
    throw new CommandError('BadValue', `too many sort keys: at most ${SORT_FIELDS_MAX}`);
  return [...spec].map(([path, value]) => {
    if (isDoc(value)) {
      if (value.has('$meta')) throw unsupported('a sort by $meta');
      throw new CommandError(17312, '$meta is the only expression supported by $sort right now');
    }
    if (!isNumeric(value)) {
      throw new CommandError(15974, `Illegal key in $sort specification: ${path}: ${typeName(value)}`);
    }
    const direction = toExactLong(value);
    if (direction !== 1n && direction !== -1n) {
      throw new CommandError(15975, '$sort key ordering must be 1 (for ascending) or -1 (for descending)');
    }
    if (path === '' || path.split('.').includes('')) {
      throw new CommandError(15998, 'FieldPath field names may not be empty strings.');
    }
    if (path.startsWith('$')) {
      throw new CommandError(
        16410,
        `FieldPath field names may not start with '$'. Consider using $getField or $setField.`,
      );
    }
    return { path, direction: direction === 1n ? 1 : -1 };
  });
}

/** A sort by keys that are taken from each document once. */
export type Sorter = {
  /** An array counts as its smallest element, ascending, or its largest, descending; missing as null. */
  buildKey(doc: Doc): Value[];
  compare(a: readonly Value[], b: readonly Value[]): number;
  /** `buildKey` of a document as it is stored. */
  readKey(bytes: Uint8Array): Value[];
  /** Bytes of a key, which compare as `compare` does. */
  encodeKey(key: readonly Value[]): Uint8Array;
};

export function compileSorter(fields: readonly SortField[]): Sorter {
  const paths = fields.map((field) => splitPath(field.path));
  const directions = fields.map((field) => field.direction);
  const compare = (a: readonly Value[], b: readonly Value[]): number => {
    for (let index = 0; index < directions.length; index++) {
      const order = compareValues(a[index], b[index]);
      if (order !== 0) return order * directions[index]!;
    }
    return 0;
  };
  const withNulls = (values: KeyValues): Value[] => values.map((value) => value ?? null);
  const buildKey = (doc: Doc): Value[] => {
    const plain = plainKeys(doc, paths);
    if (plain !== undefined) return withNulls(plain);
    let least: Value[] | undefined;
    compositeKeys(
      doc,
      paths,
      (values) => {
        const key = withNulls(values);
        if (least === undefined || compare(key, least) < 0) least = key;
      },
      () => new CommandError('BadValue', 'cannot sort with keys that are parallel arrays'),
    );
    return least!;
  };
  const names = new Set(paths.map(([name]) => name!));
  return {
    compare,
    buildKey,
    readKey: (bytes) => buildKey(decodeFields(bytes, names)),
    encodeKey: (key) => encodeKey(key, directions),
  };
}
