import type { Connection, Model, mongo } from 'mongoose';

/**
 * The driver's own collection of a model, for the writes of the hot path: mongoose's casting would cost more than the
 * rest of an invocation, and the types check the records.
 */
export function nativeCollection<TRecord extends mongo.Document>(
  connection: Connection,
  model: (connection: Connection) => Model<TRecord>,
): mongo.Collection<TRecord> {
  const { db } = connection;
  if (db === undefined) throw new Error('The database connection is not open.');
  return db.collection<TRecord>(model(connection).collection.name);
}
