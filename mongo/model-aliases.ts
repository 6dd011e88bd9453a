import { defineCollection } from './collection.ts';

/** A name by which the callers of one tenant call an AI model or a route. */
export interface ModelAliasRecord {
  /** `<tenantId>:<name>`. */
  readonly _id: string;
  readonly tenantId: string;
  readonly name: string;
  /** The ID of an AI model or the alias of a route. */
  readonly target: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const text = { type: String, required: true };
const date = { type: Date, required: true };

/** The id that an alias is stored under. */
export function toAliasId(tenantId: string, name: string): string {
  return `${tenantId}:${name}`;
}

/** Written by the models subgraph alone. */
export const modelAliases = defineCollection<ModelAliasRecord>(
  'modelAliases',
  { _id: text, tenantId: text, name: text, target: text, createdAt: date, updatedAt: date },
  [[{ tenantId: 1, name: 1 }, { unique: true }], [{ target: 1 }]],
);
