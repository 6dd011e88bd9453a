import { computeMailDelayMs, type Mailer, MailFailure, mailAttemptsMax } from '#core/mail/mailer.ts';
import { type InvitationRecord, invitations } from '#mongo/invitations.ts';
import { tenants } from '#mongo/tenants.ts';
import { readNow, type TenantsDeps } from '../deps.ts';
import { createInvitationSecret, toInvitationLink } from './invitation-link.ts';
import { buildInvitationMail } from './invitation-mail.ts';
import { openAt } from './invitation-state.ts';

const everyMs = 30_000;
/** Longer than a mail may take: then its process was killed, and another one sends it. */
const leaseMs = 5 * 60_000;
/** Mails of one sweep. */
const sentMax = 100;

type MailDeps = Pick<TenantsDeps, 'connection' | 'now' | 'log' | 'publicUrl'>;

/**
 * Sends the mails of invitations that are due, in any process: what is due stands in the record, and stays due until the server has
 * taken the mail or has refused it for good. Each attempt has a link of its own, as no secret is kept; those of a record are all
 * valid until one is used. Resolves to the number of mails that were sent.
 */
export async function sendDueInvitations(mailer: Mailer, deps: MailDeps): Promise<number> {
  let sent = 0;
  for (let tried = 0; tried < sentMax; tried++) {
    const claimed = await claimDue(deps);
    if (claimed === null) break;
    const outcome = await sendOne(claimed, mailer, deps);
    if (outcome === 'SENT') sent += 1;
    // The server is not to be reached: the others would wait for it in vain.
    if (outcome === 'FAILED') break;
  }
  return sent;
}

async function claimDue({ connection, ...deps }: MailDeps): Promise<InvitationRecord | null> {
  const now = readNow(deps);
  const lease = new Date(now.getTime() + leaseMs);
  return invitations(connection)
    .findOneAndUpdate(
      { mailDueAt: { $lte: now } },
      { $set: { mailDueAt: lease }, $inc: { mailAttempts: 1 } },
      { sort: { mailDueAt: 1 }, returnDocument: 'after' },
    )
    .lean();
}

type Outcome = 'SENT' | 'FAILED' | 'REFUSED' | 'ENDED';

async function sendOne(invitation: InvitationRecord, mailer: Mailer, deps: MailDeps): Promise<Outcome> {
  const { _id, tenantId, mailDueAt = null, mailAttempts = 1 } = invitation;
  const records = invitations(deps.connection);
  // Whoever sends it again meanwhile makes it due anew, and its former links end.
  const claim = { _id, mailDueAt };
  const { secret, secretHash } = createInvitationSecret();
  const open = { ...claim, ...openAt(readNow(deps)), hidden: null };
  const { matchedCount } = await records.updateOne(open, { $push: { secretHashes: secretHash } });
  if (matchedCount === 0) {
    await records.updateOne(claim, { $unset: { mailDueAt: 1 } });
    return 'ENDED';
  }
  const tenant = await tenants(deps.connection).findById(tenantId, { name: 1 }).lean();
  const link = toInvitationLink(secret, deps);
  try {
    await mailer.send(buildInvitationMail(invitation, tenant?.name ?? tenantId, link));
  } catch (error) {
    if (!(error instanceof MailFailure)) throw error;
    const isLast = error.isPermanent || mailAttempts >= mailAttemptsMax;
    const next = new Date(readNow(deps).getTime() + computeMailDelayMs(mailAttempts));
    await records.updateOne(
      claim,
      isLast
        ? { $set: { mailError: error.message }, $unset: { mailDueAt: 1 } }
        : { $set: { mailError: error.message, mailDueAt: next } },
    );
    deps.log.warn(
      { invitationId: _id, attempts: mailAttempts, isLast, reason: error.message },
      'a mail was not sent',
    );
    return error.isPermanent ? 'REFUSED' : 'FAILED';
  }
  await records.updateOne(claim, {
    $set: { mailSentAt: readNow(deps) },
    $unset: { mailDueAt: 1, mailError: 1 },
  });
  return 'SENT';
}

/** Sends mails of invitations until it is disposed. */
export interface InvitationMails extends AsyncDisposable {
  /** Something is due now: it is sent soon, and whoever made it due does not wait for it. */
  wake(): void;
}

/** Sends what is due every half minute, and when it is woken. */
export function keepSendingInvitations({
  mailer,
  ...deps
}: MailDeps & Pick<TenantsDeps, 'mailer'>): InvitationMails {
  if (mailer === undefined) return { wake() {}, async [Symbol.asyncDispose]() {} };
  let running: Promise<void> | undefined;
  let isWoken = false;
  const send = async (sender: Mailer) => {
    do {
      isWoken = false;
      await sendDueInvitations(sender, deps);
    } while (isWoken);
  };
  const wake = () => {
    isWoken = true;
    running ??= send(mailer)
      .catch((err: unknown) => deps.log.warn({ err }, 'mails that are due could not be looked for'))
      .finally(() => {
        running = undefined;
      });
  };
  const timer = setInterval(wake, everyMs).unref();
  return {
    wake,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await running;
    },
  };
}
