import { type Doc, isDoc, type Value } from '../../bson/values.ts';
import { CommandError } from '../../errors.ts';
import { DOCUMENT_BYTES_MAX } from '../../wire/limits.ts';

/** The server's: less than what a message may have, since answers put documents into others. */
export const STORED_DEPTH_MAX = 180;

/** Throws for a new document that is too large or nested too deeply. */
export function checkInserted(document: Doc, bytes: number): void {
  if (bytes > DOCUMENT_BYTES_MAX) {
    throw new CommandError(
      'BSONObjectTooLarge',
      `object to insert too large. size in bytes: ${bytes}, max size: ${DOCUMENT_BYTES_MAX}`,
    );
  }
  if (!isWithin(document, STORED_DEPTH_MAX)) {
    throw new CommandError(
      'Overflow',
      `cannot insert document because it exceeds ${STORED_DEPTH_MAX} levels of nesting`,
    );
  }
}

/** As checkInserted(), for what an update has made of a document. */
export function checkUpdated(document: Doc, bytes: number): void {
  if (bytes > DOCUMENT_BYTES_MAX) {
    throw new CommandError(17419, `Resulting document after update is larger than ${DOCUMENT_BYTES_MAX}`);
  }
  if (!isWithin(document, STORED_DEPTH_MAX)) {
    throw new CommandError('Overflow', `Document exceeds maximum nesting depth of ${STORED_DEPTH_MAX}`);
  }
}

/** Empty documents and arrays do not count. */
function isWithin(value: Doc | readonly Value[], levels: number): boolean {
  const values = Array.isArray(value) ? value : value.values();
  for (const inner of values) {
    if (!isDoc(inner) && !Array.isArray(inner)) continue;
    if ((Array.isArray(inner) ? inner.length : inner.size) === 0) continue;
    if (levels === 1 || !isWithin(inner, levels - 1)) return false;
  }
  return true;
}
