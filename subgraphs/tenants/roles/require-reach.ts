import type { Caller } from '#core/caller.ts';
import { apiKeys } from '#mongo/api-keys.ts';
import { members, type StoredRole } from '#mongo/members.ts';
import type { TenantsDeps } from '../deps.ts';
import { findMemberScopes, readRoleName } from './member-role.ts';
import { requireScopesOfRole } from './role-place.ts';

type ReachDeps = Pick<TenantsDeps, 'connection'>;

/**
 * FORBIDDEN where members with these roles may not be changed by the caller, as they have scopes that it lacks. The API key of an identity
 * provider, which is of no member, has the reach of the member who made it; made otherwise, as by an operator, it reaches every role.
 */
export async function requireReach(
  touched: readonly (Pick<StoredRole, 'role'> & { readonly customRole?: string | null })[],
  tenantId: string,
  caller: Caller,
  deps: ReachDeps,
): Promise<void> {
  const roles = new Map(touched.map((role) => [readRoleName(role), role]));
  if (roles.size === 0) return;
  const scopes = await findReach(caller, deps);
  if (scopes === null) return;
  for (const [name, { role, customRole }] of roles) {
    const needed = await findMemberScopes({ role, customRole: customRole ?? null, tenantId }, deps);
    requireScopesOfRole({ scopes }, name, needed);
  }
}

/** The scopes that bound the caller; null: none do. */
async function findReach({ keyId, scopes }: Caller, deps: ReachDeps): Promise<readonly string[] | null> {
  const key = keyId === null ? null : await apiKeys(deps.connection).findById(keyId).lean();
  if (key === null || key.ownerMemberId != null) return scopes;
  if (key.madeByMemberId == null) return null;
  const maker = await members(deps.connection).findById(key.madeByMemberId).lean();
  if (maker === null || maker.deactivatedAt != null) return scopes;
  return [...scopes, ...(await findMemberScopes(maker, deps))];
}
