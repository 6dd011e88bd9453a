import { badInput, notFound } from '#core/input.ts';
import { memberGroups } from '#mongo/member-groups.ts';
import type { StoredRole } from '#mongo/members.ts';
import type { TenantProvisioning } from '#mongo/tenants.ts';
import { type GroupRole, type ProvisioningRecord, tenants } from '#mongo/tenants.ts';
import { callersChanged, readNow, type TenantsDeps } from '../deps.ts';
import type { GroupRoleInput, ProvisioningInput } from '../generated.ts';
import type { TenantsContext } from '../loaders.ts';
import { findBinding } from '../members/issuer-binding.ts';
import { withRoles } from '../roles/find-role.ts';
import { readCustomRole, requireMemberRole, requireScopesOfMember } from '../roles/member-role.ts';
import { withLiveOwner } from '../tenants/below-tenant.ts';
import { findTenantId } from '../tenants/visible.ts';
import { completeRoles, planRoles } from './apply-roles.ts';
import { findProvisioning } from './read-provisioning.ts';

const groupRolesMax = 100;
const departuresMaxMax = 10_000;
const dayMs = 86_400_000;
const raisedDaysMax = 30;

/** Saves how the members of a tenant are provisioned; their roles follow. CONFLICT where the last owner would lose its role. */
export async function saveProvisioning(
  input: ProvisioningInput,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<TenantProvisioning> {
  const tenantId = await findTenantId(input.tenantId, context);
  await context.auditTarget({ tenantId, type: 'Provisioning', id: tenantId });
  const { connection } = deps;
  const { before, after } = await withLiveOwner({ tenantId }, deps, () =>
    withRoles(tenantId, connection, async () => {
      const found = await findProvisioning(tenantId, deps);
      const saved = await checkedProvisioning(input, { tenantId, before: found }, deps);
      await requireScopesOfRoles(saved, { tenantId, before: found }, context, deps);
      await planRoles(tenantId, saved, deps);
      await tenants(connection).updateOne(
        { _id: tenantId },
        { $set: { provisioning: { ...saved, due: 'ROLES' } } },
      );
      await completeRoles(tenantId, saved, connection);
      return { before: found, after: await findProvisioning(tenantId, deps) };
    }),
  );
  if (after === null) return notFound('tenant', tenantId);
  context.audit({ tenantId, type: 'Provisioning', id: tenantId, before, after });
  context.loaders.tenant.clear(tenantId);
  await callersChanged(deps, tenantId);
  return after;
}

interface Place {
  readonly tenantId: string;
  /** Null: the tenant is not provisioned yet. */
  readonly before: TenantProvisioning | null;
}

async function checkedProvisioning(
  input: ProvisioningInput,
  { tenantId, before }: Place,
  deps: TenantsDeps,
): Promise<ProvisioningRecord> {
  const kept = before === null ? null : { issuerId: before.issuerId, issuer: before.issuer ?? null };
  return {
    ...(input.issuerId == null && kept !== null
      ? kept
      : await findBinding(input.issuerId, tenantId, deps.connection)),
    ...checkedRole(input, before),
    groupRoles:
      input.groupRoles == null
        ? (before?.groupRoles ?? [])
        : await checkedGroupRoles(input.groupRoles, tenantId, deps),
    revokeKeysMade: input.revokeKeysMade ?? before?.revokeKeysMade ?? true,
    ...checkedDepartures(input, before, readNow(deps)),
  };
}

/** The role that the input states, else the former one. */
function checkedRole({ role, customRole }: ProvisioningInput, before: StoredRole | null): StoredRole {
  if (role != null) return { role, customRole: readCustomRole({ role, customRole: customRole ?? null }) };
  if (customRole != null) badInput('input.customRole', 'is valid with the role CUSTOM alone.');
  return before === null
    ? badInput('input.role', 'is required for a tenant that is not provisioned yet.')
    : { role: before.role, customRole: before.customRole };
}

async function checkedGroupRoles(
  inputs: readonly GroupRoleInput[],
  tenantId: string,
  { connection }: TenantsDeps,
): Promise<GroupRole[]> {
  if (inputs.length > groupRolesMax)
    badInput('input.groupRoles', `must not have more than ${groupRolesMax} groups; it has ${inputs.length}.`);
  const ids = inputs.map(({ groupId }) => groupId);
  const found = await memberGroups(connection)
    .find({ _id: { $in: ids }, tenantId }, { _id: 1 })
    .lean();
  return inputs.map(({ groupId, ...role }, index) => {
    const field = `input.groupRoles[${index}].groupId`;
    if (!found.some(({ _id }) => _id === groupId))
      badInput(field, `names no group of the tenant: ${JSON.stringify(groupId.slice(0, 100))}.`);
    if (ids.indexOf(groupId) !== index) badInput(field, 'names a group that is there already.');
    return { groupId, role: role.role, customRole: readCustomRole(role) };
  });
}

/** The limit on departures: changed for a while alone, so that no change of long ago leaves the tenant without it. */
function checkedDepartures(
  { departuresMax: max, departuresMaxUntil: until }: ProvisioningInput,
  before: TenantProvisioning | null,
  now: Date,
): Pick<ProvisioningRecord, 'departuresMax' | 'departuresMaxUntil'> {
  if (max === undefined) {
    if (until != null) badInput('input.departuresMaxUntil', 'is valid with departuresMax alone.');
    return {
      departuresMax: before?.departuresMax ?? null,
      departuresMaxUntil: before?.departuresMaxUntil ?? null,
    };
  }
  if (max === null) return { departuresMax: null, departuresMaxUntil: null };
  if (max < 0 || max > departuresMaxMax)
    badInput('input.departuresMax', `must lie between 0 and ${departuresMaxMax}; it is ${max}.`);
  const end = until ?? new Date(now.getTime() + dayMs);
  if (end <= now || end.getTime() > now.getTime() + raisedDaysMax * dayMs)
    badInput('input.departuresMaxUntil', `must lie within ${raisedDaysMax} days from now.`);
  return { departuresMax: max, departuresMaxUntil: end };
}

/** FORBIDDEN for roles with scopes that the caller lacks, whether members get them or lose them. */
async function requireScopesOfRoles(
  after: ProvisioningRecord,
  { tenantId, before }: Place,
  { caller }: TenantsContext,
  deps: TenantsDeps,
): Promise<void> {
  for (const role of [after, ...after.groupRoles]) await requireMemberRole(role, tenantId, caller, deps);
  if (before === null) return;
  for (const { role, customRole } of [before, ...before.groupRoles])
    await requireScopesOfMember({ role, customRole, tenantId }, caller, deps);
}
