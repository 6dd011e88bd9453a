import type { ArchivedCaller, Caller } from '#core/caller.ts';
import { apiKeys } from '#mongo/api-keys.ts';
import { issuers } from '#mongo/issuers.ts';
import type { SessionRecord } from '#mongo/sessions.ts';
import type { TenantsDeps } from '../deps.ts';
import type { Claims } from '../identity/claims.ts';
import { findPersonCaller } from '../identity/person-caller.ts';
import { TokenRefusal } from '../identity/token-refusal.ts';
import { findKeyCaller } from '../keys/find-caller.ts';
import { identifyPerson } from '../members/identify-person.ts';
import { findSession } from './find-session.ts';

type Found = Caller | ArchivedCaller | null;

/** The caller of the browser session whose cookie has this SHA-256; null where it has ended, or its key or person may no longer be here. */
export async function findSessionCaller(digest: string, deps: TenantsDeps): Promise<Found> {
  const session = await findSession(digest, deps);
  if (session === null) return null;
  const caller = session.keyId === null ? await findPerson(session, deps) : await findKey(session, deps);
  if (!caller || 'archived' in caller) return caller;
  const expiresAtMs = Math.min(session.expiresAt.getTime(), caller.expiresAtMs ?? Number.POSITIVE_INFINITY);
  return { ...caller, sessionId: session._id, expiresAtMs };
}

async function findKey({ keyId }: SessionRecord, deps: TenantsDeps): Promise<Found> {
  const key = await apiKeys(deps.connection).findById(keyId).lean();
  return key && findKeyCaller(key, deps);
}

/**
 * Rules of the issuer, roles and members are read anew: a session has none of its own, but it is of one tenant, and ends where another
 * issuer has been saved with the ID of the one that has vouched for the person.
 */
async function findPerson(session: SessionRecord, deps: TenantsDeps): Promise<Found> {
  const issuer = await issuers(deps.connection).findById(session.issuerId).lean();
  if (issuer === null || session.claims === null) return null;
  const claims = JSON.parse(session.claims) as Claims;
  if (claims.iss !== issuer.issuer) return null;
  try {
    const identity = await identifyPerson(issuer, claims, deps, session.tenantId);
    return await findPersonCaller(identity, null, deps);
  } catch (error) {
    if (error instanceof TokenRefusal) return null;
    throw error;
  }
}
