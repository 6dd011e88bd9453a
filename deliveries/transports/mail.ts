import { type Mailer, MailFailure } from '#core/mail/mailer.ts';
import type { Rendered } from '../formats/format.ts';
import { type AttemptOutcome, delivered, unavailable } from './attempt.ts';

/** The address of a `mailto:` URL. */
function readMailAddress(url: string): string {
  return decodeURIComponent(new URL(url).pathname);
}

/** Sends one event as a mail with the id of its delivery, so that its reader sees it once. */
export async function mailEvent(
  url: string,
  { id, rendered }: { readonly id: string; readonly rendered: Rendered },
  mailer: Mailer | undefined,
): Promise<AttemptOutcome> {
  if (mailer === undefined) return unavailable('This mesh sends no mail.');
  try {
    await mailer.send({
      to: readMailAddress(url),
      subject: rendered.headers.subject ?? 'Heddle',
      text: rendered.body,
      id: id.replaceAll('_', '-'),
    });
    return delivered;
  } catch (error) {
    if (!(error instanceof MailFailure)) throw error;
    const outcome = error.isPermanent ? 'REFUSED' : 'UNAVAILABLE';
    return { outcome, status: null, error: error.message, retryAfterMs: null };
  }
}
