import { parse } from 'graphql';
import type { Logger } from 'pino';
import { type Caller, systemCaller } from '#core/caller.ts';
import { newRequestId } from '#core/request-id.ts';
import type { SubgraphExecutor } from '#transport/executor.ts';
import { type NotedRefusal, RefusalFacts } from './refusal-facts.ts';
import { ThrottledAddresses } from './throttled-addresses.ts';

/** How often what was refused is written to the audit log. */
const flushMs = 5_000;
/** Kinds of refusals recorded for one key, or one address without a key, in an hour; further ones are one kind. */
const kindsMax = 10;
/** Addresses without a known key that are counted apart in an hour; further ones are one. */
const addressesMax = 200;
/** Keys recorded separately in an hour. */
const keysMax = 10_000;
/** Records that wait to be written. */
const waitingMax = 2_000;

/** Stands for the keys or addresses that are not recorded separately. */
const others = 'others';

const write = parse(
  `mutation ($refusals: JSON!, $throttled: JSON!, $refusedLimits: JSON!, $misusedKeys: JSON!) {
    _audit(refusals: $refusals, throttled: $throttled, refusedLimits: $refusedLimits, misusedKeys: $misusedKeys)
  }`,
  { noLocation: true },
);

/** One refusal for the audit log. */
export interface AuditedRefusal {
  /** What was tried: an @audited action, a field's coordinate, or `credential`. */
  readonly action: string;
  readonly code: string;
  readonly caller: Caller | undefined;
  readonly requestId: string;
  readonly clientRequestId: string | null;
  readonly clientAddress: string | null;
}

/** Refusals of one kind, as they are handed to the subgraph that has the audit log. */
export interface CountedRefusal {
  readonly action: string;
  readonly errorCode: string;
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
 * Gathers what the gateway refuses, and hands it every five seconds to the audit log, counted. Whoever is refused adds
 * to few records: ten kinds an hour for each key or address, two hundred addresses an hour. With them go the addresses that have to
 * wait, limits that have refused calls and misused keys, which become events.
 */
export class RefusalAudit implements AsyncDisposable {
  readonly #tenants: SubgraphExecutor;
  readonly #log: Logger;
  readonly #now: () => number;
  #hour = Number.NaN;
  #addresses = 0;
  /** The kinds of each key and address within the hour. */
  readonly #subjects = new Map<string, Set<string>>();
  #waiting = new Map<string, CountedRefusal>();
  readonly #throttled = new ThrottledAddresses();
  readonly #facts: RefusalFacts;
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;

  constructor(tenants: SubgraphExecutor, log: Logger, now: () => number) {
    this.#tenants = tenants;
    this.#log = log;
    this.#now = now;
    this.#facts = new RefusalFacts(now);
  }

  add(refusal: AuditedRefusal): void {
    const { caller, code } = refusal;
    const known = caller?.keyId != null || caller?.subject != null;
    const { subject, kinds } = this.#chooseSubject(known, caller, refusal.clientAddress);
    // One record of many is of none of their tenants.
    const actor = subject === others ? undefined : caller;
    const named = `${refusal.action} ${code}`;
    const action = kinds.has(named) || kinds.size < kindsMax ? refusal.action : 'other';
    if (action !== 'other') kinds.add(named);
    const id = JSON.stringify([subject, action, code]);
    const waiting = this.#waiting.get(id);
    if (waiting !== undefined) waiting.count++;
    else if (this.#waiting.size < waitingMax) {
      this.#waiting.set(id, {
        action,
        errorCode: code,
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
    this.#flushSoon();
  }

  /** An address has to wait, as too many of its requests were refused. */
  throttled(network: string): void {
    this.#throttled.add(network, this.#now());
    this.#flushSoon();
  }

  /** What a refusal states of a limit or a key. */
  note(refusal: NotedRefusal): void {
    if (this.#facts.note(refusal)) this.#flushSoon();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#flushing;
    await this.#flush();
    clearTimeout(this.#timer);
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

  #flushSoon(): void {
    this.#timer ??= setTimeout(() => void this.#flush(), flushMs).unref();
  }

  #flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flushing = this.#write().finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  async #write(): Promise<void> {
    const refusals = [...this.#waiting.values()];
    const throttled = this.#throttled.take();
    const facts = this.#facts.take();
    const { limits, keys } = facts;
    if (refusals.length + throttled.length + limits.length + keys.length === 0) return;
    const written = this.#waiting;
    this.#waiting = new Map();
    try {
      const result = await this.#tenants.execute({
        document: write,
        variables: { refusals, throttled, refusedLimits: limits, misusedKeys: keys },
        caller: systemCaller,
        requestId: newRequestId(),
        clientAddress: null,
      });
      if ('errors' in result && result.errors !== undefined) throw result.errors[0];
    } catch (error) {
      this.#log.warn(
        { event: 'audit_failed', err: error, records: refusals.length },
        'refusals wait for the audit log',
      );
      this.#throttled.putBack(throttled);
      this.#facts.putBack(facts);
      // They are written with the next ones.
      for (const [id, refusal] of written) {
        const waiting = this.#waiting.get(id);
        if (waiting !== undefined) waiting.count += refusal.count;
        else if (this.#waiting.size < waitingMax) this.#waiting.set(id, refusal);
      }
    }
  }
}
