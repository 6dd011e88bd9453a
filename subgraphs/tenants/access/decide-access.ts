import { hasScope } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import type { AccessStatus } from '#core/graph-enums.generated.ts';
import { badInput, checkedText } from '#core/input.ts';
import { type AccessGrantRecord, accessGrants } from '#mongo/access-grants.ts';
import { callersChanged, readNow, type TenantsDeps } from '../deps.ts';
import type { MutationDecideAccessArgs } from '../generated.ts';
import { checkedExpiry } from '../keys/in-force.ts';
import type { TenantsContext } from '../loaders.ts';
import { requireLive } from '../tenants/below-tenant.ts';
import { visible } from '../tenants/visible.ts';
import { proofOfChange, toAccessEvent } from './access-events.ts';
import { readDecider, readStatus, requireMayApprove } from './grant-state.ts';

/**
 * Approves or denies a request; denying what was approved revokes it, and an approval may have an end. Deciding the same again changes nothing. Of two
 * decisions at once the second is refused with CONFLICT.
 */
export async function decideAccess(
  { id, approve, reason, expiresAt }: MutationDecideAccessArgs,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<AccessGrantRecord> {
  const before = await visible('accessGrant', id, context);
  const { caller } = context;
  const now = readNow(deps);
  if (!approve && expiresAt != null) badInput('expiresAt', 'is the end of an approval: a denial has none.');
  const end = checkedExpiry(expiresAt, 'expiresAt', now);
  if (approve) await requireMayApprove(before, caller, deps);
  const status = decide(before, approve);
  const decidedByOperator = hasScope(caller, 'tenants:admin');
  if (isDecided(before, { status, decidedByOperator, expiresAt }, now)) return before;
  await requireLive(before, deps);
  await context.auditTarget({ tenantId: before.tenantId, type: 'AccessGrant', id });
  const decider = readDecider(caller);
  const decision = {
    status,
    reason: reason ? checkedText(reason, 'reason', 2_000) : before.reason,
    decidedBy: decider.by,
    decidedByIssuerId: decider.byIssuerId,
    decidedByOperator,
    decidedAt: now,
    expiresAt: approve ? end : null,
  };
  const after = await deps.events.withChange(
    toAccessEvent(status === 'REVOKED' ? 'access.revoked' : 'access.decided', { ...before, ...decision }),
    proofOfChange(id),
    (eventId) =>
      accessGrants(deps.connection)
        .findOneAndUpdate(
          { _id: id, status: before.status, decidedAt: before.decidedAt },
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

/** Whether the request is decided like this already. An end that is not named stays as it is. */
function isDecided(
  before: AccessGrantRecord,
  wanted: {
    readonly status: AccessStatus;
    readonly decidedByOperator: boolean;
    readonly expiresAt: Date | null | undefined;
  },
  now: Date,
): boolean {
  if (readStatus(before, now) !== wanted.status) return false;
  if (wanted.status !== 'APPROVED') return true;
  const { expiresAt = before.expiresAt } = wanted;
  const hasSameEnd = (expiresAt?.getTime() ?? null) === (before.expiresAt?.getTime() ?? null);
  return hasSameEnd && (before.decidedByOperator === true || !wanted.decidedByOperator);
}

function decide({ status }: AccessGrantRecord, approve: boolean): AccessStatus {
  if (approve) return 'APPROVED';
  return status === 'APPROVED' || status === 'REVOKED' ? 'REVOKED' : 'DENIED';
}
