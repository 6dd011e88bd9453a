import { defineCollection } from './collection.ts';

/** A role that is not built in: a named set of scopes, of one tenant or of all. */
export interface RoleRecord {
  /** `<tenantId>:<name>`; of a role of all tenants `:<name>`. */
  readonly _id: string;
  /** Null: every tenant has the role. */
  readonly tenantId: string | null;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const text = { type: String, required: true };
const date = { type: Date, required: true };

/** The id that a role is stored under. */
export function toRoleId(tenantId: string | null, name: string): string {
  return `${tenantId ?? ''}:${name}`;
}

export const roles = defineCollection<RoleRecord>(
  'roles',
  {
    _id: text,
    tenantId: { type: String, default: null },
    name: text,
    scopes: [String],
    createdAt: date,
    updatedAt: date,
  },
  [[{ tenantId: 1, name: 1 }, { unique: true }]],
);
