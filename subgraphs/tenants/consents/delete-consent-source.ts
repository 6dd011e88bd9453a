import { notFound } from '#core/input.ts';
import { tenants } from '#mongo/tenants.ts';
import type { TenantsDeps } from '../deps.ts';
import type { TenantsContext } from '../loaders.ts';
import { withTenant } from '../tenants/below-tenant.ts';
import { findTenantId } from '../tenants/visible.ts';
import { consentsChanged } from './change-consent.ts';
import { toAuditedSource } from './save-consent-source.ts';

/** Deletes the consent source of a tenant, with its secret, and returns the id of the tenant. NOT_FOUND where there is none. Also of an archived tenant. */
export async function deleteConsentSource(
  wanted: string | null | undefined,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<string> {
  const tenantId = await findTenantId(wanted, context);
  const target = { tenantId, type: 'ConsentSource', id: tenantId };
  const records = tenants(deps.connection);
  const before = await withTenant(tenantId, deps, async () => {
    const tenant = await records.findById(tenantId, { consentSource: 1 }).lean();
    const found = tenant?.consentSource ?? notFound('consent source of the tenant', tenantId);
    await context.auditTarget(target);
    await records.updateOne({ _id: tenantId }, { $unset: { consentSource: 1 } });
    return found;
  });
  context.audit({ ...target, before: toAuditedSource(before) });
  context.loaders.tenant.clear(tenantId);
  await consentsChanged(deps, { tenantId, endUserId: null });
  return tenantId;
}
