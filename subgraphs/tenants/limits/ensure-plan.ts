import type { Connection } from 'mongoose';
import { HeddleError } from '#core/errors.ts';
import { isDuplicateKey } from '#core/input.ts';
import type { LimitRecord } from '#mongo/limit.ts';
import { type PlanRecord, plans } from '#mongo/plans.ts';

const defaultPlanId = 'default';
const unlimitedPlanId = 'unlimited';

/** Whether the plan is one that the mesh itself makes where it is missing. */
export function isLastingPlan(id: string): boolean {
  return id === defaultPlanId || id === unlimitedPlanId;
}

/** Makes the plan `default` where it is missing: the one of tenants without another. */
export function ensureDefaultPlan(connection: Connection, limits: readonly LimitRecord[]): Promise<string> {
  return ensurePlan(connection, { _id: defaultPlanId, name: 'Default', limits: [...limits] });
}

/** Makes the plan `unlimited` where it is missing: that of the first tenant. */
export function ensureUnlimitedPlan(connection: Connection): Promise<string> {
  return ensurePlan(connection, { _id: unlimitedPlanId, name: 'Unlimited', limits: [] });
}

/** Several processes may do so at once. A plan that is there stays as it is. */
async function ensurePlan(connection: Connection, plan: PlanRecord): Promise<string> {
  const records = plans(connection);
  if (await records.exists({ _id: plan._id })) return plan._id;
  try {
    await records.create(plan);
  } catch (cause) {
    if (!isDuplicateKey(cause)) throw cause;
    if (!(await records.exists({ _id: plan._id }))) {
      throw new HeddleError(
        'CONFLICT',
        `The plan ${plan._id} is missing and its name is taken: rename the plan called ${plan.name}.`,
        { cause },
      );
    }
  }
  return plan._id;
}
