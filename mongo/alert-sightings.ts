import { defineCollection } from './collection.ts';

/** A network or an AI model that a key was used with, so that what is new is known. */
export interface AlertSightingRecord {
  /** Tenant, key line, kind and value. */
  _id: string;
  tenantId: string;
  keyLineId: string;
  kind: 'NETWORK' | 'MODEL';
  value: string;
  firstAt: Date;
  lastAt: Date;
}

const text = { type: String, required: true };
const date = { type: Date, required: true };
/** After so long without use it is new again. */
const keptSeconds = 90 * 86_400;

export const alertSightings = defineCollection<AlertSightingRecord>(
  'alertSightings',
  { _id: text, tenantId: text, keyLineId: text, kind: text, value: text, firstAt: date, lastAt: date },
  [
    [{ tenantId: 1, firstAt: 1 }],
    [{ keyLineId: 1, firstAt: 1 }],
    [{ lastAt: 1 }, { expireAfterSeconds: keptSeconds }],
  ],
);
