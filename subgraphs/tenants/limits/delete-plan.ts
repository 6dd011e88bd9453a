import { HeddleError } from '#core/errors.ts';
import { notFound } from '#core/input.ts';
import { plans } from '#mongo/plans.ts';
import { tenants } from '#mongo/tenants.ts';
import type { TenantsDeps } from '../deps.ts';
import type { TenantsContext } from '../loaders.ts';
import { visible } from '../tenants/visible.ts';
import { isLastingPlan } from './ensure-plan.ts';
import { withPlan } from './with-plan.ts';

const namedMax = 10;

/**
 * Deletes a plan and returns its id, which is free again. CONFLICT while tenants are on it, archived ones included, and
 * for the plans `default` and `unlimited`.
 */
export async function deletePlan(id: string, context: TenantsContext, deps: TenantsDeps): Promise<string> {
  const { _id } = await visible('plan', id, context);
  if (isLastingPlan(_id)) {
    throw new HeddleError(
      'CONFLICT',
      `The plan ${JSON.stringify(_id)} stays: it is made wherever it is missing. Change it with savePlan.`,
    );
  }
  await context.auditTarget({ tenantId: null, type: 'Plan', id: _id });
  const before = await withPlan(_id, deps, async () => {
    await requireNoTenants(_id, deps);
    return (await plans(deps.connection).findOneAndDelete({ _id }).lean()) ?? notFound('plan', id);
  });
  context.audit({ tenantId: null, type: 'Plan', id: _id, before });
  context.loaders.plan.clear(_id);
  return _id;
}

async function requireNoTenants(planId: string, { connection }: TenantsDeps): Promise<void> {
  const records = tenants(connection);
  const [count, first] = await Promise.all([
    records.countDocuments({ planId }),
    records.find({ planId }, { _id: 1 }).sort({ createdAt: 1, _id: 1 }).limit(namedMax).lean(),
  ]);
  if (count === 0 && first.length === 0) return;
  const total = Math.max(count, first.length);
  const named = first.map(({ _id }) => JSON.stringify(_id));
  const rest = total - named.length;
  const list = [...named, ...(rest === 0 ? [] : [`${rest} more`])].join(', ');
  throw new HeddleError(
    'CONFLICT',
    `The plan ${JSON.stringify(planId)} is that of ${total === 1 ? '1 tenant' : `${total} tenants`}: ${list}. Assign ${total === 1 ? 'it' : 'them'} another with assignPlan first.`,
  );
}
