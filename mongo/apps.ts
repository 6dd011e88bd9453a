import type { LimitSetter, TrustedDocumentsMode } from '#core/graph-enums.generated.ts';
import { defineCollection } from './collection.ts';
import { type LimitRecord, limitsPath } from './limit.ts';
import type { NarrowedCacheScope } from './tenants.ts';

/** An application of a tenant: what keys belong to and what usage is reported by. */
export interface AppRecord {
  _id: string;
  tenantId: string;
  /** Unique in the tenant; of an archived app followed by its id, between spaces. */
  name: string;
  /** The team that it belongs to; null or absent: none. */
  teamId?: string | null;
  limits: LimitRecord[];
  /** Null: as the tenant is set. */
  cacheByDefault: boolean | null;
  /** What @cache is narrowed to; null: not at all. Absent on older records. */
  cacheScope?: NarrowedCacheScope | null;
  /** AI models and routes that may be called: a name each, or a beginning followed by `*`; null: all. Absent on older records. */
  models?: string[] | null;
  /** Prompts that may be run, in the same way. */
  prompts?: string[] | null;
  /** What happens to documents that are not trusted; null: as the mesh is set. Absent on older records. */
  trustedDocuments?: TrustedDocumentsMode | null;
  /** The weakest mode that an operator allows; null: any. */
  trustedDocumentsMin?: TrustedDocumentsMode | null;
  createdAt: Date;
  /** Null or absent: it is not archived. */
  archivedAt?: Date | null;
  /** Who archived it. */
  archivedBy?: LimitSetter | null;
  /** True: it or its tenant is archived, and lists leave it out. Absent: neither is. */
  hidden?: boolean | null;
}

const text = { type: String, required: true };

export const apps = defineCollection<AppRecord>(
  'apps',
  {
    _id: text,
    tenantId: text,
    name: text,
    teamId: String,
    limits: limitsPath,
    cacheByDefault: { type: Boolean, default: null },
    cacheScope: { type: String, default: null },
    models: { type: [String], default: null },
    prompts: { type: [String], default: null },
    trustedDocuments: { type: String, default: null },
    trustedDocumentsMin: String,
    createdAt: { type: Date, required: true },
    archivedAt: Date,
    archivedBy: String,
    hidden: Boolean,
  },
  [
    [{ tenantId: 1, name: 1 }, { unique: true }],
    [{ tenantId: 1, createdAt: 1, _id: 1 }],
    // For those who see every tenant.
    [{ createdAt: 1, _id: 1 }],
    [{ name: 1, _id: 1 }],
    [{ teamId: 1 }, { partialFilterExpression: { teamId: { $exists: true } } }],
  ],
);
