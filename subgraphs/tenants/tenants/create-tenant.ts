import { type TenantRecord, tenants, toPayloadRule } from '#mongo/tenants.ts';
import { checkedCacheScope, checkedPayloadDays, checkedRegions } from '../../runtime/checked-input.ts';
import { withRoom } from '../../runtime/with-room.ts';
import { requirePlanAccess } from '../access/grant-state.ts';
import { callersChanged, readNow, type TenantsDeps } from '../deps.ts';
import type { CreateTenantInput } from '../generated.ts';
import { randomId, toSlug } from '../keys/ids.ts';
import { ensureDefaultPlan } from '../limits/ensure-plan.ts';
import { withPlan } from '../limits/with-plan.ts';
import type { TenantsContext } from '../loaders.ts';
import { checkedTenantName, orNameConflict } from './tenant-name.ts';
import { visible } from './visible.ts';

/** Adds a tenant. CONFLICT when the name is taken, NOT_FOUND when there is no such plan. */
export async function createTenant(
  input: CreateTenantInput,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<TenantRecord> {
  const named = checkedTenantName(input.name, 'input.name');
  const slug = toSlug(named.name);
  const planId =
    input.planId == null
      ? await ensureDefaultPlan(deps.connection, deps.defaultLimits.tenant)
      : (await visible('plan', input.planId, context))._id;
  const tenant: TenantRecord = {
    _id: slug === '' ? randomId() : `${slug}-${randomId(8)}`,
    ...named,
    planId,
    allowedRegions: checkedRegions(input.allowedRegions, 'input.allowedRegions'),
    ...toPayloadRule(input.payloadLogging ?? 'DEFAULT'),
    payloadDays: checkedPayloadDays(input.payloadDays),
    cacheByDefault: input.cacheByDefault ?? false,
    cacheScope: checkedCacheScope(input.cacheScope, 'input.cacheScope'),
    onRevoke: input.onRevoke ?? 'END',
    createdAt: readNow(deps),
  };
  const records = tenants(deps.connection);
  await context.auditTarget({ tenantId: tenant._id, type: 'Tenant', id: tenant._id });
  await withRoom(
    deps,
    'tenants',
    '',
    () => records.countDocuments({ archivedAt: null }),
    () =>
      withPlan(planId, deps, async () => {
        await requirePlanAccess(await visible('plan', planId, context), tenant._id, deps);
        return orNameConflict(records.create({ ...tenant }), tenant.name, deps);
      }),
  );
  context.audit({ tenantId: tenant._id, type: 'Tenant', id: tenant._id, after: tenant });
  await callersChanged(deps, tenant._id);
  return tenant;
}
