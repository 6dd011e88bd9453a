import { budgets } from '#mongo/budgets.ts';
import { callersChanged, type TenantsDeps } from '../deps.ts';
import type { TenantsContext } from '../loaders.ts';
import { visible } from '../tenants/visible.ts';
import { asSetIn, requireChangeableBudget } from './save-budget.ts';

/**
 * Removes the budget and returns its id. NOT_FOUND when there is none that the caller may see, FORBIDDEN to a tenant for
 * an operator's.
 */
export async function deleteBudget(id: string, context: TenantsContext, deps: TenantsDeps): Promise<string> {
  const before = await visible('budget', id, context);
  requireChangeableBudget(before, context.caller);
  await context.auditTarget({ tenantId: before.tenantId, type: 'Budget', id });
  await budgets(deps.connection).deleteOne({ _id: id, ...asSetIn(before) });
  context.audit({ tenantId: before.tenantId, type: 'Budget', id, before });
  context.loaders.budget.clear(id);
  await callersChanged(deps, before.tenantId);
  return id;
}
