import { defineCollection } from './collection.ts';

/** What the calls of one app and key drew in one hour. */
export interface MeterHourGroup {
  appId: string | null;
  /** The first key of the line of rotated keys. */
  keyLineId: string | null;
  /** As in the rows; absent where they have none. */
  makerScopes?: string[];
  requests: bigint;
  inputTokens: bigint;
  outputTokens: bigint;
  costNanos: bigint;
}

/** The sums of a tenant's ledger rows that started in one hour; written by meter-rollup.ts. */
export interface MeterHourRecord {
  /** The tenant and the hour. */
  _id: string;
  tenantId: string;
  /** The start of the hour (UTC). */
  hour: Date;
  groups: MeterHourGroup[];
}

const text = { type: String, required: true };
const count = { type: BigInt, required: true };

export const meterHours = defineCollection<MeterHourRecord>(
  'meterHours',
  {
    _id: text,
    tenantId: text,
    hour: { type: Date, required: true },
    groups: [
      {
        _id: false,
        appId: String,
        keyLineId: String,
        makerScopes: { type: [String], default: undefined },
        requests: count,
        inputTokens: count,
        outputTokens: count,
        costNanos: count,
      },
    ],
  },
  [[{ tenantId: 1, hour: 1 }]],
);

/** Which hours of a tenant are summed: those from `from` to `until`. */
export interface MeterRollupRecord {
  /** The tenant. */
  _id: string;
  from: Date;
  until: Date;
  /** Counts the corrections of closed rows: a sum that was read before one is not taken over. */
  version: number;
  /** Nothing is summed until then, as the last correction may still be under way. Absent: there was none. */
  heldUntil?: Date;
}

export const meterRollups = defineCollection<MeterRollupRecord>('meterRollups', {
  _id: text,
  from: { type: Date, required: true },
  until: { type: Date, required: true },
  version: { type: Number, required: true },
  heldUntil: Date,
});
