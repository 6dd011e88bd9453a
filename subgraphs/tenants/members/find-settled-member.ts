import { type MemberRecord, members } from '#mongo/members.ts';
import type { TenantsDeps } from '../deps.ts';
import { completeDeparture } from './end-membership.ts';
import { type IssuerBinding, listIssuerIds, requireSameUrl } from './issuer-binding.ts';

interface Person extends IssuerBinding, Pick<MemberRecord, 'tenantId' | 'subject'> {}

/**
 * The member that is there; what a killed process has left of its end is completed first. CONFLICT for one that was added under another
 * URL of the issuer.
 */
export async function findSettledMember(
  { tenantId, subject, ...binding }: Person,
  deps: TenantsDeps,
): Promise<MemberRecord | null> {
  const find = () =>
    members(deps.connection)
      .findOne({ tenantId, subject, issuerId: { $in: listIssuerIds(binding.issuerId) } })
      .lean();
  const found = await find();
  if (found?.departure != null) await completeDeparture(found, deps);
  const settled = found?.departure == null ? found : await find();
  if (settled !== null) requireSameUrl(settled, binding);
  return settled;
}
