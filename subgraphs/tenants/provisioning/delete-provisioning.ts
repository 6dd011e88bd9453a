import { notFound } from '#core/input.ts';
import { tenants } from '#mongo/tenants.ts';
import { callersChanged, type TenantsDeps } from '../deps.ts';
import type { TenantsContext } from '../loaders.ts';
import { withRoles } from '../roles/find-role.ts';
import { withTenant } from '../tenants/below-tenant.ts';
import { findTenantId } from '../tenants/visible.ts';
import { completeEnd } from './apply-roles.ts';
import { findProvisioning } from './read-provisioning.ts';

/** Ends the provisioning of a tenant and returns the id of the tenant. Members keep their roles. NOT_FOUND where there is none. */
export async function deleteProvisioning(
  wanted: string | null | undefined,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<string> {
  const tenantId = await findTenantId(wanted, context);
  const target = { tenantId, type: 'Provisioning', id: tenantId };
  const { connection } = deps;
  const before = await withTenant(tenantId, deps, () =>
    withRoles(tenantId, connection, async () => {
      const found = await findProvisioning(tenantId, deps);
      if (found === null) return notFound('provisioning of the tenant', tenantId);
      await context.auditTarget(target);
      await tenants(connection).updateOne({ _id: tenantId }, { $set: { 'provisioning.due': 'END' } });
      await completeEnd(tenantId, connection);
      return found;
    }),
  );
  context.audit({ ...target, before });
  context.loaders.tenant.clear(tenantId);
  await callersChanged(deps, tenantId);
  return tenantId;
}
