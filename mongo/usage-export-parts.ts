import { defineCollection } from './collection.ts';

/** A part of the file of an export, in the order of their numbers. */
export interface UsageExportPartRecord {
  /** See `toPartId`. */
  _id: string;
  exportId: string;
  text: string;
  expiresAt: Date;
}

const text = { type: String, required: true };

export const usageExportParts = defineCollection<UsageExportPartRecord>(
  'usage_export_parts',
  { _id: text, exportId: text, text: { type: String }, expiresAt: { type: Date, required: true } },
  [[{ exportId: 1 }], [{ expiresAt: 1 }, { expireAfterSeconds: 0 }]],
);
