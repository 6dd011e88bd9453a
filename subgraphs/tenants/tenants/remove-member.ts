import { members } from '#mongo/members.ts';
import { callersChanged, type TenantsDeps } from '../deps.ts';
import type { TenantsContext } from '../loaders.ts';
import { requireScopesOfMember } from '../roles/member-role.ts';
import { visible } from './visible.ts';

/** Removes the member and returns its id. NOT_FOUND when there is none that the caller may see. */
export async function removeMember(id: string, context: TenantsContext, deps: TenantsDeps): Promise<string> {
  const before = await visible('member', id, context);
  await context.auditTarget({ tenantId: before.tenantId, type: 'Member', id });
  await requireScopesOfMember(before, context.caller, deps);
  await members(deps.connection).deleteOne({ _id: id });
  context.audit({ tenantId: before.tenantId, type: 'Member', id, before });
  context.loaders.member.clear(id);
  await callersChanged(deps, before.tenantId);
  return id;
}
