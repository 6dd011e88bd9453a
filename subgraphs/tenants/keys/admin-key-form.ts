import type { Connection } from 'mongoose';
import { apiKeys } from '#mongo/api-keys.ts';
import type { KeyPepper } from '#mongo/key-pepper.ts';
import { adminKeyId } from './first-start.ts';
import { hashOfKey, newKeyText } from './key-text.ts';

/** Which encryption key the chosen admin key is hashed with. CURRENT also where none is: plain, or there is no such key. */
export type AdminKeyForm = 'CURRENT' | 'PREVIOUS' | 'LOST';

export async function findAdminKeyForm(connection: Connection, pepper: KeyPepper): Promise<AdminKeyForm> {
  const found = await apiKeys(connection).findById(adminKeyId, { keyHash: 1 }).lean();
  if (found === null || pepper.isCurrent(found.keyHash)) return 'CURRENT';
  return pepper.isReadable(found.keyHash) ? 'PREVIOUS' : 'LOST';
}

/** Puts the hash of a text that exists nowhere in place of one that nothing can be compared with: any HEDDLE_ADMIN_KEY is new. */
export async function giveUpAdminKey(connection: Connection): Promise<void> {
  const keyHash = hashOfKey(newKeyText().text);
  await apiKeys(connection).updateOne({ _id: adminKeyId }, { $set: { keyHash } });
}
