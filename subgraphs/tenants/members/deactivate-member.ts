import { notFound } from '#core/input.ts';
import { type MemberRecord, members } from '#mongo/members.ts';
import { callersChanged, type TenantsDeps } from '../deps.ts';
import type { MutationDeactivateMemberArgs } from '../generated.ts';
import type { TenantsContext } from '../loaders.ts';
import { isProvisioned } from '../provisioning/provisioned-member.ts';
import { withRoles } from '../roles/find-role.ts';
import { requireScopesOfMember } from '../roles/member-role.ts';
import { withLiveOwner } from '../tenants/below-tenant.ts';
import { visible } from '../tenants/visible.ts';
import { completeDeparture, endMembership } from './end-membership.ts';
import { toMemberEvent } from './member-events.ts';

/** Refuses the member from now on, and ends its sessions and API keys. One that is deactivated keeps its time. CONFLICT for the last owner. */
export async function deactivateMember(
  { id, revokeKeysMade }: MutationDeactivateMemberArgs,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<MemberRecord> {
  const before = await visible('member', id, context);
  const target = { tenantId: before.tenantId, type: 'Member', id };
  await context.auditTarget(target);
  await requireScopesOfMember(before, context.caller, deps);
  const isOfProvider = before.provisioned?.active === false;
  if (before.deactivatedAt != null && before.departure == null && revokeKeysMade !== true && !isOfProvider) {
    context.unchanged();
    return before;
  }
  const options = {
    removes: false,
    revokeKeysMade: revokeKeysMade ?? false,
    // From now on its provider does not end that, also where it had deactivated the member too, or does so in this moment.
    ...(isProvisioned(before) ? { set: { 'provisioned.active': true } } : {}),
  };
  const after = await endMembership(before, options, context.caller, deps);
  context.audit({ ...target, before, after });
  context.loaders.member.clear(id);
  return after;
}

/** Accepts a member that was deactivated. Its sessions and API keys have ended. CONFLICT where its tenant is archived. */
export async function reactivateMember(
  id: string,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<MemberRecord> {
  const before = await visible('member', id, context);
  const target = { tenantId: before.tenantId, type: 'Member', id };
  await context.auditTarget(target);
  await requireScopesOfMember(before, context.caller, deps);
  if (before.deactivatedAt == null) {
    context.unchanged();
    return before;
  }
  const after = await resumeMembership(before, deps);
  context.audit({ ...target, before, after });
  context.loaders.member.clear(id);
  return after;
}

interface ResumeOptions {
  /** More fields of the record. */
  readonly set?: Readonly<Record<string, unknown>>;
  /** Called before the first write, for the holder of the tenant's lock: what it throws keeps the member as it is. */
  readonly check?: () => Promise<void>;
}

/** The same for whoever has checked that the caller may. NOT_FOUND where it is removed meanwhile. */
export async function resumeMembership(
  before: MemberRecord,
  deps: TenantsDeps,
  { set = {}, check }: ResumeOptions = {},
): Promise<MemberRecord> {
  const { _id: id, tenantId } = before;
  const records = members(deps.connection);
  await completeDeparture(before, deps);
  const proof = { collection: 'members', id, by: 'STAMP' } as const;
  const after = await withLiveOwner({ tenantId }, deps, () =>
    withRoles(tenantId, deps.connection, async () => {
      await check?.();
      return deps.events.withChange(toMemberEvent('member.reactivated', before), proof, (eventId) =>
        records
          .findOneAndUpdate(
            { _id: id, 'departure.removes': { $exists: false } },
            { $unset: { deactivatedAt: 1 }, $set: { ...set, eventId } },
            { returnDocument: 'after' },
          )
          .lean()
          .exec(),
      );
    }),
  );
  if (after === null) return notFound('member', id);
  await callersChanged(deps, tenantId);
  return after;
}
