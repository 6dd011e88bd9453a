import { HeddleError } from '#core/errors.ts';
import { type GroupChange, type MemberGroupRecord, memberGroups } from '#mongo/member-groups.ts';
import { tenants } from '#mongo/tenants.ts';
import type { TenantsDeps } from '../../deps.ts';
import { applyRoles, type NextGroups, planRoles } from '../apply-roles.ts';
import { findProvisioning } from '../read-provisioning.ts';

type ChangeDeps = Pick<TenantsDeps, 'connection'>;

/** The groups that members are in after a change of this one. */
export function toNextGroups(groupId: string, { all, added, removed }: GroupChange): NextGroups {
  const next = { all: all && new Set(all), added: new Set(added), removed: new Set(removed) };
  return (memberId, groupIds) => {
    const isIn = groupIds.includes(groupId);
    const isNext =
      next.all === null
        ? (isIn && !next.removed.has(memberId)) || next.added.has(memberId)
        : next.all.has(memberId);
    if (isIn === isNext) return groupIds;
    return isNext ? [...groupIds, groupId] : groupIds.filter((one) => one !== groupId);
  };
}

/** Carries out what is still to be done for a group. For the holder of the tenant's lock and of `withRoles`. */
export async function completeGroup(
  { _id, tenantId, due }: MemberGroupRecord,
  { connection }: ChangeDeps,
): Promise<void> {
  if (due == null) return;
  const provisioning = await findProvisioning(tenantId, { connection });
  if (provisioning !== null)
    await applyRoles(await planRoles(tenantId, provisioning, { connection }, toNextGroups(_id, due)), {
      connection,
    });
  if (due.deletes) {
    await tenants(connection).updateOne(
      { _id: tenantId },
      { $pull: { 'provisioning.groupRoles': { groupId: _id } } },
    );
    await memberGroups(connection).deleteOne({ _id });
  } else {
    await memberGroups(connection).updateOne({ _id }, { $unset: { due: 1 } });
  }
}

/** Groups of a tenant that are completed at once: one change at a time leaves one at most. */
const dueMax = 100;

/**
 * Completes the changes of groups that killed processes have left. A change that would take the role of the last owner meanwhile is
 * dropped. For the holder of the tenant's lock and of `withRoles`.
 */
export async function settleGroups(
  { tenantId }: { readonly tenantId: string },
  deps: ChangeDeps,
): Promise<void> {
  const records = memberGroups(deps.connection);
  const left = await records
    .find({ tenantId, 'due.deletes': { $exists: true } })
    .limit(dueMax)
    .lean();
  for (const group of left) {
    try {
      await completeGroup(group, deps);
    } catch (error) {
      if (!(error instanceof HeddleError && error.code === 'CONFLICT')) throw error;
      await records.updateOne({ _id: group._id }, { $unset: { due: 1 } });
    }
  }
}
