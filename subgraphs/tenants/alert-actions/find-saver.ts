import type { Caller } from '#core/caller.ts';
import type { AlertSaver } from '#mongo/alert-actions.ts';
import { apiKeys } from '#mongo/api-keys.ts';
import { members } from '#mongo/members.ts';
import { readNow, type TenantsDeps } from '../deps.ts';
import { findKeyCaller } from '../keys/find-caller.ts';
import { findKeyEnd } from '../keys/key-misuse.ts';
import { readBinding, vouchedBy } from '../members/issuer-binding.ts';
import { findMemberScopes } from '../roles/member-role.ts';
import { withAlertActions } from './bound-caller.ts';

/** The rights that whoever saved an alert has now; of a key those of its successor. Null: it may do nothing any more. */
export async function findSaver(
  saver: AlertSaver,
  deps: TenantsDeps,
): Promise<Pick<Caller, 'tenantId' | 'scopes'> | null> {
  return saver.keyLineId === null ? findMember(saver, deps) : findKey(saver.keyLineId, deps);
}

async function findKey(lineId: string, deps: TenantsDeps) {
  const found = await apiKeys(deps.connection)
    .find({ lineId, revokedAt: null })
    .sort({ createdAt: -1, _id: -1 })
    .lean();
  const key = found.find((one) => findKeyEnd(one, readNow(deps)) === null);
  // One that is suspended has no rights either.
  const caller = key && (await withAlertActions(await findKeyCaller(key, deps), deps));
  return caller && !('archived' in caller) ? caller : null;
}

/** A person has the rights of its membership, not those that a token may state. */
async function findMember({ tenantId, issuerId, subject }: AlertSaver, deps: TenantsDeps) {
  if (tenantId === null || issuerId === null || subject === null) return null;
  const { connection } = deps;
  const member = await members(connection)
    .findOne({ tenantId, subject, ...vouchedBy(await readBinding(issuerId, connection)) })
    .lean();
  if (member === null || member.deactivatedAt != null || member.hidden === true) return null;
  return { tenantId, scopes: await findMemberScopes(member, deps) };
}
