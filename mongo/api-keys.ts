import { defineCollection } from './collection.ts';
import { type LimitRecord, limitsPath } from './limit.ts';

/** A key of an app. Its text is `hd_<id>_<secret>`; only a hash of the whole text is kept. */
export interface ApiKeyRecord {
  _id: string;
  tenantId: string;
  appId: string;
  label: string;
  /** What of the text may be shown, to recognise it by. */
  hint: string;
  /** SHA-256 of the whole key text, in hex; of one that an operator has chosen an HMAC over that (key-pepper.ts). Unique. */
  keyHash: string;
  scopes: string[];
  limits: LimitRecord[];
  /**
   * What the limits are counted under, `key:<lineId>`: the id of the first key of the line. Rotation keeps it, so
   * that a new text does not begin with empty meters.
   */
  lineId: string;
  /**
   * The holders of limits that bind the key beside its own, and count its calls: those of the keys that it was made with (`key:<line>`)
   * and of the apps of those (`app:<id>`). Absent where none of them had a limit.
   */
  makerScopes?: string[];
  allowedIps: string[] | null;
  expiresAt: Date | null;
  /** Days after which it is to be rotated; absent or null: it has no schedule. */
  rotateEveryDays?: number | null;
  /** How long after `rotationDueAt` it ends, and how long it stays valid beside its successor. Null as the schedule is. */
  rotationOverlapSeconds?: number | null;
  /** When it is to be rotated by its schedule. Null as that is. */
  rotationDueAt?: Date | null;
  /** AI models and routes that may be called: a name each, or a beginning followed by `*`; null: all. Absent on older records. */
  models?: string[] | null;
  /** Prompts that may be run, in the same way. */
  prompts?: string[] | null;
  /** The member that the key belongs to, with which it ends; absent or null: it belongs to no member. */
  ownerMemberId?: string | null;
  /** The name of the service that the key belongs to; absent or null: it belongs to none. Without either it belongs to its app. */
  service?: string | null;
  /** The member that made or rotated the key, or made the key that it was made or rotated with; absent or null: it was no member. */
  madeByMemberId?: string | null;
  /** To the minute. */
  lastUsedAt: Date | null;
  /** The address that it was last used from. Absent: it was not used, or by an older version. */
  lastUsedFrom?: string;
  revokedAt: Date | null;
  /** The key that rotation made of this one. */
  replacedById: string | null;
  /** The key that rotation is replacing by this one: it is in force only where that one names it. Absent: it is whole. */
  replaces?: string;
  createdAt: Date;
  /** The event of the last change, which shows that the change was made. Absent: none was recorded. */
  eventId?: string;
  /** True: it is below an archived app or tenant, and left out of lists. Absent: it is not. */
  hidden?: boolean | null;
}

const text = { type: String, required: true };
const date = { type: Date, default: null };

export const apiKeys = defineCollection<ApiKeyRecord>(
  'api_keys',
  {
    _id: text,
    tenantId: text,
    appId: text,
    label: text,
    hint: text,
    keyHash: text,
    scopes: [String],
    limits: limitsPath,
    lineId: text,
    makerScopes: { type: [String], default: undefined },
    allowedIps: { type: [String], default: null },
    expiresAt: date,
    rotateEveryDays: Number,
    rotationOverlapSeconds: Number,
    rotationDueAt: Date,
    models: { type: [String], default: null },
    prompts: { type: [String], default: null },
    ownerMemberId: String,
    service: String,
    madeByMemberId: String,
    lastUsedAt: date,
    lastUsedFrom: String,
    eventId: String,
    revokedAt: date,
    replacedById: { type: String, default: null },
    replaces: String,
    createdAt: { type: Date, required: true },
    hidden: Boolean,
  },
  [
    [{ keyHash: 1 }, { unique: true }],
    [{ appId: 1, createdAt: 1, _id: 1 }],
    [{ lineId: 1, createdAt: 1 }],
    [{ makerScopes: 1 }, { sparse: true }],
    [{ scopes: 1 }],
    [{ ownerMemberId: 1 }, { sparse: true }],
    [{ service: 1 }, { sparse: true }],
    [{ madeByMemberId: 1 }, { sparse: true }],
    [{ replaces: 1 }, { sparse: true }],
    [{ tenantId: 1, createdAt: 1, _id: 1 }],
    // For those who see every tenant.
    [{ createdAt: 1, _id: 1 }],
    [{ label: 1, _id: 1 }],
    // For the reports of keys that expire, and of those that are to be rotated.
    [{ expiresAt: 1, _id: 1 }],
    [{ rotationDueAt: 1 }, { sparse: true }],
  ],
);
