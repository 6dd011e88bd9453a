import { type MemberRecord, members } from '#mongo/members.ts';
import type { TenantsDeps } from '../deps.ts';
import { completeDeparture } from './end-membership.ts';
import { listIssuerIds } from './identify-person.ts';

/** The member that is there; what a killed process has left of its end is completed first. */
export async function findSettledMember(
  { tenantId, issuerId, subject }: Pick<MemberRecord, 'tenantId' | 'subject'> & { readonly issuerId: string },
  deps: TenantsDeps,
): Promise<MemberRecord | null> {
  const find = () =>
    members(deps.connection)
      .findOne({ tenantId, subject, issuerId: { $in: listIssuerIds(issuerId) } })
      .lean();
  const found = await find();
  if (found?.departure == null) return found;
  await completeDeparture(found, deps);
  return find();
}
