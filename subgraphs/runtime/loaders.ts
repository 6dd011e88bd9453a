import DataLoader from 'dataloader';
import { type BoundArgs, readFirst } from './connection.ts';

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

/** The records of one owner, at most so many. */
export interface OwnedList {
  readonly ownerId: string;
  readonly first: number;
}

/** The list of what belongs to a record, as the arguments of its field state. */
export function toOwnedList({ _id }: { readonly _id: string }, { first }: BoundArgs): OwnedList {
  return { ownerId: _id, first: readFirst(first) };
}

/** Records that one command reads for several owners. */
const readTogetherMax = 2_000;

/**
 * Loads the first records of owners, as `groupLoader` does: with one command where all of them are few, else with one for each owner, so that
 * no list reads more than it answers.
 */
export function boundedGroupLoader<TRecord extends object>(
  fetch: (ownerIds: readonly string[], limit: number) => PromiseLike<readonly TRecord[]>,
  toOwnerId: (record: TRecord) => string,
  visible: (record: TRecord) => boolean = () => true,
): DataLoader<OwnedList, readonly TRecord[], string> {
  return new DataLoader<OwnedList, readonly TRecord[], string>(
    async (lists) => {
      const owners = [...new Set(lists.map(({ ownerId }) => ownerId))];
      const wanted = Math.max(...lists.map(({ first }) => first));
      const limit = owners.length === 1 ? wanted : readTogetherMax;
      const found = await fetch(owners, limit);
      const isWhole = owners.length === 1 || found.length < limit;
      const records = isWhole
        ? found
        : (await Promise.all(owners.map((ownerId) => fetch([ownerId], wanted)))).flat();
      const byOwner = Map.groupBy(records.filter(visible), toOwnerId);
      return lists.map(({ ownerId, first }) => (byOwner.get(ownerId) ?? []).slice(0, first));
    },
    { cacheKeyFn: ({ ownerId, first }) => `${first} ${ownerId}`, maxBatchSize: batchMax },
  );
}
