import { randomUUID } from 'node:crypto';
import type { Connection } from 'mongoose';
import { defineCollection } from './collection.ts';

/** Who did it. */
interface AuditActor {
  kind: string;
  keyId: string | null;
  appId: string | null;
  subject: string | null;
}

/**
 * One administrative change: who, what, when, from where, before and after. Written before the change is tried and
 * closed with its outcome, so that STARTED that stays says: the process died in between, look for yourself.
 */
export interface AuditRecord {
  /** Grows with time. */
  _id: string;
  at: Date;
  /** The tenant that the changed thing belongs to; null: the mesh itself. */
  tenantId: string | null;
  actor: AuditActor;
  /** What the mutation's @audited names, e.g. "apiKey.create". */
  action: string;
  outcome: 'STARTED' | 'SUCCEEDED' | 'FAILED';
  /** The code of the catalogue when it failed. */
  errorCode: string | null;
  targetType: string | null;
  targetId: string | null;
  /** JSON with secrets redacted: what was asked, how it was, how it is. */
  arguments: unknown;
  before: unknown;
  after: unknown;
  requestId: string;
  clientAddress: string | null;
}

const text = { type: String, required: true };
const optional = { type: String, default: null };

export const auditLog = defineCollection<AuditRecord>(
  'audit_log',
  {
    _id: text,
    at: { type: Date, required: true },
    tenantId: optional,
    actor: { _id: false, kind: text, keyId: optional, appId: optional, subject: optional },
    action: text,
    outcome: text,
    errorCode: optional,
    targetType: optional,
    targetId: optional,
    arguments: {},
    before: {},
    after: {},
    requestId: text,
    clientAddress: optional,
  },
  [[{ tenantId: 1, _id: -1 }]],
);

export type AuditBeginning = Pick<
  AuditRecord,
  'tenantId' | 'actor' | 'action' | 'arguments' | 'requestId' | 'clientAddress'
>;
export type AuditEnd = Partial<Pick<AuditRecord, 'tenantId'>> &
  Pick<AuditRecord, 'outcome' | 'errorCode' | 'targetType' | 'targetId' | 'before' | 'after'>;

/** Where audited mutations leave their records. A change whose beginning cannot be written must not be made. */
export interface AuditLog {
  /** Resolves to the record's id when it is stored. */
  begin(entry: AuditBeginning): Promise<string>;
  end(id: string, entry: AuditEnd): Promise<void>;
}

/** Ids sort by time (milliseconds in hex), then at random. */
function timeId(nowMs: number): string {
  return `${nowMs.toString(16).padStart(12, '0')}-${randomUUID()}`;
}

export function createAuditLog(connection: Connection, now: () => number = Date.now): AuditLog {
  const records = auditLog(connection);
  return {
    async begin(entry) {
      const nowMs = now();
      const _id = timeId(nowMs);
      await records.create({
        ...entry,
        _id,
        at: new Date(nowMs),
        outcome: 'STARTED',
        errorCode: null,
        targetType: null,
        targetId: null,
        before: null,
        after: null,
      });
      return _id;
    },
    async end(id, entry) {
      await records.updateOne({ _id: id }, { $set: entry });
    },
  };
}
