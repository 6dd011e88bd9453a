import type { Connection } from 'mongoose';
import { isDuplicateKey } from '#core/input.ts';
import { defineCollection } from './collection.ts';

/** One version of a data key, as it is at rest. */
export interface WrappedDataKey {
  /** Stands in every text that is sealed with it. */
  readonly keyId: string;
  /** Counts from 1 for each owner. */
  readonly version: number;
  /** Names the root key that unwraps it. */
  readonly rootKeyId: string;
  /** The data key as the root key wraps it; null: it was destroyed. */
  readonly wrapped: string | null;
  readonly createdAt: Date;
  /** When the store was found to hold nothing more that it has sealed, after every process had begun to seal with a newer one; absent: before. */
  readonly unusedSince?: Date;
  /** When it was destroyed as one that nothing needs; absent: it was not, or with all keys of its owner. */
  readonly prunedAt?: Date;
}

/** The data keys of a tenant, or of the mesh. Every change counts `revision`, so that none is lost to another one. */
export interface TenantKeyRecord {
  /** The id of the tenant, or `@mesh`, which is the id of no tenant. */
  readonly _id: string;
  readonly revision: number;
  /** Oldest first. */
  readonly keys: readonly WrappedDataKey[];
  readonly createdAt: Date;
  /** When the keys were destroyed, for good; null: they are in use. */
  readonly destroyedAt: Date | null;
}

const text = { type: String, required: true };

export const tenantKeys = defineCollection<TenantKeyRecord>(
  'tenant_keys',
  {
    _id: text,
    revision: { type: Number, required: true },
    keys: [
      {
        _id: false,
        keyId: text,
        version: { type: Number, required: true },
        rootKeyId: text,
        wrapped: { type: String, default: null },
        createdAt: { type: Date, required: true },
        unusedSince: Date,
        prunedAt: Date,
      },
    ],
    createdAt: { type: Date, required: true },
    destroyedAt: { type: Date, default: null },
  },
  // What is sealed names its key, not its owner.
  [[{ 'keys.keyId': 1 }]],
);

/** Is called after the keys of a tenant were destroyed through the same connection. */
export type OnKeyDestroyed = (tenantId: string) => Promise<void>;

const listeners = new WeakMap<Connection, Set<OnKeyDestroyed>>();

/** Calls back whenever keys are destroyed through this connection, until it is disposed. */
export function onKeyDestroyed(connection: Connection, listener: OnKeyDestroyed): Disposable {
  const known = listeners.get(connection) ?? new Set();
  listeners.set(connection, known.add(listener));
  return { [Symbol.dispose]: () => known.delete(listener) };
}

/**
 * Destroys every version of the tenant's data key, for good: what is sealed with it opens no more, and no other key is made
 * for the tenant. Resolves when that is stored and the other processes were notified; one that misses the notice forgets the key within 30 s.
 * Whether there was something left to destroy: false when it is repeated.
 */
export async function destroyTenantKey(connection: Connection, tenantId: string): Promise<boolean> {
  const isFirst = await storeDestroyed(connection, tenantId);
  // Also when it is repeated: the process that was first may have died before the notice.
  for (const notify of listeners.get(connection) ?? []) await notify(tenantId);
  return isFirst;
}

async function storeDestroyed(connection: Connection, tenantId: string): Promise<boolean> {
  const collection = tenantKeys(connection);
  for (;;) {
    const destroyedAt = new Date();
    const found = await collection.findById(tenantId).lean<TenantKeyRecord>();
    if (found === null) {
      try {
        await collection.create({
          _id: tenantId,
          revision: 1,
          keys: [],
          createdAt: destroyedAt,
          destroyedAt,
        });
        return true;
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
        continue;
      }
    }
    if (found.destroyedAt !== null) return false;
    const keys = found.keys.map((key) => ({ ...key, wrapped: null }));
    if (await changeTenantKey(connection, found, { keys, destroyedAt })) return true;
  }
}

/** Changes the record where it is still as it was read. Whether it was. */
export async function changeTenantKey(
  connection: Connection,
  { _id, revision }: Pick<TenantKeyRecord, '_id' | 'revision'>,
  change: Partial<Pick<TenantKeyRecord, 'keys' | 'destroyedAt'>>,
): Promise<boolean> {
  const { modifiedCount } = await tenantKeys(connection).updateOne(
    { _id, revision, destroyedAt: null },
    { $set: { ...change, revision: revision + 1 } },
  );
  return modifiedCount === 1;
}
