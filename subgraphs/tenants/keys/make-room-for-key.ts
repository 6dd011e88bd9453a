import { noRoomFor } from '#core/count-limits.ts';
import { apiKeys } from '#mongo/api-keys.ts';
import { readCountMax } from '../../runtime/with-room.ts';
import type { TenantsDeps } from '../deps.ts';
import { withLiveOwner } from '../tenants/below-tenant.ts';

/**
 * Creates a key where the app has room for it. The list of an app's keys is bounded: the oldest key that has ended goes
 * for good (the audit log and the ledger keep their word of it), unless its limits bind keys that were made with it.
 * CONFLICT when none may go, or the app is archived.
 */
export function withRoomForKey<T>(
  app: { readonly tenantId: string; readonly appId: string },
  now: Date,
  deps: TenantsDeps,
  create: () => Promise<T>,
): Promise<T> {
  return withLiveOwner(app, deps, async () => {
    await makeRoom(app.appId, now, deps);
    return create();
  });
}

async function makeRoom(appId: string, now: Date, deps: TenantsDeps): Promise<void> {
  const keys = apiKeys(deps.connection);
  const max = readCountMax(deps, 'keysPerApp');
  if ((await keys.countDocuments({ appId })) < max) return;
  const ended = await keys
    .find({ appId, $or: [{ revokedAt: { $ne: null } }, { expiresAt: { $ne: null, $lte: now } }] })
    .sort({ createdAt: 1, _id: 1 })
    .select({ _id: 1, lineId: 1 })
    .lean();
  const makers = new Set(await keys.distinct('makerScopes', { makerScopes: { $in: ended.map(toKeyScope) } }));
  const oldest = ended.find((key) => !makers.has(toKeyScope(key)));
  if (!oldest) throw noRoomFor('keysPerApp', max);
  await keys.deleteOne({ _id: oldest._id });
}

function toKeyScope({ lineId }: { readonly lineId: string }): string {
  return `key:${lineId}`;
}
