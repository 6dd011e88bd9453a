import { describeActionScopes, mayAct } from '#core/alert-actions.ts';
import type { Caller } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { badInput } from '#core/input.ts';
import type { AlertSaver } from '#mongo/alert-actions.ts';
import type { AlertRecord } from '#mongo/alerts.ts';

/**
 * Whoever saves an alert with an action, so that its rights can be read when the alert acts; null for an alert that only notifies. FORBIDDEN without the
 * scopes that the action requires, and for a caller whose rights cannot be read later.
 */
export function readSaver(
  action: AlertRecord['action'],
  caller: Caller,
  tenantId: string | null,
): AlertSaver | null {
  if (action === 'NOTIFY') return null;
  if (!mayAct(action, caller, tenantId)) {
    throw new HeddleError(
      'FORBIDDEN',
      `An alert with the action ${action} requires ${describeActionScopes(action, tenantId)} of who saves it.`,
    );
  }
  const { keyId, keyLineId, issuerId, subject, endUserId } = caller;
  if (endUserId === null && keyId !== null) {
    return { tenantId: caller.tenantId, keyLineId, issuerId: null, subject: null };
  }
  if (keyId === null && issuerId !== undefined && subject !== null) {
    return { tenantId: caller.tenantId, keyLineId: null, issuerId, subject };
  }
  return badInput(
    'input.action',
    'requires an API key or a member, whose rights are read when the alert acts.',
  );
}
