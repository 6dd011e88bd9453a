import { encodeDocument } from '../../bson/encode.ts';
import { Binary, type Doc, doc, int32, isDoc, isNumeric, type Value } from '../../bson/values.ts';
import { CommandError, unsupported } from '../../errors.ts';
import { compileFilter } from '../../query/compile.ts';
import { parseFilter } from '../../query/parse.ts';
import type { Collection } from '../../storage/catalog.ts';
import { TransactionWrites } from '../../transactions/transaction-writes.ts';
import { attempt } from '../attempt.ts';
import type { Engine } from '../engine.ts';
import { toPlainNumber } from '../fields.ts';
import { checkCollation } from '../options.ts';
import { firstBatch } from '../read/batches.ts';
import type { Reply } from '../reply.ts';
import type { Request } from '../request.ts';
import { checkNamespaceFree } from '../write/waiting.ts';
import { ID_INDEX } from './index-commands.ts';

const REFUSED: readonly [field: string, what: string][] = [
  ['capped', 'a capped collection'],
  ['timeseries', 'a time-series collection'],
  ['clusteredIndex', 'a clustered collection'],
  ['viewOn', 'a view'],
  ['pipeline', 'a view'],
  ['validator', 'a validator'],
  ['changeStreamPreAndPostImages', 'a change stream'],
  ['encryptedFields', 'queryable encryption'],
  ['expireAfterSeconds', 'a time-series collection'],
];

/** `create`. */
export async function create(engine: Engine, request: Request): Promise<Reply> {
  const name = request.collectionName();
  for (const [field, what] of REFUSED) {
    const value = request.fields.get(field);
    if (value !== undefined && value !== false && !isOff(value)) throw unsupported(what, 'InvalidOptions');
  }
  checkCollation(request.fields.get('collation'));
  const ns = `${request.db}.${name}`;
  await attempt(engine, () => {
    if (request.view.catalog.has(ns) || engine.storage.catalog.state.has(ns)) {
      // As the server since 7.0: the same collection again is no error.
      if (request.transaction === undefined) return;
      throw new CommandError('NamespaceExists', `Collection ${ns} already exists.`);
    }
    if (request.writes instanceof TransactionWrites) request.writes.create(request.db, name, new Map());
    else request.writes.open(request.db, name);
  });
  return new Map();
}

function isOff(value: Value): boolean {
  return isDoc(value) && value.get('enabled') === false;
}

/** `drop`. */
export async function drop(engine: Engine, request: Request): Promise<Reply> {
  const ns = `${request.db}.${request.collectionName()}`;
  const collection = engine.storage.catalog.state.get(ns);
  if (collection === undefined) return new Map();
  await checkNamespaceFree(engine, collection);
  dropNow(engine, request, collection);
  return doc({ nIndexesWas: int32(collection.indexes.length + 1), ns });
}

function dropNow(engine: Engine, request: Request, collection: Collection): void {
  const latest = engine.storage.catalog.state.get(collection.ns);
  if (latest?.id !== collection.id) return;
  request.writes.begin();
  engine.storage.dropCollection(latest);
}

/** `dropDatabase`. */
export async function dropDatabase(engine: Engine, request: Request): Promise<Reply> {
  const collections = [...engine.storage.catalog.state.values()].filter((c) => c.db === request.db);
  for (const collection of collections) {
    await checkNamespaceFree(engine, collection);
    dropNow(engine, request, collection);
  }
  return doc({ dropped: request.db });
}

/** `listCollections`. */
export function listCollections(engine: Engine, request: Request): Promise<Reply> {
  const { fields, db } = request;
  const filter = fields.document('filter');
  const matches = filter === undefined ? () => true : compileFilter(parseFilter(filter));
  const nameOnly = fields.boolean('nameOnly') ?? false;
  const described = [...request.view.catalog.values()]
    .filter((collection) => collection.db === db)
    .map(describe)
    .filter((entry) => matches(entry))
    .map((entry) => (nameOnly ? doc({ name: entry.get('name')!, type: 'collection' }) : entry));
  const size = fields.document('cursor')?.get('batchSize');
  const results = {
    iterator: described.map((entry) => encodeDocument(entry))[Symbol.iterator](),
    finished: () => false,
  };
  return firstBatch(engine, request, `${db}.$cmd.listCollections`, results, {
    batchSize: isNumeric(size) ? toPlainNumber(size) : described.length + 1,
  });
}

