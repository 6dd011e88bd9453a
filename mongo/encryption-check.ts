import type { Connection } from 'mongoose';
import { HeddleError } from '#core/errors.ts';
import { isDuplicateKey } from '#core/input.ts';
import { readDataKeyId } from '#core/secrets/data-box.ts';
import { meshOwner, type OwnerBoxes } from '#core/secrets/owner-boxes.ts';
import { defineCollection } from './collection.ts';
import { openCredential, toSealedCredential } from './credential-secret.ts';
import { providerCredentials } from './provider-credentials.ts';

interface EncryptionCheckRecord {
  readonly _id: string;
  /** Names the root key that what is stored needs. */
  readonly keyId: string;
}

/** One record: which root key the stored secrets need. Made by the first start. */
const encryptionChecks = defineCollection<EncryptionCheckRecord>('encryption_checks', {
  _id: { type: String, required: true },
  keyId: { type: String, required: true },
});

const _id = 'secrets';
/** Of secrets that an older version of Heddle sealed with a key that the first process to look did not have. */
const unknownKeyId = 'unknown';

/** The root keys at hand. */
export interface KnownRootKeys {
  /** Names the one that is in use. */
  readonly rootKeyId: string;
  /** Whether the root key of this name is at hand, in use or as a former one. */
  hasRootKey(id: string): boolean;
}

/** What a process finds when it compares its root keys with the store. */
export interface EncryptionCheck {
  /** The store's key is the root key in use, a former one at hand, or neither. */
  readonly key: 'CURRENT' | 'PREVIOUS' | 'OTHER';
  /** Provider credentials of the mesh, and those without a data key, that this process cannot open. */
  readonly unreadable: number;
}

/**
 * Compares the root keys with the store's. A store without one takes the one in use, once that has wrapped the mesh's data key: rejects as
 * OwnerBoxes' `of` where it does not.
 */
export async function checkEncryptionKey(
  connection: Connection,
  keys: KnownRootKeys & { readonly secrets: OwnerBoxes },
): Promise<EncryptionCheck> {
  const { known, unreadable } = await countUnreadable(connection, keys.secrets);
  const stored = await storedKeyId(connection);
  if (stored === null || stored === unknownKeyId) {
    const isOther = unreadable > 0 && unreadable === known;
    if (!isOther) await keys.secrets.of(meshOwner);
    await adoptKey(connection, stored, isOther ? unknownKeyId : keys.rootKeyId);
  }
  return { key: compare(keys, await storedKeyId(connection)), unreadable };
}

/** The same for a look that changes nothing: a store without a root key has none adopted. */
export async function compareEncryptionKey(
  connection: Connection,
  keys: KnownRootKeys & { readonly secrets: OwnerBoxes },
): Promise<EncryptionCheck> {
  const { unreadable } = await countUnreadable(connection, keys.secrets);
  return { key: compare(keys, await storedKeyId(connection)), unreadable };
}

/** The credentials of tenants with data keys are left out: each would cost the unwrapping of its tenant's key. */
async function countUnreadable(connection: Connection, secrets: OwnerBoxes) {
  const records = await providerCredentials(connection).find().lean();
  const known = records.filter(
    ({ tenantId, sealed }) => tenantId == null || readDataKeyId(sealed) === undefined,
  );
  let unreadable = 0;
  for (const record of known) {
    const credential = toSealedCredential(record);
    const { state } = await openCredential(secrets, credential, credential.destination ?? '');
    if (state !== 'READY') unreadable += 1;
  }
  return { known: known.length, unreadable };
}

/**
 * Names the root key that wraps new data keys: the store's, which every process has, also while some have a newer one already. CONFLICT where it
 * is not at hand.
 */
export async function findWrappingKeyId(connection: Connection, keys: KnownRootKeys): Promise<string> {
  const stored = await storedKeyId(connection);
  if (compare(keys, stored) === 'OTHER') throw otherKey();
  return stored ?? keys.rootKeyId;
}

/** Where what is stored needs another root key than those at hand. */
export function otherKey(cause?: unknown): HeddleError {
  return new HeddleError(
    'CONFLICT',
    'The stored secrets are sealed with another encryption key than this process has: start it with that key, as HEDDLE_ENCRYPTION_KEY_PREVIOUS or HEDDLE_ROOT_KEY_PREVIOUS beside a newer one. Only where that key is lost, drop what it has sealed with `heddle reseal --discard`.',
    { cause },
  );
}

/** Where the root key at hand does not unwrap what it has wrapped. */
export function rootKeyRefused(cause: unknown): HeddleError {
  return new HeddleError(
    'CONFLICT',
    'The root key refuses to unwrap a data key: enable it again, or give this process the right to use it; what is sealed is not lost. It refuses for good where `tenant_keys` was altered.',
    { cause },
  );
}

/** Records that what is stored needs this root key. */
export async function recordEncryptionKey(connection: Connection, keyId: string): Promise<void> {
  await encryptionChecks(connection).updateOne({ _id }, { $set: { keyId } }, { upsert: true });
}

/** Of several processes that start at once, the first one decides. */
async function adoptKey(connection: Connection, stored: string | null, keyId: string): Promise<void> {
  if (stored !== null) {
    await encryptionChecks(connection).updateOne({ _id, keyId: stored }, { $set: { keyId } });
    return;
  }
  try {
    await encryptionChecks(connection).create({ _id, keyId });
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
  }
}

async function storedKeyId(connection: Connection): Promise<string | null> {
  return (await encryptionChecks(connection).findById(_id).lean())?.keyId ?? null;
}

function compare(keys: KnownRootKeys, stored: string | null): EncryptionCheck['key'] {
  if (stored === null || stored === keys.rootKeyId) return 'CURRENT';
  return keys.hasRootKey(stored) ? 'PREVIOUS' : 'OTHER';
}
