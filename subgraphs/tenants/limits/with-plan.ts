import { withLock } from '#mongo/locks.ts';
import type { TenantsDeps } from '../deps.ts';

/** Runs while no other process saves or deletes the plan of that id, or puts a tenant on it. The innermost lock. */
export function withPlan<T>(
  planId: string,
  { connection }: Pick<TenantsDeps, 'connection'>,
  run: () => Promise<T>,
): Promise<T> {
  return withLock(connection, `plan ${planId}`, run);
}
