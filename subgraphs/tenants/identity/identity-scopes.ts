import { scopes as knownScopes, meetsScopes } from '#core/caller.ts';
import { rolesToScopes } from '#core/roles.ts';
import type { TenantsDeps } from '../deps.ts';
import type { Identity } from './identity.ts';
import { TokenRefusal } from './token-refusal.ts';

/**
 * The scopes of the role, narrowed to those that the token names; of a token without a role, those that it names. Throws
 * TokenRefusal for a role that does not exist: it may have been deleted or renamed.
 */
export async function scopesOfIdentity(
  { role, scopes, tenantId }: Pick<Identity, 'role' | 'scopes' | 'tenantId'>,
  deps: Pick<TenantsDeps, 'connection'>,
): Promise<readonly string[]> {
  const named = scopes?.filter((scope) => Object.hasOwn(knownScopes, scope)) ?? null;
  if (role === null) return named ?? [];
  const granted = await findRoleScopes(role, tenantId, deps);
  if (granted === undefined) {
    const name = JSON.stringify(role.slice(0, 100));
    throw new TokenRefusal('ROLE', `There is no role ${name} in the tenant of this token.`);
  }
  return named === null ? granted : intersect(granted, named);
}

/** The scopes of a role of the tenant; undefined where there is none. */
export async function findRoleScopes(
  role: string,
  _tenantId: string | null,
  _deps: Pick<TenantsDeps, 'connection'>,
): Promise<readonly string[] | undefined> {
  return rolesToScopes(role);
}

/** What both lists allow; `x:write` of one and `x:read` of the other is `x:read`. */
function intersect(some: readonly string[], others: readonly string[]): readonly string[] {
  const both = [
    ...some.filter((scope) => meetsScopes({ scopes: others }, [[scope]])),
    ...others.filter((scope) => meetsScopes({ scopes: some }, [[scope]])),
  ];
  return [...new Set(both)];
}
