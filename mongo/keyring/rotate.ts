import type { Connection } from 'mongoose';
import { RootKeyFailure } from '#core/secrets/root-key.ts';
import { changeTenantKey, type TenantKeyRecord, tenantKeys, type WrappedDataKey } from '../tenant-keys.ts';
import { activationMs, addVersion, discardVersions, type RootKeys, rewrapRecord } from './data-keys.ts';

const idsPerQuery = 500;
/** A new version seals in every process by then: it is known, and the keys in memory were compared with the store since. */
const knownMs = activationMs + 30_000;

/** The owners of keys that were not destroyed, in order. */
async function* listOwners(connection: Connection): AsyncGenerator<string, void> {
  for (let last = ''; ; ) {
    const found = await tenantKeys(connection)
      .find({ _id: { $gt: last }, destroyedAt: null }, { _id: 1 })
      .sort({ _id: 1 })
      .limit(idsPerQuery)
      .lean<Pick<TenantKeyRecord, '_id'>[]>();
    for (const { _id } of found) yield _id;
    const next = found.at(-1)?._id;
    if (next === undefined) return;
    last = next;
  }
}

/**
 * Wraps every data key with the root key in use that another one has wrapped, while the mesh runs; a run that was interrupted is
 * repeated. The number of owners whose keys it has wrapped. Rejects with RootKeyFailure where a former root key is not at hand, or a
 * key is damaged: after it has wrapped those of all other owners.
 */
export async function rewrapDataKeys(connection: Connection, roots: RootKeys): Promise<number> {
  let owners = 0;
  let refused = 0;
  let cause: RootKeyFailure | undefined;
  for await (const owner of listOwners(connection)) {
    try {
      if ((await rewrapRecord(connection, roots, owner)) > 0) owners += 1;
    } catch (error) {
      if (!(error instanceof RootKeyFailure) || error.reason === 'UNREACHABLE') throw error;
      cause ??= error;
      refused += 1;
    }
  }
  if (cause === undefined) return owners;
  const message = `The data keys of ${refused} owners cannot be unwrapped, those of the others are wrapped anew. ${cause.message}`;
  throw new RootKeyFailure('REFUSED', message, { cause });
}

/**
 * Removes the data keys that no root key at hand has wrapped: what they have sealed is lost. Owners that are left without a key
 * get another one. The number of owners that have lost one.
 */
export async function discardLostKeys(connection: Connection, roots: RootKeys): Promise<number> {
  const known = new Set(roots.map(({ id }) => id));
  let owners = 0;
  for await (const owner of listOwners(connection)) {
    if (await discardVersions(connection, owner, known)) owners += 1;
    // Also where none was lost now: a run that was killed may have left the owner without a key.
    await addVersion(connection, roots, owner, {
      isWanted: ({ keys }) => keys.every(({ wrapped }) => wrapped === null),
    });
  }
  return owners;
}

/** Data keys that are younger stay: a run that was interrupted and is repeated within an hour makes no further version. */
const freshMs = 3_600_000;

/** What was done to make new data keys. */
export interface AddedVersions {
  /** The number of owners that have got a new version. */
  readonly owners: number;
  /** When every process seals with the newest versions; null: they do already. */
  readonly sealedFrom: Date | null;
}

/** Adds a version to the keys of each owner whose newest is older than an hour, while the mesh runs. */
export async function addDataKeyVersions(
  connection: Connection,
  roots: RootKeys,
  now: () => number,
): Promise<AddedVersions> {
  const before = new Date(now() - freshMs);
  let owners = 0;
  let newestMs = 0;
  for await (const owner of listOwners(connection)) {
    const isAdded = await addVersion(connection, roots, owner, {
      isWanted: ({ keys }) => keys.every(({ createdAt }) => createdAt < before),
      // Of each its own: wrapping those before it may have taken minutes.
      createdAt: new Date(now()),
    });
    if (isAdded) {
      owners += 1;
      newestMs = now();
      continue;
    }
    const record = await tenantKeys(connection).findById(owner).lean<TenantKeyRecord>();
    if ((record?.keys.length ?? 0) > 1)
      newestMs = Math.max(newestMs, record?.keys.at(-1)?.createdAt.getTime() ?? 0);
  }
  const sealedFromMs = newestMs + knownMs;
  return { owners, sealedFrom: newestMs > 0 && sealedFromMs > now() ? new Date(sealedFromMs) : null };
}

/**
 * How long a version stays that the store holds nothing of: calls of an hour, their streams and cached answers, and what browsers keep of a
 * sign-in have ended by then.
 */
export const unusedMs = 24 * 3_600_000;

/** What became of former versions. */
export interface PrunedVersions {
  /** The ids of the data keys that were destroyed. */
  readonly pruned: readonly string[];
  /** Those that may be destroyed later, and from when on; null: there are none. */
  readonly waiting: { readonly count: number; readonly until: Date } | null;
}

/**
 * Destroys the former versions that nothing is sealed with any more, after everything in the store was sealed with the newest: `left` has
 * the ids of the data keys that something is still sealed with. A version is destroyed in a run a day after the first one that found nothing of it. A
 * run that was interrupted is repeated.
 */
export async function pruneDataKeys(
  connection: Connection,
  left: ReadonlySet<string>,
  nowMs: number,
): Promise<PrunedVersions> {
  const pruned: string[] = [];
  const waiting: number[] = [];
  for await (const owner of listOwners(connection)) {
    for (;;) {
      const record = await tenantKeys(connection).findById(owner).lean<TenantKeyRecord>();
      if (record === null || record.destroyedAt !== null) break;
      const keys = pruneVersions(record, left, nowMs);
      const isSame = keys.every((key, at) => key === record.keys[at]);
      if (!isSame && !(await changeTenantKey(connection, record, { keys }))) continue;
      for (const [at, { keyId, wrapped, unusedSince }] of keys.entries()) {
        if (wrapped === null && record.keys[at]?.wrapped !== null) pruned.push(keyId);
        if (wrapped !== null && unusedSince !== undefined) waiting.push(unusedSince.getTime() + unusedMs);
      }
      break;
    }
  }
  const until = waiting.length === 0 ? null : new Date(Math.max(...waiting));
  return { pruned, waiting: until && { count: waiting.length, until } };
}

/** The versions, with those destroyed that nothing has needed for a day; the others as they are. */
function pruneVersions(
  { keys }: TenantKeyRecord,
  left: ReadonlySet<string>,
  nowMs: number,
): readonly WrappedDataKey[] {
  const sealing = keys.findLastIndex(
    ({ wrapped, createdAt }) => wrapped !== null && createdAt.getTime() + knownMs <= nowMs,
  );
  return keys.map((key, at) => {
    if (key.wrapped === null || at >= sealing) return key;
    const { unusedSince, ...used } = key;
    if (left.has(key.keyId)) return unusedSince === undefined ? key : used;
    if (unusedSince === undefined) return { ...key, unusedSince: new Date(nowMs) };
    const isDue = unusedSince.getTime() + unusedMs <= nowMs;
    return isDue ? { ...key, wrapped: null, prunedAt: new Date(nowMs) } : key;
  });
}
