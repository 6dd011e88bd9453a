import { badInput, checkedText } from '#core/input.ts';
import { type InvitationRecord, invitations } from '#mongo/invitations.ts';
import { readNow, type TenantsDeps } from '../deps.ts';
import type { InviteMemberInput, ResolversParentTypes } from '../generated.ts';
import { randomId } from '../keys/ids.ts';
import type { TenantsContext } from '../loaders.ts';
import { checkedEmail, requireUnlikeEmails, toEmailKey } from '../members/email.ts';
import { findMaker } from '../members/find-maker.ts';
import { withRoles } from '../roles/find-role.ts';
import { readCustomRole, requireMemberRole } from '../roles/member-role.ts';
import { withLiveOwner } from '../tenants/below-tenant.ts';
import { findTenantId } from '../tenants/visible.ts';
import { toInvitationEvent } from './invitation-event.ts';
import { computeInvitationDates, createInvitationSecret, toInvitationLink } from './invitation-link.ts';
import { makeRoomForInvitation } from './make-room-for-invitation.ts';

const daysMax = 30;
const messageLengthMax = 1_000;

/** Invites a person to a tenant, with a role whose scopes the caller has. The link is returned once. */
export async function inviteMember(
  input: InviteMemberInput,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<ResolversParentTypes['CreatedInvitation']> {
  const tenantId = await findTenantId(input.tenantId, context);
  const email = checkedEmail(input.email, 'input.email');
  const days = input.expiresInDays ?? 7;
  if (days < 1 || days > daysMax) {
    badInput('input.expiresInDays', `must lie between 1 and ${daysMax}; it is ${days}.`);
  }
  const { caller } = context;
  const now = readNow(deps);
  const { secret, secretHash } = createInvitationSecret();
  const invitation: InvitationRecord = {
    ...{ _id: randomId(), tenantId, email, emailKey: toEmailKey(email) },
    ...{ role: input.role, customRole: readCustomRole(input), anyEmail: input.anyEmail ?? false },
    message: input.message == null ? null : checkedText(input.message, 'input.message', messageLengthMax),
    ...{ invitedBy: caller.subject ?? caller.keyId, invitedByMemberId: null },
    ...(caller.issuerId === undefined ? {} : { invitedByIssuerId: caller.issuerId }),
    ...{ secretHashes: [secretHash], days, resends: 0, createdAt: now, ...computeInvitationDates(now, days) },
    ...(input.sendMail === false || deps.mailer === undefined ? {} : { mailDueAt: now, mailAttempts: 0 }),
    ...{ revokedAt: null, acceptedAt: null, memberId: null },
  };
  const { _id: id } = invitation;
  await context.auditTarget({ tenantId, type: 'Invitation', id });
  const proof = { collection: 'invitations', id, by: 'EXISTS' } as const;
  await withLiveOwner({ tenantId }, deps, async () => {
    invitation.invitedByMemberId = await findMaker(caller, deps);
    await requireUnlikeEmails([email], { tenantId, memberId: null }, deps);
    await makeRoomForInvitation(invitation, deps);
    await withRoles(tenantId, deps.connection, async () => {
      await requireMemberRole(invitation, tenantId, caller, deps);
      await deps.events.withChange(toInvitationEvent(invitation), proof, () =>
        invitations(deps.connection).create({ ...invitation }),
      );
    });
  });
  context.audit({ tenantId, type: 'Invitation', id, after: invitation });
  return { invitation, link: toInvitationLink(secret, deps) };
}
