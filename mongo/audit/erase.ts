import type { Connection } from 'mongoose';
import type { OwnerBoxes } from '#core/secrets/owner-boxes.ts';
import type { Eraser, ErasureSubject } from '../eraser.ts';
import { toErasedRecord } from './erased.ts';
import { stateErased, stateErasing } from './genesis.ts';
import { openAuditSigner } from './keys.ts';
import { type AuditLog, type AuditRecord, auditLog } from './log.ts';

export interface AuditErasing {
  readonly audit: AuditLog;
  /** Opens the key that signs. */
  readonly secrets: OwnerBoxes;
}

/** Erases what the audit log of a tenant has of people and names. Its chains stay whole: each record keeps its place and its hash. */
export function createAuditEraser(connection: Connection, { audit, secrets }: AuditErasing): Eraser {
  const records = auditLog(connection);
  const ofTenant = ({ tenantId }: ErasureSubject) => ({ tenantId, erased: null });
  return {
    async find(subject, after, max) {
      const found = await records
        .find(
          { ...ofTenant(subject), ...isClosed, ...(after === null ? {} : { _id: { $lt: after } }) },
          { _id: 1 },
        )
        .sort({ _id: -1 })
        .limit(max)
        .lean();
      const ids = found.map(({ _id }) => _id);
      return { found: { audit_log: ids }, next: ids.length < max ? null : (ids.at(-1) ?? null) };
    },
    async erase({ tenantId, requestedAt }, found) {
      const signer = await openAuditSigner(connection, secrets);
      const left = await records
        .find({ _id: { $in: [...(found.audit_log ?? [])] }, tenantId, erased: null })
        .lean<AuditRecord[]>();
      if (left.some(({ sequence }) => sequence == null)) {
        await stateErasing(connection, audit, { tenantId, at: requestedAt });
      }
      for (const record of left) {
        const { _id, ...erased } = toErasedRecord(record, requestedAt, signer);
        await records.replaceOne({ _id, erased: null }, erased);
      }
    },
    finish: ({ tenantId, requestedAt }) => stateErased(connection, audit, { tenantId, at: requestedAt }),
    /** Changes in progress, and counts that are chained when their hour is over. */
    isHeld: async (subject) => (await records.exists({ ...ofTenant(subject), ...isOpen })) !== null,
  };
}

/** Changes that have not ended, and counts that are not chained yet. */
const open = [{ outcome: 'STARTED' as const }, { sequence: null, expiresAt: { $gt: new Date(0) } }];
const isOpen = { $or: open };
const isClosed = { $nor: open };
