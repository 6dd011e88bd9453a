import type { RouteStrategy } from '#core/graph-enums.generated.ts';
import { defineCollection } from './collection.ts';

export interface RouteTargetRecord {
  readonly modelId: string;
  /** ≥ 0; only WEIGHTED reads it. */
  readonly weight: number;
  /** Only for callers bound to one of these regions; null: for all. */
  readonly regions: readonly string[] | null;
}

/** All in milliseconds. */
interface RouteTimeoutsRecord {
  readonly connectMs: number;
  readonly firstTokenMs: number;
  readonly interTokenMs: number;
  readonly totalMs: number;
}

/** An alias clients call instead of a model. */
export interface RouteRecord {
  /** `toOwnedId` of its owner and the alias: [a-z0-9][a-z0-9-]*, so never a model id, which holds a slash. */
  readonly _id: string;
  /** The tenant that owns it; null or absent: the mesh. */
  readonly tenantId?: string | null;
  readonly strategy: RouteStrategy;
  readonly targets: readonly RouteTargetRecord[];
  readonly timeouts: RouteTimeoutsRecord;
  /** Provider calls at most for one completion, retries and fallbacks together. */
  readonly maxAttempts: number;
  /** Apps call it with an approved request for access. Absent on older records: it is open. */
  readonly requiresApproval?: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const text = { type: String, required: true };
const number = { type: Number, required: true };

/** Written by the models subgraph alone. */
export const routes = defineCollection<RouteRecord>('routes', {
  _id: text,
  tenantId: String,
  strategy: text,
  targets: [{ _id: false, modelId: text, weight: number, regions: { type: [String], default: null } }],
  timeouts: { _id: false, connectMs: number, firstTokenMs: number, interTokenMs: number, totalMs: number },
  maxAttempts: number,
  requiresApproval: Boolean,
  createdAt: { type: Date, required: true },
  updatedAt: { type: Date, required: true },
});
