import type { Caller, CallerLimit } from '#core/caller.ts';
import type { LimitAmount } from '#core/limit-amount.ts';
import { alertActions } from '#mongo/alert-actions.ts';
import type { TenantsDeps } from '../deps.ts';

/**
 * A caller as actions of alerts leave it: null where its key is suspended; otherwise with the limits that they lower. What is no caller passes. One
 * command.
 */
export async function withAlertActions<T extends object | null>(
  found: T,
  { connection }: Pick<TenantsDeps, 'connection'>,
): Promise<T | Caller | null> {
  if (found === null || !isCaller(found) || found.tenantId === null) return found;
  const ofKey = found.keyLineId === null ? [] : [`key:${found.keyLineId}`];
  const targets = [
    ...ofKey,
    ...(found.appId === null ? [] : [`app:${found.appId}`]),
    ...(found.teamId === undefined ? [] : [`team:${found.teamId}`]),
    `tenant:${found.tenantId}`,
  ];
  const actions = await alertActions(connection)
    .find({ state: 'ACTIVE', target: { $in: targets } }, { action: 1, target: 1, limit: 1 })
    .lean();
  if (actions.length === 0) return found;
  if (actions.some(({ action }) => action === 'SUSPEND_KEY')) return null;
  let { limits } = found;
  for (const { action, target, limit } of actions) {
    if (action === 'LOWER_LIMIT' && target !== null && limit !== null) limits = lower(limits, target, limit);
  }
  return { ...found, limits };
}

function isCaller(found: object): found is Caller {
  return 'kind' in found && 'limits' in found;
}

/** The limits with at most so much for the subject; a lower one on the meter and window stays. */
function lower(
  limits: readonly CallerLimit[],
  subject: string,
  { meter, window, amount: max }: LimitAmount,
): readonly CallerLimit[] {
  const isSame = (limit: CallerLimit) =>
    limit.subject === subject && limit.meter === meter && limit.window === window;
  const present = limits.find(isSame);
  const amount = String(present !== undefined && BigInt(present.amount) < max ? present.amount : max);
  return [...limits.filter((limit) => !isSame(limit)), { subject, meter, window, amount }];
}
