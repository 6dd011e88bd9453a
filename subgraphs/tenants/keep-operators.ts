import type { Connection } from 'mongoose';
import { type ApiKeyRecord, apiKeys } from '#mongo/api-keys.ts';
import { withLock } from '#mongo/locks.ts';
import { HeddleError } from '#schema/errors.ts';

const operatorScope = 'tenants:admin';

/**
 * Runs what ends or narrows a key. Where that key has tenants:admin, one change at a time, and CONFLICT when no other
 * such key would be left in force without an end: nobody could get in any more.
 */
export async function keepingOperators<T>(
  key: ApiKeyRecord,
  connection: Connection,
  run: () => Promise<T>,
): Promise<T> {
  if (!key.scopes.includes(operatorScope) || key.revokedAt !== null) return run();
  return withLock(connection, 'the keys with tenants:admin', async () => {
    const another = await apiKeys(connection).exists({
      _id: { $ne: key._id },
      scopes: operatorScope,
      revokedAt: null,
      replacedById: null,
      expiresAt: null,
    });
    if (another === null) {
      throw new HeddleError(
        'CONFLICT',
        `The API key ${key._id} is the last with ${operatorScope} that has no end: it cannot be revoked or narrowed. Make another first.`,
      );
    }
    return run();
  });
}
