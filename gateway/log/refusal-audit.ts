import { parse } from 'graphql';
import type { Logger } from 'pino';
import { systemCaller } from '#core/caller.ts';
import { DelayedWrite } from '#core/delayed-write.ts';
import { type AuditedRefusal, RefusalCounter } from '#core/refusal-counter.ts';
import { newRequestId } from '#core/request-id.ts';
import type { SubgraphExecutor } from '#transport/executor.ts';
import { type NotedRefusal, RefusalFacts } from './refusal-facts.ts';
import { ThrottledAddresses } from './throttled-addresses.ts';

/** How often what was refused is written to the audit log. */
const flushMs = 5_000;
/** Kinds of refusals recorded for one key, or one address without a key, in an hour. */
const kindsMax = 10;

const write = parse(
  `mutation ($refusals: JSON!, $throttled: JSON!, $refusedLimits: JSON!, $misusedKeys: JSON!) {
    _audit(refusals: $refusals, throttled: $throttled, refusedLimits: $refusedLimits, misusedKeys: $misusedKeys)
  }`,
  { noLocation: true },
);

/**
 * Gathers what the gateway refuses, and hands it every five seconds to the audit log, counted. Whoever is refused adds
 * to few records: ten kinds an hour for each key or address, two hundred addresses an hour. With them go the addresses that have to
 * wait, limits that have refused calls and misused keys, which become events.
 */
export class RefusalAudit implements AsyncDisposable {
  readonly #tenants: SubgraphExecutor;
  readonly #log: Logger;
  readonly #now: () => number;
  readonly #counter: RefusalCounter;
  readonly #throttled = new ThrottledAddresses();
  readonly #facts: RefusalFacts;
  readonly #writing = new DelayedWrite(flushMs, () => this.#write());

  constructor(tenants: SubgraphExecutor, log: Logger, now: () => number) {
    this.#tenants = tenants;
    this.#log = log;
    this.#now = now;
    this.#counter = new RefusalCounter(now, kindsMax);
    this.#facts = new RefusalFacts(now);
  }

  add(refusal: AuditedRefusal): void {
    this.#counter.add(refusal);
    this.#writing.soon();
  }

  /** An address has to wait, as too many of its requests were refused. */
  throttled(network: string): void {
    this.#throttled.add(network, this.#now());
    this.#writing.soon();
  }

  /** What a refusal states of a limit or a key. */
  note(refusal: NotedRefusal): void {
    if (this.#facts.note(refusal)) this.#writing.soon();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing[Symbol.asyncDispose]();
  }

  async #write(): Promise<void> {
    const counted = this.#counter.take();
    const refusals = [...counted.values()];
    const throttled = this.#throttled.take();
    const facts = this.#facts.take();
    const { limits, keys } = facts;
    if (refusals.length + throttled.length + limits.length + keys.length === 0) return;
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
      this.#counter.putBack(counted);
    }
  }
}
