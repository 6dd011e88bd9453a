import { hash, randomUUID } from 'node:crypto';
import type { Connection } from 'mongoose';
import type { AuditOutcome } from '#core/graph-enums.generated.ts';
import { defineCollection } from '../collection.ts';
import { type ChainLink, ChainWriter, chainIndex, chainPaths, inChain, toChainName } from './chain.ts';
import type { Signature } from './keys.ts';
import { auditStarts, createAuditStarts, toUnchangedId } from './starts.ts';

/** Who did it. */
export interface AuditActor {
  kind: string;
  keyId: string | null;
  appId: string | null;
  subject: string | null;
  /** The issuer that vouches for the subject: those of several may have the same. Absent: there is no subject, or the record is older. */
  issuerId?: string | undefined;
  /** The member that the key belongs to; absent: none. */
  memberId?: string | undefined;
  /** The name of the service that the key belongs to; absent: none. */
  service?: string | undefined;
}

/** States that an erasure has taken from a record what identifies people, signed: its content has no longer the hash that it states. */
export interface AuditErasure extends Signature {
  readonly at: Date;
}

/**
 * One administrative change: who, what, when, from where, before and after. It is written before the change is tried, names
 * its target before the first write, and is closed with its outcome; INTERRUPTED means that its end was not recorded, so that
 * the change may have been made. Or one kind of refusal or read, with how often it occurred within an hour or a minute; such
 * a record expires. A record is chained when it is closed, and never changed from then on.
 */
export interface AuditRecord extends Partial<ChainLink> {
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
  /** When the record is removed; absent for a change, which is kept, and for a chained record. */
  expiresAt?: Date;
  /** When the record is removed; absent before it is chained, and for a change. */
  keptUntil?: Date;
  /** Absent: no erasure has changed it. */
  erased?: AuditErasure;
}

const text = { type: String, required: true };
const optional = { type: String, default: null };

