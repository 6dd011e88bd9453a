import type { Caller } from './caller.ts';

/** Addresses without a known key that are counted apart in an hour; further ones are one. */
const addressesMax = 200;
/** Keys recorded separately in an hour. */
const keysMax = 10_000;
/** Records that wait to be written. */
const waitingMax = 2_000;

/** Stands for the keys or addresses that are not recorded separately. */
const others = 'others';

/** One refusal for the audit log. */
export interface AuditedRefusal {
  /** What was tried: an @audited action, a field's coordinate, or `credential`. */
  readonly action: string;
  readonly code: string;
  /** The AI model that a refused call names; null or absent: none. */
  readonly modelId?: string | null;
  readonly caller: Caller | undefined;
  readonly requestId: string;
  readonly clientRequestId: string | null;
  readonly clientAddress: string | null;
}

/** Refusals of one kind, as the audit log counts them. */
export interface CountedRefusal {
  readonly action: string;
  readonly errorCode: string;
  readonly modelId: string | null;
  readonly tenantId: string | null;
  readonly actor: {
    readonly kind: string;
    readonly keyId: string | null;
    readonly appId: string | null;
    readonly subject: string | null;
    readonly issuerId?: string;
    readonly memberId?: string;
    readonly service?: string;
  };
  readonly requestId: string;
  readonly clientRequestId: string | null;
  readonly clientAddress: string | null;
  count: number;
}

/** The same text for a person in one tenant: people of several issuers may have the same subject. */
function toPerson(caller: Caller | undefined): string {
  return JSON.stringify([caller?.tenantId, caller?.issuerId, caller?.subject]);
}

/**
 * Counts refusals until they are written. Whoever is refused adds to few records: a bounded number of kinds (action, code, AI model) an hour for
 * each key or address, the rest as one more; two hundred addresses an hour.
 */
export class RefusalCounter {
  readonly #now: () => number;
  readonly #kindsMax: number;
  #hour = Number.NaN;
  #addresses = 0;
  /** The kinds of each key and address within the hour. */
  readonly #subjects = new Map<string, Set<string>>();
  #waiting = new Map<string, CountedRefusal>();

  /** @param kindsMax kinds of refusals recorded for one key, or one address without a key, in an hour; further ones are one kind */
  constructor(now: () => number, kindsMax: number) {
    this.#now = now;
    this.#kindsMax = kindsMax;
  }

  add(refusal: AuditedRefusal): void {
    const { caller, code } = refusal;
    const known = caller?.keyId != null || caller?.subject != null;
    const { subject, kinds } = this.#chooseSubject(known, caller, refusal.clientAddress);
    // One record of many is of none of their tenants.
    const actor = subject === others ? undefined : caller;
    const named = JSON.stringify([refusal.action, code, refusal.modelId ?? null]);
    const isApart = kinds.has(named) || kinds.size < this.#kindsMax;
    if (isApart) kinds.add(named);
    const action = isApart ? refusal.action : 'other';
    const modelId = isApart && subject !== others ? (refusal.modelId ?? null) : null;
    const id = JSON.stringify([subject, action, code, modelId]);
    const waiting = this.#waiting.get(id);
    if (waiting !== undefined) waiting.count++;
    else if (this.#waiting.size < waitingMax) {
      this.#waiting.set(id, {
        ...{ action, errorCode: code, modelId },
        tenantId: actor?.tenantId ?? null,
        actor: {
          kind: actor?.kind ?? 'ANONYMOUS',
          keyId: actor?.keyId ?? null,
          appId: actor?.appId ?? null,
          subject: actor?.subject ?? null,
          ...(actor?.issuerId === undefined ? {} : { issuerId: actor.issuerId }),
          ...(actor?.memberId === undefined ? {} : { memberId: actor.memberId }),
          ...(actor?.service === undefined ? {} : { service: actor.service }),
        },
        requestId: refusal.requestId,
        clientRequestId: refusal.clientRequestId,
        clientAddress: subject === others ? null : refusal.clientAddress,
        count: 1,
      });
    }
  }

  /** What waits, by kind; it does not wait any more. */
  take(): ReadonlyMap<string, CountedRefusal> {
    const taken = this.#waiting;
    this.#waiting = new Map();
    return taken;
  }

  /** What could not be written: it waits again. */
  putBack(taken: ReadonlyMap<string, CountedRefusal>): void {
    for (const [id, refusal] of taken) {
      const waiting = this.#waiting.get(id);
      if (waiting !== undefined) waiting.count += refusal.count;
      else if (this.#waiting.size < waitingMax) this.#waiting.set(id, refusal);
    }
  }

  #chooseSubject(known: boolean, caller: Caller | undefined, address: string | null) {
    const hour = Math.floor(this.#now() / 3_600_000);
    if (hour !== this.#hour) {
      this.#hour = hour;
      this.#addresses = 0;
      this.#subjects.clear();
    }
    let subject = known ? `key ${caller?.keyId ?? toPerson(caller)}` : `address ${address}`;
    if (!this.#subjects.has(subject)) {
      const isFull = known ? this.#subjects.size >= keysMax + addressesMax : this.#addresses >= addressesMax;
      if (isFull) subject = others;
      else if (!known) this.#addresses++;
    }
    const kinds = this.#subjects.get(subject) ?? new Set<string>();
    this.#subjects.set(subject, kinds);
    return { subject, kinds };
  }
}
