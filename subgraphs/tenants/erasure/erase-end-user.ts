import { isDuplicateKey } from '#core/input.ts';
import { checkedEndUserId } from '#core/text/label.ts';
import { type ErasureRecord, erasures } from '#mongo/erasures.ts';
import { findHoldAgainst, refuseHeld } from '#mongo/legal-holds.ts';
import { withRoom } from '../../runtime/with-room.ts';
import { readNow, type TenantsDeps } from '../deps.ts';
import type { EraseEndUserInput } from '../generated.ts';
import type { TenantsContext } from '../loaders.ts';
import { findTenantId } from '../tenants/visible.ts';
import { newErasure, toAudited } from './new-erasure.ts';

/** Of erasures of an end user that have not ended there is one. */
export const toEndUserSlot = (tenantId: string, endUserId: string) => `${tenantId} ${endUserId}`;

/**
 * Requests the erasure of an end user, which the processes of the mesh continue; returns the one in progress where there is one. CONFLICT
 * where too many of the tenant are in progress, or a legal hold is in force.
 */
export async function eraseEndUser(
  input: EraseEndUserInput,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<ErasureRecord> {
  const tenantId = await findTenantId(input.tenantId, context);
  const endUserId = checkedEndUserId(input.endUserId, 'input.endUserId');
  const records = erasures(deps.connection);
  const slot = toEndUserSlot(tenantId, endUserId);
  const running = await records.findOne({ slot }).lean<ErasureRecord>();
  if (running !== null) {
    context.unchanged();
    return running;
  }
  const hold = await findHoldAgainst(deps.connection, { tenantId, endUserId });
  if (hold !== null) throw refuseHeld(hold);
  const erasure = newErasure({ kind: 'END_USER', tenantId, endUserId, slot }, readNow(deps), 0);
  const { _id: id } = erasure;
  await context.auditTarget({ tenantId, type: 'Erasure', id });
  try {
    await withRoom(
      deps,
      'erasuresPerTenant',
      tenantId,
      () => records.countDocuments({ tenantId, status: 'RUNNING' }),
      () => records.create({ ...erasure }),
    );
  } catch (error) {
    // Another request has come first.
    if (!isDuplicateKey(error)) throw error;
    context.unchanged();
    return (await records.findOne({ slot }).lean<ErasureRecord>()) ?? erasure;
  }
  context.audit({ tenantId, type: 'Erasure', id, after: toAudited(erasure) });
  await deps.bus.publish('erasure.due', {});
  return erasure;
}
