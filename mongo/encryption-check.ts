import type { Connection } from 'mongoose';
import { HeddleError } from '#core/errors.ts';
import type { SecretBox } from '#core/secrets/secret-box.ts';
import { defineCollection } from './collection.ts';
import { openCredential, toSealedCredential } from './credential-secret.ts';
import { providerCredentials } from './provider-credentials.ts';

interface EncryptionCheckRecord {
  readonly _id: string;
  /** Names the key that the store's secrets are sealed with. */
  readonly keyId: string;
}

/** One record: which key the stored secrets are sealed with. Made by the first start. */
const encryptionChecks = defineCollection<EncryptionCheckRecord>('encryption_checks', {
  _id: { type: String, required: true },
  keyId: { type: String, required: true },
});

const _id = 'secrets';
/** Of secrets that an older version of Heddle sealed with a key that the first process to look did not have. */
const unknownKeyId = 'unknown';

/** What a process finds when it compares its encryption keys with the store. */
export interface EncryptionCheck {
  /** The store's key is this process's current key, one of its previous keys, or neither. */
  readonly key: 'CURRENT' | 'PREVIOUS' | 'OTHER';
  /** Provider credentials that this process cannot open. */
  readonly unreadable: number;
}

/** Compares the keys of the box with the store's; a store without one takes the current key of the box. */
export async function checkEncryptionKey(connection: Connection, box: SecretBox): Promise<EncryptionCheck> {
  const credentials = (await providerCredentials(connection).find().lean()).map(toSealedCredential);
  const unreadable = credentials.filter(
    (credential) => openCredential(box, credential, credential.destination ?? '').state !== 'READY',
  ).length;
  const stored = await storedKeyId(connection);
  if (stored === null || stored === unknownKeyId) {
    const isOther = unreadable > 0 && unreadable === credentials.length;
    await adoptKey(connection, stored, isOther ? unknownKeyId : box.keyId);
  }
  return { key: compare(box, await storedKeyId(connection)), unreadable };
}

/** Throws CONFLICT where a new secret would be sealed with another key than those in the store, without a word. */
export async function refuseOtherKey(connection: Connection, box: SecretBox): Promise<void> {
  if (compare(box, await storedKeyId(connection)) !== 'OTHER') return;
  throw new HeddleError(
    'CONFLICT',
    'The stored secrets are sealed with another encryption key than the one Heddle was started with: restore that key, or drop them with `heddle reseal --discard`.',
  );
}

/** Records that the stored secrets are sealed with the current key of the box. */
export async function recordEncryptionKey(connection: Connection, box: SecretBox): Promise<void> {
  await encryptionChecks(connection).updateOne({ _id }, { $set: { keyId: box.keyId } }, { upsert: true });
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
    if (!(error instanceof Error && 'code' in error && error.code === 11000)) throw error;
  }
}

async function storedKeyId(connection: Connection): Promise<string | null> {
  return (await encryptionChecks(connection).findById(_id).lean())?.keyId ?? null;
}

function compare(box: SecretBox, stored: string | null): EncryptionCheck['key'] {
  if (stored === null || stored === box.keyId) return 'CURRENT';
  return box.hasKey(stored) ? 'PREVIOUS' : 'OTHER';
}
