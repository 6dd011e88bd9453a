import { HeddleError } from '#core/errors.ts';
import { type InvitationRecord, invitations } from '#mongo/invitations.ts';
import { readCountMax, requireRoom } from '../../runtime/with-room.ts';
import { readNow, type TenantsDeps } from '../deps.ts';
import { openAt } from './invitation-state.ts';

/**
 * Makes room for one more open invitation of a tenant, and removes the oldest of too many that have ended. CONFLICT where there is none,
 * or where the address has an open one. For the holder of the tenant's lock.
 */
export async function makeRoomForInvitation(
  { _id, tenantId, email, emailKey }: Pick<InvitationRecord, '_id' | 'tenantId' | 'email' | 'emailKey'>,
  deps: TenantsDeps,
): Promise<void> {
  const records = invitations(deps.connection);
  const open = { tenantId, ...openAt(readNow(deps)), _id: { $ne: _id } };
  if ((await records.exists({ ...open, emailKey })) !== null) {
    throw new HeddleError(
      'CONFLICT',
      `There is an open invitation for ${JSON.stringify(email)}: send it again, or revoke it first.`,
    );
  }
  await requireRoom(deps, 'invitationsPerTenant', () => records.countDocuments(open).exec());
  const max = readCountMax(deps, 'invitationsPerTenant');
  const ended = { tenantId, $or: [{ acceptedAt: { $ne: null } }, { revokedAt: { $ne: null } }] };
  const beyond = await records
    .find({ ...ended, acceptance: null, _id: { $ne: _id } }, { _id: 1 })
    .sort({ createdAt: -1, _id: -1 })
    .skip(max - 1)
    .lean();
  if (beyond.length > 0) await records.deleteMany({ _id: { $in: beyond.map((one) => one._id) } });
}
