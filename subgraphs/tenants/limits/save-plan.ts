import { HeddleError } from '#core/errors.ts';
import { checkedId, checkedText, orConflict } from '#core/input.ts';
import { checkedPatterns } from '#core/name-patterns.ts';
import { isTakenByAnotherType } from '#mongo/node-records.ts';
import { type PlanRecord, plans } from '#mongo/plans.ts';
import { withRoom } from '../../runtime/with-room.ts';
import { callersChanged, type TenantsDeps } from '../deps.ts';
import type { PlanInput } from '../generated.ts';
import type { TenantsContext } from '../loaders.ts';
import { checkedLimits } from './limits.ts';
import { withPlan } from './with-plan.ts';

/** Adds a plan or replaces the one of that id; the limits of its tenants change at once. CONFLICT when the name is taken. */
export async function savePlan(
  input: PlanInput,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<PlanRecord> {
  const plan: PlanRecord = {
    _id: checkedId(input.id, 'input.id'),
    name: checkedText(input.name, 'input.name'),
    limits: checkedLimits(input.limits, 'input.limits').map((limit) => ({ ...limit, setBy: 'OPERATOR' })),
    models: checkedPatterns(input.models, 'input.models'),
    requiresApproval: input.requiresApproval ?? false,
  };
  await context.auditTarget({ tenantId: null, type: 'Plan', id: plan._id });
  const before = await withPlan(plan._id, deps, () => write(plan, deps));
  context.audit({ tenantId: null, type: 'Plan', id: plan._id, before, after: plan });
  context.loaders.plan.clear(plan._id);
  await callersChanged(deps, null);
  return plan;
}

/** Returns the plan that it replaces; null: there was none. */
async function write(plan: PlanRecord, deps: TenantsDeps): Promise<PlanRecord | null> {
  const records = plans(deps.connection);
  const { name, limits, models = null, requiresApproval } = plan;
  const before = await records.findById(plan._id).lean();
  const save = () =>
    orConflict(
      records
        .updateOne({ _id: plan._id }, { $set: { name, limits, models, requiresApproval } }, { upsert: true })
        .exec(),
      `There is a plan named ${JSON.stringify(plan.name)} already.`,
    );
  await withRoom(deps, 'plans', '', () => records.countDocuments({ _id: { $ne: plan._id } }), save);
  if (!before && (await isTakenByAnotherType(deps.connection, 'Plan', plan._id))) {
    await records.deleteOne({ _id: plan._id });
    throw new HeddleError(
      'CONFLICT',
      `The id ${JSON.stringify(plan._id)} is that of something else: choose another.`,
    );
  }
  return before;
}
