import type { Caller, CallerGrant } from './caller.ts';
import { HeddleError } from './errors.ts';
import type { AccessState } from './graph-enums.generated.ts';

/** What a call uses that may require approval. */
export interface AccessTarget {
  /** For a message, such as "AI model". */
  readonly what: string;
  /** What is named in requestAccess: the ID of an AI model, the alias of a route, or the name of a prompt. */
  readonly resource: string;
  readonly requiresApproval: boolean;
  /** The tenant that owns it and decides on it; null: the mesh, where an operator decides. */
  readonly ownerId: string | null;
}

/** Whether the app of the caller may use it now. */
export function readAccess(
  { grants = [] }: Pick<Caller, 'grants'>,
  { resource, requiresApproval, ownerId }: Omit<AccessTarget, 'what'>,
  nowMs: number,
): AccessState {
  if (!requiresApproval) return 'OPEN';
  const grant = grants.find((one) => one.resource === resource);
  if (grant?.status === 'PENDING') return 'PENDING';
  return grant !== undefined && isInForce(grant, ownerId, nowMs) ? 'APPROVED' : 'REQUIRED';
}

/** What the mesh owns is approved by an operator alone: a tenant does not approve its own use of it. */
function isInForce({ status, byOperator, endsAtMs }: CallerGrant, ownerId: string | null, nowMs: number) {
  return (
    status === 'APPROVED' &&
    (ownerId !== null || byOperator === true) &&
    (endsAtMs == null || endsAtMs > nowMs)
  );
}

/** ACCESS_PENDING where the target requires approval and the app of the caller has none that is in force. */
export function requireAccess(caller: Caller, target: AccessTarget, nowMs: number): void {
  const state = readAccess(caller, target, nowMs);
  if (state === 'OPEN' || state === 'APPROVED') return;
  const shown = JSON.stringify(target.resource);
  throw new HeddleError(
    'ACCESS_PENDING',
    `The ${target.what} ${shown} requires approval. ${describeGrant(caller, target, nowMs)}`,
    { extensions: { resource: target.resource } },
  );
}

function describeGrant(
  { appId, grants = [] }: Pick<Caller, 'appId' | 'grants'>,
  { resource, ownerId }: AccessTarget,
  nowMs: number,
): string {
  const request = `with requestAccess(resource: ${JSON.stringify(resource)})`;
  if (appId === null) return 'Access is granted to apps: call with an API key of an app.';
  const grant = grants.find((one) => one.resource === resource);
  if (grant === undefined) return `Request access ${request}.`;
  const { status, byOperator, at, endsAtMs, reason } = grant;
  const because = reason == null ? '' : `: ${JSON.stringify(reason)}`;
  if (status === 'PENDING') return `Access was requested at ${at}: wait for a decision.`;
  if (status !== 'APPROVED')
    return `Access was ${status === 'DENIED' ? 'denied' : 'revoked'} at ${at}${because}. Request it again ${request}.`;
  if (endsAtMs != null && endsAtMs <= nowMs)
    return `Access ended at ${new Date(endsAtMs).toISOString()}. Request it again ${request}.`;
  return ownerId === null && byOperator !== true
    ? 'Your tenant approved it; an operator of the mesh must decide, with decideAccess.'
    : `Request access ${request}.`;
}
