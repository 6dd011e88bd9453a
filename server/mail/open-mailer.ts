import type { Mailer } from '#core/mail/mailer.ts';
import { type Environment, StartError } from '../config.ts';

/** The mailer of HEDDLE_SMTP_URL; undefined: no mail is sent. Throws StartError where a variable is missing that it requires. */
export async function openMailer(
  { HEDDLE_SMTP_URL: url, HEDDLE_MAIL_FROM: from, HEDDLE_PUBLIC_URL: publicUrl }: Environment,
  ca: (() => string) | undefined,
  starting: AsyncDisposableStack,
): Promise<Mailer | undefined> {
  if (url === undefined) return undefined;
  if (from === undefined) throw new StartError('HEDDLE_MAIL_FROM: must be set too (with HEDDLE_SMTP_URL)');
  if (publicUrl === undefined)
    throw new StartError('HEDDLE_PUBLIC_URL: must be set too (with HEDDLE_SMTP_URL)');
  const { createSmtpMailer } = await import('./smtp-mailer.ts');
  return starting.use(createSmtpMailer({ url, from, ca }));
}
