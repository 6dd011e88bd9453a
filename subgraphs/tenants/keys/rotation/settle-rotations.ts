import type { Connection } from 'mongoose';
import type { Logger } from 'pino';
import { apiKeys } from '#mongo/api-keys.ts';
import { withTenant } from '../../tenants/below-tenant.ts';

/** Keys that one sweep looks at. */
const pendingMax = 100;

/**
 * Decides on the keys of rotations that were cut by the end of their process: one that the old key names stays, any other is
 * deleted, as its secret was shown to no one. Resolves to their number.
 */
export async function settleRotations(connection: Connection, log: Logger): Promise<number> {
  const keys = apiKeys(connection);
  const pending = await keys
    .find({ replaces: { $exists: true } }, { tenantId: 1, replaces: 1 })
    .limit(pendingMax)
    .lean();
  let settled = 0;
  for (const { _id, tenantId, replaces } of pending) {
    try {
      await withTenant(tenantId, { connection }, () => settle(_id, replaces, connection));
      settled += 1;
    } catch (err) {
      log.warn({ err, keyId: _id }, 'a rotation that was cut could not be settled yet');
    }
  }
  return settled;
}

async function settle(id: string, replaces: string | undefined, connection: Connection): Promise<void> {
  const keys = apiKeys(connection);
  const old = await keys.findById(replaces).lean();
  const pending = { _id: id, replaces: { $exists: true } };
  if (old?.replacedById !== id) await keys.deleteOne(pending);
  else await keys.updateOne(pending, { $set: { revokedAt: null }, $unset: { replaces: 1 } });
}
