import { type Path, splitPath } from '../bson/paths.ts';
import { type Doc, Int32, isDoc, type Value } from '../bson/values.ts';
import { encodeKeyPart } from '../keys/encode.ts';
import { compileIndexKeys, type IndexKeys } from '../keys/index-keys.ts';
import { type FilterNode, fieldsRead } from '../query/ast.ts';
import { compileFilter, type Matcher } from '../query/compile.ts';
import { parseFilter } from '../query/parse.ts';

export type KeyPart = { readonly name: string; readonly path: Path; readonly direction: 1 | -1 };

/** An index with its functions compiled. */
export type Index = {
  readonly id: number;
  readonly name: string;
  /** As listIndexes returns it: v, key, name and its options. */
  readonly spec: Doc;
  /** The spec's `key`. */
  readonly pattern: Doc;
  readonly parts: readonly KeyPart[];
  readonly unique: boolean;
  readonly sparse: boolean;
  readonly hidden: boolean;
  readonly partial: { readonly node: FilterNode; readonly matches: Matcher } | undefined;
  /** Documents expire this long after the date in the (only) field. */
  readonly expireAfterSeconds: number | undefined;
  /** Whether any document ever had several keys in it; never returns to false. */
  multikey: boolean;
  /** False while it is being built: writes maintain it already, but nothing is read from it. */
  readonly ready: boolean;
  readonly keys: (doc: Doc) => IndexKeys;
  /** Top-level fields that decide the keys, or null when any may. */
  readonly fields: ReadonlySet<string> | null;
};

export function compileIndex(id: number, spec: Doc, multikey: boolean, ready = true): Index {
  const pattern = asDoc(spec.get('key'));
  const parts = [...pattern].map(
    ([name, value]): KeyPart => ({ name, path: splitPath(name), direction: toDirection(value) }),
  );
  const partialFilter = spec.get('partialFilterExpression');
  const node = isDoc(partialFilter) ? parseFilter(partialFilter) : undefined;
  const sparse = spec.get('sparse') === true;
  const fields = new Set(parts.map((part) => part.path[0]!));
  const keys = compileIndexKeys(
    parts.map((part) => ({ path: part.name, direction: part.direction })),
    { sparse },
  );
  const expire = spec.get('expireAfterSeconds');
  return {
    id,
    name: String(spec.get('name')),
    spec,
    pattern,
    parts,
    unique: spec.get('unique') === true,
    sparse,
    hidden: spec.get('hidden') === true,
    partial: node === undefined ? undefined : { node, matches: compileFilter(node) },
    expireAfterSeconds: expire === undefined ? undefined : wholeNumber(expire),
    multikey,
    ready,
    keys,
    fields: node === undefined ? fields : fieldsRead(node, fields),
  };
}

const NO_KEYS: IndexKeys = { keys: [], multikey: false, values: [] };

/** The entries of a document in an index; none where a partial index leaves it out. */
export function computeIndexKeys(index: Index, doc: Doc): IndexKeys {
  if (index.partial !== undefined && !index.partial.matches(doc)) return NO_KEYS;
  return index.keys(doc);
}

/**
 * Whether an update has left alone everything that decides the index's keys. Updates keep the very value where they
 * change nothing, so that identity decides; a false «no» costs only time.
 */
export function sameKeyFields(index: Index, before: Doc, after: Doc): boolean {
  if (index.fields === null) return false;
  for (const field of index.fields) if (before.get(field) !== after.get(field)) return false;
  return true;
}

/** The key of a document's _id. */
export function encodeIdKey(doc: Doc): Buffer {
  return encodeKeyPart(doc.get('_id'), 1);
}

/** A document's entries in those of the indexes that are unique. */
export function uniqueKeys(indexes: readonly Index[], doc: Doc): { index: Index; key: Uint8Array }[] {
  return indexes
    .filter((index) => index.unique)
    .flatMap((index) => computeIndexKeys(index, doc).keys.map((key) => ({ index, key })));
}

function asDoc(value: Value | undefined): Doc {
  if (isDoc(value)) return value;
  throw new Error('an index specification without a key');
}

function toDirection(value: Value): 1 | -1 {
  return wholeNumber(value) < 0 ? -1 : 1;
}

function wholeNumber(value: Value): number {
  if (typeof value === 'number') return value;
  return value instanceof Int32 ? value.value : Number(value);
}
