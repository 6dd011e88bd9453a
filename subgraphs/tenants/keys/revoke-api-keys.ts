import { hasScope } from '#core/caller.ts';
import { badInput } from '#core/input.ts';
import { apiKeys } from '#mongo/api-keys.ts';
import { readNow, type TenantsDeps } from '../deps.ts';
import type { ApiKeyFilter } from '../generated.ts';
import { selectApiKeys } from '../lists.ts';
import type { TenantsContext } from '../loaders.ts';
import { revokeApiKey } from './revoke-api-key.ts';

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
      ...{ replacedById: null, expiresAt: null, hidden: null, createdAt: { $lte: readNow(deps) } },
    });
    const last = admins.findLast(
      ({ expiresAt, replacedById }) => expiresAt === null && replacedById === null,
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
