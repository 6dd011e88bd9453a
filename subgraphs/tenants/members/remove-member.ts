import type { TenantsDeps } from '../deps.ts';
import type { MutationRemoveMemberArgs } from '../generated.ts';
import type { TenantsContext } from '../loaders.ts';
import { requireScopesOfMember } from '../roles/member-role.ts';
import { visible } from '../tenants/visible.ts';
import { endMembership } from './end-membership.ts';

/**
 * Removes the member with its sessions and the API keys that belong to it, and returns its id. NOT_FOUND when there is none
 * that the caller may see, CONFLICT for the last owner.
 */
export async function removeMember(
  { id, revokeKeysMade }: MutationRemoveMemberArgs,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<string> {
  const before = await visible('member', id, context);
  const target = { tenantId: before.tenantId, type: 'Member', id };
  await context.auditTarget(target);
  await requireScopesOfMember(before, context.caller, deps);
  const options = { removes: true, revokeKeysMade: revokeKeysMade ?? false };
  await endMembership(before, options, context.caller, deps);
  context.audit({ ...target, before });
  context.loaders.member.clear(id);
  return id;
}
