/** A mail in plain text to one address. */
export interface MailMessage {
  /** One address, without a name. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** Letters, digits, dots and dashes; the same whenever this mail is sent again, so that its reader sees it once. */
  readonly id: string;
}

/**
 * Sends mails. Nothing is kept: who sends a mail records that it is due, and tries again where it was not sent, so that none is
 * lost with a process; a mail may thus arrive twice, with one `id`.
 */
export interface Mailer {
  /** Resolves when the server has taken the mail. Rejects with MailFailure where it has not. */
  send(message: MailMessage): Promise<void>;
}

/** Why a mail was not sent. The message has neither addresses nor words of the server, and may be kept and shown. */
export class MailFailure extends Error {
  /** Whether the same mail would fail again: no retry is useful. */
  readonly isPermanent: boolean;

  constructor(message: string, isPermanent: boolean, options?: ErrorOptions) {
    super(message, options);
    this.name = 'MailFailure';
    this.isPermanent = isPermanent;
  }
}

const lineLengthMax = 200;

/** A text of others as one line of at most 200 characters, as a header and a sentence may have it. */
export function toOneLine(text: string): string {
  const line = text.replaceAll(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
  return line.length > lineLengthMax ? `${line.slice(0, lineLengthMax)}…` : line;
}

const minuteMs = 60_000;
const longestMs = 6 * 60 * minuteMs;

/** How often a mail is tried, over about two days. */
export const mailAttemptsMax = 16;

/** How long to wait after so many attempts that failed: a minute, then twice as long each time, six hours at most. */
export function computeMailDelayMs(attempts: number): number {
  return Math.min(minuteMs * 2 ** Math.max(0, attempts - 1), longestMs);
}
