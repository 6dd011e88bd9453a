import type { Caller } from '#core/caller.ts';
import { listLimits } from './caller-limits.ts';
import { type QuotaLimit, readScope } from './quota.ts';

/** The holders of limits that the calls of a caller, or the row of one, count for. */
export function listScopes({
  tenantId,
  appId,
  keyId,
  keyLineId,
  makerScopes = [],
  teamId,
}: Pick<Caller, 'tenantId' | 'appId' | 'keyId'> & {
  readonly keyLineId?: string | null;
  readonly makerScopes?: readonly string[];
  readonly teamId?: string;
}): readonly string[] {
  const key = keyLineId ?? keyId;
  return [
    ...(tenantId === null ? [] : [`tenant:${tenantId}`]),
    ...(appId === null ? [] : [`app:${appId}`]),
    ...(key === null ? [] : [`key:${key}`]),
    ...(teamId === undefined ? makerScopes : new Set([...makerScopes, `team:${teamId}`])),
  ];
}

/** What binds and counts the calls of one caller. */
export interface CallerBounds {
  readonly limits: readonly QuotaLimit[];
  /** Every scope that its calls count for, those of its limits included. */
  readonly scopes: readonly string[];
  /** True where a hard budget may refuse for its cost. */
  readonly hasHardBudget: boolean;
}

/** A caller is looked up once for many of its calls. */
const boundsOfCallers = new WeakMap<Caller, CallerBounds>();

export function callerBounds(caller: Caller): CallerBounds {
  const known = boundsOfCallers.get(caller);
  if (known !== undefined) return known;
  // The gateway draws on READS.
  const limits = listLimits(caller).filter(({ meter }) => meter !== 'READS');
  const bounds = {
    limits,
    scopes: [...new Set([...listScopes(caller), ...limits.map(readScope)])],
    hasHardBudget: caller.limits.some(({ budget }) => budget?.hard === true),
  };
  boundsOfCallers.set(caller, bounds);
  return bounds;
}
