import { badInput, notFound } from '#core/input.ts';
import { type TenantRecord, tenants, toPayloadRule } from '#mongo/tenants.ts';
import { checkedCacheScope, checkedPayloadDays, checkedRegions } from '../../runtime/checked-input.ts';
import { callersChanged, type TenantsDeps } from '../deps.ts';
import type { UpdateTenantInput } from '../generated.ts';
import type { TenantsContext } from '../loaders.ts';
import { withLiveOwner } from './below-tenant.ts';
import { checkedTenantName, orNameConflict } from './tenant-name.ts';
import { visible } from './visible.ts';

/** Changes the specified fields; null clears allowedRegions, payloadDays and cacheScope, and is refused elsewhere. */
export async function updateTenant(
  id: string,
  input: UpdateTenantInput,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<TenantRecord> {
  const before = await visible('tenant', id, context);
  const change: Partial<TenantRecord> = {};
  if (input.name !== undefined) {
    Object.assign(change, checkedTenantName(input.name ?? '', 'input.name'));
  }
  if (input.allowedRegions !== undefined) {
    change.allowedRegions = checkedRegions(input.allowedRegions, 'input.allowedRegions');
  }
  if (input.payloadLogging !== undefined) {
    const rule = input.payloadLogging ?? badInput('input.payloadLogging', 'must not be null.');
    Object.assign(change, toPayloadRule(rule));
  }
  if (input.payloadDays !== undefined) change.payloadDays = checkedPayloadDays(input.payloadDays);
  if (input.cacheByDefault !== undefined) {
    change.cacheByDefault = input.cacheByDefault ?? badInput('input.cacheByDefault', 'must not be null.');
  }
  if (input.cacheScope !== undefined) {
    change.cacheScope = checkedCacheScope(input.cacheScope, 'input.cacheScope');
  }
  if (input.onRevoke !== undefined) {
    change.onRevoke = input.onRevoke ?? badInput('input.onRevoke', 'must not be null.');
  }
  await context.auditTarget({ tenantId: id, type: 'Tenant', id });
  const after = await withLiveOwner({ tenantId: id }, deps, () =>
    orNameConflict(
      tenants(deps.connection)
        .findOneAndUpdate({ _id: id }, { $set: change }, { returnDocument: 'after' })
        .lean()
        .exec(),
      change.name ?? before.name,
      deps,
    ),
  );
  if (!after) notFound('tenant', id);
  context.audit({ tenantId: id, type: 'Tenant', id, before, after });
  context.loaders.tenant.clear(id);
  await callersChanged(deps, id);
  return after;
}
