import { doc, int32 } from '../../bson/values.ts';
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
