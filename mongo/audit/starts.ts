import { hash } from 'node:crypto';
import type { Connection } from 'mongoose';
import { defineCollection } from '../collection.ts';
import {
  type ChainLink,
  ChainWriter,
  chainIndex,
  chainPaths,
  inChain,
  toCanonicalText,
  toChainName,
} from './chain.ts';

/**
 * That a change has begun, written before it runs: its record is chained when it is closed, and may not disappear before.
 * UNCHANGED: the change had no effect, and its record was removed.
 */
export interface AuditStartRecord extends ChainLink {
  readonly _id: string;
  readonly kind: 'STARTED' | 'UNCHANGED';
  /** The id of the record in the audit log. */
  readonly recordId: string;
  readonly at: Date;
  /** SHA-256 of what the record holds from its beginning; null: UNCHANGED. */
  readonly digest: string | null;
}

const text = { type: String, required: true };

/** One chain for each tenant. Records are never changed. */
export const auditStarts = defineCollection<AuditStartRecord>(
  'audit_starts',
  {
    _id: text,
    kind: text,
    recordId: text,
    at: { type: Date, required: true },
    digest: { type: String, default: null },
    ...chainPaths,
  },
  [[...chainIndex]],
);

/** What a record of the audit log holds from its beginning on. */
export interface AuditBegun {
  readonly _id: string;
  readonly at: Date;
  readonly actor: object;
  readonly action: string;
  readonly arguments: unknown;
  readonly requestId: string;
  readonly clientRequestId?: string | null;
  readonly clientAddress: string | null;
}

/** Its tenant and target may be named later, and are left out. */
export function digestBeginning(record: AuditBegun): string {
  const { _id, at, actor, action, arguments: args, requestId, clientRequestId, clientAddress } = record;
  const request = { requestId, clientRequestId: clientRequestId ?? null, clientAddress };
  return hash('sha256', toCanonicalText({ _id, at, actor, action, arguments: args, ...request }), 'hex');
}

/** The id of what states that the record was removed without effect. */
export function toUnchangedId(recordId: string): string {
  return `${recordId}-unchanged`;
}

/** Appends the beginnings of changes. */
export function createAuditStarts(connection: Connection) {
  const starts = auditStarts(connection);
  const writer = new ChainWriter((chain) =>
    starts.findOne(inChain(chain), { sequence: 1, hash: 1 }).sort({ sequence: -1 }).lean<ChainLink>(),
  );
  const append = (chain: string, start: Omit<AuditStartRecord, keyof ChainLink>) =>
    writer.append(
      chain,
      () => start,
      async (link) => {
        await starts.create(link);
        return true;
      },
    );
  return {
    /** Resolves when it is stored that the change of this record has begun. */
    async begin(record: AuditBegun & { readonly tenantId: string | null }): Promise<void> {
      const { _id, at, tenantId } = record;
      const digest = digestBeginning(record);
      await append(toChainName('starts', tenantId), { _id, kind: 'STARTED', recordId: _id, at, digest });
    },
    /** Resolves when it is stored that the record may be removed. */
    async markUnchanged(recordId: string, at: Date): Promise<void> {
      const start = await starts.findById(recordId, { chain: 1 }).lean();
      if (start === null || (await starts.exists({ _id: toUnchangedId(recordId) })) !== null) return;
      const unchanged = {
        _id: toUnchangedId(recordId),
        kind: 'UNCHANGED',
        recordId,
        at,
        digest: null,
      } as const;
      await append(start.chain, unchanged);
    },
  };
}
