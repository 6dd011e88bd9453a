import type { Connection } from 'mongoose';
import { plans } from '#mongo/plans.ts';
import { isDuplicateKey } from '../shared/input.ts';

/** The plan of tenants that are given no other. An admin may put limits into it. */
export const DEFAULT_PLAN_ID = 'unlimited';

/** Makes the default plan where it is missing; several processes may do so at once. */
export async function ensureDefaultPlan(connection: Connection): Promise<string> {
  await plans(connection)
    .updateOne(
      { _id: DEFAULT_PLAN_ID },
      { $setOnInsert: { name: 'Unlimited', limits: [] } },
      { upsert: true },
    )
    .catch((error: unknown) => {
      if (!isDuplicateKey(error)) throw error;
    });
  return DEFAULT_PLAN_ID;
}
