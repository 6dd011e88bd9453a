import { apiKeys } from '#mongo/api-keys.ts';
import { type AuditOccurrence, toActor } from '../runtime/policy/audited-start.ts';
import type { TenantsDeps } from './deps.ts';
import type { Mutation_AuditArgs } from './generated.ts';
import { toMisuseEvent } from './keys/key-misuse.ts';

type Refusal = Omit<AuditOccurrence, 'outcome'>;

/** As the gateway hands it over. */
interface ThrottledAddress {
  /** An IPv4 address or the /64 network of an IPv6 address; null: further ones. */
  readonly address: string | null;
  /** Minutes since the epoch. */
  readonly minute: number;
}

/** A limit that has refused calls, as the gateway hands it over. */
interface RefusedLimit {
  readonly tenantId: string;
  readonly appId: string | null;
  readonly keyId: string | null;
  readonly subject: string;
  readonly meter: string;
  readonly window: string;
  readonly code: string;
  /** Hours since the epoch. */
  readonly hour: number;
}

/** A key that was used where, or for what, it may not be. */
interface MisusedKey {
  readonly tenantId: string;
  readonly keyId: string;
  readonly reason: 'NETWORK' | 'SCOPE';
  readonly address: string | null;
  readonly hour: number;
}

/** Records what a gateway has refused, and publishes what that states of addresses, limits and keys. Returns how many kinds of refusals there were. */
export async function recordRefusals(
  { refusals, throttled, refusedLimits, misusedKeys }: Mutation_AuditArgs,
  deps: Pick<TenantsDeps, 'audit' | 'connection' | 'events'>,
): Promise<number> {
  await reportThrottled(throttled, deps);
  await reportRefusedLimits(refusedLimits, deps);
  await reportMisusedKeys(misusedKeys, deps);
  return countRefusals(refusals, deps);
}

/** Adds what a gateway has refused to the records of the hour. Returns how many kinds of refusals there were. */
async function countRefusals(refusals: unknown, { audit }: Pick<TenantsDeps, 'audit'>): Promise<number> {
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
async function reportThrottled(throttled: unknown, { events }: Pick<TenantsDeps, 'events'>): Promise<void> {
  const addresses = Array.isArray(throttled) ? (throttled as readonly ThrottledAddress[]) : [];
  for (const { address, minute } of addresses) {
    const event = { type: 'auth.throttled', tenantId: null, subject: address, data: { address } } as const;
    await events.record(event, `auth.throttled:${address ?? 'others'}:${minute}`);
  }
}

/** Publishes which limits have refused calls, each once an hour whatever the number of gateways. */
async function reportRefusedLimits(limits: unknown, { events }: Pick<TenantsDeps, 'events'>): Promise<void> {
  const refused = Array.isArray(limits) ? (limits as readonly RefusedLimit[]) : [];
  await events.recordEach(
    refused.map(({ tenantId, appId, keyId, subject, meter, window, code, hour }) => ({
      event: { type: 'quota.refused', tenantId, subject, data: { code, meter, window, appId, keyId } },
      once: `quota.refused:${JSON.stringify([tenantId, subject, meter, window])}:${hour}`,
    })),
  );
}

/** Publishes which keys were misused, each once an hour for each reason whatever the number of gateways. */
async function reportMisusedKeys(
  keys: unknown,
  { events, connection }: Pick<TenantsDeps, 'events' | 'connection'>,
): Promise<void> {
  const misused = Array.isArray(keys) ? (keys as readonly MisusedKey[]) : [];
  if (misused.length === 0) return;
  const ids = misused.map(({ keyId }) => keyId);
  const found = await apiKeys(connection)
    .find({ _id: { $in: ids } })
    .lean();
  const byId = new Map(found.map((key) => [key._id, key]));
  await events.recordEach(
    misused.flatMap(({ keyId, tenantId, reason, address, hour }) => {
      const key = byId.get(keyId);
      return key?.tenantId === tenantId ? [toMisuseEvent(key, reason, { address, hour })] : [];
    }),
  );
}
