import { ownTenantId } from '#core/tenant-reach.ts';
import type { MemberGroupRecord } from '#mongo/member-groups.ts';
import { loadReferred } from '../../runtime/loaders.ts';
import { readNow, type TenantsDeps } from '../deps.ts';
import type { Resolvers } from '../generated.ts';
import type { TenantsContext } from '../loaders.ts';
import { findRoleOfGroups } from './choose-role.ts';
import { readDepartureLimit, readRaisedUntil } from './departure-limit.ts';
import { computeMemberVersion } from './member-version.ts';
import { readProvisioning } from './read-provisioning.ts';

/** The group of the caller's own tenant; null: there is none. */
export async function findMemberGroup(
  id: string,
  { caller, loaders }: TenantsContext,
): Promise<MemberGroupRecord | null> {
  const tenantId = ownTenantId(caller);
  const group = await loaders.memberGroup.load(id);
  return group?.tenantId === tenantId ? group : null;
}

/** The role that the provisioning of its tenant states for a group. */
async function findGroupRole({ _id, tenantId }: MemberGroupRecord, { loaders }: TenantsContext) {
  const tenant = await loaders.tenant.load(tenantId);
  const provisioning = tenant && readProvisioning(tenant);
  return provisioning && findRoleOfGroups(provisioning, [_id]);
}

/** The fields of what provisioning adds to the graph. */
export function provisioningResolvers(deps: TenantsDeps) {
  return {
    ProvisionedMember: {
      id: ({ _id }) => _id,
      externalId: ({ subject }) => subject,
      userName: ({ provisioned }) => provisioned.userName,
      displayName: ({ provisioned }) => provisioned.displayName,
      givenName: ({ provisioned }) => provisioned.givenName,
      familyName: ({ provisioned }) => provisioned.familyName,
      active: ({ deactivatedAt }) => deactivatedAt == null,
      groups: async ({ provisioned }, _args, { loaders }) => {
        const found = await Promise.all(provisioned.groupIds.map((id) => loaders.memberGroup.load(id)));
        return found.filter((group) => group !== null);
      },
      modifiedAt: ({ provisioned }) => provisioned.modifiedAt,
      version: (member, _args, context) => computeMemberVersion(member, context),
    },
    MemberGroup: {
      id: ({ _id }) => _id,
      role: async (group, _args, context) => (await findGroupRole(group, context))?.role ?? null,
      customRole: async (group, _args, context) => (await findGroupRole(group, context))?.customRole ?? null,
      memberIds: ({ _id }, _args, { loaders }) => loaders.memberIdsOfGroup.load(_id),
    },
    Provisioning: {
      departuresMax: async (provisioning) => (await readDepartureLimit(provisioning, deps)).max,
      departuresLeft: async (provisioning) => (await readDepartureLimit(provisioning, deps)).left,
      departuresMaxUntil: (provisioning) => readRaisedUntil(provisioning, readNow(deps)),
    },
    GroupRole: {
      group: ({ groupId }, _args, { loaders }) => loadReferred(loaders.memberGroup, groupId),
    },
  } satisfies Partial<Resolvers<TenantsContext>>;
}
