import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Caller } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import type { Meter } from '#core/graph-enums.generated.ts';
import { type CallLimit, toCallLimits } from '#state/quota/call-limits.ts';
import { callerBounds } from '#state/quota/caller-bounds.ts';
import { quotaRefusal } from '#state/quota/caller-limits.ts';
import type { Quota, QuotaAmounts, QuotaLeft, QuotaLimit } from '#state/quota/quota.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { BudgetAlerts } from './budget-alerts.ts';
import type { UpperBound } from './usage-cost.ts';

/** Beyond the time that a call may take: for its settlement, or for the sweep of a process that died with it. */
const settleMsMax = 300_000;
/** A settlement that fails is tried again so long after, in the background. */
const settleRetryDelaysMs = [200, 1_000, 5_000, 20_000];

const oneCall = { requests: 1n, inFlight: 1n };
const oneSlot = { CONCURRENCY: 1n };

export interface MetersOptions {
  readonly quota: Quota;
  readonly ledger: Pick<Ledger, 'raise'>;
  readonly caller: Caller;
  /** The id of the ledger row. */
  readonly id: string;
  /** How long the call may take. */
  readonly totalMs: number;
  readonly log: Logger;
  /** Looks at the thresholds of the caller's budgets when the call was counted. */
  readonly alerts?: Pick<BudgetAlerts, 'check'>;
  /** What the call draws of REQUESTS and CONCURRENCY; one of each when left out. */
  readonly draws?: { readonly requests: bigint; readonly inFlight: bigint };
  /** Something may be reserved under this id already. */
  readonly isHeld?: boolean;
  /** A reservation that draws one of CONCURRENCY for several calls, of which this is one. */
  readonly slotId?: string;
}

/**
 * All meters of one invocation: one reservation of an upper bound, raised when a retry or another model may take more,
 * and settled on what was used. It holds every limit of the caller, also those that the bound draws nothing of: what is
 * used may differ from it.
 */
export class Meters {
  readonly #options: MetersOptions;
  readonly #partition: string;
  readonly #scopes: readonly string[];
  readonly #limits: readonly QuotaLimit[];
  #reserved: UpperBound = { tokens: 0n, costNanos: 0n };
  #left: readonly QuotaLeft[] = [];
  #state: 'NEW' | 'OPEN' | 'ENDED' = 'NEW';

