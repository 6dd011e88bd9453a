import { withLock } from '#mongo/locks.ts';
import { webhookDeliveries } from '#mongo/webhook-deliveries.ts';
import { webhooks } from '#mongo/webhooks.ts';
import type { TenantsDeps } from '../deps.ts';
import type { TenantsContext } from '../loaders.ts';
import { toAuditedWebhook } from './webhook-content.ts';
import { requireWebhook } from './webhook-place.ts';

/** Deletes a webhook with its secrets and deliveries, and returns its id. Also of an archived tenant. */
export async function deleteWebhook(id: string, context: TenantsContext, deps: TenantsDeps): Promise<string> {
  const before = await requireWebhook(id, context);
  const { _id, tenantId } = before;
  const { connection } = deps;
  await context.auditTarget({ tenantId, type: 'Webhook', id: _id });
  const lock = tenantId === null ? 'webhooks of the mesh' : `tenant ${tenantId}`;
  await withLock(connection, lock, async () => {
    // First the webhook, so that no run makes deliveries of it any more; a process that is killed here leaves some, which expire.
    await webhooks(connection).deleteOne({ _id });
    await webhookDeliveries(connection).deleteMany({ webhookId: _id });
  });
  context.audit({ tenantId, type: 'Webhook', id: _id, before: toAuditedWebhook(before) });
  context.loaders.webhook.clear(_id);
  return _id;
}
