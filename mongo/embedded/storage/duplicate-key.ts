import { show } from '../bson/show.ts';
import { type Doc, doc as document, Int32, type Value } from '../bson/values.ts';
import { CommandError } from '../errors.ts';
import type { Collection } from './catalog.ts';
import type { Index } from './index-spec.ts';

/**
 * The server's DuplicateKey answer.
 *
 * @param index undefined for the _id index
 * @param key the entry that was refused, which states which element of an array it was
 */
export function duplicateKey(
  collection: Collection,
  index: Index | undefined,
  doc: Doc,
  key?: Uint8Array,
): CommandError {
  const keyPattern: Doc = index?.pattern ?? document({ _id: new Int32(1) });
  const keyValue: Doc =
    index === undefined ? new Map([['_id', doc.get('_id') ?? null]]) : readKeyValues(index, doc, key);
  const shown = [...keyValue].map(([name, value]) => `${name}: ${show(value)}`).join(', ');
  const message =
    `E11000 duplicate key error collection: ${collection.ns} ` +
    `index: ${index?.name ?? '_id_'} dup key: { ${shown} }`;
  return new CommandError('DuplicateKey', message, {
    details: new Map<string, Value>([
      ['keyPattern', keyPattern],
      ['keyValue', keyValue],
    ]),
  });
}

/** The values that the refused entry was made of. */
function readKeyValues(index: Index, doc: Doc, key: Uint8Array | undefined): Doc {
  const { keys, values } = index.keys(doc);
  const at = key === undefined ? 0 : keys.findIndex((other) => Buffer.compare(other, key) === 0);
  const tuple = values[Math.max(at, 0)] ?? [];
  return new Map([...index.pattern.keys()].map((name, part) => [name, tuple[part] ?? null]));
}
