import { ownTenantId } from '#core/tenant-reach.ts';
import { type GroupChange, memberGroups } from '#mongo/member-groups.ts';
import { callersChanged, type TenantsDeps } from '../../deps.ts';
import type { MutationDeleteMemberGroupArgs } from '../../generated.ts';
import type { TenantsContext } from '../../loaders.ts';
import { withRoles } from '../../roles/find-role.ts';
import { requireReach } from '../../roles/require-reach.ts';
import { withTenant } from '../../tenants/below-tenant.ts';
import { listTouchedRoles, planRoles } from '../apply-roles.ts';
import { requireGroupRevision } from '../member-version.ts';
import { requireProvisioning } from '../read-provisioning.ts';
import { completeGroup, settleGroups, toNextGroups } from './change-groups.ts';
import { findGroup } from './save-member-group.ts';

const deletion: GroupChange = { deletes: true, all: [], added: [], removed: [] };

/** Deletes a group and returns its id: its members lose the role that it leads to. CONFLICT where the last owner would, and where it is not of the revision that is stated. */
export async function deleteMemberGroup(
  { id, ifRevision }: MutationDeleteMemberGroupArgs,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<string> {
  const tenantId = ownTenantId(context.caller);
  const target = { tenantId, type: 'MemberGroup', id };
  const { connection } = deps;
  const before = await withTenant(tenantId, deps, () =>
    withRoles(tenantId, connection, async () => {
      await settleGroups({ tenantId }, deps);
      const found = await findGroup(id, tenantId, deps);
      await context.auditTarget(target);
      requireGroupRevision(found, ifRevision);
      const provisioning = await requireProvisioning(tenantId, deps);
      const changes = await planRoles(tenantId, provisioning, deps, toNextGroups(id, deletion));
      await requireReach(listTouchedRoles(changes), tenantId, context.caller, deps);
      await memberGroups(connection).updateOne({ _id: id }, { $set: { due: deletion } });
      await completeGroup({ ...found, due: deletion }, deps);
      return found;
    }),
  );
  context.audit({ ...target, before });
  context.loaders.memberGroup.clear(id);
  await callersChanged(deps, tenantId);
  return id;
}
