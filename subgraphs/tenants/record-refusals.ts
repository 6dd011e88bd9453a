import { type AuditOccurrence, toActor } from '../runtime/policy/audited-start.ts';
import type { TenantsDeps } from './deps.ts';

type Refusal = Omit<AuditOccurrence, 'outcome'>;

/** As the gateway hands it over. */
interface ThrottledAddress {
  /** An IPv4 address or the /64 network of an IPv6 address; null: further ones. */
  readonly address: string | null;
  /** Minutes since the epoch. */
  readonly minute: number;
}

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
        actor: toActor(actor),
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

/** Publishes that addresses have to wait, each once a minute whatever the number of gateways. */
export async function reportThrottled(
  throttled: unknown,
  { events }: Pick<TenantsDeps, 'events'>,
): Promise<void> {
  const addresses = Array.isArray(throttled) ? (throttled as readonly ThrottledAddress[]) : [];
  for (const { address, minute } of addresses) {
    const event = { type: 'auth.throttled', tenantId: null, subject: address, data: { address } } as const;
    await events.record(event, `auth.throttled:${address ?? 'others'}:${minute}`);
  }
}