  constructor(options: MetersOptions) {
    const { caller } = options;
    this.#options = options;
    this.#partition = caller.tenantId ?? '';
    if (options.isHeld === true) this.#state = 'OPEN';
    ({ limits: this.#limits, scopes: this.#scopes } = callerBounds(caller));
  }

  /** The id of the ledger row. */
  get id(): string {
    return this.#options.id;
  }

  /**
   * Reserves for several calls of one caller at once: all or none. Throws as
   * `reserve` does; `release` of each returns what it took.
   */
  static async reserveAll(
    calls: readonly { readonly meters: Meters; readonly bound: UpperBound }[],
  ): Promise<void> {
    const [first, ...others] = calls.map(({ meters, bound }) => ({
      meters,
      bound,
      amounts: meters.#amounts(bound),
    }));
    if (first === undefined) return;
    const { meters, amounts } = first;
    for (const call of calls) call.meters.#state = 'OPEN';
    if (meters.#limits.length > 0) {
      const decision = await meters.#options.quota.reserve({
        id: meters.id,
        partition: meters.#partition,
        scopes: meters.#scopes,
        amounts,
        together: others.map((other) => ({ id: other.meters.id, amounts: other.amounts })),
        limits: meters.#limits,
        ttlMs: Math.max(...calls.map((call) => call.meters.#options.totalMs)) + settleMsMax,
      });
      if (!decision.granted) {
        for (const call of calls) call.meters.#state = 'NEW';
        const total = addAmounts([first, ...others].map((call) => call.amounts));
        throw quotaRefusal(decision, total, toCallLimits(decision.left, meters.#options.caller));
      }
    }
    for (const call of calls) call.meters.#reserved = call.bound;
  }

  /** True where a limit may refuse tokens or their cost, so that a call must not take more than is reserved for it. */
  get boundsTokens(): boolean {
    return this.#limits.some(
      ({ meter, limit }) => limit !== null && (meter === 'TOKENS' || meter === 'COST'),
    );
  }

  /** What was left of the limits that the caller may see, after the reservation. */
  listLimits(): readonly CallLimit[] {
    return toCallLimits(this.#left, this.#options.caller);
  }

  /** What is reserved by now. */
  get reserved(): UpperBound {
    return this.#reserved;
  }

  /**
   * Reserves this much. The time at which the call counts, for its row; null where no limit binds the caller. Throws
   * QUOTA_EXCEEDED or BUDGET_EXCEEDED, and then takes nothing more; whatever it throws, `release` returns what it took.
   */
  async reserve(bound: UpperBound): Promise<number | null> {
    const isHeld = this.#state === 'OPEN';
    // When its answer is lost, the reservation may stand all the same.
    this.#state = 'OPEN';
    return this.#take(bound, isHeld ? 'AGAIN' : 'FIRST');
  }

  /**
   * Raises the reservation, so that what was used so far and the next attempt fit. The refusal; null: it fits, and
   * `reserved` is what is reserved now.
   */
  async raise(used: UpperBound, next: UpperBound): Promise<HeddleError | null> {
    const bound = larger(this.#reserved, {
      tokens: used.tokens + next.tokens,
      costNanos: used.costNanos + next.costNanos,
    });
    const { tokens, costNanos } = this.#reserved;
    if (bound.tokens === tokens && bound.costNanos === costNanos) return null;
    try {
      await this.#take(bound, 'RAISE');
      // Whoever reads the meters back from the ledger must find it before the provider can.
      if (this.#limits.length > 0) await this.#options.ledger.raise(this.#options.id, bound);
      return null;
    } catch (error) {
      if (error instanceof HeddleError) return error;
      throw error;
    }
  }

  /**
   * Replaces what is reserved by what was used, once; to be called when the row is closed. Never rejects: what fails is
   * logged, expires by itself, and long windows are then read from the ledger.
   */
  async commitUsage(used: UpperBound): Promise<void> {
    if (this.#state !== 'OPEN') return;
    const { quota, id, alerts, caller } = this.#options;
    const actuals = { TOKENS: used.tokens, COST: used.costNanos };
    await this.#end(() => quota.settle(this.#partition, id, actuals, this.#scopes));
    alerts?.check(caller);
  }

  /** Returns everything: the call did not take place. Never rejects. */
  async release(): Promise<void> {
    if (this.#state !== 'OPEN' || this.#limits.length === 0) return;
    await this.#end(() => this.#options.quota.release(this.#partition, this.#options.id));
  }

  async #take(bound: UpperBound, how: 'FIRST' | 'AGAIN' | 'RAISE'): Promise<number | null> {
    if (this.#limits.length > 0) {
      const { quota, id, totalMs, slotId, caller } = this.#options;
      const amounts = this.#amounts(bound);
      const decision = await quota.reserve({
        id,
        partition: this.#partition,
        scopes: this.#scopes,
        amounts,
        limits: this.#limits,
        ttlMs: totalMs + settleMsMax,
        raise: how === 'RAISE',
        ...(slotId === undefined || how === 'RAISE' ? {} : { together: [{ id: slotId, amounts: oneSlot }] }),
      });
      if (!decision.granted) {
        if (how === 'FIRST') this.#state = 'NEW';
        throw quotaRefusal(decision, amounts, toCallLimits(decision.left, caller));
      }
      this.#reserved = bound;
      if (how !== 'RAISE') this.#left = decision.left;
      return decision.atMs;
    }
    this.#reserved = bound;
    return null;
  }

  /** READS alone are counted elsewhere, by the gateway. */
  #amounts(bound: UpperBound): Readonly<Record<Exclude<Meter, 'READS'>, bigint>> {
    const { requests, inFlight } = this.#options.draws ?? oneCall;
    return { REQUESTS: requests, CONCURRENCY: inFlight, TOKENS: bound.tokens, COST: bound.costNanos };
  }

  async #end(end: () => Promise<void>): Promise<void> {
    this.#state = 'ENDED';
    try {
      await end();
    } catch (error) {
      this.#options.log.warn(
        { err: error, completionId: this.#options.id },
        'usage could not be committed to the meters and is tried again',
      );
      void this.#endLater(end);
    }
  }

  /** The call does not wait for it: until it succeeds its reservation counts. Settling twice is harmless (quota.ts). */
  async #endLater(end: () => Promise<void>): Promise<void> {
    const { log, id } = this.#options;
    let last: unknown;
    for (const delayMs of settleRetryDelaysMs) {
      await wait(delayMs, undefined, { ref: false });
      try {
        return await end();
      } catch (error) {
        last = error;
      }
    }
    log.error(
      { err: last, completionId: id },
      'usage could not be committed to the meters; the reservations expire',
    );
  }
}

function addAmounts(all: readonly QuotaAmounts[]): QuotaAmounts {
  const sum: Record<string, bigint> = {};
  for (const amounts of all) {
    for (const [meter, amount] of Object.entries(amounts)) sum[meter] = (sum[meter] ?? 0n) + amount;
  }
  return sum;
}

/** The larger of both, for each meter. */
export function larger(a: UpperBound, b: UpperBound): UpperBound {
  return {
    tokens: a.tokens > b.tokens ? a.tokens : b.tokens,
    costNanos: a.costNanos > b.costNanos ? a.costNanos : b.costNanos,
  };
}
