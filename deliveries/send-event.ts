import { rootCertificates } from 'node:tls';
import type { Egress } from '#core/egress.ts';
import type { Mailer } from '#core/mail/mailer.ts';
import type { OwnerBoxes } from '#core/secrets/owner-boxes.ts';
import type { WebhookDeliveryRecord } from '#mongo/webhook-deliveries.ts';
import { openWebhookTarget } from '#mongo/webhook-target.ts';
import type { WebhookRecord } from '#mongo/webhooks.ts';
import { guardedConnect } from '#providers/http/guarded-connect.ts';
import { createHttpFetch } from '#providers/http/http-fetch.ts';
import { readFacts, type WebhookMessage } from './formats/format.ts';
import { formats } from './formats/formats.ts';
import { type AttemptOutcome, attemptMsMax, unavailable } from './transports/attempt.ts';
import { postEvent } from './transports/https.ts';
import { mailEvent } from './transports/mail.ts';
import { sendSyslog } from './transports/syslog.ts';

/** Makes one attempt to send the event of a delivery to its webhook. Never rejects for what the receiver does. */
export type SendEvent = (
  webhook: WebhookRecord,
  delivery: Pick<WebhookDeliveryRecord, '_id' | 'event'>,
  signal: AbortSignal,
) => Promise<AttemptOutcome>;

export interface SendEventServices {
  readonly secrets: Pick<OwnerBoxes, 'open'>;
  readonly egress: Egress;
  /** Undefined: no mail is sent. */
  readonly mailer: Mailer | undefined;
  /** Authorities that are trusted beside those of the system (PEM). */
  readonly ca?: string | undefined;
  readonly now: () => number;
}

/** Of all requests of a process together; their answers are not read. */
const callsMax = 128;
const responseBytesMax = 65_536;
const connectMsMax = 5_000;

/** What sends events, within the rules of egress: those of tenants for their webhooks, those of the mesh for its own. */
export function createSendEvent({ secrets, egress, mailer, ca, now }: SendEventServices): {
  readonly send: SendEvent;
} & AsyncDisposable {
  const trusted = ca === undefined ? undefined : [...rootCertificates, ca];
  const open = (rules: Egress | Egress['ofTenants']) => {
    const limits = { callsMax, responseBytesMax, connectTimeoutMs: connectMsMax };
    const { fetch, close } = createHttpFetch({ egress: rules, ...limits, ca: trusted });
    return { rules, fetch, close, connect: guardedConnect(rules, connectMsMax, trusted) };
  };
  const ofMesh = open(egress);
  const ofTenants = open(egress.ofTenants);

  return {
    async send(webhook, { _id: id, event }, signal) {
      const target = await openWebhookTarget(webhook.sealed, webhook, secrets);
      if (target === undefined)
        return unavailable('The secret opens with no key at hand: save the webhook again.');
      const { rules, fetch, connect } = webhook.tenantId === null ? ofMesh : ofTenants;
      const isFormerValid = (webhook.formerSecretUntil?.getTime() ?? 0) > now();
      const { secret, formerSecret } = target;
      const keys = { secret, formerSecret: isFormerValid ? formerSecret : null };
      const message: WebhookMessage = { id, event, target: keys, nowMs: now() };
      const rendered = formats[webhook.format].render(message);
      if (target.url.startsWith('mailto:')) return mailEvent(target.url, { id, rendered }, mailer);
      // The rules may be others than when it was saved.
      if (findRefusal(target.url, rules) !== null) return unavailable('The address may not be called.');
      if (!target.url.startsWith('syslog+tls:')) return postEvent(target.url, rendered, fetch, signal);
      const { severity } = readFacts(event.type);
      const line = { atMs: event.at.getTime(), severity, type: event.type, body: rendered.body };
      return sendSyslog(target.url, line, connect, signal);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([ofMesh.close(), ofTenants.close()]);
    },
  };
}

/** Why events may not be sent to a URL that is no `mailto:`; null: they may. */
export function findRefusal(url: string, rules: Pick<Egress, 'refusalOfEndpoint'>): string | null {
  return rules.refusalOfEndpoint(new URL(url.replace(/^syslog\+tls:/, 'https:')));
}

/** Longer than one attempt takes. */
export const longestAttemptMs = attemptMsMax + connectMsMax;
