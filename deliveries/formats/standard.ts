import { toPlainJson } from '#core/text/control-characters.ts';
import { isWebhookSecret, signWebhook } from '#core/webhooks/signature.ts';
import type { Format, WebhookMessage } from './format.ts';

/** Standard Webhooks: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
export const standard: Format = {
  schemes: ['https:', 'http:'],
  secret: 'REQUIRED',
  refuseSecret: (secret) => (isWebhookSecret(secret) ? null : 'must be whsec_ and 24 to 64 bytes in base64.'),
  render(message) {
    const { id, type, at, tenantId, subject, data } = message.event;
    const body = toPlainJson({
      type,
      timestamp: at.toISOString(),
      data: { id, tenantId, subject, ...{ data } },
    });
    return { body, contentType: 'application/json', headers: sign(message, body) };
  },
};

/** While a secret is rotated, a receiver that knows either of the two accepts the request. */
function sign({ id, target, nowMs }: WebhookMessage, body: string): Readonly<Record<string, string>> {
  const signed = [target.secret, target.formerSecret].flatMap((secret) =>
    secret === null ? [] : [signWebhook(secret, { id, body, nowMs })],
  );
  const signatures = signed.map((headers) => headers['webhook-signature']);
  return { ...signed[0], 'webhook-signature': signatures.join(' ') };
}
