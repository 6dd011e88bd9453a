import type { Document } from 'bson';
import type { ClientSession, Collection, Db, MongoClient } from 'mongodb';
import { type Entities, Inexpressible } from './entities.ts';
import type { Operation } from './format.ts';
import { driverOptions } from './options.ts';
import { RUNNER_OPERATIONS } from './runner-operations.ts';

type Call<T> = (target: T, args: Document) => unknown;

const CLIENT: Record<string, Call<MongoClient>> = {
  listDatabases: async (client, options) =>
    (await client.db('admin').admin().listDatabases(options)).databases,
};

const DATABASE: Record<string, Call<Db>> = {
  aggregate: (db, { pipeline, ...options }) => db.aggregate(pipeline, options).toArray(),
  createCollection: async (db, { collection, ...options }) => {
    await db.createCollection(collection, options);
  },
  dropCollection: (db, { collection, ...options }) => db.dropCollection(collection, options),
  listCollections: (db, { filter, ...options }) => db.listCollections(filter, options).toArray(),
  modifyCollection: (db, { collection, ...options }) => db.command({ collMod: collection, ...options }),
  runCommand: (db, { command, commandName: _, ...options }) => db.command(command, options),
};

const COLLECTION: Record<string, Call<Collection>> = {
  aggregate: (c, { pipeline, ...options }) => c.aggregate(pipeline, options).toArray(),
  bulkWrite: (c, { requests, ...options }) => c.bulkWrite(requests, options),
  count: (c, { filter, ...options }) => c.count(filter, options),
  countDocuments: (c, { filter, ...options }) => c.countDocuments(filter, options),
  createIndex: (c, { keys, ...options }) => c.createIndex(keys, options),
  createSearchIndex: (c, { model }) => c.createSearchIndex(model),
  createSearchIndexes: (c, { models }) => c.createSearchIndexes(models),
  deleteMany: (c, { filter, ...options }) => c.deleteMany(filter, options),
  deleteOne: (c, { filter, ...options }) => c.deleteOne(filter, options),
  distinct: (c, { fieldName, filter, ...options }) => c.distinct(fieldName, filter, options),
  dropIndex: (c, { name, ...options }) => c.dropIndex(name, options),
  dropSearchIndex: (c, { name }) => c.dropSearchIndex(name),
  estimatedDocumentCount: (c, options) => c.estimatedDocumentCount(options),
  find: (c, { filter, ...options }) => c.find(filter, options).toArray(),
  findOne: (c, { filter, ...options }) => c.findOne(filter, options),
  findOneAndDelete: (c, { filter, ...options }) => c.findOneAndDelete(filter, options),
  findOneAndReplace: (c, { filter, replacement, ...options }) =>
    c.findOneAndReplace(filter, replacement, options),
  findOneAndUpdate: (c, { filter, update, ...options }) => c.findOneAndUpdate(filter, update, options),
  insertMany: (c, { documents, ...options }) => c.insertMany(documents, options),
  insertOne: (c, { document, ...options }) => c.insertOne(document, options),
  listIndexes: (c, options) => c.listIndexes(options).toArray(),
  listSearchIndexes: (c, { name, aggregationOptions }) =>
    c.listSearchIndexes(name, aggregationOptions).toArray(),
  replaceOne: (c, { filter, replacement, ...options }) => c.replaceOne(filter, replacement, options),
  updateMany: (c, { filter, update, ...options }) => c.updateMany(filter, update, options),
  updateOne: (c, { filter, update, ...options }) => c.updateOne(filter, update, options),
  updateSearchIndex: (c, { name, definition }) => c.updateSearchIndex(name, definition),
};

const SESSION: Record<string, Call<ClientSession>> = {
  abortTransaction: (session) => session.abortTransaction(),
  commitTransaction: (session) => session.commitTransaction(),
  endSession: (session) => session.endSession(),
  getSnapshotTime: (session) => Reflect.get(session, 'snapshotTime'),
  startTransaction: (session, options) => session.startTransaction(options),
};

/** Runs one operation on its entity and gives what the driver gave. */
export async function perform(
  entities: Entities,
  inner: MongoClient,
  operation: Operation,
): Promise<unknown> {
  const { object, name } = operation;
  const { session, ...rest } = driverOptions(operation.arguments ?? {});
  const args = session === undefined ? rest : { ...rest, session: entities.session(session) };
  switch (entities.findKind(object)) {
    case 'testRunner':
      return await one(RUNNER_OPERATIONS, operation)({ entities, inner }, operation.arguments ?? {});
    case 'client':
      return await one(CLIENT, operation)(entities.client(object).client, args);
    case 'database':
      return await one(DATABASE, operation)(entities.database(object), args);
    case 'collection':
      return await one(COLLECTION, operation)(entities.collection(object), args);
    case 'session':
      return await one(SESSION, operation)(entities.session(object), args);
    default:
      throw new Inexpressible(`${name} on the unknown entity ${object}`);
  }
}

function one<T>(table: Record<string, Call<T>>, { name, object }: Operation): Call<T> {
  const call = table[name];
  if (call === undefined) throw new Inexpressible(`the runner has no operation ${name} on ${object}`);
  return call;
}
