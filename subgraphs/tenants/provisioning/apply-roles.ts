import type { Connection } from 'mongoose';
import { HeddleError } from '#core/errors.ts';
import { memberGroups } from '#mongo/member-groups.ts';
import { members, type StoredRole } from '#mongo/members.ts';
import { type ProvisioningRecord, tenants } from '#mongo/tenants.ts';
import type { TenantsDeps } from '../deps.ts';
import { chooseRole, isSameRole } from './choose-role.ts';

/** The groups of a member after a change of one group; the list itself where it does not change. */
export type NextGroups = (memberId: string, groupIds: readonly string[]) => readonly string[];

/** What a change means for members: for each next state those that get it. */
interface MemberChange extends StoredRole {
  readonly groupIds: readonly string[];
  /** The role that they have until then. */
  readonly former: StoredRole;
  readonly memberIds: string[];
}

export type MemberChanges = readonly MemberChange[];

const keepGroups: NextGroups = (_id, groupIds) => groupIds;

/**
 * The changes of roles and groups of provisioned members under this provisioning. CONFLICT where no active owner would be left in a
 * tenant that has one. For the holder of the tenant's lock and of `withRoles`, until they are applied.
 */
export async function planRoles(
  tenantId: string,
  provisioning: Pick<ProvisioningRecord, 'groupRoles' | 'role' | 'customRole'>,
  { connection }: Pick<TenantsDeps, 'connection'>,
  next: NextGroups = keepGroups,
): Promise<MemberChanges> {
  const changes = new Map<string, MemberChange>();
  const owners = { demoted: [] as string[], promoted: 0 };
  const records = members(connection)
    .find(
      { tenantId, 'provisioned.userKey': { $exists: true } },
      { role: 1, customRole: 1, provisioned: 1, deactivatedAt: 1 },
    )
    .lean();
  for (const { _id, role, customRole, provisioned, deactivatedAt } of await records) {
    if (provisioned == null) continue;
    const groupIds = next(_id, provisioned.groupIds);
    const chosen = chooseRole(provisioning, { ...provisioned, groupIds });
    const former = { role, customRole: customRole ?? null };
    if (groupIds === provisioned.groupIds && isSameRole(chosen, former)) continue;
    if (deactivatedAt == null && role !== chosen.role) {
      if (role === 'OWNER') owners.demoted.push(_id);
      if (chosen.role === 'OWNER') owners.promoted += 1;
    }
    const key = JSON.stringify([groupIds, chosen, former]);
    const change = changes.get(key) ?? { ...chosen, groupIds, former, memberIds: [] };
    change.memberIds.push(_id);
    changes.set(key, change);
  }
  if (owners.demoted.length > 0 && owners.promoted === 0)
    await requireOwnerBeside(owners.demoted, tenantId, connection);
  // Where the process is killed between two writes, there is an owner at any time.
  return [...changes.values()].toSorted((a, b) => Number(b.role === 'OWNER') - Number(a.role === 'OWNER'));
}

async function requireOwnerBeside(
  ids: readonly string[],
  tenantId: string,
  connection: Connection,
): Promise<void> {
  const other = { tenantId, role: 'OWNER', deactivatedAt: null, _id: { $nin: ids } } as const;
  if ((await members(connection).exists(other)) !== null) return;
  throw new HeddleError(
    'CONFLICT',
    `The member ${ids[0]} is the last owner of the tenant: it keeps its role until another member is an owner.`,
  );
}

/** The roles that members get or lose by the changes. */
export function listTouchedRoles(changes: MemberChanges): readonly StoredRole[] {
  return changes.flatMap((change) => (isSameRole(change, change.former) ? [] : [change, change.former]));
}

/** Members that one update names, and updates that one command has. */
const updatedMax = 1_000;
const updatesMax = 500;

/** Writes the changes, in their order. Each member has its groups and the role of them at once. */
export async function applyRoles(
  changes: MemberChanges,
  { connection }: Pick<TenantsDeps, 'connection'>,
): Promise<void> {
  const updates = changes.flatMap(({ memberIds, groupIds, role, customRole }) =>
    chunk(memberIds, updatedMax).map((ids) => ({
      updateMany: {
        filter: { _id: { $in: ids } },
        update: { $set: { role, customRole, 'provisioned.groupIds': groupIds } },
      },
    })),
  );
  for (const operations of chunk(updates, updatesMax)) await members(connection).bulkWrite(operations);
}

function chunk<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) =>
    items.slice(at * size, (at + 1) * size),
  );
}

/** Ends what is left of the provisioning of a tenant: its members are not provisioned any more, its groups are gone. Done again it changes nothing more. */
export async function completeEnd(tenantId: string, connection: Connection): Promise<void> {
  await members(connection).updateMany(
    { tenantId, 'provisioned.userKey': { $exists: true } },
    { $unset: { provisioned: 1 } },
  );
  await memberGroups(connection).deleteMany({ tenantId });
  await tenants(connection).updateOne({ _id: tenantId }, { $unset: { provisioning: 1, departures: 1 } });
}

/** Applies the provisioning that is stored to the roles of the members. For the holder of the tenant's lock and of `withRoles`. */
export async function completeRoles(
  tenantId: string,
  provisioning: ProvisioningRecord,
  connection: Connection,
): Promise<void> {
  await applyRoles(await planRoles(tenantId, provisioning, { connection }), { connection });
  await tenants(connection).updateOne({ _id: tenantId }, { $unset: { 'provisioning.due': 1 } });
}
