import { defineCollection } from './collection.ts';

/** A process that runs invocations, for as long as it says so: rows of an owner that is gone are swept. */
export interface OwnerRecord {
  _id: string;
  /** Extended while the process lives. */
  expiresAt: Date;
}

export const owners = defineCollection<OwnerRecord>(
  'owners',
  { _id: { type: String, required: true }, expiresAt: { type: Date, required: true } },
  [[{ expiresAt: 1 }, { expireAfterSeconds: 0 }]],
);
