import { budgets } from '#mongo/budgets.ts';
import { callersChanged, type TenantsContext, type TenantsDeps } from './deps.ts';

/** False when there is no such budget, or the caller may not see it. */
export async function deleteBudget(id: string, context: TenantsContext, deps: TenantsDeps): Promise<boolean> {
  const before = await context.loaders.budget.clear(id).load(id);
  if (!before) return false;
  const { deletedCount } = await budgets(deps.connection).deleteOne({ _id: id });
  context.audit({ tenantId: before.tenantId, type: 'Budget', id, before });
  context.loaders.budget.clear(id);
  await callersChanged(deps, before.tenantId);
  return deletedCount > 0;
}
