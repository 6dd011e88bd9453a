import { hash } from 'node:crypto';
import { erasureSteps } from '#mongo/erasure-rules.ts';
import type { ErasureRecord } from '#mongo/erasures.ts';
import { randomId } from '../keys/ids.ts';

type Subject = Pick<ErasureRecord, 'kind' | 'tenantId'> & {
  readonly endUserId?: string;
  readonly slot: string;
};

/** The record of an erasure that begins now. */
export function newErasure(subject: Subject, now: Date, quietMs: number): ErasureRecord {
  const _id = `erasure-${randomId()}`;
  const { kind, endUserId } = subject;
  return {
    ...{ _id, ...subject, status: 'RUNNING', requestedAt: now },
    subjectHash: endUserId === undefined ? null : hashSubject(_id, endUserId),
    ...{ step: erasureSteps[kind][0]?.name ?? '', after: null, isDirty: false, isRoundDirty: false },
    ...{
      counts: {},
      quietUntil: new Date(now.getTime() + quietMs),
      dueAt: now,
      finishedAt: null,
      proof: null,
    },
  };
}

/** What the report of an erasure states as its end user. */
export function hashSubject(erasureId: string, endUserId: string): string {
  return hash('sha256', JSON.stringify([erasureId, endUserId]), 'hex');
}

/** What the audit log has of it: not the subject. */
export function toAudited({ endUserId: _, slot: __, ...rest }: ErasureRecord): object {
  return rest;
}
