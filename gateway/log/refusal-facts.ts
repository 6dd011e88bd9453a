import type { Caller } from '#core/caller.ts';
import type { ErrorCode } from '#core/errors.ts';

/** Facts of one tenant that are reported in an hour. */
const perTenantMax = 100;
/** Facts of all tenants in an hour, and facts that wait to be written. */
const perHourMax = 10_000;
/** Keys whose refusals are counted in an hour. */
const keysMax = 10_000;
/** Requests of a key that are FORBIDDEN within an hour before that is a misuse of it: a client that tries by mistake stays below. */
export const forbiddenMax = 20;

/** A limit that has refused calls within an hour. */
export interface RefusedLimit {
  readonly tenantId: string;
  readonly appId: string | null;
  /** The key of the first call that was refused. */
  readonly keyId: string | null;
  /** What has the limit, such as "key:k1". */
  readonly subject: string;
  readonly meter: string;
  readonly window: string;
  readonly code: ErrorCode;
  /** Hours since the epoch. */
  readonly hour: number;
}

/** A key that was used from where it may not be, or again and again for what it may not do. */
export interface MisusedKey {
  readonly tenantId: string;
  readonly keyId: string;
  readonly reason: 'NETWORK' | 'SCOPE';
  readonly address: string | null;
  readonly hour: number;
}

/** What is handed over to be published. */
export interface RefusedFacts {
  readonly limits: readonly RefusedLimit[];
  readonly keys: readonly MisusedKey[];
}

/** A refusal as an answer has it. */
export interface NotedRefusal {
  readonly code: ErrorCode;
  readonly extensions: Readonly<Record<string, unknown>>;
  readonly caller: Caller | undefined;
  readonly clientAddress: string | null;
  /** The key may not be used from the address. */
  readonly isOfAddress: boolean;
}

/**
 * What refusals state of limits and keys of tenants, gathered to be published: each limit once an hour, each key once an hour for each reason, a
 * hundred of a tenant in an hour. A storm of refusals costs a look into a set for each.
 */
export class RefusalFacts {
  readonly #now: () => number;
  #hour = Number.NaN;
  readonly #seen = new Set<string>();
  readonly #byTenant = new Map<string, number>();
  readonly #forbidden = new Map<string, number>();
  #limits: RefusedLimit[] = [];
  #keys: MisusedKey[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  /** True where there is something new to publish. */
  note(refusal: NotedRefusal): boolean {
    const { code, caller } = refusal;
    if (caller?.tenantId == null) return false;
    if (code === 'QUOTA_EXCEEDED' || code === 'BUDGET_EXCEEDED') return this.#noteLimit(refusal, caller);
    return code === 'FORBIDDEN' && this.#noteKey(refusal, caller);
  }

  /** What is to be published now. */
  take(): RefusedFacts {
    const taken = { limits: this.#limits, keys: this.#keys };
    this.#limits = [];
    this.#keys = [];
    return taken;
  }

  /** What could not be published yet. */
  putBack({ limits, keys }: RefusedFacts): void {
    this.#limits = [...this.#limits, ...limits].slice(0, perHourMax);
    this.#keys = [...this.#keys, ...keys].slice(0, perHourMax);
  }

  #noteLimit({ code, extensions }: NotedRefusal, { tenantId, appId, keyId }: Caller): boolean {
    const { subject, meter, window } = extensions;
    if (typeof subject !== 'string' || typeof meter !== 'string' || typeof window !== 'string') return false;
    if (!this.#isNew(tenantId ?? '', [subject, meter, window])) return false;
    this.#limits.push({
      ...{ tenantId: tenantId ?? '', appId, keyId, subject, meter, window, code },
      hour: this.#hour,
    });
    return true;
  }

  #noteKey({ isOfAddress, clientAddress }: NotedRefusal, { tenantId, keyId }: Caller): boolean {
    if (keyId === null) return false;
    if (!isOfAddress && !this.#isTooOften(keyId)) return false;
    const reason = isOfAddress ? 'NETWORK' : 'SCOPE';
    if (!this.#isNew(tenantId ?? '', [keyId, reason])) return false;
    this.#keys.push({
      ...{ tenantId: tenantId ?? '', keyId, reason, address: clientAddress },
      hour: this.#hour,
    });
    return true;
  }

  #isTooOften(keyId: string): boolean {
    this.#begin();
    const count = (this.#forbidden.get(keyId) ?? 0) + 1;
    if (count > 1 || this.#forbidden.size < keysMax) this.#forbidden.set(keyId, count);
    return count >= forbiddenMax;
  }

  #isNew(tenantId: string, parts: readonly string[]): boolean {
    this.#begin();
    const key = JSON.stringify([tenantId, ...parts]);
    const count = this.#byTenant.get(tenantId) ?? 0;
    if (this.#seen.has(key) || count >= perTenantMax || this.#seen.size >= perHourMax) return false;
    this.#seen.add(key);
    this.#byTenant.set(tenantId, count + 1);
    return true;
  }

  #begin(): void {
    const hour = Math.floor(this.#now() / 3_600_000);
    if (hour === this.#hour) return;
    this.#hour = hour;
    this.#seen.clear();
    this.#byTenant.clear();
    this.#forbidden.clear();
  }
}
