import { listHeldTenants } from '#mongo/legal-holds.ts';
import { withLock } from '#mongo/locks.ts';
import { webhookDeliveries } from '#mongo/webhook-deliveries.ts';
import { notDue, webhooks } from '#mongo/webhooks.ts';
import { readNow, type TenantsDeps } from '../deps.ts';
import type { TenantsContext } from '../loaders.ts';
import { toAuditedWebhook } from './webhook-content.ts';
import { requireWebhook } from './webhook-place.ts';

/**
 * Deletes a webhook with its secrets and deliveries, and returns its id. Also of an archived tenant. Deliveries under a legal hold stay as they are, and
 * what of them is pending ends.
 */
export async function deleteWebhook(id: string, context: TenantsContext, deps: TenantsDeps): Promise<string> {
  const before = await requireWebhook(id, context);
  const { _id, tenantId } = before;
  const { connection } = deps;
  await context.auditTarget({ tenantId, type: 'Webhook', id: _id });
  const lock = tenantId === null ? 'webhooks of the mesh' : `tenant ${tenantId}`;
  await withLock(connection, lock, async () => {
    // First the webhook, so that no run makes deliveries of it any more; a process that is killed here leaves some, which expire.
    await webhooks(connection).deleteOne({ _id });
    const held = [...(await listHeldTenants(connection))];
    const deliveries = webhookDeliveries(connection);
    await deliveries.deleteMany({
      webhookId: _id,
      tenantId: { $nin: held },
      'event.tenantId': { $nin: held },
    });
    if (held.length === 0) return;
    const end = { state: 'DEAD', dueAt: notDue, lastError: 'The webhook was deleted.' } as const;
    await deliveries.updateMany(
      { webhookId: _id, state: 'PENDING' },
      { $set: { ...end, heldPurgeAt: readNow(deps) } },
    );
  });
  context.audit({ tenantId, type: 'Webhook', id: _id, before: toAuditedWebhook(before) });
  context.loaders.webhook.clear(_id);
  return _id;
}
