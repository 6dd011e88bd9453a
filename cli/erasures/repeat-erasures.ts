import type { Connection } from 'mongoose';
import { hashSubject } from '#subgraphs/tenants/erasure/new-erasure.ts';
import {
  type RepeatedErasure,
  repeatEndUserErasure,
  repeatTenantErasure,
} from '#subgraphs/tenants/erasure/repeat-erasure.ts';
import type { ListedErasures } from './read-erasures.ts';

/** What was requested again. */
export interface RepeatedErasures {
  readonly tenants: number;
  readonly endUsers: number;
  readonly known: number;
  /** Of tenants that the store does not have. */
  readonly absent: number;
  /** Erasures that could not be repeated, and why. */
  readonly left: readonly { readonly id: string; readonly why: string }[];
}

/** Requests the listed erasures in this store. Done again it changes nothing more. */
export async function repeatErasures(
  connection: Connection,
  { reports, requests }: ListedErasures,
  now: Date,
): Promise<RepeatedErasures> {
  const counts: Record<RepeatedErasure, number> = { REQUESTED: 0, KNOWN: 0, ABSENT: 0, REFUSED: 0 };
  const left: { readonly id: string; readonly why: string }[] = [];
  for (const { id, kind, tenantId } of reports) {
    if (kind !== 'TENANT') continue;
    const repeated = await repeatTenantErasure(connection, tenantId, now);
    counts[repeated] += 1;
    if (repeated !== 'REFUSED') continue;
    left.push({ id, why: `The erasure ${id} is of the tenant of the first start, which cannot be erased.` });
  }
  const tenants = counts.REQUESTED;
  for (const request of requests) counts[await repeatEndUserErasure(connection, request, now)] += 1;
  for (const { id, kind, tenantId, subjectHash } of reports) {
    const isNamed = requests.some(
      (request) => request.tenantId === tenantId && hashSubject(id, request.endUserId) === subjectHash,
    );
    if (kind !== 'END_USER' || isNamed) continue;
    left.push({
      id,
      why: `The end user of the erasure ${id} in the tenant ${tenantId} is named by no request: add {"tenantId":"${tenantId}","endUserId":"…"}.`,
    });
  }
  return { tenants, endUsers: counts.REQUESTED - tenants, known: counts.KNOWN, absent: counts.ABSENT, left };
}
