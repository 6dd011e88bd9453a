import { type Document, deserialize, EJSON, serialize } from 'bson';
import { decodeDocument } from './decode.ts';
import { encodeDocument } from './encode.ts';
import type { Doc } from './values.ts';

/** For tests: a document from plain JavaScript and the `bson` package's classes (whole numbers become int32). */
export function d(source: Document): Doc {
  return decodeDocument(serialize(source));
}

/** For tests: canonical extended JSON, which shows types and key order. */
export function j(doc: Doc): string {
  return EJSON.stringify(deserialize(encodeDocument(doc), { promoteValues: false }), { relaxed: false });
}
