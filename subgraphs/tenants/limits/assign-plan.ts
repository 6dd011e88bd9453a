import { notFound } from '#core/input.ts';
import { type TenantRecord, tenants } from '#mongo/tenants.ts';
import { requirePlanAccess } from '../access/grant-state.ts';
import { callersChanged, type TenantsDeps } from '../deps.ts';
import type { TenantsContext } from '../loaders.ts';
import { withShownName } from '../tenants/archived-name.ts';
import { visible } from '../tenants/visible.ts';
import { withPlan } from './with-plan.ts';

/** Assigns a tenant, archived or not, another plan; its limits hold at once. */
export async function assignPlan(
  tenantId: string,
  planId: string,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<TenantRecord> {
  const before = await visible('tenant', tenantId, context);
  const plan = await visible('plan', planId, context);
  await context.auditTarget({ tenantId, type: 'Tenant', id: tenantId });
  const after = await withPlan(plan._id, deps, async () => {
    if (before.planId !== planId) await requirePlanAccess(plan, tenantId, deps);
    await visible('plan', planId, context);
    return tenants(deps.connection)
      .findOneAndUpdate({ _id: tenantId }, { $set: { planId: plan._id } }, { returnDocument: 'after' })
      .lean();
  });
  if (!after) notFound('tenant', tenantId);
  context.audit({
    tenantId,
    type: 'Tenant',
    id: tenantId,
    before: withShownName(before),
    after: withShownName(after),
  });
  context.loaders.tenant.clear(tenantId);
  await callersChanged(deps, tenantId);
  return after;
}
