import { defineCollection } from './collection.ts';

/** A provider the mesh may call. Mesh-wide: no tenant owns it. */
export interface ProviderRecord {
  /** Chosen by the admin: [a-z0-9][a-z0-9-]*. */
  readonly _id: string;
  /** A ProviderKind. */
  readonly kind: string;
  /** A checked http(s) URL; null: the vendor's own. */
  readonly baseUrl: string | null;
  readonly region: string | null;
  readonly enabled: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const text = { type: String, required: true };

/** Written by the models subgraph alone. */
export const providers = defineCollection<ProviderRecord>('providers', {
  _id: text,
  kind: text,
  baseUrl: String,
  region: String,
  enabled: { type: Boolean, required: true },
  createdAt: { type: Date, required: true },
  updatedAt: { type: Date, required: true },
});
