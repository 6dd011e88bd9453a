import { hash } from 'node:crypto';
import type { Connection } from 'mongoose';
import { toCanonicalText } from '#mongo/audit/chain.ts';
import { type AuditLog, auditLog } from '#mongo/audit/log.ts';
import type { ErasureRecord } from '#mongo/erasures.ts';
import type { EventLog } from '#mongo/events.ts';
import { toJobEvent } from '#mongo/finished-jobs.ts';
import type { SaveErasure } from './erasure-run.ts';

/** How long the record of an ended erasure is kept: longer than backups should be. */
const keptMs = 400 * 86_400_000;
const action = 'erasure.finish';

export interface ReportServices {
  readonly connection: Connection;
  readonly audit: AuditLog;
  readonly events: Pick<EventLog, 'record'>;
  readonly now: () => number;
}

/**
 * Ends an erasure with nothing left: forgets the subject, and records the proof of the report in the audit log and as an event.
 * Whichever of it a killed process has done is not done twice.
 */
export async function reportErasure(
  record: ErasureRecord,
  save: SaveErasure,
  services: ReportServices,
): Promise<void> {
  const finishedAt = record.finishedAt ?? new Date(services.now());
  const reported = { ...record, finishedAt };
  const proof = computeProof(reported);
  const { _id, kind, tenantId } = record;
  const isTenant = kind === 'TENANT';
  // Of a tenant there is one erasure, for ever.
  await save({ finishedAt, proof }, isTenant ? [] : ['endUserId', 'slot']);
  await recordProof(reported, proof, services);
  const event = { type: 'erasure.finished', subject: _id, data: { kind, tenantId, proof } } as const;
  const reader = { tenantId: isTenant ? null : tenantId };
  await services.events.record({ ...event, ...reader }, `erasure.finished ${_id}`);
  const job = {
    job: 'ERASURE',
    id: _id,
    tenantId,
    readerId: reader.tenantId,
    startedAt: record.requestedAt,
  } as const;
  await services.events.record(toJobEvent(job), `job.finished ${_id}`);
  const purge = isTenant ? {} : { purgeAt: new Date(finishedAt.getTime() + keptMs) };
  await save({ status: 'FINISHED', ...purge }, ['holder', 'leasedUntil']);
}

type Reported = Pick<
  ErasureRecord,
  '_id' | 'kind' | 'tenantId' | 'subjectHash' | 'requestedAt' | 'finishedAt' | 'counts'
>;

/** SHA-256, in hex, over the canonical text of the report. */
export function computeProof(record: Reported): string {
  const { _id: id, kind, tenantId, subjectHash, requestedAt, finishedAt, counts } = record;
  const report = { id, kind, tenantId, subjectHash, requestedAt, finishedAt, counts };
  return hash('sha256', toCanonicalText(report), 'hex');
}

async function recordProof(
  { _id: targetId, tenantId, kind, counts }: ErasureRecord,
  proof: string,
  { connection, audit }: ReportServices,
): Promise<void> {
  const isRecorded = await auditLog(connection).exists({ action, targetId, outcome: 'SUCCEEDED' });
  if (isRecorded !== null) return;
  const target = { targetType: 'Erasure', targetId };
  const id = await audit.begin({
    ...{ tenantId, action, arguments: null, requestId: 'erasure', clientAddress: null, ...target },
    actor: { kind: 'SYSTEM', keyId: null, appId: null, subject: null },
  });
  await audit.end(id, {
    ...{ ...target, outcome: 'SUCCEEDED', errorCode: null, before: null, after: { kind, counts, proof } },
  });
}
