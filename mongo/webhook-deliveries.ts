import { hash } from 'node:crypto';
import type { WebhookDeliveryState } from '#core/graph-enums.generated.ts';
import { defineCollection } from './collection.ts';
import type { EventRecord } from './events.ts';

/** What is delivered of an event. */
export type DeliveredEvent = Pick<EventRecord, 'type' | 'at' | 'tenantId' | 'subject' | 'data'> & {
  readonly id: string;
};

/** One event for one webhook: from when it is found to be one of its types until its history is removed. */
export interface WebhookDeliveryRecord {
  /** Is sent with each attempt, always the same. */
  _id: string;
  webhookId: string;
  /** The tenant of the webhook. */
  tenantId: string | null;
  event: DeliveredEvent;
  /** The position of the event; 0: it is a test. */
  sequence: number;
  state: WebhookDeliveryState;
  /** Attempts since it was made, or replayed. */
  attempts: number;
  /** Not before; what is pending is in order for each subject. */
  dueAt: Date;
  /** An attempt that fails after this instant is the last. */
  giveUpAt: Date;
  lastAttemptAt: Date | null;
  /** The HTTP status of the last attempt; null: there was none. */
  lastStatus: number | null;
  /** Why the last attempt failed, without words of the receiver; null: it did not. */
  lastError: string | null;
  createdAt: Date;
  /** When the record is deleted; absent: not while it is pending. */
  purgeAt?: Date | null;
  /** The same while a legal hold of its tenant is in force, which keeps it. */
  heldPurgeAt?: Date;
}

const text = { type: String, required: true };
const number = { type: Number, required: true };
const date = { type: Date, required: true };
const optionalDate = { type: Date, default: null };
const optional = { type: String, default: null };

export const webhookDeliveries = defineCollection<WebhookDeliveryRecord>(
  'webhook_deliveries',
  {
    _id: text,
    webhookId: text,
    tenantId: optional,
    event: { _id: false, id: text, type: text, at: date, tenantId: optional, subject: optional, data: {} },
    sequence: number,
    state: text,
    attempts: number,
    dueAt: date,
    giveUpAt: date,
    lastAttemptAt: optionalDate,
    lastStatus: { type: Number, default: null },
    lastError: optional,
    createdAt: date,
    purgeAt: Date,
    heldPurgeAt: Date,
  },
  [
    [{ webhookId: 1, state: 1, sequence: 1 }],
    [{ webhookId: 1, createdAt: 1, _id: 1 }],
    [{ tenantId: 1, createdAt: 1, _id: 1 }],
    // For those who see every tenant.
    [{ createdAt: 1, _id: 1 }],
    // For the measures, and the erasure of a tenant whose events webhooks of the mesh receive.
    [{ state: 1, createdAt: 1 }],
    [{ 'event.tenantId': 1 }],
    [{ purgeAt: 1 }, { expireAfterSeconds: 0 }],
    [{ heldPurgeAt: 1 }, { sparse: true }],
  ],
);

/** The id of the delivery of an event to a webhook: the same in every process, and after a kill. */
export function toDeliveryId(webhookId: string, createdAt: Date, eventId: string): string {
  const named = JSON.stringify([webhookId, createdAt.getTime(), eventId]);
  return `msg_${hash('sha256', named, 'hex').slice(0, 32)}`;
}
