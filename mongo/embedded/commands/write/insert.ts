import { encodeDocument } from '../../bson/encode.ts';
import { doc, int32, isDoc, ObjectId, Regex, Timestamp, UNDEFINED, type Value } from '../../bson/values.ts';
import { CommandError } from '../../errors.ts';
import { encodeIdKey } from '../../storage/index-spec.ts';
import type { Stored } from '../../storage/writer.ts';
import { attempt } from '../attempt.ts';
import type { Engine } from '../engine.ts';
import type { Reply } from '../reply.ts';
import type { Request, Sent } from '../request.ts';
import { Ordered } from './ordered.ts';
import { checkInserted } from './storable.ts';

const INSERTED = doc({ n: int32(1) });

/** `insert`: documents, ordered (stop at the first that is refused) or not. */
export async function insert(engine: Engine, request: Request): Promise<Reply> {
  const name = request.collectionName();
  const documents = request.fields.required('documents', request.sentWithin('documents'));
  const batch = new Ordered(request, documents.length);
  await batch.each(documents, async (sent, index) => {
    const stored = prepare(engine, sent);
    const done = attempt(engine, () => {
      request.writes.insert(request.writes.open(request.db, name), stored);
      request.note(index, INSERTED);
    });
    if (done instanceof Promise) await done;
    return INSERTED;
  });
  return batch.reply(doc({ n: int32(batch.n) }));
}

/** A document ready to be stored: an _id first (made if missing), checked, within the size limit. */
export function prepare(engine: Engine, sent: Sent): Stored {
  let document = sent.doc;
  let bytes = sent.bytes;
  const [first] = document.keys();
  if (first !== '_id') {
    const id = document.get('_id') ?? newObjectId();
    const rest = [...document].filter(([name]) => name !== '_id');
    document = new Map<string, Value>([['_id', id], ...rest]);
    bytes = undefined;
  }
  checkId(document.get('_id')!);
  for (const [name, value] of document) {
    // As the server does with an empty timestamp at the top.
    if (value instanceof Timestamp && value.t === 0 && value.i === 0 && name !== '_id') {
      engine.clusterTime.tick();
      document = new Map(document).set(name, engine.clusterTime.now);
      bytes = undefined;
    }
  }
  bytes ??= encodeDocument(document);
  checkInserted(document, bytes.length);
  return { doc: document, bytes, idKey: encodeIdKey(document) };
}

/** What may be an _id: no array, regular expression or undefined, and no document with operators in it. */
function checkId(id: Value): void {
  if (Array.isArray(id)) throw new CommandError('InvalidIdField', "The '_id' value cannot be of type array");
  if (id instanceof Regex)
    throw new CommandError('InvalidIdField', "The '_id' value cannot be of type regex");
  if (id === UNDEFINED)
    throw new CommandError('InvalidIdField', "The '_id' value cannot be of type undefined");
  if (!isDoc(id)) return;
  const operator = [...id.keys()].find((name) => name.startsWith('$') && !DBREF.has(name));
  if (operator === undefined) return;
  throw new CommandError(
    'DollarPrefixedFieldName',
    `_id fields may not contain '$'-prefixed fields: ${operator} is not valid for storage.`,
  );
}

const DBREF = new Set(['$ref', '$id', '$db']);

let counter = crypto.getRandomValues(new Uint32Array(1))[0]! & 0xffffff;
const processPart = Buffer.from(crypto.getRandomValues(new Uint8Array(5)));

/** Seconds, five random bytes of the process, a counter: as drivers make them. */
export function newObjectId(): ObjectId {
  const bytes = Buffer.allocUnsafe(12);
  bytes.writeUInt32BE(Math.floor(Date.now() / 1000), 0);
  processPart.copy(bytes, 4);
  counter = (counter + 1) & 0xffffff;
  bytes.writeUIntBE(counter, 9, 3);
  return new ObjectId(bytes.toString('latin1'));
}
