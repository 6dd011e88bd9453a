import type { Caller } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { apiKeys } from '#mongo/api-keys.ts';
import { members } from '#mongo/members.ts';
import type { TenantsDeps } from '../deps.ts';
import { readBinding, vouchedBy } from './issuer-binding.ts';

/**
 * The member that the caller is, or that its API key belongs to: whoever reads the text of a key or a link that the caller makes. Null
 * where it is no member. FORBIDDEN for one that was deactivated meanwhile: for the holder of the tenant's lock no key comes later.
 */
export async function findMaker(
  { tenantId, keyId, issuerId, subject }: Caller,
  { connection }: Pick<TenantsDeps, 'connection'>,
): Promise<string | null> {
  const records = members(connection);
  const ownerId = keyId === null ? null : (await apiKeys(connection).findById(keyId).lean())?.ownerMemberId;
  const member =
    ownerId != null
      ? await records.findById(ownerId, { deactivatedAt: 1 }).lean()
      : subject === null || tenantId === null || issuerId === undefined
        ? null
        : await records
            .findOne({ tenantId, subject, ...vouchedBy(await readBinding(issuerId, connection)) })
            .lean();
  if (member === null && ownerId == null) return null;
  if (member === null || member.deactivatedAt != null) {
    throw new HeddleError('FORBIDDEN', 'A member that was deactivated or removed makes nothing more.');
  }
  return member._id;
}

/**
 * The member that may come to read the text of an API key that the caller makes: the maker, else the member that made the caller's own key,
 * as it knows the text of that one. Null where there is none.
 */
export async function findKeyMaker(
  caller: Caller,
  deps: Pick<TenantsDeps, 'connection'>,
): Promise<string | null> {
  const maker = await findMaker(caller, deps);
  if (maker !== null || caller.keyId === null) return maker;
  return (await apiKeys(deps.connection).findById(caller.keyId).lean())?.madeByMemberId ?? null;
}
