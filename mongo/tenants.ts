import { defineCollection } from './collection.ts';

export type PayloadLogging = 'NONE' | 'METADATA' | 'FULL';

export interface TenantRecord {
  /** Made from the name, e.g. "acme". */
  _id: string;
  /** Unique. */
  name: string;
  planId: string;
  /** Data residency; null: anywhere. */
  allowedRegions: string[] | null;
  payloadLogging: PayloadLogging;
  /** What `cache: DEFAULT` means, unless the app says otherwise. */
  cacheByDefault: boolean;
  createdAt: Date;
}

const text = { type: String, required: true };

export const tenants = defineCollection<TenantRecord>(
  'tenants',
  {
    _id: text,
    name: text,
    planId: text,
    allowedRegions: { type: [String], default: null },
    payloadLogging: text,
    cacheByDefault: { type: Boolean, required: true },
    createdAt: { type: Date, required: true },
  },
  [[{ name: 1 }, { unique: true }], [{ createdAt: 1, _id: 1 }]],
);
