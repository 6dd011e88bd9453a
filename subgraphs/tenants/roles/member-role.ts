import type { Caller, Scope } from '#core/caller.ts';
import { badInput } from '#core/input.ts';
import type { MemberRecord } from '#mongo/members.ts';
import type { TenantsDeps } from '../deps.ts';
import type { MemberInput } from '../generated.ts';
import { findRoleScopes, requireRole } from './find-role.ts';
import { requireScopesOfRole } from './role-place.ts';

/** The name of the role that a member has: of a custom one its own. */
export function readRoleName({ role, customRole }: Pick<MemberRecord, 'role' | 'customRole'>): string {
  return role === 'CUSTOM' ? (customRole ?? '') : role;
}

/** The scopes that a member has by its role; none where its custom role is gone. */
export async function findMemberScopes(
  member: Pick<MemberRecord, 'role' | 'customRole' | 'tenantId'>,
  { connection }: Pick<TenantsDeps, 'connection'>,
): Promise<readonly Scope[]> {
  return (await findRoleScopes(readRoleName(member), member.tenantId, connection)) ?? [];
}

/** The custom role of an input; null for a built-in role. BAD_USER_INPUT where the two fields do not fit. */
export function readCustomRole({
  role,
  customRole,
}: Pick<MemberInput, 'role' | 'customRole'>): string | null {
  if (role === 'CUSTOM')
    return customRole ?? badInput('input.customRole', 'is required with the role CUSTOM.');
  if (customRole != null) badInput('input.customRole', 'is valid with the role CUSTOM alone.');
  return null;
}

/** FORBIDDEN for a role with scopes that the caller lacks, BAD_USER_INPUT for one that is not there. For the holder of `withRoles`. */
export async function requireMemberRole(
  member: Pick<MemberRecord, 'role' | 'customRole'>,
  tenantId: string,
  caller: Caller,
  { connection }: Pick<TenantsDeps, 'connection'>,
): Promise<void> {
  const name = readRoleName(member);
  const field = member.role === 'CUSTOM' ? 'input.customRole' : 'input.role';
  requireScopesOfRole(caller, name, await requireRole(name, field, tenantId, connection));
}

/** FORBIDDEN where the member has scopes that the caller lacks: it is neither changed nor removed by such a caller. */
export async function requireScopesOfMember(
  member: Pick<MemberRecord, 'role' | 'customRole' | 'tenantId'>,
  caller: Caller,
  deps: Pick<TenantsDeps, 'connection'>,
): Promise<void> {
  requireScopesOfRole(caller, readRoleName(member), await findMemberScopes(member, deps));
}
