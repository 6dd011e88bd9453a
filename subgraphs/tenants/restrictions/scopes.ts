import { type Caller, meetsScopes, type Scope, scopes } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { badInput, checkedList } from '#core/input.ts';
import type { ApiKeyRecord } from '#mongo/api-keys.ts';
import { adminKeyId } from '../keys/first-start.ts';

/** The requested scopes, each one known; `inference:invoke` when none is requested. */
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

/** A caller cannot grant more than it has, nor lift its bounds: FORBIDDEN with the scopes that the caller lacks. */
export function requireAllScopes(caller: Caller, wanted: readonly string[]): void {
  const lacking = wanted.filter((scope) => !meetsScopes(caller, [[scope]]));
  if (lacking.length > 0) {
    throw new HeddleError(
      'FORBIDDEN',
      `Your key lacks scopes of this key: ${lacking.join(', ')}. Use a key that has them.`,
    );
  }
}

/** The scopes that a key is to have from now on. CONFLICT for the admin key, which has every scope there is. */
export function changedScopes({ lineId }: ApiKeyRecord, wanted: readonly string[] | null): Scope[] {
  if (lineId === adminKeyId) {
    throw new HeddleError('CONFLICT', 'The admin key has every scope: create a key with fewer instead.');
  }
  return checkedScopes(wanted, 'input.scopes');
}

const everyScope = Object.keys(scopes);

/** What a key may do. The admin key, and what it is rotated to, has every scope there is, also those that it is older than. */
export function scopesOfKey({
  lineId,
  scopes: stored,
}: Pick<ApiKeyRecord, 'lineId' | 'scopes'>): readonly string[] {
  return lineId === adminKeyId ? everyScope : stored;
}

/** What both lists allow; `x:write` of one and `x:read` of the other is `x:read`. */
export function intersectScopes(some: readonly string[], others: readonly string[]): readonly string[] {
  const both = [
    ...some.filter((scope) => meetsScopes({ scopes: others }, [[scope]])),
    ...others.filter((scope) => meetsScopes({ scopes: some }, [[scope]])),
  ];
  return [...new Set(both)];
}
