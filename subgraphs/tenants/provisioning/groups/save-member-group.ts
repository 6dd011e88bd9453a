import { badInput, checkedList, isDuplicateKey, notFound } from '#core/input.ts';
import { ownTenantId } from '#core/tenant-reach.ts';
import { type GroupChange, type MemberGroupRecord, memberGroups } from '#mongo/member-groups.ts';
import { members } from '#mongo/members.ts';
import { requireRoom } from '../../../runtime/with-room.ts';
import { callersChanged, readNow, type TenantsDeps } from '../../deps.ts';
import type { MemberGroupInput } from '../../generated.ts';
import { randomId } from '../../keys/ids.ts';
import type { TenantsContext } from '../../loaders.ts';
import { withRoles } from '../../roles/find-role.ts';
import { requireReach } from '../../roles/require-reach.ts';
import { withLiveOwner } from '../../tenants/below-tenant.ts';
import { listTouchedRoles, planRoles } from '../apply-roles.ts';
import { requireGroupRevision } from '../member-version.ts';
import { notUnique } from '../provision-member.ts';
import { checkedName, checkedOptionalName, toComparedName } from '../provisioned-member.ts';
import { requireProvisioning } from '../read-provisioning.ts';
import { completeGroup, settleGroups, toNextGroups } from './change-groups.ts';

const idsMax = 10_000;

/** Creates or changes a group of the caller's tenant; its members get the role that it leads to. */
export async function saveMemberGroup(
  input: MemberGroupInput,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<MemberGroupRecord> {
  const tenantId = ownTenantId(context.caller);
  const names = checkedNames(input);
  const due = checkedMembership(input);
  const id = input.id ?? randomId();
  const { before, after } = await withLiveOwner({ tenantId }, deps, () =>
    withRoles(tenantId, deps.connection, async () => {
      await settleGroups({ tenantId }, deps);
      const found = input.id == null ? null : await findGroup(input.id, tenantId, deps);
      await context.auditTarget({ tenantId, type: 'MemberGroup', id });
      if (found !== null) requireGroupRevision(found, input.ifRevision);
      const provisioning = await requireProvisioning(tenantId, deps);
      await requireMembers([...(due.all ?? []), ...due.added], tenantId, deps);
      const changes = await planRoles(tenantId, provisioning, deps, toNextGroups(id, due));
      await requireReach(listTouchedRoles(changes), tenantId, context.caller, deps);
      const saved = await write(found, { id, tenantId, ...names, due }, deps);
      await completeGroup(saved, deps);
      return { before: found, after: saved };
    }),
  );
  context.audit({ tenantId, type: 'MemberGroup', id, before, after });
  context.loaders.memberGroup.clear(id);
  await callersChanged(deps, tenantId);
  return after;
}

/** The group of the tenant; NOT_FOUND where there is none. */
export async function findGroup(
  id: string,
  tenantId: string,
  { connection }: TenantsDeps,
): Promise<MemberGroupRecord> {
  return (await memberGroups(connection).findOne({ _id: id, tenantId }).lean()) ?? notFound('group', id);
}

interface GroupNames {
  readonly displayName: string | undefined;
  readonly externalId: string | null | undefined;
}

function checkedNames({ id, displayName, externalId }: MemberGroupInput): GroupNames {
  if (displayName === null || (displayName === undefined && id == null))
    badInput('input.displayName', 'is required.');
  return {
    displayName: displayName === undefined ? undefined : checkedName(displayName, 'input.displayName'),
    externalId: externalId === undefined ? undefined : checkedOptionalName(externalId, 'input.externalId'),
  };
}

function checkedMembership({ memberIds, addMemberIds, removeMemberIds }: MemberGroupInput): GroupChange {
  if (memberIds != null && (addMemberIds != null || removeMemberIds != null))
    badInput('input.memberIds', 'cannot be combined with addMemberIds and removeMemberIds.');
  return {
    deletes: false,
    all: memberIds == null ? null : checkedList(memberIds, 'input.memberIds', idsMax),
    added: checkedList(addMemberIds ?? [], 'input.addMemberIds', idsMax),
    removed: checkedList(removeMemberIds ?? [], 'input.removeMemberIds', idsMax),
  };
}

/** BAD_USER_INPUT where one of the ids is that of no provisioned member of the tenant. */
async function requireMembers(
  ids: readonly string[],
  tenantId: string,
  { connection }: TenantsDeps,
): Promise<void> {
  const found = await members(connection)
    .find({ _id: { $in: ids }, tenantId, 'provisioned.userKey': { $exists: true } }, { _id: 1 })
    .lean();
  const known = new Set(found.map(({ _id }) => _id));
  const unknown = ids.find((id) => !known.has(id));
  if (unknown !== undefined)
    badInput('input', `names no provisioned member of the tenant: ${JSON.stringify(unknown.slice(0, 100))}.`);
}

interface Writing extends GroupNames {
  readonly id: string;
  readonly tenantId: string;
  readonly due: GroupChange;
}

async function write(
  before: MemberGroupRecord | null,
  { id, tenantId, displayName, externalId, due }: Writing,
  deps: TenantsDeps,
): Promise<MemberGroupRecord> {
  const records = memberGroups(deps.connection);
  const name = displayName ?? before?.displayName ?? '';
  const now = readNow(deps);
  const group: MemberGroupRecord = {
    ...{ _id: id, tenantId, displayName: name, nameKey: toComparedName(name) },
    externalId: externalId === undefined ? (before?.externalId ?? null) : externalId,
    ...{ revision: (before?.revision ?? 0) + 1, createdAt: before?.createdAt ?? now, modifiedAt: now, due },
  };
  if (before === null)
    await requireRoom(deps, 'groupsPerTenant', () => records.countDocuments({ tenantId }).exec());
  const { _id, createdAt, ...fields } = group;
  try {
    await (before === null ? records.create(group) : records.updateOne({ _id, tenantId }, { $set: fields }));
  } catch (error) {
    if (isDuplicateKey(error))
      throw notUnique(`There is a group named ${JSON.stringify(name)} already.`, error);
    throw error;
  }
  return { ...fields, _id, createdAt };
}
