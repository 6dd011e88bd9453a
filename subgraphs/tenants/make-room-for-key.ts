import { apiKeys } from '#mongo/api-keys.ts';
import { HeddleError } from '#schema/errors.ts';
import type { TenantsDeps } from './deps.ts';

const keysMax = 500;

/**
 * Keeps an app's list of keys bounded: the oldest key that has ended goes for good (the audit log and the ledger
 * keep their word of it), unless its limits bind keys that were made with it. CONFLICT when all of them are in force.
 */
export async function makeRoomForKey(appId: string, now: Date, { connection }: TenantsDeps): Promise<void> {
  const keys = apiKeys(connection);
  if ((await keys.countDocuments({ appId })) < keysMax) return;
  const ended = await keys
    .find({ appId, $or: [{ revokedAt: { $ne: null } }, { expiresAt: { $ne: null, $lte: now } }] })
    .sort({ createdAt: 1, _id: 1 })
    .select({ _id: 1, lineId: 1 })
    .lean();
  const makers = new Set(await keys.distinct('makerScopes', { makerScopes: { $in: ended.map(scopeOf) } }));
  const oldest = ended.find((key) => !makers.has(scopeOf(key)));
  if (!oldest)
    throw new HeddleError('CONFLICT', `An app has at most ${keysMax} keys in force: revoke one first.`);
  await keys.deleteOne({ _id: oldest._id });
}

function scopeOf({ lineId }: { readonly lineId: string }): string {
  return `key:${lineId}`;
}
