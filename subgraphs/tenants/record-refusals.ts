import type { AuditOccurrence } from '../runtime/policy/audited-start.ts';
import type { TenantsDeps } from './deps.ts';

type Refusal = Omit<AuditOccurrence, 'outcome'>;

/** Adds what a gateway has refused to the records of the hour. Returns how many kinds of refusals there were. */
export async function recordRefusals(
  refusals: unknown,
  { audit }: Pick<TenantsDeps, 'audit'>,
): Promise<number> {
  const counted = Array.isArray(refusals) ? (refusals as readonly Refusal[]) : [];
  await Promise.all(
    counted.map(({ action, errorCode, tenantId, actor, requestId, clientRequestId, clientAddress, count }) =>
      audit.count({
        action,
        errorCode,
        tenantId,
        actor: { kind: actor.kind, keyId: actor.keyId, appId: actor.appId, subject: actor.subject },
        requestId,
        ...(clientRequestId == null ? {} : { clientRequestId }),
        clientAddress,
        count,
        outcome: 'REFUSED',
      }),
    ),
  );
  return counted.length;
}
