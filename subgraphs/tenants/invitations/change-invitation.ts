import { HeddleError } from '#core/errors.ts';
import { type InvitationRecord, invitations } from '#mongo/invitations.ts';
import { readNow, type TenantsDeps } from '../deps.ts';
import type { MutationResendInvitationArgs, ResolversParentTypes } from '../generated.ts';
import type { TenantsContext } from '../loaders.ts';
import { withRoles } from '../roles/find-role.ts';
import { requireMemberRole, requireScopesOfMember } from '../roles/member-role.ts';
import { withLiveOwner } from '../tenants/below-tenant.ts';
import { visible } from '../tenants/visible.ts';
import { computeInvitationDates, createInvitationSecret, toInvitationLink } from './invitation-link.ts';
import { makeRoomForInvitation } from './make-room-for-invitation.ts';

/** So often an invitation is sent again, so that it fills no mailbox. */
const resendsMax = 10;
const unused = { acceptedAt: null, revokedAt: null };

/**
 * Makes a new link of an invitation that is not accepted or revoked, in place of the former ones, valid as long as those were.
 * CONFLICT for another, and where it was sent again too often.
 */
export async function resendInvitation(
  { id, sendMail }: MutationResendInvitationArgs,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<ResolversParentTypes['CreatedInvitation']> {
  const before = await visible('invitation', id, context);
  const { tenantId } = before;
  await context.auditTarget({ tenantId, type: 'Invitation', id });
  const { secret, secretHash } = createInvitationSecret();
  const now = readNow(deps);
  const dates = computeInvitationDates(now, before.days);
  const mail = sendMail === false || deps.mailer === undefined ? {} : { mailDueAt: now, mailAttempts: 0 };
  const invitation = await withLiveOwner({ tenantId }, deps, async () => {
    await makeRoomForInvitation(before, deps);
    return withRoles(tenantId, deps.connection, async () => {
      await requireMemberRole(before, tenantId, context.caller, deps);
      return invitations(deps.connection)
        .findOneAndUpdate(
          { _id: id, ...unused, resends: { $lt: resendsMax } },
          {
            $set: { secretHashes: [secretHash], ...dates, ...mail },
            $unset: { mailSentAt: 1, mailError: 1, ...('mailDueAt' in mail ? {} : { mailDueAt: 1 }) },
            $inc: { resends: 1 },
          },
          { returnDocument: 'after' },
        )
        .lean();
    });
  });
  if (invitation === null) {
    throw new HeddleError(
      'CONFLICT',
      `The invitation ${id} was accepted or revoked, or sent again ${resendsMax} times: make another.`,
    );
  }
  context.audit({ tenantId, type: 'Invitation', id, before, after: invitation });
  context.loaders.invitation.clear(id);
  return { invitation, link: toInvitationLink(secret, deps) };
}

/** Ends an invitation with all its links. One that is revoked keeps its time; CONFLICT for one that was accepted. */
export async function revokeInvitation(
  id: string,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<InvitationRecord> {
  const before = await visible('invitation', id, context);
  const { tenantId } = before;
  await context.auditTarget({ tenantId, type: 'Invitation', id });
  await requireScopesOfMember(before, context.caller, deps);
  if (before.revokedAt !== null) {
    context.unchanged();
    return before;
  }
  const after = await invitations(deps.connection)
    .findOneAndUpdate(
      { _id: id, ...unused },
      { $set: { revokedAt: readNow(deps), secretHashes: [] }, $unset: { mailDueAt: 1 } },
      { returnDocument: 'after' },
    )
    .lean();
  if (after === null) {
    throw new HeddleError('CONFLICT', `The invitation ${id} was accepted: remove the member instead.`);
  }
  context.audit({ tenantId, type: 'Invitation', id, before, after });
  context.loaders.invitation.clear(id);
  return after;
}
