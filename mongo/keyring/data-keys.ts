import type { Connection } from 'mongoose';
import { isDuplicateKey } from '#core/input.ts';
import { type DataKey, makeDataKey } from '#core/secrets/data-box.ts';
import { type RootKey, RootKeyFailure } from '#core/secrets/root-key.ts';
import { changeTenantKey, type TenantKeyRecord, tenantKeys, type WrappedDataKey } from '../tenant-keys.ts';

/** The root keys of a process: the first one wraps, each unwraps what it has wrapped. */
export type RootKeys = readonly [RootKey, ...RootKey[]];

/** How long a new version is only known before it seals: every process has read it by then. */
export const activationMs = 60_000;

/** A version that has not been destroyed. */
export type UsableKey = WrappedDataKey & { readonly wrapped: string };

const isUsable = (key: WrappedDataKey): key is UsableKey => key.wrapped !== null;

/** The versions of a record that are not destroyed, oldest first. */
export function listUsable({ keys }: Pick<TenantKeyRecord, 'keys'>): readonly UsableKey[] {
  return keys.filter(isUsable);
}

/** The version that seals at this time: the newest that every process knows, or the only one there is. */
export function findSealing(keys: readonly UsableKey[], nowMs: number): UsableKey | undefined {
  return keys.findLast(({ createdAt }) => createdAt.getTime() + activationMs <= nowMs) ?? keys[0];
}

/** What a wrapped key is bound to: its owner and its id. */
const toContext = (owner: string, keyId: string) => ['tenant_keys', owner, keyId];

/** Rejects with RootKeyFailure; ABSENT where its root key is not at hand. */
export async function unwrapKey(
  roots: RootKeys,
  owner: string,
  { keyId, rootKeyId, wrapped }: UsableKey,
): Promise<DataKey> {
  const root = roots.find(({ id }) => id === rootKeyId);
  if (root === undefined) {
    throw new RootKeyFailure(
      'ABSENT',
      `The data key is wrapped by the root key ${rootKeyId}, which is not at hand.`,
    );
  }
  return { id: keyId, key: await root.unwrap(wrapped, toContext(owner, keyId)) };
}

async function wrapKey([root]: RootKeys, owner: string, { id, key }: DataKey) {
  return { rootKeyId: root.id, wrapped: await root.wrap(key, toContext(owner, id)) };
}

/** A new version for the owner, wrapped. */
async function makeVersion(
  roots: RootKeys,
  owner: string,
  { version, createdAt }: Pick<UsableKey, 'version' | 'createdAt'>,
): Promise<UsableKey> {
  const made = makeDataKey();
  return { keyId: made.id, version, ...(await wrapKey(roots, owner, made)), createdAt };
}

/** The record of an owner that has none yet, wrapped by this root key: of several processes that make it at once, one makes it and all read it. */
export async function createRecord(
  connection: Connection,
  root: RootKey,
  owner: string,
): Promise<TenantKeyRecord> {
  const first = await makeVersion([root], owner, { version: 1, createdAt: new Date() });
  const record: TenantKeyRecord = {
    _id: owner,
    revision: 1,
    keys: [first],
    createdAt: first.createdAt,
    destroyedAt: null,
  };
  try {
    await tenantKeys(connection).create(record);
    return record;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
  }
  const stored = await tenantKeys(connection).findById(owner).lean<TenantKeyRecord>();
  if (stored === null) throw new Error(`The key of ${owner} vanished while it was made.`);
  return stored;
}

/** Which owners get a version, by their record (all), and when it counts as made (now). */
export interface NewVersion {
  readonly isWanted?: (record: TenantKeyRecord) => boolean;
  readonly createdAt?: Date;
}

/** Adds a version to the owner's keys where it `isWanted`, unless they were destroyed. Whether it was added. */
export async function addVersion(
  connection: Connection,
  roots: RootKeys,
  owner: string,
  { isWanted = () => true, createdAt = new Date() }: NewVersion = {},
): Promise<boolean> {
  for (;;) {
    const record = await tenantKeys(connection).findById(owner).lean<TenantKeyRecord>();
    if (record === null || record.destroyedAt !== null || !isWanted(record)) return false;
    const version = (record.keys.at(-1)?.version ?? 0) + 1;
    const made = await makeVersion(roots, owner, { version, createdAt });
    if (await changeTenantKey(connection, record, { keys: [...record.keys, made] })) return true;
  }
}

/** Wraps each version again that another root key has wrapped. How many there were. Rejects with RootKeyFailure. */
export async function rewrapRecord(connection: Connection, roots: RootKeys, owner: string): Promise<number> {
  for (;;) {
    const record = await tenantKeys(connection).findById(owner).lean<TenantKeyRecord>();
    if (record === null || record.destroyedAt !== null) return 0;
    let count = 0;
    const keys: WrappedDataKey[] = [];
    for (const key of record.keys) {
      if (!isUsable(key) || key.rootKeyId === roots[0].id) keys.push(key);
      else {
        keys.push({ ...key, ...(await wrapKey(roots, owner, await unwrapKey(roots, owner, key))) });
        count += 1;
      }
    }
    if (count === 0 || (await changeTenantKey(connection, record, { keys }))) return count;
  }
}

/** Removes the versions that none of these root keys has wrapped. Whether there was one. */
export async function discardVersions(
  connection: Connection,
  owner: string,
  rootKeyIds: ReadonlySet<string>,
): Promise<boolean> {
  for (;;) {
    const record = await tenantKeys(connection).findById(owner).lean<TenantKeyRecord>();
    if (record === null || record.destroyedAt !== null) return false;
    const isLost = (key: WrappedDataKey) => isUsable(key) && !rootKeyIds.has(key.rootKeyId);
    if (!record.keys.some(isLost)) return false;
    const keys = record.keys.map((key) => (isLost(key) ? { ...key, wrapped: null } : key));
    if (await changeTenantKey(connection, record, { keys })) return true;
  }
}
