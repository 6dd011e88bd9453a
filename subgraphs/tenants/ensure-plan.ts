import type { Connection } from 'mongoose';
import { plans } from '#mongo/plans.ts';
import { HeddleError } from '#schema/errors.ts';
import { isDuplicateKey } from '../shared/input.ts';

/** The plan of tenants that are given no other. An admin may put limits into it. */
const DEFAULT_PLAN_ID = 'unlimited';

/** Makes the default plan where it is missing; several processes may do so at once. */
export async function ensureDefaultPlan(connection: Connection): Promise<string> {
  const records = plans(connection);
  try {
    await records.create({ _id: DEFAULT_PLAN_ID, name: 'Unlimited', limits: [] });
  } catch (cause) {
    if (!isDuplicateKey(cause)) throw cause;
    if (!(await records.exists({ _id: DEFAULT_PLAN_ID }))) {
      throw new HeddleError(
        'CONFLICT',
        `The default plan ${DEFAULT_PLAN_ID} is missing and its name is taken: rename the plan called Unlimited.`,
        { cause },
      );
    }
  }
  return DEFAULT_PLAN_ID;
}
