import type { Connection } from 'mongoose';
import { type TenantKeyRecord, tenantKeys } from '../tenant-keys.ts';
import { addVersion, discardVersions, type RootKeys, rewrapRecord } from './data-keys.ts';

const idsPerQuery = 500;

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
 * repeated. The number of owners whose keys it has wrapped. Rejects with RootKeyFailure where a former root key is not at hand.
 */
export async function rewrapDataKeys(connection: Connection, roots: RootKeys): Promise<number> {
  let owners = 0;
  for await (const owner of listOwners(connection)) {
    if ((await rewrapRecord(connection, roots, owner)) > 0) owners += 1;
  }
  return owners;
}

/**
 * Removes the data keys that no root key at hand has wrapped: what they have sealed is lost. Owners that are left without a key
 * get another one. The number of owners that have lost one.
 */
export async function discardLostKeys(connection: Connection, roots: RootKeys): Promise<number> {
  const known = new Set(roots.map(({ id }) => id));
  let owners = 0;
  for await (const owner of listOwners(connection)) {
    if (!(await discardVersions(connection, owner, known))) continue;
    owners += 1;
    await addVersion(connection, roots, owner, ({ keys }) => keys.every(({ wrapped }) => wrapped === null));
  }
  return owners;
}