export const auditLog = defineCollection<AuditRecord>(
  'audit_log',
  {
    _id: text,
    at: { type: Date, required: true },
    tenantId: optional,
    actor: {
      ...{ _id: false, kind: text, keyId: optional, appId: optional, subject: optional },
      ...{ issuerId: String, memberId: String, service: String },
    },
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
    keptUntil: Date,
    erased: Object,
    ...chainPaths,
  },
  [
    [...chainIndex],
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
> &
  /** Of a refused call the AI model that it names. */
  Partial<Pick<AuditRecord, 'targetType' | 'targetId'>> & {
    readonly outcome: Extract<AuditOutcome, 'SUCCEEDED' | 'REFUSED'>;
    readonly count: number;
  };

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
   * same outcome and target by the same key, or without a key from the same address.
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
  const { outcome, tenantId, actor, action, errorCode, clientAddress, targetId } = occurrence;
  const spanMs = spansMs[outcome];
  const who = actor.keyId ?? actor.subject ?? clientAddress;
  const target = targetId == null ? [] : [targetId];
  const what = JSON.stringify([
    ...[outcome, tenantId, actor.kind, who, actor.issuerId, action, errorCode],
    ...target,
  ]);
  const start = (nowMs - (nowMs % spanMs)).toString(16).padStart(12, '0');
  return `${start}-${hash('sha256', what, 'hex').slice(0, 36)}`;
}

/** Appends to the chains of records. */
function createWriter(connection: Connection): ChainWriter {
  return new ChainWriter((chain) =>
    auditLog(connection)
      .findOne(inChain(chain), { sequence: 1, hash: 1 })
      .sort({ sequence: -1 })
      .lean<ChainLink>(),
  );
}

/** Closes a record that was begun, at the end of its chain. False: another process has closed it, or named another target. */
function closeRecord(
  connection: Connection,
  writer: ChainWriter,
  begun: AuditRecord,
  entry: Partial<AuditRecord>,
): Promise<boolean> {
  const { _id, tenantId, targetType, targetId } = begun;
  const closed = { ...begun, ...entry };
  return writer.append(
    toChainName('changes', closed.tenantId),
    () => closed,
    async ({ chain, sequence, previousHash, hash }) => {
      const open = { _id, outcome: 'STARTED', tenantId, targetType, targetId } as const;
      const change = { ...entry, chain, sequence, previousHash, hash };
      return (await auditLog(connection).updateOne(open, { $set: change })).modifiedCount === 1;
    },
  );
}

export function createAuditLog(connection: Connection, now: () => number = Date.now): AuditLog {
  const records = auditLog(connection);
  const starts = createAuditStarts(connection);
  const writer = createWriter(connection);
  const increase = (_id: string, { count, ...occurrence }: AuditOccurrence, nowMs: number) => {
    const at = new Date(nowMs);
    const nothing = { targetType: null, targetId: null, arguments: null, before: null, after: null };
    return records.updateOne(
      { _id, sequence: null },
      {
        $setOnInsert: { ...nothing, ...occurrence, at },
        $inc: { count },
        $set: { lastAt: at, expiresAt: new Date(nowMs + occurrencesKeptMs) },
      },
      { upsert: true },
    );
  };
  return {
    async begin(entry) {
      const nowMs = now();
      const record: AuditRecord = {
        targetType: null,
        targetId: null,
        ...entry,
        _id: timeId(nowMs),
        at: new Date(nowMs),
        outcome: 'STARTED',
        errorCode: null,
        before: null,
        after: null,
      };
      await records.create(record);
      await starts.begin(record);
      return record._id;
    },
    async name(id, target) {
      await records.updateOne({ _id: id, outcome: 'STARTED' }, { $set: target });
    },
    async end(id, entry) {
      const begun = await records.findById(id).lean<AuditRecord>();
      if (begun === null) throw new Error('The audit record was removed before its change ended.');
      if (begun.outcome === 'STARTED' && (await closeRecord(connection, writer, begun, entry))) return;
      const whole = { ...toBeginning(begun), ...entry, _id: toLateId(id) };
      // Nor may what an erasure has taken come back with the end.
      const late = begun.erased === undefined ? whole : withoutContent(whole);
      await writer.append(
        toChainName('changes', late.tenantId),
        () => late,
        async (link) => {
          await records.create(link);
          return true;
        },
      );
    },
    async discard(id) {
      await starts.markUnchanged(id, new Date(now()));
      await records.deleteOne({ _id: id, outcome: 'STARTED' });
    },
    async count(occurrence) {
      const nowMs = now();
      const id = occurrenceId(occurrence, nowMs);
      const isTaken = async (write: Promise<unknown>): Promise<boolean> => {
        try {
          await write;
          return false;
        } catch (error) {
          if ((error as { readonly code?: unknown }).code !== 11000) throw error;
          return true;
        }
      };
      // Another process inserted it at the same time: the second try adds to its record.
      if (!(await isTaken(increase(id, occurrence, nowMs)))) return;
      if (!(await isTaken(increase(id, occurrence, nowMs)))) return;
      // It is chained already: what comes late has a record of its own.
      await increase(timeId(nowMs), occurrence, nowMs);
    },
  };
}

/** The id of the end of a change whose record another process has closed as INTERRUPTED. */
function toLateId(id: string): string {
  return `${id}-end`;
}

function toBeginning(record: AuditRecord): AuditRecord {
  const { chain: _, sequence: __, previousHash: ___, hash: ____, ...beginning } = record;
  return beginning;
}

/**
 * The record without its actor, target, arguments, states and request. What happened, when, with which outcome and in which place of its
 * chain stays.
 */
export function withoutContent(record: AuditRecord): AuditRecord {
  const { clientRequestId: _, erased: __, ...rest } = record;
  return {
    ...rest,
    actor: { kind: record.actor.kind, keyId: null, appId: null, subject: null },
    ...{
      targetId: null,
      arguments: null,
      before: null,
      after: null,
      requestId: 'erased',
      clientAddress: null,
    },
  };
}

/** Records read at a time. */
const batchMax = 500;

/**
 * Closes the records that were begun before this instant and have no recorded end, as INTERRUPTED; their number. One whose
 * change was never allowed to run, or had no effect, is removed.
 */
export async function closeInterrupted(connection: Connection, begunBefore: Date): Promise<number> {
  const records = auditLog(connection);
  const writer = createWriter(connection);
  const range: Record<string, string> = { $lt: auditIdAt(begunBefore) };
  for (let closed = 0; ; ) {
    const found = await records
      .find({ outcome: 'STARTED', _id: range })
      .sort({ _id: 1 })
      .limit(batchMax)
      .lean<AuditRecord[]>();
    if (found.length === 0) return closed;
    const ids = found.map(({ _id }) => _id);
    const marks = await auditStarts(connection)
      .find({ _id: { $in: [...ids, ...ids.map(toUnchangedId)] } }, { _id: 1 })
      .lean();
    const known = new Set(marks.map(({ _id }) => _id));
    for (const record of found) {
      const { _id } = record;
      if (!known.has(_id) || known.has(toUnchangedId(_id))) {
        await records.deleteOne({ _id, outcome: 'STARTED' });
      } else if (await closeRecord(connection, writer, record, { outcome: 'INTERRUPTED' })) {
        closed += 1;
      }
    }
    // One that another process changes meanwhile is left for the next time.
    range.$gt = ids.at(-1) ?? '';
  }
}

/** How long after its hour or minute a count may still arrive, from a process whose clock is late. */
const lateMs = 60_000;

/** Chains the counts whose hour or minute is over; their number. */
export async function closeOccurrences(connection: Connection, nowMs: number): Promise<number> {
  const records = auditLog(connection);
  const writer = createWriter(connection);
  let closed = 0;
  for (const outcome of ['REFUSED', 'SUCCEEDED'] as const) {
    const $lt = auditIdAt(new Date(nowMs - spansMs[outcome] - lateMs));
    const open = { outcome, expiresAt: { $gt: new Date(0) }, _id: { $lt } };
    const found = await records.find(open).sort({ _id: 1 }).limit(batchMax).lean<AuditRecord[]>();
    for (const { expiresAt, ...record } of found) {
      const { _id, count, lastAt } = record;
      const keptUntil = expiresAt ?? new Date(nowMs);
      const isClosed = await writer.append(
        toChainName('occurrences', record.tenantId),
        () => ({ ...record, keptUntil }),
        async ({ chain, sequence, previousHash, hash }) => {
          const $set = { keptUntil, chain, sequence, previousHash, hash };
          const same = { _id, sequence: null, ...(count && { count }), ...(lastAt && { lastAt }) };
          return (await records.updateOne(same, { $set, $unset: { expiresAt: 1 } })).modifiedCount === 1;
        },
      );
      if (isClosed) closed += 1;
    }
  }
  return closed;
}
