import type {
  UsageDimension,
  UsageExportFormat,
  UsageExportStatus,
  UsageInterval,
} from '#core/graph-enums.generated.ts';
import { defineCollection } from './collection.ts';
import type { RollupQuestion } from './usage-rollups.ts';

/** A process that continues an export, and the first part that it writes: its parts are distinguished from those of one that was taken for dead. */
export interface UsageExportRun {
  readonly id: string;
  readonly firstPart: number;
}

/** A job that writes the usage of a range as a file, in parts. One process at a time continues it. */
export interface UsageExportRecord {
  _id: string;
  /** Null: of all tenants. */
  tenantId: string | null;
  format: UsageExportFormat;
  from: Date;
  to: Date;
  interval: UsageInterval;
  by: UsageDimension[];
  /** The filter as it was requested. */
  filter: NonNullable<RollupQuestion['filter']>;
  status: UsageExportStatus;
  /** What started before is in the parts. */
  until: Date;
  parts: number;
  rows: number;
  bytes: number;
  runs: UsageExportRun[];
  /** Until then no other process continues it. */
  leaseUntil: Date;
  errorCode: string | null;
  error: string | null;
  createdAt: Date;
  finishedAt: Date | null;
  /** The event that it has finished; absent: it has not. */
  eventId?: string;
  /** When it is removed, with its parts. */
  expiresAt: Date;
}

const text = { type: String, required: true };
const date = { type: Date, required: true };
const count = { type: Number, required: true };

export const usageExports = defineCollection<UsageExportRecord>(
  'usage_exports',
  {
    _id: text,
    tenantId: { type: String, default: null },
    format: text,
    from: date,
    to: date,
    interval: text,
    by: [String],
    filter: { type: Object, required: true },
    status: text,
    until: date,
    parts: count,
    rows: count,
    bytes: count,
    runs: [{ _id: false, id: text, firstPart: count }],
    leaseUntil: date,
    errorCode: { type: String, default: null },
    error: { type: String, default: null },
    createdAt: date,
    finishedAt: { type: Date, default: null },
    eventId: String,
    expiresAt: date,
  },
  [
    [{ tenantId: 1, createdAt: -1, _id: -1 }],
    // For those who see every tenant.
    [{ createdAt: -1, _id: -1 }],
    [{ leaseUntil: 1 }, { partialFilterExpression: { status: 'RUNNING' } }],
    [{ expiresAt: 1 }, { expireAfterSeconds: 0 }],
  ],
);

/** The id of a part. */
export function toPartId({ _id, runs }: Pick<UsageExportRecord, '_id' | 'runs'>, part: number): string {
  const run = runs.findLast(({ firstPart }) => firstPart <= part);
  return `${_id} ${run?.id ?? ''} ${part}`;
}
