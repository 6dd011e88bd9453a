import { hasScope } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { badInput, notFound } from '#core/input.ts';
import { type ApiKeyRecord, apiKeys } from '#mongo/api-keys.ts';
import { callersChanged, readNow, type TenantsDeps } from '../deps.ts';
import type { ApiKeyFilter } from '../generated.ts';
import { selectApiKeys } from '../lists.ts';
import type { TenantsContext } from '../loaders.ts';
import { toKeyEvent } from '../report-dates.ts';
import { keepingOperators } from '../tenants/keep-operators.ts';
import { visible } from '../tenants/visible.ts';

/**
 * Ends a key for ever, also the caller's own. One that was revoked before keeps its time. FORBIDDEN for a key with
 * tenants:admin to who lacks that scope, CONFLICT for the last of them.
 */
export async function revokeApiKey(
  id: string,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<ApiKeyRecord> {
  const before = await visible('apiKey', id, context);
  if (before.scopes.includes('tenants:admin') && !hasScope(context.caller, 'tenants:admin')) {
    throw new HeddleError('FORBIDDEN', 'A key with tenants:admin is revoked with tenants:admin alone.');
  }
  const keys = apiKeys(deps.connection);
  await context.auditTarget({ tenantId: before.tenantId, type: 'ApiKey', id });
  await keepingOperators(before, deps.connection, () => endApiKey(before, deps));
  const after = await keys.findById(id).lean();
  if (!after) notFound('API key', id);
  context.audit({ tenantId: after.tenantId, type: 'ApiKey', id, before, after });
  context.loaders.apiKey.clear(id);
  await callersChanged(deps, after.tenantId);
  return after;
}

/** Revokes a key and publishes the event; nothing where it was revoked before. */
export async function endApiKey(
  key: ApiKeyRecord,
  deps: Pick<TenantsDeps, 'connection' | 'events' | 'now'>,
): Promise<void> {
  const proof = { collection: 'api_keys', id: key._id, by: 'STAMP' } as const;
  await deps.events.withChange(toKeyEvent('key.revoked', key), proof, async (eventId) => {
    const { modifiedCount } = await apiKeys(deps.connection)
      .updateOne({ _id: key._id, revokedAt: null }, { $set: { revokedAt: readNow(deps), eventId } })
      .exec();
    return modifiedCount === 0 ? null : key._id;
  });
}

/** Keys that one call revokes. */
const revokedMax = 1_000;

/**
 * Revokes the keys in force that match the filter, and returns their ids. The key of the caller, keys that the caller may
 * not revoke and the last operator's key stay; BAD_USER_INPUT for a filter without a condition.
 */
export async function revokeApiKeys(
  filter: ApiKeyFilter,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<string[]> {
  if (Object.values(filter).every((value) => value == null))
    badInput('filter', 'must have a condition: it would revoke every API key.');
  const { caller } = context;
  const where = selectApiKeys({ ...filter, active: true }, caller, deps);
  const operators = hasScope(caller, 'tenants:admin') ? [] : [{ scopes: { $ne: 'tenants:admin' } }];
  const found = await apiKeys(deps.connection)
    .find({ $and: [where, { _id: { $ne: caller.keyId } }, ...operators] } as never)
    .sort({ createdAt: 1, _id: 1 })
    .limit(revokedMax)
    .lean();
  const admins = found.filter(({ scopes }) => scopes.includes('tenants:admin'));
  const kept = new Set<string>();
  if (admins.length > 0) {
    // An operator's own key is not among them; without one (a person, a key that ends) the newest stays.
    const left = await apiKeys(deps.connection).exists({
      ...{ _id: { $nin: admins.map(({ _id }) => _id) }, scopes: 'tenants:admin', revokedAt: null },
      ...{
        replacedById: null,
        expiresAt: null,
        ownerMemberId: null,
        hidden: null,
        createdAt: { $lte: readNow(deps) },
      },
    });
    const last = admins.findLast(
      ({ expiresAt, replacedById, ownerMemberId }) =>
        expiresAt === null && replacedById === null && ownerMemberId == null,
    );
    if (left === null && last !== undefined) kept.add(last._id);
  }
  const ids: string[] = [];
  for (const { _id } of found) {
    if (kept.has(_id)) continue;
    await revokeApiKey(_id, context, deps);
    ids.push(_id);
  }
  const type = 'ApiKey';
  if (ids.length === 0) context.unchanged();
  else
    context.audit({ tenantId: found[0]?.tenantId ?? null, type, id: ids[0] ?? '', after: { revoked: ids } });
  return ids;
}
