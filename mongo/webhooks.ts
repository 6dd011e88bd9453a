import type { WebhookFormat } from '#core/graph-enums.generated.ts';
import { defineCollection } from './collection.ts';

/** Where events of a tenant or of the mesh are sent. */
export interface WebhookRecord {
  /** The name that an admin chose, with the id of the tenant before it; see core/owned-id.ts. */
  _id: string;
  /** Null: it is the mesh's, and receives the events of the mesh and of all tenants. */
  tenantId: string | null;
  format: WebhookFormat;
  /** Types of events, or beginnings followed by `*`. */
  types: readonly string[];
  enabled: boolean;
  /** What is shown of the URL: its scheme and host. The rest may hold a secret. */
  address: string;
  /** The URL and the secrets; see webhook-target.ts. */
  sealed: string;
  /** The last characters of the secret; null: there is none. */
  hint: string | null;
  /** Until when requests are also signed with the former secret; null: there is none. */
  formerSecretUntil: Date | null;
  /** Every event up to this position is a delivery, or none of the webhook's. */
  position: number;
  /** When it is looked at again; in the past: there is something to do. */
  dueAt: Date;
  /** Its receiver has failed, and is not called before; in the past: it may be called. */
  restUntil: Date;
  /** The run that delivers for it now, and the end of its lease; null: none. */
  holder: string | null;
  leasedUntil: Date;
  /** Attempts in a row that its receiver did not take. */
  failures: number;
  /** Since when its receiver takes nothing; null: it took the last delivery. */
  failingSince: Date | null;
  /** When an event reported that it fails; null: none has, since its receiver took a delivery. */
  reportedAt: Date | null;
  /** When its receiver last took a delivery; null: never. */
  deliveredAt: Date | null;
  /** Why the mesh has disabled it; null: it has not. */
  disabledReason: string | null;
  createdAt: Date;
  updatedAt: Date;
}

const text = { type: String, required: true };
const number = { type: Number, required: true };
const date = { type: Date, required: true };
const optionalDate = { type: Date, default: null };
const optional = { type: String, default: null };

export const webhooks = defineCollection<WebhookRecord>(
  'webhooks',
  {
    _id: text,
    tenantId: optional,
    format: text,
    types: [String],
    enabled: { type: Boolean, required: true },
    address: text,
    sealed: text,
    hint: optional,
    formerSecretUntil: optionalDate,
    position: number,
    dueAt: date,
    restUntil: date,
    holder: optional,
    leasedUntil: date,
    failures: number,
    failingSince: optionalDate,
    reportedAt: optionalDate,
    deliveredAt: optionalDate,
    disabledReason: optional,
    createdAt: date,
    updatedAt: date,
  },
  [[{ tenantId: 1, _id: 1 }], [{ enabled: 1, dueAt: 1 }]],
);

/** Never: nothing is due until something happens. */
export const notDue = new Date(8_640_000_000_000_000);
/** The end of no lease, and of no rest. */
export const longAgo = new Date(0);
