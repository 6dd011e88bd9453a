import type { Connection } from 'mongoose';
import type { Caller, CallerGrant } from '#core/caller.ts';
import { type AccessGrantRecord, accessGrants } from '#mongo/access-grants.ts';

const reasonMax = 200;

/** What the caller holds of the requests of its app, at most as many as an app may have. One command. */
export async function findCallerGrants(
  appId: string | null,
  connection: Connection,
): Promise<Pick<Caller, 'grants'>> {
  if (appId === null) return {};
  const found = await accessGrants(connection).find({ appId }).sort({ createdAt: 1, _id: 1 }).lean();
  return found.length === 0 ? {} : { grants: found.map(toCallerGrant) };
}

function toCallerGrant(grant: AccessGrantRecord): CallerGrant {
  const { resource, status, decidedByOperator, decidedAt, requestedAt, createdAt, expiresAt, reason } = grant;
  const isRefused = status === 'DENIED' || status === 'REVOKED';
  return {
    resource,
    status,
    at: (decidedAt ?? requestedAt ?? createdAt).toISOString(),
    ...(decidedByOperator === true ? { byOperator: true } : {}),
    ...(expiresAt == null ? {} : { endsAtMs: expiresAt.getTime() }),
    ...(isRefused && reason !== null ? { reason: reason.slice(0, reasonMax) } : {}),
  };
}
