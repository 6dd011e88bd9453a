import { members } from '#mongo/members.ts';
import { callersChanged, type TenantsContext, type TenantsDeps } from './deps.ts';

/** False when there is no such member, or the caller may not see it. */
export async function removeMember(id: string, context: TenantsContext, deps: TenantsDeps): Promise<boolean> {
  const before = await context.loaders.member.clear(id).load(id);
  if (!before) return false;
  const { deletedCount } = await members(deps.connection).deleteOne({ _id: id });
  context.audit({ tenantId: before.tenantId, type: 'Member', id, before });
  context.loaders.member.clear(id);
  await callersChanged(deps, before.tenantId);
  return deletedCount > 0;
}
