import { HeddleError } from '#core/errors.ts';
import type { TenantsDeps } from '../deps.ts';
import type { TenantsContext } from '../loaders.ts';
import { createSession, type StartedSession } from './create-session.ts';

/** Starts a browser session with the caller's key. FORBIDDEN to page tokens, and to what is a session already. */
export async function startSession(context: TenantsContext, deps: TenantsDeps): Promise<StartedSession> {
  const { keyId, tenantId, endUserId, sessionId, expiresAtMs } = context.caller;
  if (keyId === null || tenantId === null || endUserId !== null || sessionId !== undefined) {
    throw new HeddleError('FORBIDDEN', 'A session is started with an API key, not with a token made of one.');
  }
  const owner = { tenantId, keyId, issuerId: null, subject: null, claims: null };
  return createSession(owner, expiresAtMs, context, deps);
}
