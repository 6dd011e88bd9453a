import { randomUUID } from 'node:crypto';
import { createOverloadedError } from '#core/errors.ts';
import { type WebhookDeliveryRecord, webhookDeliveries } from '#mongo/webhook-deliveries.ts';
import { notDue } from '#mongo/webhooks.ts';
import { readNow, type TenantsDeps } from '../deps.ts';
import type { TenantsContext } from '../loaders.ts';
import { requireWebhook } from './webhook-place.ts';

/** How long the outcome of a test is retained. */
const retainedMs = 7 * 24 * 3_600_000;

/** Sends one event of the type webhook.test, once; the delivery states what became of it. OVERLOADED where nothing can be sent from here. */
export async function testWebhook(
  id: string,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<WebhookDeliveryRecord> {
  const webhook = await requireWebhook(id, context);
  const { _id: webhookId, tenantId } = webhook;
  if (deps.sendEvent === undefined) throw createOverloadedError('Events cannot be sent from here.');
  await context.auditTarget({ tenantId, type: 'Webhook', id: webhookId });
  const at = readNow(deps);
  const name = randomUUID();
  const event = { id: name, type: 'webhook.test', at, tenantId, subject: webhookId, data: {} };
  const delivery = { _id: `msg_${name.replaceAll('-', '')}`, event };
  const signal = context.signal ?? new AbortController().signal;
  const { outcome, status, error } = await deps.sendEvent(webhook, delivery, signal);
  const record: WebhookDeliveryRecord = {
    ...delivery,
    ...{ webhookId, tenantId, sequence: 0, state: outcome === 'DELIVERED' ? 'DELIVERED' : 'DEAD' },
    ...{ attempts: 1, dueAt: notDue, giveUpAt: at, lastAttemptAt: at, createdAt: at },
    ...{ lastStatus: status, lastError: error, purgeAt: new Date(at.getTime() + retainedMs) },
  };
  await webhookDeliveries(deps.connection).create({ ...record });
  context.audit({ tenantId, type: 'Webhook', id: webhookId, after: { outcome, status } });
  return record;
}
