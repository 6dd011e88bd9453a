import type { Connection } from 'mongoose';
import { type Eraser, eraseByDeleting } from '#mongo/eraser.ts';
import { webhookDeliveries } from '#mongo/webhook-deliveries.ts';
import { webhooks } from '#mongo/webhooks.ts';

/** Erases the webhooks of a tenant. */
export function createWebhookEraser(connection: Connection): Eraser {
  return eraseByDeleting(connection, webhooks, ({ tenantId }) => ({ tenantId }));
}

/** Erases what was delivered of a tenant: by its webhooks, and of its events by those of the mesh. */
export function createDeliveryEraser(connection: Connection): Eraser {
  return eraseByDeleting(connection, webhookDeliveries, ({ tenantId }) => ({
    $or: [{ tenantId }, { 'event.tenantId': tenantId }],
  }));
}
