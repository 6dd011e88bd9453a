import { members } from '#mongo/members.ts';
import { sessions } from '#mongo/sessions.ts';
import { callersChanged, type TenantsDeps } from '../deps.ts';
import type { TenantsContext } from '../loaders.ts';
import { firstIssuerId } from '../members/identify-person.ts';
import { requireAnotherOwner } from '../members/keep-owner.ts';
import { withRoles } from '../roles/find-role.ts';
import { requireScopesOfMember } from '../roles/member-role.ts';
import { visible } from './visible.ts';

/** Removes the member with its sessions, and returns its id. NOT_FOUND when there is none that the caller may see, CONFLICT for the last owner. */
export async function removeMember(id: string, context: TenantsContext, deps: TenantsDeps): Promise<string> {
  const before = await visible('member', id, context);
  await context.auditTarget({ tenantId: before.tenantId, type: 'Member', id });
  await requireScopesOfMember(before, context.caller, deps);
  const { tenantId, subject, issuerId } = before;
  await withRoles(deps.connection, async () => {
    await requireAnotherOwner(id, tenantId, deps);
    await members(deps.connection).deleteOne({ _id: id });
  });
  const ofPerson = { subject, issuerId: issuerId ?? firstIssuerId, tenantId };
  await sessions(deps.connection).deleteMany(ofPerson);
  context.audit({ tenantId: before.tenantId, type: 'Member', id, before });
  context.loaders.member.clear(id);
  await callersChanged(deps, before.tenantId);
  return id;
}
