import type { Caller } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import type { LimitRecord } from '#mongo/limit.ts';
import { limitsOfCaller } from '../restrictions/bounds.ts';
import { limitsExceeded } from './limit-bounds.ts';
import { toLimitSetter } from './set-limits.ts';

/** FORBIDDEN where a caller raises limits beyond its own: so it never raises those of its own app or team. An operator may, by its scope. */
export function requireNoWiderLimits(
  wanted: readonly LimitRecord[],
  before: readonly LimitRecord[],
  caller: Caller,
): void {
  if (limitsExceeded(wanted, before).length === 0) return;
  const isOperator = toLimitSetter(caller) === 'OPERATOR';
  const own = limitsOfCaller(caller).filter(({ subject }) => !isOperator || subject.startsWith('key:'));
  const [exceeded] = limitsExceeded(
    wanted,
    own.map(({ limit }) => limit),
  );
  if (exceeded === undefined) return;
  throw new HeddleError(
    'FORBIDDEN',
    `The limits exceed those of the key that you call with: ${exceeded.meter} per ${exceeded.window}. Lower them, or use a key with wider limits.`,
  );
}
