import { Schema } from 'mongoose';
import type { ErasureKind, ErasureStatus } from '#core/graph-enums.generated.ts';
import { defineCollection } from './collection.ts';

/** The records that an erasure is erasing now, stored before the first of them is: a process that takes over erases and counts the same. */
export interface ErasureBatch {
  /** Ids by collection. */
  readonly found: Readonly<Record<string, readonly string[]>>;
  /** Where the step continues after them; null: they are the last. */
  readonly next: string | null;
}

/**
 * An erasure of everything of a tenant's end user. One process at a time continues it, step by step; each step is done when a pass
 * over its records finds none.
 */
export interface ErasureRecord {
  readonly _id: string;
  readonly kind: ErasureKind;
  readonly tenantId: string;
  /** Absent: it is forgotten, since the erasure has ended. */
  readonly endUserId?: string;
  /** Of `[id, endUserId]` as JSON, SHA-256 in hex. */
  readonly subjectHash: string | null;
  /** Of erasures of the same subject that have not ended there is one. Absent once it has ended. */
  readonly slot?: string;
  readonly status: ErasureStatus;
  readonly requestedAt: Date;
  /** Of erasure-rules.ts. */
  readonly step: string;
  /** Where the step's pass continues; null: at its beginning. */
  readonly after: string | null;
  /** The pass has found records, so that another one follows. */
  readonly isDirty: boolean;
  readonly batch?: ErasureBatch;
  /** The steps of the present round have found records. */
  readonly isRoundDirty: boolean;
  /** The last round does not begin before: copies outside of the store last so long. */
  readonly quietUntil: Date;
  /** When it may be continued. */
  readonly dueAt: Date;
  /** Erased records by collection. */
  readonly counts: Readonly<Record<string, number>>;
  /** The process that continues it, and the end of its lease. */
  readonly holder?: string;
  readonly leasedUntil?: Date;
  readonly finishedAt: Date | null;
  /** SHA-256 of the report. */
  readonly proof: string | null;
  /** When it is deleted; absent: it has not ended. */
  readonly purgeAt?: Date;
}

const text = { type: String, required: true };
const optional = { type: String, default: null };
const date = { type: Date, required: true };
const boolean = { type: Boolean, required: true };

export const erasures = defineCollection<ErasureRecord>(
  'erasures',
  {
    _id: text,
    kind: text,
    tenantId: text,
    endUserId: String,
    subjectHash: optional,
    slot: String,
    status: text,
    requestedAt: date,
    step: text,
    after: optional,
    isDirty: boolean,
    isRoundDirty: boolean,
    batch: Object,
    quietUntil: date,
    dueAt: date,
    counts: { type: Schema.Types.Mixed, required: true },
    holder: String,
    leasedUntil: Date,
    finishedAt: { type: Date, default: null },
    proof: optional,
    purgeAt: Date,
  },
  [
    [{ slot: 1 }, { unique: true, sparse: true }],
    [{ status: 1, dueAt: 1 }],
    [{ tenantId: 1, requestedAt: 1, _id: 1 }],
    // For those who see every tenant.
    [{ requestedAt: 1, _id: 1 }],
    [{ purgeAt: 1 }, { expireAfterSeconds: 0 }],
  ],
);
