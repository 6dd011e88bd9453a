import type { Connection } from 'mongoose';
import { isDuplicateKey } from '#core/input.ts';
import { type ErasureRecord, erasures } from '#mongo/erasures.ts';
import { tenants } from '#mongo/tenants.ts';
import { isFirstTenant } from '../keys/first-start.ts';
import { storeArchived } from '../tenants/archive-tenant.ts';
import { withTenant } from '../tenants/below-tenant.ts';
import { toEndUserSlot } from './erase-end-user.ts';
import { quietMs, toTenantSlot } from './erase-tenant.ts';
import { newErasure } from './new-erasure.ts';

/** An end user of a tenant, whose erasure is requested. */
export interface EndUserSubject {
  readonly tenantId: string;
  readonly endUserId: string;
}

/** REQUESTED: the mesh erases it. KNOWN: it has been requested in this store. ABSENT: the store has no such tenant. REFUSED: it cannot be erased. */
export type RepeatedErasure = 'REQUESTED' | 'KNOWN' | 'ABSENT' | 'REFUSED';

/**
 * Requests the erasure of a tenant that was erased before the store was restored, and archives it at once. For a command of operators, who keep
 * the report of the erasure, which stands for the name of the tenant.
 */
export async function repeatTenantErasure(
  connection: Connection,
  tenantId: string,
  now: Date,
): Promise<RepeatedErasure> {
  if (isFirstTenant(tenantId)) return 'REFUSED';
  const slot = toTenantSlot(tenantId);
  return withTenant(tenantId, { connection }, async () => {
    const tenant = await tenants(connection).findById(tenantId).lean();
    if (tenant === null) return 'ABSENT';
    const isRequested = await request(
      connection,
      newErasure({ kind: 'TENANT', tenantId, slot }, now, quietMs),
    );
    // Also where it is known: a command that was killed may have requested it alone.
    if (tenant.archivedAt == null) await storeArchived(tenant, { connection, now: () => now.getTime() });
    return isRequested ? 'REQUESTED' : 'KNOWN';
  });
}

/** Requests the erasure of an end user that was erased before the store was restored. */
export async function repeatEndUserErasure(
  connection: Connection,
  { tenantId, endUserId }: EndUserSubject,
  now: Date,
): Promise<RepeatedErasure> {
  if ((await tenants(connection).exists({ _id: tenantId })) === null) return 'ABSENT';
  if ((await erasures(connection).exists({ slot: toTenantSlot(tenantId) })) !== null) return 'KNOWN';
  const slot = toEndUserSlot(tenantId, endUserId);
  const erasure = newErasure({ kind: 'END_USER', tenantId, endUserId, slot }, now, 0);
  return (await request(connection, erasure)) ? 'REQUESTED' : 'KNOWN';
}

/** False: there is one of the same subject. */
async function request(connection: Connection, erasure: ErasureRecord): Promise<boolean> {
  try {
    await erasures(connection).create({ ...erasure });
    return true;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    return false;
  }
}
