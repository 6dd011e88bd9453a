import type { Caller } from '#core/caller.ts';
import type { MemberRecord } from '#mongo/members.ts';
import type { TenantsDeps } from '../deps.ts';
import { type EndOptions, endMembership } from '../members/end-membership.ts';
import { admitDeparture } from './departure-limit.ts';
import { requireProvisioning } from './read-provisioning.ts';

/**
 * Deactivates or removes a member for its identity provider, within the limit on departures: CONFLICT for the last owner, QUOTA_EXCEEDED where too many
 * have ended. One that is deactivated already keeps its time. `check`: called before the first write, for the holder of the tenant's lock.
 */
export async function endProvisionedMember(
  member: MemberRecord,
  { removes, set, check }: Pick<EndOptions, 'removes' | 'set'> & { readonly check?: () => Promise<void> },
  caller: Caller,
  deps: TenantsDeps,
): Promise<MemberRecord> {
  const { _id: id, tenantId } = member;
  const { revokeKeysMade } = await requireProvisioning(tenantId, deps);
  const admit = async () => {
    await check?.();
    return admitDeparture(id, tenantId, deps);
  };
  return endMembership(
    member,
    { removes, revokeKeysMade, admit, ...(set === undefined ? {} : { set }) },
    caller,
    deps,
  );
}
