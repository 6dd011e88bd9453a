import { HeddleError } from '#core/errors.ts';
import type { ProvisionedMemberRecord, ProvisionedPerson, StoredRole } from '#mongo/members.ts';
import type { ProvisioningRecord } from '#mongo/tenants.ts';
import type { TenantsDeps } from '../deps.ts';
import { findProvisioning } from './read-provisioning.ts';

type Roles = Pick<ProvisioningRecord, 'groupRoles' | 'role' | 'customRole'>;

/** The role that the groups of a member lead to: of the list of the provisioning the first; null: none does. */
export function findRoleOfGroups(
  { groupRoles }: Pick<Roles, 'groupRoles'>,
  groupIds: readonly string[],
): StoredRole | null {
  return groupRoles.find(({ groupId }) => groupIds.includes(groupId)) ?? null;
}

/** The role of a provisioned member: that of its groups, else the one given by hand, else that of the provisioning. */
export function chooseRole(
  provisioning: Roles,
  { groupIds, ownRole }: Pick<ProvisionedPerson, 'groupIds' | 'ownRole'>,
): StoredRole {
  const { role, customRole } = findRoleOfGroups(provisioning, groupIds) ?? ownRole ?? provisioning;
  return { role, customRole };
}

export function isSameRole(a: StoredRole, b: StoredRole): boolean {
  return a.role === b.role && a.customRole === b.customRole;
}

/** CONFLICT where the groups of a provisioned member lead to another role than it is to get by hand: the next change would take it back. */
export async function requireRoleOfGroups(
  { _id, tenantId, provisioned }: ProvisionedMemberRecord,
  wanted: StoredRole,
  deps: Pick<TenantsDeps, 'connection'>,
): Promise<void> {
  const provisioning = await findProvisioning(tenantId, deps);
  const ofGroups = provisioning && findRoleOfGroups(provisioning, provisioned.groupIds);
  if (ofGroups === null || isSameRole(ofGroups, wanted)) return;
  throw new HeddleError(
    'CONFLICT',
    `The member ${_id} has the role of a group of its identity provider: change its groups there, or the roles of groups with saveProvisioning.`,
  );
}
