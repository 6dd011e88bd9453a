import { type MailMessage, toOneLine } from '#core/mail/mailer.ts';
import type { InvitationRecord } from '#mongo/invitations.ts';
import { readRoleName } from '../roles/member-role.ts';

/** The mail that takes a link to the person who is invited. What its inviter wrote is marked as such. */
export function buildInvitationMail(
  invitation: InvitationRecord,
  tenantName: string,
  link: string,
): MailMessage {
  const { _id, email, message, expiresAt, resends } = invitation;
  const tenant = toOneLine(tenantName);
  const until = `${expiresAt.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  const quoted = message === null ? [] : ['The sender writes:', '', ...quote(message), ''];
  return {
    to: email,
    subject: `Invitation to ${tenant}`,
    id: `invitation.${_id}.${resends}`,
    text: [
      `You are invited to become a member of ${JSON.stringify(tenant)} on Heddle, with the role ${readRoleName(invitation)}.`,
      '',
      ...quoted,
      `Open this link and sign in to accept. It can be used once, until ${until}:`,
      '',
      link,
      '',
      'If you do not expect this mail, ignore it.',
      '',
    ].join('\n'),
  };
}

function quote(message: string): string[] {
  return message.split(/\r\n|[\r\n\u2028\u2029]/).map((line) => `> ${line}`);
}
