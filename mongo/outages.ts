import { defineCollection } from './collection.ts';

/** What of an outage is published as an event. */
export type OutageTurn = 'STARTED' | 'ENDED';

/** The time in which the circuit of an AI model, or those of all called AI models of a provider, were open in any process. */
export interface OutageRecord {
  _id: string;
  kind: 'CIRCUIT' | 'PROVIDER';
  /** The AI model, or the provider. */
  subject: string;
  providerId: string;
  /** The tenant that owns the provider; null: the mesh. */
  tenantId: string | null;
  startedAt: Date;
  /** It ends there, unless a process finds it to last by then. */
  until: Date;
  endedAt: Date | null;
  /** The kind and the subject: of each there is one open outage. Absent once it has ended. */
  openKey?: string;
  /** What of it is not published yet, in order. */
  unpublished: OutageTurn[];
  /** When it is removed. Absent while it is open. */
  expiresAt?: Date;
}

const text = { type: String, required: true };
const date = { type: Date, required: true };

export const outages = defineCollection<OutageRecord>(
  'outages',
  {
    _id: text,
    kind: text,
    subject: text,
    providerId: text,
    tenantId: { type: String, default: null },
    startedAt: date,
    until: date,
    endedAt: { type: Date, default: null },
    openKey: String,
    unpublished: [String],
    expiresAt: Date,
  },
  [
    [{ openKey: 1 }, { unique: true, sparse: true }],
    [{ until: 1 }, { partialFilterExpression: { openKey: { $exists: true } } }],
    [{ unpublished: 1, startedAt: 1 }],
    [{ expiresAt: 1 }, { expireAfterSeconds: 0 }],
  ],
);
