import { HeddleError } from '#core/errors.ts';
import { checkedText, isDuplicateKey } from '#core/input.ts';
import { ownAppId } from '#core/policies.ts';
import { type AccessGrantRecord, accessGrants } from '#mongo/access-grants.ts';
import { requireRoom } from '../../runtime/with-room.ts';
import { callersChanged, readNow, type TenantsDeps } from '../deps.ts';
import { randomId } from '../keys/ids.ts';
import type { TenantsContext } from '../loaders.ts';
import { withLiveOwner } from '../tenants/below-tenant.ts';
import { visible } from '../tenants/visible.ts';
import { proofOfChange, toAccessEvent } from './access-events.ts';
import { isForOperators, readDecider, readStatus } from './grant-state.ts';

/**
 * Requests the use of something on behalf of the caller's app. A request that waits or was approved is answered as
 * it is; one that was denied, was revoked or has ended waits again, with the new reason. CONFLICT when the app has requested too much.
 */
export async function requestAccess(
  resource: string,
  reason: string | null | undefined,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<AccessGrantRecord> {
  const appId = ownAppId(context.caller);
  const app = await visible('app', appId, context);
  const now = readNow(deps);
  const requester = readDecider(context.caller);
  const grant = {
    _id: randomId(),
    tenantId: app.tenantId,
    appId,
    resource: checkedText(resource, 'resource', 300),
    status: 'PENDING' as const,
    reason: reason ? checkedText(reason, 'reason', 2_000) : null,
    decidedBy: null,
    decidedByIssuerId: null,
    decidedAt: null,
    expiresAt: null,
    requestedBy: requester.by,
    requestedByIssuerId: requester.byIssuerId,
    requestedAt: now,
    createdAt: now,
  } satisfies AccessGrantRecord;
  const where = { appId, resource: grant.resource };
  const records = accessGrants(deps.connection);
  try {
    if ((await records.exists(where)) === null) {
      const others = () => records.countDocuments({ appId, resource: { $ne: grant.resource } });
      await context.auditTarget({ tenantId: grant.tenantId, type: 'AccessGrant', id: grant._id });
      await withLiveOwner(grant, deps, async () => {
        await requireRoom(deps, 'accessRequestsPerApp', others);
        return deps.events.withChange(
          toAccessEvent('access.requested', grant),
          proofOfChange(grant._id),
          (eventId) => records.create({ ...grant, eventId }),
        );
      });
      context.audit({ tenantId: grant.tenantId, type: 'AccessGrant', id: grant._id, after: grant });
      await callersChanged(deps, grant.tenantId);
      return grant;
    }
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
  }
  const before = (await records.findOne(where).lean()) ?? withdrawnNow(grant.resource);
  if (before.status === 'PENDING' || (await isInForce(before, now, context, deps))) {
    context.unchanged();
    return before;
  }
  await context.auditTarget({ tenantId: before.tenantId, type: 'AccessGrant', id: before._id });
  const { _id: _, tenantId: __, appId: ___, resource: ____, createdAt: _____, ...change } = grant;
  const after = await deps.events.withChange(
    toAccessEvent('access.requested', { ...before, ...change }),
    proofOfChange(before._id),
    (eventId) =>
      records
        .findOneAndUpdate(
          { ...where, status: before.status },
          { $set: { ...change, eventId }, $unset: { decidedByOperator: 1 } },
          { returnDocument: 'after' },
        )
        .lean(),
  );
  if (!after) {
    // Another request, a decision or a withdrawal came first.
    const current = (await records.findOne(where).lean()) ?? withdrawnNow(grant.resource);
    context.unchanged();
    return current;
  }
  context.audit({ tenantId: before.tenantId, type: 'AccessGrant', id: before._id, before, after });
  await callersChanged(deps, before.tenantId);
  return after;
}

/** Approved by an operator where the mesh requires it, and not ended. */
async function isInForce(
  grant: AccessGrantRecord,
  now: Date,
  { caller }: TenantsContext,
  deps: TenantsDeps,
): Promise<boolean> {
  if (readStatus(grant, now) !== 'APPROVED') return false;
  return grant.decidedByOperator === true || !(await isForOperators(grant, caller, deps));
}

function withdrawnNow(resource: string): never {
  throw new HeddleError(
    'CONFLICT',
    `The access request for ${JSON.stringify(resource)} has just been withdrawn: request it again.`,
  );
}
