import { hash } from 'node:crypto';
import { isDuplicateKey } from '#core/input.ts';
import { checkedEndUserId } from '#core/text/label.ts';
import { erasureSteps } from '#mongo/erasure-rules.ts';
import { type ErasureRecord, erasures } from '#mongo/erasures.ts';
import { withRoom } from '../../runtime/with-room.ts';
import { readNow, type TenantsDeps } from '../deps.ts';
import type { EraseEndUserInput } from '../generated.ts';
import { randomId } from '../keys/ids.ts';
import type { TenantsContext } from '../loaders.ts';
import { findTenantId } from '../tenants/visible.ts';

/**
 * Requests the erasure of an end user, which the processes of the mesh continue; returns the one in progress where there is one. CONFLICT
 * where too many of the tenant are in progress.
 */
export async function eraseEndUser(
  input: EraseEndUserInput,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<ErasureRecord> {
  const tenantId = await findTenantId(input.tenantId, context);
  const endUserId = checkedEndUserId(input.endUserId, 'input.endUserId');
  const records = erasures(deps.connection);
  const slot = `${tenantId} ${endUserId}`;
  const running = await records.findOne({ slot }).lean<ErasureRecord>();
  if (running !== null) {
    context.unchanged();
    return running;
  }
  const id = `erasure-${randomId()}`;
  const now = readNow(deps);
  const erasure: ErasureRecord = {
    ...{ _id: id, kind: 'END_USER', tenantId, endUserId, slot, status: 'RUNNING', requestedAt: now },
    subjectHash: hash('sha256', JSON.stringify([id, endUserId]), 'hex'),
    ...{
      step: erasureSteps.END_USER[0]?.name ?? '',
      after: null,
      isDirty: false,
      counts: {},
      isRoundDirty: false,
    },
    ...{ quietUntil: new Date(0), dueAt: now, finishedAt: null, proof: null },
  };
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
  const { endUserId: _endUserId, slot: _slot, ...after } = erasure;
  context.audit({ tenantId, type: 'Erasure', id, after });
  await deps.bus.publish('erasure.due', {});
  return erasure;
}
