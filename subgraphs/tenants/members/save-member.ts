import { badInput, checkedText } from '#core/input.ts';
import { type MemberRecord, members } from '#mongo/members.ts';
import { requireRoom } from '../../runtime/with-room.ts';
import { callersChanged, readNow, type TenantsDeps } from '../deps.ts';
import type { MemberInput } from '../generated.ts';
import { randomId } from '../keys/ids.ts';
import type { TenantsContext } from '../loaders.ts';
import { withRoles } from '../roles/find-role.ts';
import { readCustomRole, requireMemberRole, requireScopesOfMember } from '../roles/member-role.ts';
import { withLiveOwner } from '../tenants/below-tenant.ts';
import { findTenantId } from '../tenants/visible.ts';
import { completeDeparture } from './end-membership.ts';
import { requireAnotherOwner } from './keep-owner.ts';

/** Adds a person to a tenant, or changes role and email of one who is there. */
export async function saveMember(
  input: MemberInput,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<MemberRecord> {
  const tenantId = await findTenantId(input.tenantId, context);
  const subject = checkedText(input.subject, 'input.subject', 256);
  const email = input.email ? checkedText(input.email, 'input.email', 254) : null;
  if (email !== null && !/^[^\s@]+@[^\s@]+$/.test(email)) badInput('input.email', 'is no email address.');
  const customRole = readCustomRole(input);
  const records = members(deps.connection);
  const before = await findSettled(tenantId, subject, deps);
  const id = before?._id ?? randomId();
  await context.auditTarget({ tenantId, type: 'Member', id });
  if (before) await requireScopesOfMember(before, context.caller, deps);
  const save = () =>
    records
      .findOneAndUpdate(
        { tenantId, subject },
        {
          $set: { role: input.role, customRole, email },
          $setOnInsert: { _id: id, createdAt: readNow(deps) },
        },
        { upsert: true, returnDocument: 'after' },
      )
      .lean()
      .exec();
  const others = () => records.countDocuments({ tenantId, subject: { $ne: subject } });
  const after = await withLiveOwner({ tenantId }, deps, async () => {
    await requireRoom(deps, 'membersPerTenant', others);
    return withRoles(deps.connection, async () => {
      await requireMemberRole({ role: input.role, customRole }, tenantId, context.caller, deps);
      if (before && input.role !== 'OWNER') await requireAnotherOwner(id, tenantId, deps);
      return save();
    });
  });
  if (!after) throw new Error('an upsert answered no record');
  context.audit({ tenantId, type: 'Member', id: after._id, before, after });
  context.loaders.member.clear(after._id);
  await callersChanged(deps, tenantId);
  return after;
}

/** The member that is there; what a killed process has left of its end is completed first. */
async function findSettled(
  tenantId: string,
  subject: string,
  deps: TenantsDeps,
): Promise<MemberRecord | null> {
  const records = members(deps.connection);
  const found = await records.findOne({ tenantId, subject }).lean();
  if (found?.departure == null) return found;
  await completeDeparture(found, deps);
  return records.findOne({ tenantId, subject }).lean();
}
