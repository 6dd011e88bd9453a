import { badInput, checkedList } from '#core/input.ts';
import { deliveryMsMax } from '#deliveries/backoff.ts';
import { webhookDeliveries } from '#mongo/webhook-deliveries.ts';
import { longAgo, webhooks } from '#mongo/webhooks.ts';
import { readNow, type TenantsDeps } from '../deps.ts';
import type { ReplayWebhookInput, WebhookReplay } from '../generated.ts';
import type { TenantsContext } from '../loaders.ts';
import { requireWebhook } from './webhook-place.ts';

/** Deliveries that one call makes pending again. */
const replayedMax = 10_000;

/** Makes dead letters of a webhook, or the deliveries of certain events, pending again: in order, and with the ids that they had. Tests are not replayed. */
export async function replayWebhook(
  { id, from, eventIds }: ReplayWebhookInput,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<WebhookReplay> {
  const { _id: webhookId, tenantId } = await requireWebhook(id, context);
  const ids = eventIds == null ? null : checkedList(eventIds, 'input.eventIds');
  if (ids !== null && from != null) badInput('input.from', 'must not be stated with eventIds.');
  const { connection } = deps;
  const deliveries = webhookDeliveries(connection);
  const ended = ids === null ? { state: 'DEAD' } : { state: { $ne: 'PENDING' }, 'event.id': { $in: ids } };
  const found = await deliveries
    .find(
      {
        ...{ webhookId, sequence: { $gt: 0 }, ...ended },
        ...(from == null ? {} : { 'event.at': { $gte: from } }),
      } as never,
      { _id: 1 },
    )
    .sort({ sequence: 1 })
    .limit(replayedMax)
    .lean();
  await context.auditTarget({ tenantId, type: 'Webhook', id: webhookId });
  const now = readNow(deps);
  const pending = {
    state: 'PENDING',
    attempts: 0,
    dueAt: now,
    giveUpAt: new Date(now.getTime() + deliveryMsMax),
  };
  const { modifiedCount } = await deliveries.updateMany(
    { _id: { $in: found.map(({ _id }) => _id) }, state: { $ne: 'PENDING' } },
    { $set: pending, $unset: { purgeAt: 1, heldPurgeAt: 1 } } as never,
  );
  await webhooks(connection).updateOne({ _id: webhookId }, { $set: { dueAt: now, restUntil: longAgo } });
  context.audit({ tenantId, type: 'Webhook', id: webhookId, after: { replayed: modifiedCount } });
  await deps.bus.publish('webhooks.due', {});
  return { replayed: modifiedCount };
}
