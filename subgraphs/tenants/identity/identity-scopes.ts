import { scopes as knownScopes } from '#core/caller.ts';
import type { TenantsDeps } from '../deps.ts';
import { intersectScopes } from '../restrictions/scopes.ts';
import { findRoleScopes } from '../roles/find-role.ts';
import type { Identity } from './identity.ts';
import { TokenRefusal } from './token-refusal.ts';

/**
 * The scopes of the role, narrowed to those that the token names; of a token without a role, those that it names. Throws
 * TokenRefusal for a role that does not exist: it may have been deleted or renamed.
 */
export async function scopesOfIdentity(
  { role, scopes, tenantId }: Pick<Identity, 'role' | 'scopes' | 'tenantId'>,
  { connection }: Pick<TenantsDeps, 'connection'>,
): Promise<readonly string[]> {
  const named = scopes?.filter((scope) => Object.hasOwn(knownScopes, scope)) ?? null;
  if (role === null) return named ?? [];
  const granted = await findRoleScopes(role, tenantId, connection);
  if (granted === null) {
    const name = JSON.stringify(role.slice(0, 100));
    throw new TokenRefusal('ROLE', `There is no role ${name} in the tenant of this token.`);
  }
  return named === null ? granted : intersectScopes(granted, named);
}
