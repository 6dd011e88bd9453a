import { type Caller, type Scope, scopes } from '#schema/caller.ts';
import { HeddleError } from '#schema/errors.ts';
import { badInput, checkedList } from '../shared/input.ts';

/** The scopes as asked for, each one known; `inference:invoke` when nothing is asked for. */
export function checkedScopes(wanted: readonly string[] | null | undefined, field: string): Scope[] {
  return checkedList(wanted ?? ['inference:invoke'], field).map((scope) => {
    if (!Object.hasOwn(scopes, scope)) {
      badInput(
        field,
        `has an unknown scope ${JSON.stringify(scope.slice(0, 100))}; there are ${Object.keys(scopes).join(', ')}.`,
      );
    }
    return scope as Scope;
  });
}

/** Nobody hands out more than they have, nor lifts its bounds: FORBIDDEN with the scopes that the caller lacks. */
export function requireAllScopes(caller: Caller, wanted: readonly string[]): void {
  const lacking = wanted.filter((scope) => !caller.scopes.includes(scope));
  if (lacking.length > 0) {
    throw new HeddleError('FORBIDDEN', `You lack what this key may do: ${lacking.join(', ')}.`);
  }
}
