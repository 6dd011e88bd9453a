import { type EventTypeFacts, findEventType } from '#core/events/event-types.ts';
import type { DeliveredEvent } from '#mongo/webhook-deliveries.ts';
import type { WebhookTarget } from '#mongo/webhook-target.ts';

/** One event, as it is sent to one receiver. */
export interface WebhookMessage {
  /** Of the delivery: the same with each attempt. */
  readonly id: string;
  readonly event: DeliveredEvent;
  readonly target: Pick<WebhookTarget, 'secret' | 'formerSecret'>;
  readonly nowMs: number;
}

/** What is sent. */
export interface Rendered {
  /** Of CEF, OCSF and mails without line ends that a text of the event could have made. */
  readonly body: string;
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A way to write events down. No text of an event ends a line or a field of what is rendered, or is an ANSI escape in it. */
export interface Format {
  /** Schemes of the URLs that it can be sent to. */
  readonly schemes: readonly string[];
  /** Whether a secret is needed; OPTIONAL: it is sent as the header `authorization`; NONE: the URL is the secret, or there is none. */
  readonly secret: 'REQUIRED' | 'OPTIONAL' | 'NONE';
  /** Why a secret cannot be used; null: it can. */
  readonly refuseSecret?: (secret: string) => string | null;
  readonly render: (message: WebhookMessage) => Rendered;
}

/** What is known of the type of an event; of one that this version does not know, what is safe to state. */
export function readFacts(type: string): Pick<EventTypeFacts, 'severity' | 'class' | 'ends'> {
  return findEventType(type) ?? { severity: 'INFO', class: 'API_OTHER' };
}

/** The text, cut to so many characters, with a mark where it is. */
export function cutText(text: string, max: number): string {
  if (text.length <= max) return text;
  const end = text.slice(0, max - 1);
  // Not in the middle of a character.
  return `${/[\ud800-\udbff]$/.test(end) ? end.slice(0, -1) : end}…`;
}

/** One line for people: the type, and what it is about. */
export function summarize({ type, subject, tenantId }: DeliveredEvent): string {
  const about = subject === null ? '' : ` ${subject}`;
  return `${type}${about} (${tenantId === null ? 'the mesh' : `tenant ${tenantId}`})`;
}

/** The header that carries a secret as it is. */
export function authorize(secret: string | null): Readonly<Record<string, string>> {
  return secret === null ? {} : { authorization: secret };
}

/** A secret that can stand in a header as it is. */
export function refuseHeader(secret: string): string | null {
  return /^[\x21-\x7e](?:[\x20-\x7e]{0,498}[\x21-\x7e])?$/.test(secret)
    ? null
    : 'must be 1 to 500 printable ASCII characters, such as Bearer and a token.';
}
