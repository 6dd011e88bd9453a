import { type ApiKeyRecord, apiKeys } from '#mongo/api-keys.ts';
import { notFound } from '../shared/input.ts';
import { callersChanged, nowOf, type TenantsContext, type TenantsDeps } from './deps.ts';
import { visible } from './visible.ts';

/** Ends a key for ever. One that was revoked before keeps its time. */
export async function revokeApiKey(
  id: string,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<ApiKeyRecord> {
  const before = await visible('apiKey', id, context);
  const keys = apiKeys(deps.connection);
  await keys.updateOne({ _id: id, revokedAt: null }, { $set: { revokedAt: nowOf(deps) } });
  const after = await keys.findById(id).lean();
  if (!after) notFound('API key', id);
  context.audit({ tenantId: after.tenantId, type: 'ApiKey', id, before, after });
  context.loaders.apiKey.clear(id);
  await callersChanged(deps, after.tenantId);
  return after;
}
