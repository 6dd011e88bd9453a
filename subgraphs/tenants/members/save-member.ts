import { checkedText } from '#core/input.ts';
import { type MemberRecord, members } from '#mongo/members.ts';
import { requireRoom } from '../../runtime/with-room.ts';
import { callersChanged, readNow, type TenantsDeps } from '../deps.ts';
import type { MemberInput } from '../generated.ts';
import { randomId } from '../keys/ids.ts';
import type { TenantsContext } from '../loaders.ts';
import { requireRoleOfGroups } from '../provisioning/choose-role.ts';
import { isProvisioned } from '../provisioning/provisioned-member.ts';
import { withRoles } from '../roles/find-role.ts';
import { readCustomRole, requireMemberRole, requireScopesOfMember } from '../roles/member-role.ts';
import { withLiveOwner } from '../tenants/below-tenant.ts';
import { findTenantId } from '../tenants/visible.ts';
import { checkedEmail, requireUnlikeEmails } from './email.ts';
import { findSettledMember } from './find-settled-member.ts';
import { findBinding } from './issuer-binding.ts';
import { requireAnotherOwner } from './keep-owner.ts';

/** Adds a person to a tenant, or changes role and email of one who is there. */
export async function saveMember(
  input: MemberInput,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<MemberRecord> {
  const tenantId = await findTenantId(input.tenantId, context);
  const subject = checkedText(input.subject, 'input.subject', 256);
  const binding = await findBinding(input.issuerId, tenantId, deps.connection);
  const email = input.email ? checkedEmail(input.email, 'input.email') : null;
  const change = { role: input.role, customRole: readCustomRole(input), email };
  const createdAt = readNow(deps);
  const records = members(deps.connection);
  const { before, after } = await withLiveOwner({ tenantId }, deps, async () => {
    const found = await findSettledMember({ tenantId, subject, ...binding }, deps);
    const id = found?._id ?? randomId();
    await context.auditTarget({ tenantId, type: 'Member', id });
    if (found) await requireScopesOfMember(found, context.caller, deps);
    await requireUnlikeEmails(email === null ? [] : [email], { tenantId, memberId: id }, deps);
    await requireRoom(deps, 'membersPerTenant', () =>
      records.countDocuments({ tenantId, _id: { $ne: id } }).exec(),
    );
    const saved = await withRoles(tenantId, deps.connection, async () => {
      await requireMemberRole(change, tenantId, context.caller, deps);
      if (found && input.role !== 'OWNER') await requireAnotherOwner(id, tenantId, deps);
      const { role, customRole } = change;
      if (isProvisioned(found)) await requireRoleOfGroups(found, { role, customRole }, deps);
      return found === null
        ? (await records.create({ _id: id, tenantId, subject, ...binding, ...change, createdAt })).toObject()
        : records
            .findOneAndUpdate(
              { _id: id },
              {
                $set: isProvisioned(found)
                  ? { ...change, 'provisioned.ownRole': { role, customRole } }
                  : change,
              },
              { returnDocument: 'after' },
            )
            .lean();
    });
    return { before: found, after: saved };
  });
  if (!after) throw new Error('a member that was found is not there any more');
  context.audit({ tenantId, type: 'Member', id: after._id, before, after });
  context.loaders.member.clear(after._id);
  await callersChanged(deps, tenantId);
  return after;
}
