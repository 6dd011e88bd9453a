import { defineCollection } from './collection.ts';

/** A process that runs invocations, alive for as long as it extends its lease: the rows of one that is gone are closed. */
export interface OwnerRecord {
  _id: string;
  /** The end of its lease, extended while the process lives. */
  aliveUntil: Date;
  /** When the record vanishes, long after the lease: whoever closes the rows of a dead owner finds it here. */
  expiresAt: Date;
}

export const owners = defineCollection<OwnerRecord>(
  'owners',
  {
    _id: { type: String, required: true },
    aliveUntil: { type: Date, required: true },
    expiresAt: { type: Date, required: true },
  },
  [[{ expiresAt: 1 }, { expireAfterSeconds: 0 }]],
);
