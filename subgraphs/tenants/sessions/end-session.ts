import { HeddleError } from '#core/errors.ts';
import { sessions } from '#mongo/sessions.ts';
import { callersChanged, type TenantsDeps } from '../deps.ts';
import type { TenantsContext } from '../loaders.ts';

/** Ends the session of the caller, or every session of its key. Returns how many were ended. */
export async function endSession(
  everywhere: boolean,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<number> {
  const { sessionId, keyId, tenantId } = context.caller;
  if (sessionId === undefined) throw new HeddleError('FORBIDDEN', 'Only a session can be ended so.');
  await context.auditTarget({ tenantId, type: 'Session', id: sessionId });
  const ended = everywhere && keyId !== null ? { keyId } : { _id: sessionId };
  const { deletedCount } = await sessions(deps.connection).deleteMany(ended);
  context.audit({ tenantId, type: 'Session', id: sessionId, before: { everywhere, ended: deletedCount } });
  await callersChanged(deps, tenantId);
  return deletedCount;
}
