import { encodeDocument } from '../../bson/encode.ts';
import { type Doc, doc, int32, isDoc, type Value } from '../../bson/values.ts';
import { CommandError } from '../../errors.ts';
import type { Collection } from '../../storage/catalog.ts';
import { compileIndex } from '../../storage/index-spec.ts';
import { pendingId } from '../../transactions/transaction.ts';
import { attempt } from '../attempt.ts';
import type { Engine } from '../engine.ts';
import { firstBatch } from '../read/batches.ts';
import type { Reply } from '../reply.ts';
import type { Request } from '../request.ts';
import { checkSpec, sameIndex } from './index-options.ts';

export const INDEXES_MAX = 64;
export const ID_INDEX: Doc = doc({ v: int32(2), key: doc({ _id: int32(1) }), name: '_id_' });

/** `createIndexes`: makes those that are not there yet; all or none of them. */
export async function createIndexes(engine: Engine, request: Request): Promise<Reply> {
  const name = request.collectionName();
  const { fields, db } = request;
  const wanted = fields.required('indexes', fields.documents('indexes')).map(checkSpec);
  if (wanted.length === 0) throw new CommandError('BadValue', 'Must specify at least one index to create');
  const existed = request.view.catalog.has(`${db}.${name}`);
  const pending = attempt(engine, () => request.writes.open(db, name));
  let collection = pending instanceof Promise ? await pending : pending;
  let missing = selectMissing(collection, wanted);
  if (request.transaction !== undefined) createInTransaction(request, collection, missing);
  else if (missing.length > 0) {
    for (;;) {
      const running = engine.builds.running(collection, wanted);
      if (running === undefined) break;
      await running;
      collection = request.writes.open(db, name);
    }
    missing = selectMissing(collection, wanted);
    await engine.builds.build(collection, missing, request.pace);
  }
  const before = collection.indexes.length + 1;
  const answer = doc({
    numIndexesBefore: int32(before),
    numIndexesAfter: int32(before + missing.length),
    createdCollectionAutomatically: !existed,
  });
  if (missing.length === 0) answer.set('note', 'all indexes already exist');
  return answer;
}

/** Those that are neither there (finished) nor named twice. Throws for conflicts, and for too many. */
function selectMissing(collection: Collection, wanted: readonly Doc[]): Doc[] {
  const known = [ID_INDEX, ...collection.indexes.filter((index) => index.ready).map((index) => index.spec)];
  const missing: Doc[] = [];
  for (const spec of wanted) {
    if ([...known, ...missing].some((existing) => sameIndex(existing, spec))) continue;
    missing.push(spec);
  }
  if (known.length + missing.length > INDEXES_MAX) {
    throw new CommandError('CannotCreateIndex', `add index fails, too many indexes for ${collection.ns}`);
  }
  return missing;
}

/** Inside a transaction only a collection that it made itself, and that is empty, can get indexes. */
function createInTransaction(request: Request, collection: Collection, specs: readonly Doc[]): void {
  const { transaction } = request;
  if (transaction === undefined || specs.length === 0) return;
  if (collection.id >= 0 || (transaction.overlays.get(collection.id)?.rows.size ?? 0) > 0) {
    throw new CommandError(
      'OperationNotSupportedInTransaction',
      `Cannot create new indexes on existing collection ${collection.ns} in a multi-document transaction.`,
    );
  }
  const indexes = specs.map((spec) => compileIndex(pendingId(), spec, false));
  transaction.see({ ...collection, indexes: [...collection.indexes, ...indexes] });
}

/** `listIndexes`. */
export function listIndexes(engine: Engine, request: Request): Promise<Reply> {
  const ns = `${request.db}.${request.collectionName()}`;
  const collection = request.view.catalog.get(ns);
  if (collection === undefined) throw new CommandError('NamespaceNotFound', `ns does not exist: ${ns}`);
  const specs = [ID_INDEX, ...collection.indexes.filter((index) => index.ready).map((index) => index.spec)];
  const cursor = request.fields.document('cursor');
  const results = {
    iterator: specs.map((spec) => encodeDocument(spec))[Symbol.iterator](),
    finished: () => false,
  };
  const size = cursor?.get('batchSize');
  return firstBatch(engine, request, ns, results, {
    batchSize: size === undefined ? specs.length + 1 : Number(numberText(size)),
  });
}

function numberText(value: Value): string {
  return typeof value === 'object' && value !== null && 'value' in value
    ? String(value.value)
    : String(value);
}

/** `dropIndexes`: by name, by key pattern, several names, or '*' for all but _id. */
export function dropIndexes(engine: Engine, request: Request): Reply {
  const ns = `${request.db}.${request.collectionName()}`;
  const { storage } = engine;
  const collection = storage.catalog.state.get(ns);
  if (collection === undefined) throw new CommandError('NamespaceNotFound', `ns not found ${ns}`);
  const wanted = request.fields.required('index', request.fields.get('index'));
  const before = collection.indexes.length + 1;
  const dropped =
    wanted === '*' ? collection.indexes : toNames(wanted).map((one) => findIndex(collection, one));
  request.writes.begin();
  storage.atomic(() => {
    storage.forget();
    let current = collection;
    for (const index of dropped) current = storage.catalog.dropIndex(current, index);
  });
  return doc({ nIndexesWas: int32(before) });
}

function toNames(wanted: Value): Value[] {
  return Array.isArray(wanted) ? wanted : [wanted];
}

function findIndex(collection: Collection, wanted: Value) {
  if (wanted === '_id_' || (isDoc(wanted) && wanted.size === 1 && wanted.has('_id'))) {
    throw new CommandError('InvalidOptions', 'cannot drop _id index');
  }
  const found = collection.indexes.find((index) =>
    isDoc(wanted)
      ? Buffer.compare(encodeDocument(wanted), encodeDocument(index.pattern)) === 0
      : index.name === wanted,
  );
  if (found !== undefined) return found;
  throw new CommandError(
    'IndexNotFound',
    isDoc(wanted)
      ? `can't find index with key: ${JSON.stringify([...wanted.keys()])}`
      : `index not found with name [${String(wanted)}]`,
  );
}