function describe(collection: Collection): Doc {
  return doc({
    name: collection.name,
    type: 'collection',
    options: collection.options,
    info: doc({ readOnly: false, uuid: new Binary(collection.uuid, 4) }),
    idIndex: ID_INDEX,
  });
}

/** `listDatabases` (admin). */
export function listDatabases(engine: Engine, request: Request): Reply {
  const { fields } = request;
  const filter = fields.document('filter');
  const matches = filter === undefined ? () => true : compileFilter(parseFilter(filter));
  const nameOnly = fields.boolean('nameOnly') ?? false;
  const names = [...new Set([...engine.storage.catalog.state.values()].map((c) => c.db))].sort();
  const described = names
    .map((name) => doc({ name, sizeOnDisk: BigInt(countTableBytes(engine, name)), empty: false }))
    .filter((entry) => matches(entry));
  if (nameOnly) return doc({ databases: described.map((entry) => doc({ name: entry.get('name')! })) });
  const total = described.reduce((sum, entry) => sum + Number(entry.get('sizeOnDisk')), 0);
  return doc({
    databases: described,
    totalSize: BigInt(total),
    totalSizeMb: BigInt(Math.floor(total / 1048576)),
  });
}

function countTableBytes(engine: Engine, db: string): number {
  let pages = 0;
  for (const collection of engine.storage.catalog.state.values()) {
    if (collection.db === db) pages += engine.storage.tableBytes(collection);
  }
  return pages;
}

/** `collMod`: expiry and visibility of an index. */
export function collMod(engine: Engine, request: Request): Reply {
  const ns = `${request.db}.${request.collectionName()}`;
  const collection = engine.storage.catalog.state.get(ns);
  if (collection === undefined) throw new CommandError('NamespaceNotFound', `ns does not exist: ${ns}`);
  const change = request.fields.document('index');
  for (const field of request.body.keys()) {
    if (
      [
        'validator',
        'validationLevel',
        'validationAction',
        'viewOn',
        'pipeline',
        'changeStreamPreAndPostImages',
        'timeseries',
        'expireAfterSeconds',
        'cappedSize',
        'cappedMax',
      ].includes(field)
    ) {
      throw unsupported(`collMod with ${field}`, 'InvalidOptions');
    }
  }
  if (change === undefined) return new Map();
  for (const option of ['unique', 'prepareUnique']) {
    if (change.has(option)) throw unsupported(`collMod with ${option}`, 'InvalidOptions');
  }
  const name = change.get('name');
  const pattern = change.get('keyPattern');
  const index = collection.indexes.find((other) =>
    isDoc(pattern)
      ? Buffer.compare(encodeDocument(pattern), encodeDocument(other.pattern)) === 0
      : other.name === name,
  );
  if (index === undefined)
    throw new CommandError('IndexNotFound', `cannot find index ${String(name)} for ns ${ns}`);
  const spec = new Map(index.spec);
  const reply: Doc = new Map();
  for (const option of ['expireAfterSeconds', 'hidden'] as const) {
    const value = change.get(option);
    if (value === undefined) continue;
    const old = spec.get(option);
    if (old !== undefined) reply.set(`${option}_old`, old);
    reply.set(`${option}_new`, value);
    if (value === false) spec.delete(option);
    else spec.set(option, value);
  }
  if (reply.size === 0) throw new CommandError('InvalidOptions', 'no expireAfterSeconds or hidden field');
  request.writes.begin();
  engine.storage.atomic(() => engine.storage.catalog.respecifyIndex(collection, index, spec));
  return reply;
}
