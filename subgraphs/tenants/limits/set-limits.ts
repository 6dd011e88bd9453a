import type { Caller } from '#core/caller.ts';
import { hasScope } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import type { LimitSetter } from '#core/graph-enums.generated.ts';
import type { LimitRecord } from '#mongo/limit.ts';
import { limitsExceeded } from './limit-bounds.ts';

/** Who it is, for what they set. */
export function toLimitSetter(caller: Caller): LimitSetter {
  return hasScope(caller, 'tenants:admin') ? 'OPERATOR' : 'TENANT';
}

/** Who set a limit or a budget; one of versions that did not keep it counts as an operator's. */
export function readLimitSetter({ setBy }: { readonly setBy?: LimitSetter | null }): LimitSetter {
  return setBy ?? 'OPERATOR';
}

/** FORBIDDEN where an operator has set it and the caller is none. */
export function requireSetter(what: string, record: { readonly setBy?: LimitSetter }, caller: Caller): void {
  if (readLimitSetter(record) === 'TENANT' || toLimitSetter(caller) === 'OPERATOR') return;
  throw new HeddleError(
    'FORBIDDEN',
    `${what} was set by an operator; only the scope tenants:admin changes it.`,
  );
}

/**
 * The limits in place of those that were there. An operator replaces all of them. A tenant replaces its own: those that
 * an operator set stay, and FORBIDDEN where the wanted ones would exceed them.
 */
export function replaceLimits(
  before: readonly LimitRecord[],
  wanted: readonly LimitRecord[],
  caller: Caller,
): LimitRecord[] {
  const setBy = toLimitSetter(caller);
  const set = wanted.map((limit) => ({ ...limit, setBy }));
  if (setBy === 'OPERATOR') return set;
  const operators = before.filter((limit) => readLimitSetter(limit) === 'OPERATOR');
  const [exceeded] = limitsExceeded(set, operators);
  if (exceeded !== undefined) {
    throw new HeddleError(
      'FORBIDDEN',
      `The limit on ${exceeded.meter} per ${exceeded.window} was set by an operator; only the scope tenants:admin raises it.`,
    );
  }
  const isKept = (limit: LimitRecord) =>
    operators.some(
      ({ meter, window, amount }) =>
        meter === limit.meter && window === limit.window && amount === limit.amount,
    );
  return [...operators, ...set.filter((limit) => !isKept(limit))];
}
