import type { ApiKeyRecord } from '#mongo/api-keys.ts';
import { EventReports } from '#mongo/event-reports.ts';
import { readNow, type TenantsDeps } from '../deps.ts';
import { toKeyEvent } from '../report-dates.ts';

/** How a key was misused: after its end, from a network that it may not be used from, or again and again for what it may not do. */
export type KeyMisuse = 'REVOKED' | 'EXPIRED' | 'NETWORK' | 'SCOPE';

const hourMs = 3_600_000;

/** The event of a misused key, and what distinguishes it: of one key and reason there is one an hour. */
export function toMisuseEvent(
  key: ApiKeyRecord,
  reason: KeyMisuse,
  { address, hour }: { readonly address: string | null; readonly hour: number },
) {
  const { data, ...event } = toKeyEvent('key.misused', key);
  return {
    event: { ...event, data: { ...data, reason, address } },
    once: `key.misused:${key._id}:${reason}:${hour}`,
  };
}

/** How a key has ended; null: it has not. */
export function findKeyEnd(
  { revokedAt, expiresAt }: Pick<ApiKeyRecord, 'revokedAt' | 'expiresAt'>,
  now: Date,
): Extract<KeyMisuse, 'REVOKED' | 'EXPIRED'> | null {
  if (revokedAt !== null) return 'REVOKED';
  return expiresAt !== null && expiresAt <= now ? 'EXPIRED' : null;
}

/** Reports keys that are looked up after their end, without a wait for who looks them up. */
export class EndedKeys implements AsyncDisposable {
  readonly #deps: TenantsDeps;
  readonly #reports: EventReports;

  constructor(deps: TenantsDeps) {
    this.#deps = deps;
    this.#reports = new EventReports(deps);
  }

  /** Returns at once and never throws. */
  used(key: ApiKeyRecord, reason: 'REVOKED' | 'EXPIRED', address: string | null): void {
    const hour = Math.floor(readNow(this.#deps).getTime() / hourMs);
    const { event, once } = toMisuseEvent(key, reason, { address, hour });
    this.#reports.report(event, once);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#reports[Symbol.asyncDispose]();
  }
}
