import type { Connection } from 'mongoose';
import { splitPatterns } from '#core/name-patterns.ts';
import { type EventRecord, events, findLastSequence } from '#mongo/events.ts';
import { toDeliveryId, type WebhookDeliveryRecord, webhookDeliveries } from '#mongo/webhook-deliveries.ts';
import type { WebhookRecord } from '#mongo/webhooks.ts';
import { deliveryMsMax } from './backoff.ts';

/** Deliveries of a webhook that are pending at the same time; further events wait where they are recorded. */
export const pendingMax = 500;

/** What was selected for a webhook. */
export interface SelectedEvents {
  /** Up to which every event of the webhook is a delivery. */
  readonly position: number;
  /** Events that are recorded have no delivery yet. */
  readonly hasMore: boolean;
}

/** Makes deliveries of the events after the webhook's position, as many as there is room for. Made again after a kill they are the same ones. */
export async function selectEvents(
  connection: Connection,
  webhook: Pick<WebhookRecord, '_id' | 'tenantId' | 'types' | 'position' | 'createdAt'>,
  room: number,
  nowMs: number,
): Promise<SelectedEvents> {
  const last = await findLastSequence(events(connection));
  if (last <= webhook.position) return { position: webhook.position, hasMore: false };
  if (room <= 0) return { position: webhook.position, hasMore: true };
  const { names, prefixes } = splitPatterns(webhook.types);
  const starts = prefixes.map((prefix) => ({ type: { $regex: `^${prefix.replaceAll('.', '\\.')}` } }));
  const found = (await events(connection)
    .find({
      sequence: { $gt: webhook.position, $lte: last },
      ...(webhook.tenantId === null ? {} : { tenantId: webhook.tenantId }),
      $or: [{ type: { $in: [...names] } }, ...starts],
    })
    .sort({ sequence: 1 })
    .limit(room)
    .lean()) as readonly (EventRecord & { readonly sequence: number })[];
  // That a webhook fails is no news to its receiver.
  const own = found.filter(({ type, subject }) => !(type.startsWith('webhook.') && subject === webhook._id));
  if (own.length > 0) await storeDeliveries(connection, webhook, own, nowMs);
  const position = found.length < room ? last : (found.at(-1)?.sequence ?? last);
  return { position, hasMore: position < last };
}

async function storeDeliveries(
  connection: Connection,
  {
    _id: webhookId,
    tenantId,
    createdAt: webhookCreatedAt,
  }: Pick<WebhookRecord, '_id' | 'tenantId' | 'createdAt'>,
  found: readonly (EventRecord & { readonly sequence: number })[],
  nowMs: number,
): Promise<void> {
  const now = new Date(nowMs);
  const made = found.map(({ _id, sequence, ...event }): WebhookDeliveryRecord => {
    const { type, at, subject, data } = event;
    return {
      _id: toDeliveryId(webhookId, webhookCreatedAt, _id),
      ...{ webhookId, tenantId, sequence, state: 'PENDING', attempts: 0 },
      event: { id: _id, type, at, tenantId: event.tenantId, subject, data },
      ...{ dueAt: now, giveUpAt: new Date(nowMs + deliveryMsMax), createdAt: now },
      ...{ lastAttemptAt: null, lastStatus: null, lastError: null },
    };
  });
  await webhookDeliveries(connection).bulkWrite(
    made.map(({ _id, ...rest }) => ({
      updateOne: { filter: { _id }, update: { $setOnInsert: rest }, upsert: true },
    })) as never,
    { ordered: false },
  );
}
