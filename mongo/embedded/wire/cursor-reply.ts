import { TYPE } from '../bson/values.ts';

const ENCODED_INDEXES: Buffer[] = [];

/** The element header of an array's n-th document: type byte, its index as text, NUL. */
function elementHeader(index: number): Buffer {
  const cached = ENCODED_INDEXES[index];
  if (cached !== undefined) return cached;
  const header = Buffer.from(`\x03${index}\0`, 'latin1');
  if (index < 1024) ENCODED_INDEXES[index] = header;
  return header;
}

/**
 * `{ cursor: { <batchField>: [documents…], id, ns, …extra } }` as one BSON document, its documents copied as they are
 * stored, without decoding.
 *
 * @param extra further elements of `cursor`, already encoded (without length and terminator)
 */
export function encodeCursorReply(
  batchField: 'firstBatch' | 'nextBatch',
  documents: readonly Uint8Array[],
  id: bigint,
  ns: string,
  extra: Uint8Array = new Uint8Array(0),
): Buffer {
  let batchBytes = 5;
  for (let index = 0; index < documents.length; index++) {
    batchBytes += elementHeader(index).length + documents[index]!.length;
  }
  const nsBytes = Buffer.byteLength(ns);
  const cursorBytes =
    4 + (1 + batchField.length + 1 + batchBytes) + (1 + 3 + 8) + (1 + 3 + 4 + nsBytes + 1) + extra.length + 1;
  const total = 4 + 1 + 7 + cursorBytes + 1;
  const out = Buffer.allocUnsafe(total);
  let at = out.writeInt32LE(total, 0);
  at = header(out, at, TYPE.object, 'cursor');
  at = out.writeInt32LE(cursorBytes, at);
  at = header(out, at, TYPE.array, batchField);
  at = out.writeInt32LE(batchBytes, at);
  for (let index = 0; index < documents.length; index++) {
    const prefix = elementHeader(index);
    out.set(prefix, at);
    at += prefix.length;
    out.set(documents[index]!, at);
    at += documents[index]!.length;
  }
  out[at++] = 0;
  at = header(out, at, TYPE.long, 'id');
  at = out.writeBigInt64LE(id, at);
  at = header(out, at, TYPE.string, 'ns');
  at = out.writeInt32LE(nsBytes + 1, at);
  at += out.write(ns, at, 'utf8');
  out[at++] = 0;
  out.set(extra, at);
  at += extra.length;
  out[at++] = 0;
  out[at] = 0;
  return out;
}

function header(out: Buffer, at: number, type: number, name: string): number {
  out[at] = type;
  const end = at + 1 + out.write(name, at + 1, 'latin1');
  out[end] = 0;
  return end + 1;
}
