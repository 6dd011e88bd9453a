import { doc, int32 } from '../../bson/values.ts';
import { CommandError } from '../../errors.ts';
import type { Collection } from '../../storage/catalog.ts';
import type { Engine } from '../engine.ts';
import { whole } from '../read/count.ts';
import type { Reply } from '../reply.ts';
import type { Request } from '../request.ts';

function measured(engine: Engine, collection: Collection | undefined) {
  const count = collection === undefined ? 0 : engine.storage.reader.count(collection.id);
  const size = collection === undefined ? 0 : engine.storage.tableBytes(collection);
  return { count, size, average: count === 0 ? 0 : Math.floor(size / count) };
}

/** `collStats`, the part of it that a client shows: counts and sizes. */
export function collStats(engine: Engine, request: Request): Reply {
  const ns = `${request.db}.${String(request.body.get(request.name))}`;
  const collection = request.view.catalog.get(ns);
  const { count, size, average } = measured(engine, collection);
  return doc({
    ns,
    size: whole(size),
    count: whole(count),
    avgObjSize: int32(average),
    numOrphanDocs: int32(0),
    storageSize: whole(size),
    nindexes: int32(collection === undefined ? 0 : collection.indexes.length + 1),
    indexBuilds: [],
    totalIndexSize: int32(0),
    totalSize: whole(size),
    indexSizes: new Map(),
    scaleFactor: int32(1),
    capped: false,
  });
}

export function dbStats(engine: Engine, request: Request): Reply {
  const collections = [...request.view.catalog.values()].filter((collection) => collection.db === request.db);
  const all = collections.map((collection) => measured(engine, collection));
  const objects = all.reduce((sum, { count }) => sum + count, 0);
  const size = all.reduce((sum, part) => sum + part.size, 0);
  return doc({
    db: request.db,
    collections: whole(collections.length),
    views: whole(0),
    objects: whole(objects),
    avgObjSize: objects === 0 ? 0 : size / objects,
    dataSize: size,
    storageSize: size,
    indexes: whole(collections.reduce((sum, { indexes }) => sum + indexes.length + 1, 0)),
    indexSize: 0,
    totalSize: size,
    scaleFactor: whole(1),
  });
}

/** A check reads everything and lets nobody in between: only of collections where that takes no second. */
const VALIDATED_ROWS_MAX = 50_000;

/** `validate`: SQLite's own check of the collection's tables. */
export function validate(engine: Engine, request: Request): Reply {
  const ns = `${request.db}.${request.collectionName()}`;
  const collection = request.view.catalog.get(ns);
  if (collection === undefined)
    throw new CommandError('NamespaceNotFound', `Collection '${ns}' does not exist to validate.`);
  const { storage } = engine;
  const isLarge = storage.reader.hasMoreThan(collection.id, VALIDATED_ROWS_MAX);
  const found = isLarge ? 'ok' : storage.integrity(collection);
  return doc({
    ns,
    nrecords: whole(storage.reader.count(collection.id)),
    nIndexes: int32(collection.indexes.length + 1),
    valid: found === 'ok',
    errors: found === 'ok' ? [] : [found],
    warnings: isLarge ? ['not looked through: too large for a check while others are served'] : [],
  });
}
