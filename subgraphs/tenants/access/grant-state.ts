import { type Caller, hasScope } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import type { AccessStatus } from '#core/graph-enums.generated.ts';
import { toOwnedId } from '#core/owned-id.ts';
import { type AccessGrantRecord, accessGrants } from '#mongo/access-grants.ts';
import type { PlanRecord } from '#mongo/plans.ts';
import { readNow, type TenantsDeps } from '../deps.ts';

/** The status of a request now: an approval that has ended is stored as it was decided. */
export function readStatus(
  { status, expiresAt }: Pick<AccessGrantRecord, 'status' | 'expiresAt'>,
  now: Date,
): AccessStatus {
  return status === 'APPROVED' && expiresAt != null && expiresAt <= now ? 'ENDED' : status;
}

/** The records with the status now. */
export function withStatus(status: AccessStatus | null | undefined, now: Date): object {
  if (status == null) return {};
  if (status === 'ENDED') return { status: 'APPROVED', expiresAt: { $lte: now } };
  if (status !== 'APPROVED') return { status };
  return { status, $or: [{ expiresAt: null }, { expiresAt: { $gt: now } }] };
}

const planPrefix = 'plan:';

/** What is requested to be assigned to a plan. */
const planResource = (planId: string) => `${planPrefix}${planId}`;

/** Whether an operator alone decides on it: plans, and AI models, routes and prompts of the mesh that require approval. */
export async function isForOperators(
  { resource, tenantId }: Pick<AccessGrantRecord, 'resource' | 'tenantId'>,
  caller: Caller,
  { catalog }: Pick<TenantsDeps, 'catalog'>,
): Promise<boolean> {
  if (resource.startsWith(planPrefix)) return true;
  const find = (id: string) => catalog?.model(id) ?? catalog?.route(id);
  // The tenant's own is called before the mesh's of the same name.
  if (find(toOwnedId(tenantId, resource)) !== undefined) return false;
  if (find(resource)?.requiresApproval) return true;
  const prompt = await catalog?.promptRuns(caller.tenantId === tenantId ? caller : { tenantId }, resource);
  return prompt?.ownerId === null && prompt.requiresApproval;
}

/** How a caller is recorded as the one that requested or decided: a subject is unique for its issuer alone. */
export function readDecider({ subject, issuerId, keyId }: Caller): {
  readonly by: string | null;
  readonly byIssuerId: string | null;
} {
  return { by: subject ?? keyId, byIssuerId: subject === null ? null : (issuerId ?? null) };
}

/** FORBIDDEN where an operator alone approves the request, and the caller is none. */
export async function requireMayApprove(
  grant: AccessGrantRecord,
  caller: Caller,
  deps: TenantsDeps,
): Promise<void> {
  if (hasScope(caller, 'tenants:admin') || !(await isForOperators(grant, caller, deps))) return;
  throw new HeddleError(
    'FORBIDDEN',
    `Access to ${JSON.stringify(grant.resource)} is decided by an operator of the mesh: it requires the scope tenants:admin.`,
  );
}

/** ACCESS_PENDING for a plan that requires approval where no request of the tenant for it is approved. */
export async function requirePlanAccess(
  { _id, requiresApproval }: PlanRecord,
  tenantId: string,
  deps: TenantsDeps,
): Promise<void> {
  if (requiresApproval !== true) return;
  const resource = planResource(_id);
  const approved = { tenantId, resource, decidedByOperator: true, ...withStatus('APPROVED', readNow(deps)) };
  if ((await accessGrants(deps.connection).exists(approved)) !== null) return;
  throw new HeddleError(
    'ACCESS_PENDING',
    `The plan ${JSON.stringify(_id)} requires approval, and no request of the tenant is approved: an app requests it with requestAccess(resource: ${JSON.stringify(resource)}).`,
    { extensions: { resource } },
  );
}
