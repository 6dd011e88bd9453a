import { encodeDocument } from '../bson/encode.ts';
import { type Doc, doc, int32, type Value } from '../bson/values.ts';
import type { CommandError } from '../errors.ts';
import { encodeElements } from './sessions/cluster-time.ts';

/** What a handler answers: a document, or one that is already encoded. `ok` and the times are added by the dispatcher. */
export type Reply = Doc | Uint8Array;

const OK = encodeElements(doc({ ok: 1 }));

/** The finished answer: the reply's elements, `ok: 1` and further elements. */
export function finishReply(reply: Reply, times: Uint8Array): Uint8Array {
  const bytes = reply instanceof Map ? encodeDocument(reply) : reply;
  const body = bytes.subarray(4, -1);
  const out = Buffer.allocUnsafe(4 + body.length + OK.length + times.length + 1);
  out.writeInt32LE(out.length, 0);
  out.set(body, 4);
  out.set(OK, 4 + body.length);
  out.set(times, 4 + body.length + OK.length);
  out[out.length - 1] = 0;
  return out;
}

/** The answer of a command that failed as a whole. */
export function errorReply(error: CommandError, labels: readonly string[], times: Uint8Array): Uint8Array {
  const reply: Doc = new Map<string, Value>([
    ['ok', 0],
    ['errmsg', error.message],
    ['code', int32(error.code)],
    ['codeName', error.codeName],
  ]);
  for (const [name, value] of error.details ?? []) reply.set(name, value);
  if (labels.length > 0) reply.set('errorLabels', [...labels]);
  const body = encodeDocument(reply).subarray(4, -1);
  const out = Buffer.allocUnsafe(4 + body.length + times.length + 1);
  out.writeInt32LE(out.length, 0);
  out.set(body, 4);
  out.set(times, 4 + body.length);
  out[out.length - 1] = 0;
  return out;
}
