import { type Connection, type IndexDefinition, type IndexOptions, type Model, Schema } from 'mongoose';

/** An index of a collection: its keys and its options, as the driver takes them. */
export type IndexSpec = readonly [keys: IndexDefinition, options?: IndexOptions];

/** What mongoose needs to know of one collection. */
export interface CollectionDefinition {
  readonly name: string;
  readonly schema: Schema;
}

const definitions = new Map<string, CollectionDefinition>();

/** The collections with an imported file: `ensureIndexes` builds the indexes of exactly these. */
export function definedCollections(): readonly CollectionDefinition[] {
  return [...definitions.values()];
}

/**
 * Defines one collection and answers its getter, `tenants(connection)`: a model per connection, made once, so that
 * several databases can be open in one process. Paths that the schema does not name are refused (`strict: 'throw'`),
 * nothing is added to a record (no `__v`, no defaults), and indexes are built by `ensureIndexes`, never on the side.
 *
 * @example
 * export interface AppRecord { _id: string; tenantId: string; name: string }
 * export const apps = defineCollection<AppRecord>(
 *   'apps',
 *   { _id: { type: String, required: true }, tenantId: { type: String, required: true }, name: { type: String, required: true } },
 *   [[{ tenantId: 1, name: 1 }, { unique: true }]],
 * );
 * const app = await apps(database.connection).findById(id).lean();
 */
export function defineCollection<TRecord>(
  name: string,
  paths: Record<string, unknown>,
  indexes: readonly IndexSpec[] = [],
): (connection: Connection) => Model<TRecord> {
  if (definitions.has(name)) throw new Error(`The collection ${name} is defined twice.`);
  const schema = new Schema<TRecord>(paths as ConstructorParameters<typeof Schema<TRecord>>[0], {
    versionKey: false,
    autoIndex: false,
    autoCreate: false,
    minimize: false,
    id: false,
    strict: 'throw',
    strictQuery: 'throw',
  });
  for (const [keys, options] of indexes) schema.index(keys, options);
  definitions.set(name, { name, schema: schema as Schema });
  const models = new WeakMap<Connection, Model<TRecord>>();
  return (connection) => {
    let model = models.get(connection);
    if (model === undefined) {
      model = connection.model<TRecord>(name, schema as Schema<TRecord>, name);
      models.set(connection, model);
    }
    return model;
  };
}
