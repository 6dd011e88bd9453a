import { HeddleError } from '#core/errors.ts';
import type { AccessStatus } from '#core/graph-enums.generated.ts';
import { checkedText } from '#core/input.ts';
import { type AccessGrantRecord, accessGrants } from '#mongo/access-grants.ts';
import { callersChanged, readNow, type TenantsDeps } from '../deps.ts';
import type { TenantsContext } from '../loaders.ts';
import { requireLive } from '../tenants/below-tenant.ts';
import { visible } from '../tenants/visible.ts';
import { proofOfChange, toAccessEvent } from './access-events.ts';

/**
 * Approves or denies a request; denying what was approved revokes it. Deciding the same again changes nothing. Of two
 * decisions at once the second is refused with CONFLICT.
 */
export async function decideAccess(
  id: string,
  approve: boolean,
  reason: string | null | undefined,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<AccessGrantRecord> {
  const before = await visible('accessGrant', id, context);
  const status = decided(before.status, approve);
  if (status === before.status) return before;
  await requireLive(before, deps);
  const { caller } = context;
  await context.auditTarget({ tenantId: before.tenantId, type: 'AccessGrant', id });
  const decision = {
    status,
    reason: reason ? checkedText(reason, 'reason', 2_000) : before.reason,
    decidedBy: caller.subject ?? caller.keyId,
    decidedAt: readNow(deps),
  };
  const after = await deps.events.withChange(
    toAccessEvent(status === 'REVOKED' ? 'access.revoked' : 'access.decided', { ...before, ...decision }),
    proofOfChange(id),
    (eventId) =>
      accessGrants(deps.connection)
        .findOneAndUpdate(
          { _id: id, status: before.status },
          { $set: { ...decision, eventId } },
          { returnDocument: 'after' },
        )
        .lean(),
  );
  if (!after)
    throw new HeddleError(
      'CONFLICT',
      `The access request ${id} has just been decided or withdrawn by another caller; read it again.`,
    );
  context.audit({ tenantId: after.tenantId, type: 'AccessGrant', id, before, after });
  context.loaders.accessGrant.clear(id);
  await callersChanged(deps, after.tenantId);
  return after;
}

function decided(status: AccessStatus, approve: boolean): AccessStatus {
  if (approve) return 'APPROVED';
  return status === 'APPROVED' || status === 'REVOKED' ? 'REVOKED' : 'DENIED';
}
