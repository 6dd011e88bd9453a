import type { Connection } from 'mongoose';
import { type InvocationRecord, invocations } from '#mongo/invocations.ts';
import { type LegalHoldRecord, legalHolds } from '#mongo/legal-holds.ts';
import { covers } from './hold-calls.ts';

/** A hold in force that the call is under; null: there is none. */
export async function findHoldOfCall(connection: Connection, id: string): Promise<LegalHoldRecord | null> {
  const row = await invocations(connection)
    .findById(id, { tenantId: 1, appId: 1, endUserId: 1, startedAt: 1 })
    .lean<InvocationRecord>();
  if (row === null) return null;
  const { tenantId } = row;
  const holds = await legalHolds(connection).find({ tenantId, status: 'ACTIVE' }).lean<LegalHoldRecord[]>();
  return holds.find((hold) => covers(hold, row)) ?? null;
}
