import type { Connection } from 'mongoose';
import { type Caller, hasScope } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { type ApiKeyRecord, apiKeys } from '#mongo/api-keys.ts';
import { withLock } from '#mongo/locks.ts';

const operatorScope = 'tenants:admin';

/**
 * Runs what ends or narrows a key. Where that key has tenants:admin, one change at a time, and CONFLICT when no other
 * such key would be left in force without an end, which a key of a member has: no operator could get in any more.
 */
export async function keepingOperators<T>(
  key: ApiKeyRecord,
  connection: Connection,
  run: () => Promise<T>,
): Promise<T> {
  if (!key.scopes.includes(operatorScope) || key.revokedAt !== null || key.hidden === true) return run();
  return withOperators(connection, async () => {
    await requireAnother(
      { _id: { $ne: key._id } },
      `The API key ${key._id} is the last with ${operatorScope} that has no end: it cannot be revoked or narrowed. Make another first.`,
      connection,
    );
    return run();
  });
}

/** What API keys belong to. */
type KeyOwner =
  | { readonly appId: string }
  | { readonly tenantId: string }
  | { readonly ownerMemberId: string };

/**
 * Runs what archives an app or a tenant or ends a membership, one such change at a time: CONFLICT where the last of these keys
 * belong to it, FORBIDDEN where any does to who lacks tenants:admin.
 */
export async function keepingOperatorsOutside<T>(
  owner: KeyOwner,
  caller: Caller,
  connection: Connection,
  run: () => Promise<T>,
): Promise<T> {
  return withOperators(connection, async () => {
    const within = await apiKeys(connection).exists({ ...owner, scopes: operatorScope, revokedAt: null });
    if (within === null) return run();
    if (!hasScope(caller, operatorScope)) {
      throw new HeddleError(
        'FORBIDDEN',
        `What has keys with ${operatorScope} is archived, deactivated or removed with ${operatorScope} alone.`,
      );
    }
    await requireAnother(
      Object.fromEntries(Object.entries(owner).map(([field, id]) => [field, { $ne: id }])),
      `The last API keys with ${operatorScope} that have no end belong to it: it cannot be archived, deactivated or removed. Make another elsewhere first.`,
      connection,
    );
    return run();
  });
}

/** Runs while no other ends or narrows keys with tenants:admin. */
function withOperators<T>(connection: Connection, run: () => Promise<T>): Promise<T> {
  return withLock(connection, 'the keys with tenants:admin', run);
}

async function requireAnother(
  others: Readonly<Record<string, unknown>>,
  message: string,
  connection: Connection,
): Promise<void> {
  const another = await apiKeys(connection).exists({
    ...others,
    scopes: operatorScope,
    revokedAt: null,
    replacedById: null,
    expiresAt: null,
    ownerMemberId: null,
    hidden: null,
  });
  if (another === null) throw new HeddleError('CONFLICT', message);
}
