import type { Logger } from 'pino';
import type { Caller } from '#schema/caller.ts';
import { HeddleError } from '#schema/errors.ts';
import type { Quota } from '#state/quota/quota.ts';
import { demandsOf, quotaRefusal } from '../shared/quota.ts';
import type { UpperBound } from './settle.ts';

/** Beyond the time that a call may take: for the settlement itself. */
const settleMsMax = 60_000;

/**
 * All meters of one invocation, from the reservation of an upper bound to the settlement on what was used. Reserved
 * again, for the difference, when a retry or another model may take more than is left.
 */
export class Meters {
  readonly #quota: Quota;
  readonly #caller: Caller;
  readonly #partition: string;
  readonly #id: string;
  readonly #ttlMs: number;
  readonly #log: Logger;
  #reserved: UpperBound = { tokens: 0n, costNanos: 0n };
  /** Reservations made; the first one holds the request itself. */
  #made = 0;

  constructor(quota: Quota, caller: Caller, id: string, totalMs: number, log: Logger) {
    this.#quota = quota;
    this.#caller = caller;
    this.#partition = caller.tenantId ?? '';
    this.#id = id;
    this.#ttlMs = totalMs + settleMsMax;
    this.#log = log;
  }

  /** Makes sure that this much is reserved in all. Throws QUOTA_EXCEEDED or BUDGET_EXCEEDED, and then takes nothing. */
  async reserve(bound: UpperBound): Promise<void> {
    if (this.#caller.limits.length === 0) return;
    const tokens = bound.tokens - this.#reserved.tokens;
    const costNanos = bound.costNanos - this.#reserved.costNanos;
    const first = this.#made === 0;
    if (!first && tokens <= 0n && costNanos <= 0n) return;
    // What takes nothing asks for nothing: a free model may be called on a budget that is used up.
    const demands = demandsOf(this.#caller, {
      ...(tokens > 0n ? { TOKENS: tokens } : {}),
      ...(costNanos > 0n ? { COST: costNanos } : {}),
      ...(first ? { REQUESTS: 1n, CONCURRENCY: 1n } : {}),
    });
    if (demands.length === 0) return;
    const id = `${this.#id}.${this.#made}`;
    const decision = await this.#quota
      .reserve({ id, partition: this.#partition, demands, ttlMs: this.#ttlMs })
      .catch((error: unknown) => {
        // Its answer was lost, perhaps not the reservation: that would stand until it expires.
        this.#quota.release(this.#partition, id).catch(() => undefined);
        throw error;
      });
    if (!decision.granted) throw quotaRefusal(decision);
    this.#made += 1;
    this.#reserved = {
      tokens: tokens > 0n ? bound.tokens : this.#reserved.tokens,
      costNanos: costNanos > 0n ? bound.costNanos : this.#reserved.costNanos,
    };
  }

  /** What was used so far and the next attempt must fit the limits too. The refusal; null: it fits, and is reserved. */
  async reserveAlso(used: UpperBound, next: UpperBound): Promise<HeddleError | null> {
    try {
      await this.reserve({
        tokens: used.tokens + next.tokens,
        costNanos: used.costNanos + next.costNanos,
      });
      return null;
    } catch (error) {
      if (error instanceof HeddleError) return error;
      throw error;
    }
  }

  /** Replaces everything reserved by what was used. Never rejects: what fails is logged, and expires by itself. */
  async settle(used: UpperBound): Promise<void> {
    if (this.#made === 0) return;
    await this.#each((quota, id, first) =>
      quota.settle(
        this.#partition,
        id,
        first ? { TOKENS: used.tokens, COST: used.costNanos } : { TOKENS: 0n, COST: 0n },
      ),
    );
  }

  /** Gives everything back: the call did not take place. Never rejects. */
  async release(): Promise<void> {
    await this.#each((quota, id) => quota.release(this.#partition, id));
  }

  async #each(end: (quota: Quota, id: string, first: boolean) => Promise<void>): Promise<void> {
    const made = this.#made;
    this.#made = 0;
    for (let at = 0; at < made; at++) {
      try {
        await end(this.#quota, `${this.#id}.${at}`, at === 0);
      } catch (error) {
        this.#log.error({ err: error, completionId: this.#id }, 'meters could not be settled; they expire');
      }
    }
  }
}
