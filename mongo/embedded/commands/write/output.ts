import { PAUSE } from '../../aggregate/pause.ts';
import type { Sink } from '../../aggregate/pipeline.ts';
import type { Stream } from '../../aggregate/stream.ts';
import { equalValues } from '../../bson/compare.ts';
import { encodeDocument } from '../../bson/encode.ts';
import { getPath, splitPath } from '../../bson/paths.ts';
import { type Doc, doc, int32, isDoc, type Value } from '../../bson/values.ts';
import { CommandError } from '../../errors.ts';
import type { Collection } from '../../storage/catalog.ts';
import type { Stored } from '../../storage/writer.ts';
import { attempt } from '../attempt.ts';
import type { Engine } from '../engine.ts';
import { Selection, variablesOfCommand } from '../read/selection.ts';
import { checkCollectionName, checkDatabaseName, type Request } from '../request.ts';
import { prepare } from './insert.ts';
import { checkUpdated } from './storable.ts';
import { currentTarget, selectTargets } from './targets.ts';
import { checkNamespaceFree } from './waiting.ts';

/** Results are held until all are there, since they may come from the collection that they go into. */
const HELD_BYTES_MAX = 100 * 1024 * 1024;

/** Writes the results of a pipeline where its $out or $merge states. */
export async function runSink(
  engine: Engine,
  request: Request,
  sink: Sink,
  documents: Stream,
): Promise<void> {
  if (request.transaction !== undefined) {
    throw new CommandError(
      'OperationNotSupportedInTransaction',
      `$${sink.kind} cannot be used in a transaction`,
    );
  }
  const concern = request.body.get('readConcern');
  if (isDoc(concern) && concern.get('level') === 'linearizable') {
    throw new CommandError(
      'InvalidOptions',
      `$${sink.kind} cannot be used with a 'linearizable' read concern level`,
    );
  }
  const db = sink.database ?? request.db;
  checkDatabaseName(db);
  checkCollectionName(db, sink.collection);
  if (sink.kind === 'merge') checkUnique(request, `${db}.${sink.collection}`, sink.on);
  const held: Stored[] = [];
  let bytes = 0;
  for (const document of documents) {
    if (document === PAUSE) {
      if (request.pace.due) await request.pace.rest();
      continue;
    }
    const stored = prepare(engine, { doc: document, bytes: undefined });
    held.push(stored);
    bytes += stored.bytes.length;
    if (bytes > HELD_BYTES_MAX) {
      throw new CommandError(
        'QueryExceededMemoryLimitNoDiskUseAllowed',
        `the results of $${sink.kind} exceed ${HELD_BYTES_MAX} bytes`,
      );
    }
  }
  if (sink.kind === 'out') await replaceAll(engine, request, db, sink.collection, held);
  else for (const stored of held) await mergeOne(engine, request, db, sink, stored);
}

/** `$out`: the collection is the pipeline's output, with the indexes that it had; or, on an error, what it was. */
async function replaceAll(
  engine: Engine,
  request: Request,
  db: string,
  name: string,
  held: readonly Stored[],
): Promise<void> {
  const { storage } = engine;
  const old = storage.catalog.find(db, name);
  if (old !== undefined) await checkNamespaceFree(engine, old);
  request.writes.begin();
  storage.atomic(() => {
    const existing = storage.catalog.find(db, name);
    storage.forget();
    if (existing !== undefined) storage.catalog.drop(existing);
    let made = storage.catalog.create(db, name, existing?.options ?? new Map());
    for (const index of existing?.indexes ?? []) {
      storage.catalog.addIndex(made, index.spec);
      made = storage.catalog.find(db, name)!;
    }
    for (const stored of held) storage.writer.insert(made, stored);
  });
}

type Merge = Extract<Sink, { kind: 'merge' }>;

async function mergeOne(
  engine: Engine,
  request: Request,
  db: string,
  sink: Merge,
  incoming: Stored,
): Promise<void> {
  const filter = new Map(
    sink.on.map((path): [string, Value] => [path, new Map([['$eq', keyValue(incoming.doc, path)]])]),
  );
  const selection = new Selection({ filter }, variablesOfCommand(undefined));
  const collection = request.view.catalog.get(`${db}.${sink.collection}`);
  const [rid] = collection === undefined ? [] : await selectTargets(request, collection, selection, 1);
  if (collection === undefined || rid === undefined) {
    if (sink.whenNotMatched === 'discard') return;
    if (sink.whenNotMatched === 'fail') {
      throw new CommandError(
        13113,
        '$merge could not find a matching document in the target collection for at least one document in the source collection',
      );
    }
    await attempt(engine, () => request.writes.insert(request.writes.open(db, sink.collection), incoming));
    return;
  }
  if (sink.whenMatched === 'keepExisting') return;
  if (sink.whenMatched === 'fail') {
    const value = (path: string): Value => getPath(incoming.doc, splitPath(path)) ?? null;
    throw new CommandError(
      'DuplicateKey',
      '$merge with whenMatched: fail found an existing document with the same values for the on fields',
      {
        details: doc({
          keyPattern: new Map(sink.on.map((path) => [path, int32(1)])),
          keyValue: new Map(sink.on.map((path) => [path, value(path)])),
        }),
      },
    );
  }
  await attempt(engine, () => combineOne(request, sink, collection, selection, rid, incoming));
}

function combineOne(
  request: Request,
  sink: Merge,
  collection: Collection,
  selection: Selection,
  rid: number,
  incoming: Stored,
): void {
  const target = currentTarget(request, collection, selection, rid);
  if (target === undefined) return;
  const combined = withoutNewId(sink, target.doc, incoming.doc);
  if (!equalValues(combined.get('_id'), target.doc.get('_id'))) {
    throw new CommandError(
      'ImmutableField',
      '$merge failed to update the matching document, did you attempt to modify the _id or the shard key?',
    );
  }
  const after: Doc =
    combined.keys().next().value === '_id'
      ? combined
      : new Map<string, Value>([['_id', combined.get('_id')!], ...combined]);
  const bytes = encodeDocument(after);
  checkUpdated(after, bytes.length);
  request.writes.replace(collection, rid, target.doc, { doc: after, bytes });
}

/** The combination; joined on other fields than _id, the existing document keeps its _id. */
function withoutNewId(sink: Merge, existing: Doc, incoming: Doc): Doc {
  if (sink.on.includes('_id')) return sink.combine(existing, incoming);
  const plain = new Map(incoming);
  plain.delete('_id');
  const combined = sink.combine(existing, plain);
  return combined.has('_id')
    ? combined
    : new Map<string, Value>([['_id', existing.get('_id')!], ...combined]);
}

function keyValue(document: Doc, path: string): Value {
  const value = getPath(document, splitPath(path));
  if (value === undefined || value === null || Array.isArray(value)) {
    throw new CommandError(
      51132,
      `$merge write error: 'on' field '${path}' cannot be missing, null, undefined or an array`,
    );
  }
  return value;
}

/** The fields to join on must be those of a unique index, or two documents could match. */
function checkUnique(request: Request, ns: string, on: readonly string[]): void {
  if (on.length === 1 && on[0] === '_id') return;
  const wanted = [...on].sort().join('\n');
  const found = request.view.catalog
    .get(ns)
    ?.indexes.some(
      (index) =>
        index.unique && index.partial === undefined && [...index.pattern.keys()].sort().join('\n') === wanted,
    );
  if (found !== true)
    throw new CommandError(51183, 'Cannot find index to verify that join fields will be unique');
}
