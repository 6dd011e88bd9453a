import { HeddleError } from '#core/errors.ts';
import { sessions } from '#mongo/sessions.ts';
import { callersChanged, type TenantsDeps } from '../deps.ts';
import type { TenantsContext } from '../loaders.ts';
import type { CodeFlow } from '../sign-in/code-flow.ts';
import { toOwnerFilter } from './create-session.ts';

/**
 * Ends the session of the caller, or every session of its key or person. Returns where the browser signs out of the identity
 * provider as well; null where a key signed in, or the provider has no such address.
 */
export async function endSession(
  everywhere: boolean,
  context: TenantsContext,
  flow: CodeFlow,
  deps: TenantsDeps,
): Promise<string | null> {
  const { sessionId, keyId, tenantId, subject, issuerId = null } = context.caller;
  if (sessionId === undefined) throw new HeddleError('FORBIDDEN', 'Only a session can be ended so.');
  const target = { tenantId, type: 'Session', id: sessionId };
  await context.auditTarget(target);
  const ended = everywhere ? toOwnerFilter({ keyId, issuerId, subject }) : { _id: sessionId };
  const { deletedCount } = await sessions(deps.connection).deleteMany(ended);
  context.audit({ ...target, before: { everywhere, ended: deletedCount } });
  await callersChanged(deps, tenantId);
  return issuerId === null ? null : flow.findLogoutUrl(issuerId);
}
