import { hash, randomUUID } from 'node:crypto';
import type { Connection } from 'mongoose';
import type { AuditOutcome } from '#core/graph-enums.generated.ts';
import { defineCollection } from './collection.ts';

/** Who did it. */
interface AuditActor {
  kind: string;
  keyId: string | null;
  appId: string | null;
  subject: string | null;
}

/**
 * One administrative change: who, what, when, from where, before and after. It is written before the change is tried, names
 * its target before the first write, and is closed with its outcome; INTERRUPTED means that its end was not recorded, so that
 * the change may have been made. Or one kind of refusal or read, with how often it occurred within an hour or a minute; such
 * a record expires.
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
  outcome: AuditOutcome;
  /** The code of the catalog when it failed. */
  errorCode: string | null;
  targetType: string | null;
  targetId: string | null;
  /** JSON with secrets redacted: the request, the state before, the state after. */
  arguments: unknown;
  before: unknown;
  after: unknown;
  /** Of several, the first. */
  requestId: string;
  /** The client's own id of that request; absent when it sent none. */
  clientRequestId?: string | null;
  clientAddress: string | null;
  /** How often it occurred; absent for a change, which occurs once. */
  count?: number;
  /** When it occurred last; absent for a change. */
  lastAt?: Date;
  /** When the record is removed; absent for a change, which is kept. */
  expiresAt?: Date;
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
    clientRequestId: String,
    clientAddress: optional,
    count: Number,
    lastAt: Date,
    expiresAt: Date,
  },
  [
    [{ tenantId: 1, _id: -1 }],
    [{ action: 1, _id: -1 }],
    [{ targetId: 1, _id: -1 }],
    [{ 'actor.keyId': 1, _id: -1 }],
    [{ expiresAt: 1 }, { expireAfterSeconds: 0 }],
    // For the sweep of those without a recorded end.
    [{ outcome: 1, _id: 1 }, { partialFilterExpression: { outcome: 'STARTED' } }],
  ],
);

export type AuditBeginning = Pick<
  AuditRecord,
  'tenantId' | 'actor' | 'action' | 'arguments' | 'requestId' | 'clientRequestId' | 'clientAddress'
> &
  Partial<Pick<AuditRecord, 'targetType' | 'targetId'>>;
/** What a change is about to change; without `tenantId` it belongs to the log of the caller's tenant. */
export type AuditTarget = Pick<AuditRecord, 'targetType' | 'targetId'> &
  Partial<Pick<AuditRecord, 'tenantId'>>;
export type AuditEnd = Partial<Pick<AuditRecord, 'tenantId'>> &
  Pick<AuditRecord, 'outcome' | 'errorCode' | 'targetType' | 'targetId' | 'before' | 'after'>;

/** What occurred, once or several times, and changed nothing: a refusal, or a read. */
export type AuditOccurrence = Pick<
  AuditRecord,
  'tenantId' | 'actor' | 'action' | 'errorCode' | 'requestId' | 'clientRequestId' | 'clientAddress'
> & { readonly outcome: Extract<AuditOutcome, 'SUCCEEDED' | 'REFUSED'>; readonly count: number };

/** Where audited mutations leave their records. A change must not be made when its beginning cannot be written. */
export interface AuditLog {
  /** Resolves to the record's id when it is stored. */
  begin(entry: AuditBeginning): Promise<string>;
  /** Names what is about to be changed, before it is. */
  name(id: string, target: AuditTarget): Promise<void>;
  end(id: string, entry: AuditEnd): Promise<void>;
  /** Removes a record that was begun: nothing was changed. */
  discard(id: string): Promise<void>;
  /**
   * Counts a refusal in the one record of its hour, a read in the one record of its minute: the same action with the
   * same outcome by the same key, or without a key from the same address.
   */
  count(occurrence: AuditOccurrence): Promise<void>;
}

/** What the ids of records of this instant or later are not less than. */
export function auditIdAt(at: Date): string {
  return Math.max(0, at.getTime()).toString(16).padStart(12, '0');
}

/** Ids sort by time (milliseconds in hex), then at random. */
function timeId(nowMs: number): string {
  return `${nowMs.toString(16).padStart(12, '0')}-${randomUUID()}`;
}

/** How long records of refusals and reads are kept after the last occurrence. */
export const occurrencesKeptMs = 90 * 86_400_000;

const spansMs = { REFUSED: 3_600_000, SUCCEEDED: 60_000 };

/** Sorts by the beginning of its hour or minute. */
function occurrenceId(occurrence: Omit<AuditOccurrence, 'count'>, nowMs: number): string {
  const { outcome, tenantId, actor, action, errorCode, clientAddress } = occurrence;
  const spanMs = spansMs[outcome];
  const who = actor.keyId ?? actor.subject ?? clientAddress;
  const what = JSON.stringify([outcome, tenantId, actor.kind, who, action, errorCode]);
  const start = (nowMs - (nowMs % spanMs)).toString(16).padStart(12, '0');
  return `${start}-${hash('sha256', what, 'hex').slice(0, 36)}`;
}

export function createAuditLog(connection: Connection, now: () => number = Date.now): AuditLog {
  const records = auditLog(connection);
  return {
    async begin(entry) {
      const nowMs = now();
      const _id = timeId(nowMs);
      await records.create({
        targetType: null,
        targetId: null,
        ...entry,
        _id,
        at: new Date(nowMs),
        outcome: 'STARTED',
        errorCode: null,
        before: null,
        after: null,
      });
      return _id;
    },
    async name(id, target) {
      await records.updateOne({ _id: id }, { $set: target });
    },
    async end(id, entry) {
      await records.updateOne({ _id: id }, { $set: entry });
    },
    async discard(id) {
      await records.deleteOne({ _id: id });
    },
    async count({ count, ...occurrence }) {
      const nowMs = now();
      const at = new Date(nowMs);
      const write = () =>
        records.updateOne(
          { _id: occurrenceId(occurrence, nowMs) },
          {
            $setOnInsert: {
              ...occurrence,
              at,
              targetType: null,
              targetId: null,
              arguments: null,
              before: null,
              after: null,
            },
            $inc: { count },
            $set: { lastAt: at, expiresAt: new Date(nowMs + occurrencesKeptMs) },
          },
          { upsert: true },
        );
      await write().catch((error: unknown) => {
        // Another process inserted it at the same time: the second try adds to its record.
        if ((error as { readonly code?: unknown }).code !== 11000) throw error;
        return write();
      });
    },
  };
}

/** Records closed by one write. */
const interruptedMax = 500;

/**
 * Closes the records that were begun before this instant and have no recorded end, as INTERRUPTED; their number. A
 * change that ends after all closes its record again.
 */
export async function closeInterrupted(connection: Connection, begunBefore: Date): Promise<number> {
  const records = auditLog(connection);
  const open = { outcome: 'STARTED', _id: { $lt: auditIdAt(begunBefore) } } as const;
  for (let closed = 0; ; ) {
    const found = await records.find(open, { _id: 1 }).sort({ _id: 1 }).limit(interruptedMax).lean();
    if (found.length === 0) return closed;
    const ids = found.map(({ _id }) => _id);
    await records.updateMany({ _id: { $in: ids }, outcome: 'STARTED' }, { $set: { outcome: 'INTERRUPTED' } });
    closed += found.length;
  }
}
