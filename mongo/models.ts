import type { Capability, Lifecycle, Modality } from '#core/graph-enums.generated.ts';
import { defineCollection } from './collection.ts';

/** Nano-dollars per million tokens, in force from `effectiveFrom` until the next row. */
export interface PriceRecord {
  readonly effectiveFrom: Date;
  readonly inputNanosPerMillion: bigint;
  readonly outputNanosPerMillion: bigint;
  /** Null: cached input costs what input costs. */
  readonly cachedInputNanosPerMillion: bigint | null;
  /** Null: writing the provider's cache costs what input costs. */
  readonly cacheWriteNanosPerMillion: bigint | null;
  /** Null or absent: writing the cache for an hour costs what writing it costs. */
  readonly cacheWrite1hNanosPerMillion?: bigint | null;
}

/** An AI model of a provider. */
export interface ModelRecord {
  /** `<providerId>/<name>`; the name may hold further slashes. */
  readonly _id: string;
  readonly providerId: string;
  /** The tenant that owns the provider; null or absent: the mesh. */
  readonly tenantId?: string | null;
  readonly name: string;
  readonly capabilities: readonly Capability[];
  readonly inputModalities: readonly Modality[];
  readonly outputModalities: readonly Modality[];
  readonly contextTokens: number | null;
  readonly maxOutputTokens: number | null;
  /** Oldest first; empty: the price is unknown. */
  readonly prices: readonly PriceRecord[];
  readonly lifecycle: Lifecycle;
  readonly replacedById: string | null;
  /** Apps call it with an approved request for access. Absent on older records: it is open. */
  readonly requiresApproval?: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** An AI model that was deleted: rows of the ledger still refer to it. No list, query or call reads it. */
export interface DeletedModelRecord extends ModelRecord {
  readonly deletedAt: Date;
}

/** A model that history refers to. */
export type MaybeDeletedModel = ModelRecord & Partial<Pick<DeletedModelRecord, 'deletedAt'>>;

const text = { type: String, required: true };

const paths = {
  _id: text,
  providerId: text,
  tenantId: String,
  name: text,
  capabilities: [String],
  inputModalities: [String],
  outputModalities: [String],
  contextTokens: Number,
  maxOutputTokens: Number,
  prices: [
    {
      _id: false,
      effectiveFrom: { type: Date, required: true },
      inputNanosPerMillion: { type: BigInt, required: true },
      outputNanosPerMillion: { type: BigInt, required: true },
      cachedInputNanosPerMillion: BigInt,
      cacheWriteNanosPerMillion: BigInt,
      cacheWrite1hNanosPerMillion: BigInt,
    },
  ],
  lifecycle: text,
  replacedById: String,
  requiresApproval: Boolean,
  createdAt: { type: Date, required: true },
  updatedAt: { type: Date, required: true },
};

/** Written by the models subgraph alone. */
export const models = defineCollection<ModelRecord>('models', paths, [
  [{ providerId: 1, _id: 1 }],
  [{ tenantId: 1, _id: 1 }],
]);

/** Written by the models subgraph alone. An id may be in `models` again. */
export const deletedModels = defineCollection<DeletedModelRecord>('deleted_models', {
  ...paths,
  deletedAt: { type: Date, required: true },
});

/** The price in force at a time; before the first row's time the first row counts. Undefined: no price is known. */
export function priceInForce(prices: readonly PriceRecord[], atMs: number): PriceRecord | undefined {
  return prices.findLast((price) => price.effectiveFrom.getTime() <= atMs) ?? prices[0];
}
