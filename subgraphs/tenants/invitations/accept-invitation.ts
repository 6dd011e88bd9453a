import type { Logger } from 'pino';
import { HeddleError } from '#core/errors.ts';
import { isDuplicateKey } from '#core/input.ts';
import { type InvitationAcceptance, type InvitationRecord, invitations } from '#mongo/invitations.ts';
import { type MemberRecord, members } from '#mongo/members.ts';
import { tenants } from '#mongo/tenants.ts';
import { requireRoom } from '../../runtime/with-room.ts';
import { callersChanged, readNow, type TenantsDeps } from '../deps.ts';
import { randomId } from '../keys/ids.ts';
import type { TenantsContext } from '../loaders.ts';
import { toEmailKey } from '../members/email.ts';
import { findSettledMember } from '../members/find-settled-member.ts';
import { toMemberEvent } from '../members/member-events.ts';
import { findRoleScopes, withRoles } from '../roles/find-role.ts';
import { readRoleName } from '../roles/member-role.ts';
import { withTenant } from '../tenants/below-tenant.ts';
import { openAt } from './invitation-state.ts';
import type { ProvenPerson } from './proven-person.ts';

type AcceptanceDeps = Pick<TenantsDeps, 'connection' | 'events' | 'now' | 'log'>;

/** The invitation whose link has this secret; null where it cannot be accepted, whyever. */
export async function findOpenInvitation(
  secretHash: string,
  deps: Pick<TenantsDeps, 'connection' | 'now'>,
): Promise<InvitationRecord | null> {
  const open = { secretHashes: secretHash, ...openAt(readNow(deps)), hidden: null };
  return invitations(deps.connection).findOne(open).lean();
}

/**
 * Makes a member of the person that the identity provider has proven, once for each invitation. Null where the invitation cannot be
 * accepted any more; FORBIDDEN for a person with another address, CONFLICT for one who is a member already.
 */
export async function acceptInvitation(
  secretHash: string,
  person: ProvenPerson,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<MemberRecord | null> {
  const found = await findOpenInvitation(secretHash, deps);
  if (found === null) return null;
  requireInvited(found, person);
  const { _id: id, tenantId } = found;
  const target = { tenantId, type: 'Invitation', id };
  await context.auditTarget(target);
  const { issuerId, issuer, subject, email } = person;
  const acceptance: InvitationAcceptance = { memberId: randomId(), issuerId, issuer, subject, email };
  const accepted = await withTenant(tenantId, deps, async () => {
    const isOpen = (await findOpenInvitation(secretHash, deps)) !== null;
    if (!isOpen || (await isArchived(tenantId, deps))) return null;
    await requireNoMember(tenantId, person, deps);
    await requireRoom(deps, 'membersPerTenant', () =>
      members(deps.connection).countDocuments({ tenantId }).exec(),
    );
    return withRoles(tenantId, deps.connection, async () => {
      if ((await findRoleScopes(readRoleName(found), tenantId, deps.connection)) === null) return null;
      const used = { acceptedAt: readNow(deps), memberId: acceptance.memberId, acceptance, secretHashes: [] };
      const after = await invitations(deps.connection)
        .findOneAndUpdate(
          { _id: id, secretHashes: secretHash, ...openAt(readNow(deps)) },
          { $set: used, $unset: { mailDueAt: 1 } },
          { returnDocument: 'after' },
        )
        .lean();
      return after && { after, member: await completeAcceptance(after, deps) };
    });
  });
  if (accepted === null) return null;
  context.audit({ ...target, before: found, after: { ...accepted.after, member: accepted.member } });
  await callersChanged(deps, tenantId);
  return accepted.member;
}

/** FORBIDDEN where the invitation is for another address than the one that the issuer has verified. */
export function requireInvited(
  { emailKey, anyEmail }: Pick<InvitationRecord, 'emailKey' | 'anyEmail'>,
  { email, isEmailVerified }: ProvenPerson,
): void {
  if (anyEmail || (isEmailVerified && email !== null && toEmailKey(email) === emailKey)) return;
  const reason = isEmailVerified
    ? 'The invitation is for another email address than the one that you signed in with.'
    : 'The identity provider has not verified your email address.';
  throw new HeddleError(
    'FORBIDDEN',
    `${reason} Sign in with the invited address; only its sender can invite another one.`,
  );
}

async function isArchived(tenantId: string, { connection }: AcceptanceDeps): Promise<boolean> {
  const tenant = await tenants(connection).findById(tenantId, { archivedAt: 1 }).lean();
  return tenant === null || tenant.archivedAt != null;
}

async function requireNoMember(
  tenantId: string,
  { issuerId, issuer, subject }: ProvenPerson,
  deps: TenantsDeps,
): Promise<void> {
  const member = await findSettledMember({ tenantId, issuerId, issuer, subject }, deps);
  if (member === null) return;
  throw new HeddleError(
    'CONFLICT',
    member.deactivatedAt == null
      ? 'You are a member of this tenant already.'
      : 'You are a deactivated member of this tenant: an admin of it has to reactivate you.',
  );
}

/** Makes the member of an invitation that was accepted; done again it changes nothing more. */
async function completeAcceptance(invitation: InvitationRecord, deps: AcceptanceDeps): Promise<MemberRecord> {
  const { tenantId, role, customRole, acceptedAt, acceptance } = invitation;
  if (acceptance == null) throw new TypeError('The invitation is not being accepted.');
  const { memberId: _id, issuerId, issuer = null, subject, email } = acceptance;
  const createdAt = acceptedAt ?? readNow(deps);
  const member: MemberRecord = {
    ...{ _id, tenantId, issuerId, issuer, subject, email, role, customRole, createdAt },
  };
  try {
    await members(deps.connection).updateOne({ _id }, { $setOnInsert: member }, { upsert: true });
  } catch (error) {
    // After a kill another command was first to make a member of the person.
    if (!isDuplicateKey(error)) throw error;
  }
  await deps.events.record(toMemberEvent('member.joined', member), `member.joined:${_id}`);
  await invitations(deps.connection).updateOne({ _id: invitation._id }, { $unset: { acceptance: 1 } });
  return member;
}

/** Read afresh: a member that was removed meanwhile is not made again. For the holder of the tenant's lock. */
async function settleAcceptance(_id: string, deps: AcceptanceDeps): Promise<void> {
  const pending = { _id, 'acceptance.memberId': { $exists: true } };
  const invitation = await invitations(deps.connection).findOne(pending).lean();
  if (invitation !== null) await completeAcceptance(invitation, deps);
}

/** Invitations that one sweep looks at. */
const pendingMax = 100;

/** Completes the acceptances that were cut by the end of their process; the number of invitations. */
export async function settleAcceptances(deps: AcceptanceDeps & { readonly log: Logger }): Promise<number> {
  const pending = await invitations(deps.connection)
    .find({ 'acceptance.memberId': { $exists: true } })
    .limit(pendingMax)
    .lean();
  let settled = 0;
  for (const invitation of pending) {
    try {
      await withTenant(invitation.tenantId, deps, () => settleAcceptance(invitation._id, deps));
      settled += 1;
    } catch (err) {
      deps.log.warn({ err, invitationId: invitation._id }, 'an acceptance could not be completed yet');
    }
  }
  return settled;
}
