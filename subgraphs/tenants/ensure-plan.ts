import type { Connection } from 'mongoose';
import { plans } from '#mongo/plans.ts';
import { HeddleError } from '#schema/errors.ts';
import { isDuplicateKey } from '../shared/input.ts';

/** The plan of tenants that are given no other. An admin may put limits into it. */
const defaultPlanId = 'unlimited';

/** Makes the default plan where it is missing; several processes may do so at once. */
export async function ensureDefaultPlan(connection: Connection): Promise<string> {
  const records = plans(connection);
  try {
    await records.create({ _id: defaultPlanId, name: 'Unlimited', limits: [] });
  } catch (cause) {
    if (!isDuplicateKey(cause)) throw cause;
    if (!(await records.exists({ _id: defaultPlanId }))) {
      throw new HeddleError(
        'CONFLICT',
        `The default plan ${defaultPlanId} is missing and its name is taken: rename the plan called Unlimited.`,
        { cause },
      );
    }
  }
  return defaultPlanId;
}
