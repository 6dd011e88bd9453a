import DataLoader from 'dataloader';

/** The most keys one database command requests. */
const batchMax = 500;

/**
 * Loads single records by key, all that one tick requests with one command. A key without a record, and a record
 * that `visible` refuses, is null: what the caller may not see does not exist.
 *
 * @example recordLoader((ids) => tenants(connection).find({ _id: { $in: ids } }).lean(), (tenant) => tenant._id)
 */
export function recordLoader<TRecord extends object>(
  fetch: (keys: string[]) => PromiseLike<readonly TRecord[]>,
  toKey: (record: TRecord) => string,
  visible: (record: TRecord) => boolean = () => true,
): DataLoader<string, TRecord | null> {
  return new DataLoader<string, TRecord | null>(
    async (keys) => {
      const byKey = new Map<string, TRecord>();
      for (const record of await fetch([...keys])) {
        if (visible(record)) byKey.set(toKey(record), record);
      }
      return keys.map((key) => byKey.get(key) ?? null);
    },
    { maxBatchSize: batchMax },
  );
}

/** Loads a record that another one refers to: throws where it is missing, or hidden from the caller. */
export async function loadReferred<TKey, TRecord>(
  loader: Pick<DataLoader<TKey, TRecord | null>, 'load'>,
  key: TKey,
): Promise<TRecord> {
  const record = await loader.load(key);
  if (record === null) throw new Error('A record that another one refers to is missing or hidden.');
  return record;
}

/**
 * Loads the list of records that belong to a key, all that one tick requests with one command, in the order that
 * `fetch` answers them. What bounds a list is the command that adds to it.
 *
 * @example groupLoader((ids) => apps(connection).find({ tenantId: { $in: ids } }).sort({ _id: 1 }).lean(), (app) => app.tenantId)
 */
export function groupLoader<TRecord extends object>(
  fetch: (keys: string[]) => PromiseLike<readonly TRecord[]>,
  toKey: (record: TRecord) => string,
  visible: (record: TRecord) => boolean = () => true,
): DataLoader<string, readonly TRecord[]> {
  return new DataLoader<string, readonly TRecord[]>(
    async (keys) => {
      const groups = new Map<string, TRecord[]>(keys.map((key) => [key, []]));
      for (const record of await fetch([...keys])) {
        if (visible(record)) groups.get(toKey(record))?.push(record);
      }
      return keys.map((key) => groups.get(key) ?? []);
    },
    { maxBatchSize: batchMax },
  );
}
