import type { ProviderKind } from '#core/graph-enums.generated.ts';
import type { Offer } from '#core/offers.ts';
import { defineCollection } from './collection.ts';

/** A provider that may be called: by every tenant, or by the one that owns it. */
export interface ProviderRecord {
  /** `toOwnedId` of its owner and its name, which the owner chose: [a-z0-9][a-z0-9-]*. */
  readonly _id: string;
  /** The tenant that owns it; null or absent: the mesh. */
  readonly tenantId?: string | null;
  /** Of the mesh's: who may call it; null or absent: every tenant. */
  readonly offeredTo?: Offer | null;
  readonly kind: ProviderKind;
  /** A checked http(s) URL; null: the vendor's own. */
  readonly baseUrl: string | null;
  readonly region: string | null;
  readonly enabled: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Its change has begun and not ended: whoever finds it without the change in progress deletes the rest. Absent: it is whole. */
  readonly incomplete?: 'CREATED' | 'DELETED';
}

/** A provider that was deleted: its deleted models still refer to it. No list, query or call reads it. */
export interface DeletedProviderRecord extends ProviderRecord {
  readonly deletedAt: Date;
}

/** A provider that history refers to. */
export type MaybeDeletedProvider = ProviderRecord & Partial<Pick<DeletedProviderRecord, 'deletedAt'>>;

const text = { type: String, required: true };

const paths = {
  _id: text,
  tenantId: String,
  offeredTo: { type: { _id: false, plans: [String], tenants: [String] }, required: false },
  kind: text,
  baseUrl: String,
  region: String,
  enabled: { type: Boolean, required: true },
  createdAt: { type: Date, required: true },
  updatedAt: { type: Date, required: true },
};

/** Written by the models subgraph alone. */
export const providers = defineCollection<ProviderRecord>('providers', { ...paths, incomplete: String }, [
  [{ incomplete: 1 }, { sparse: true }],
]);

/** Written by the models subgraph alone. An id may be in `providers` again. */
export const deletedProviders = defineCollection<DeletedProviderRecord>('deleted_providers', {
  ...paths,
  deletedAt: { type: Date, required: true },
});
