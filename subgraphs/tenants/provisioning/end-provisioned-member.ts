import type { Caller } from '#core/caller.ts';
import type { MemberRecord } from '#mongo/members.ts';
import type { TenantsDeps } from '../deps.ts';
import { type EndOptions, endMembership } from '../members/end-membership.ts';
import { admitDeparture } from './departure-limit.ts';
import { requireProvisioning } from './read-provisioning.ts';

/**
 * Deactivates or removes a member for its identity provider, within the limit on departures: CONFLICT for the last owner, QUOTA_EXCEEDED where too many
 * have ended. One that is deactivated already keeps its time.
 */
export async function endProvisionedMember(
  member: MemberRecord,
  { removes, set }: Pick<EndOptions, 'removes' | 'set'>,
  caller: Caller,
  deps: TenantsDeps,
): Promise<MemberRecord> {
  const { _id: id, tenantId } = member;
  const { revokeKeysMade } = await requireProvisioning(tenantId, deps);
  const admit = () => admitDeparture(id, tenantId, deps);
  return endMembership(
    member,
    { removes, revokeKeysMade, admit, ...(set === undefined ? {} : { set }) },
    caller,
    deps,
  );
}
