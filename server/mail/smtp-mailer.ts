import { rootCertificates } from 'node:tls';
import { createTransport } from 'nodemailer';
import { type Mailer, MailFailure, type MailMessage, toOneLine } from '#core/mail/mailer.ts';
import { isLoopback } from '../mesh-connections.ts';
import { parseSender } from './sender.ts';

export interface SmtpOptions {
  /** HEDDLE_SMTP_URL. */
  readonly url: string;
  /** HEDDLE_MAIL_FROM. */
  readonly from: string;
  /** Authorities (PEM), as of now, that are trusted beside those of the system. */
  readonly ca?: (() => string) | undefined;
}

const connectMsMax = 10_000;
const silenceMsMax = 20_000;
const messageIdForm = /^[A-Za-z0-9.-]{1,200}$/;

/** A mailer over SMTP, with TLS unless the server is on this machine. One connection for each mail. */
export function createSmtpMailer({ url, from, ca }: SmtpOptions): Mailer & Disposable {
  const { protocol, hostname, port, username, password } = new URL(url);
  const sender = parseSender(from);
  if (sender === undefined) throw new TypeError('The sender is no address.');
  const host = hostname.replace(/^\[|\]$/g, '');
  const isSecure = protocol === 'smtps:';
  const options = {
    // A server on this machine has a certificate that no authority has signed, if any.
    ...{ host, secure: isSecure, requireTLS: !isLoopback(hostname), ignoreTLS: isLoopback(hostname) },
    ...(port === '' ? {} : { port: Number(port) }),
    ...(username === ''
      ? {}
      : { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
    ...{ connectionTimeout: connectMsMax, greetingTimeout: connectMsMax, dnsTimeout: connectMsMax },
    ...{ socketTimeout: silenceMsMax, disableFileAccess: true, disableUrlAccess: true },
  };
  const open = (trusted: string | undefined) => {
    const tls = trusted === undefined ? {} : { tls: { ca: [...rootCertificates, trusted] } };
    return { trusted, transport: createTransport({ ...options, ...tls }) };
  };
  let opened = open(ca?.());
  const senderHost = sender.address.slice(sender.address.lastIndexOf('@') + 1);
  return {
    async send({ to, subject, text, id }: MailMessage) {
      if (!messageIdForm.test(id)) throw new TypeError('The id of a mail has other characters.');
      try {
        if (opened.trusted !== ca?.()) opened = open(ca?.());
        await opened.transport.sendMail({
          ...{ from: sender, to: { name: '', address: to }, subject: toOneLine(subject), text },
          ...{ messageId: `<${id}@${senderHost}>`, headers: { 'auto-submitted': 'auto-generated' } },
        });
      } catch (cause) {
        // Any error: whatever it is, the mail was not taken.
        throw toMailFailure(cause);
      }
    },
    [Symbol.dispose]: () => opened.transport.close(),
  };
}

/** A refusal for good is that of the mail; one of the sign-in ends when the operator has corrected it. */
function toMailFailure(cause: unknown): MailFailure {
  const { code, responseCode } = readCodes(cause);
  const isPermanent = responseCode !== undefined && responseCode >= 500 && code !== 'EAUTH';
  const reply = responseCode === undefined ? '' : `, reply ${responseCode}`;
  const message = `The mail server did not take the mail (${code}${reply}).`;
  return new MailFailure(message, isPermanent, { cause });
}

function readCodes(cause: unknown): { readonly code: string; readonly responseCode: number | undefined } {
  const { code, responseCode } = cause instanceof Error ? (cause as Error & Codes) : {};
  return {
    code: typeof code === 'string' && /^[A-Z_]{1,40}$/.test(code) ? code : 'an error',
    responseCode: typeof responseCode === 'number' ? responseCode : undefined,
  };
}

interface Codes {
  readonly code?: unknown;
  readonly responseCode?: unknown;
}
