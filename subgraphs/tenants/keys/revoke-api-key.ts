import { hasScope } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { notFound } from '#core/input.ts';
import { type ApiKeyRecord, apiKeys } from '#mongo/api-keys.ts';
import { callersChanged, readNow, type TenantsDeps } from '../deps.ts';
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
  const proof = { collection: 'api_keys', id, by: 'STAMP' } as const;
  await keepingOperators(before, deps.connection, () =>
    deps.events.withChange(toKeyEvent('key.revoked', before), proof, async (eventId) => {
      const change = { $set: { revokedAt: readNow(deps), eventId } };
      const { modifiedCount } = await keys.updateOne({ _id: id, revokedAt: null }, change).exec();
      return modifiedCount === 0 ? null : id;
    }),
  );
  const after = await keys.findById(id).lean();
  if (!after) notFound('API key', id);
  context.audit({ tenantId: after.tenantId, type: 'ApiKey', id, before, after });
  context.loaders.apiKey.clear(id);
  await callersChanged(deps, after.tenantId);
  return after;
}
