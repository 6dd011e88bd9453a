import { LRUCache } from 'lru-cache';
import type { Connection } from 'mongoose';
import type { Logger } from 'pino';
import { limitEntries } from '#core/cache-entries.ts';
import type { Caller, CallerLimit } from '#core/caller.ts';
import type { LimitWindow } from '#core/graph-enums.generated.ts';
import { isDuplicateKey } from '#core/input.ts';
import { decimalOfNanos } from '#core/money.ts';
import { budgetAlerts } from '#mongo/budget-alerts.ts';
import type { EventLog } from '#mongo/events.ts';
import { listLimits } from '#state/quota/caller-limits.ts';
import type { Quota } from '#state/quota/quota.ts';
import { alignedWindow } from '#state/quota/windows.ts';
import { nativeCollection } from '../ledger/native-collection.ts';

/** A budget with thresholds. */
type Budget = CallerLimit & {
  readonly window: Exclude<LimitWindow, 'INFLIGHT'>;
  readonly budget: { readonly alertAt: readonly number[] };
};

/** Budgets that are compared at once; those of further calls are compared after the next call. */
const checksMax = 1_000;
const rememberedMax = 10_000;
/** The record of a threshold is kept so long after its window, for processes with a slow clock. */
const keptMs = 3_600_000;
/** Thresholds are compared in millionths. */
const scale = 1_000_000;

export interface BudgetAlertsOptions {
  readonly connection: Connection;
  readonly quota: Pick<Quota, 'read'>;
  readonly events: Pick<EventLog, 'record'>;
  readonly log: Logger;
  readonly now: () => number;
}

/**
 * Logs one line and records one event when what was spent reaches a threshold of a budget (`alertAt`): once for each threshold, amount and
 * window, among all processes and through restarts. A budget is read by one check at a time, so that many calls together
 * cost few reads. Disposing waits for the checks in progress.
 */
export class BudgetAlerts implements AsyncDisposable {
  readonly #options: BudgetAlertsOptions;
  readonly #checks = new Map<string, { again: boolean; readonly done: Promise<void> }>();
  readonly #reached = new LRUCache<string, true>(limitEntries(rememberedMax));

  constructor(options: BudgetAlertsOptions) {
    this.#options = options;
  }

  /** To be called when a call of the caller was counted. Returns at once and never throws. */
  check(caller: Caller): void {
    for (const limit of caller.limits) if (hasThresholds(limit)) this.#begin(limit, caller);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    while (this.#checks.size > 0) await Promise.all([...this.#checks.values()].map(({ done }) => done));
  }

  #begin(budget: Budget, caller: Caller): void {
    const running = this.#checks.get(budget.subject);
    if (running !== undefined) running.again = true;
    else if (this.#checks.size < checksMax) {
      const check = { again: false, done: Promise.resolve().then(() => this.#run(budget, caller)) };
      this.#checks.set(budget.subject, check);
    }
  }

  async #run(budget: Budget, caller: Caller): Promise<void> {
    const { subject } = budget;
    try {
      do {
        const check = this.#checks.get(subject);
        if (check !== undefined) check.again = false;
        await this.#compare(budget, caller);
      } while (this.#checks.get(subject)?.again);
    } catch (error) {
      this.#options.log.warn({ err: error, subject }, 'a budget could not be compared with its thresholds');
    } finally {
      this.#checks.delete(subject);
    }
  }

  async #compare(budget: Budget, caller: Caller): Promise<void> {
    const { quota, now } = this.#options;
    const { startMs, endMs } = alignedWindow(budget.window, now());
    const open = budget.budget.alertAt
      .map((threshold) => ({ threshold, id: [budget.subject, budget.amount, startMs, threshold].join('|') }))
      .filter(({ id }) => !this.#reached.has(id));
    if (open.length === 0) return;
    const keys = listLimits({ ...caller, limits: [budget] });
    const [reading] = await quota.read(caller.tenantId ?? '', keys);
    const spent = reading?.spent ?? 0n;
    for (const { threshold, id } of open) {
      if (spent * BigInt(scale) < BigInt(budget.amount) * BigInt(Math.round(threshold * scale))) continue;
      if (await this.#claim(id, endMs)) await this.#report(budget, caller, { id, threshold, spent, startMs });
      this.#reached.set(id, true);
    }
  }

  /** True for the first process that claims it. */
  async #claim(id: string, endMs: number): Promise<boolean> {
    try {
      await nativeCollection(this.#options.connection, budgetAlerts).insertOne({
        _id: id,
        expiresAt: new Date(endMs + keptMs),
      });
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  async #report(
    { subject, window, amount, budget }: Budget,
    { tenantId }: Caller,
    {
      id,
      threshold,
      spent,
      startMs,
    }: {
      readonly id: string;
      readonly threshold: number;
      readonly spent: bigint;
      readonly startMs: number;
    },
  ): Promise<void> {
    const budgetId = subject.replace(/^budget:/, '');
    const facts = {
      appId: budget?.appId ?? null,
      teamId: budget?.teamId ?? null,
      keyId: budget?.keyLineId ?? null,
      window,
      windowStart: new Date(startMs).toISOString(),
      threshold,
      amount: decimalOfNanos(BigInt(amount)),
      spent: decimalOfNanos(spent),
    };
    this.#options.log.warn(
      { event: 'budget_threshold', tenantId, budgetId, ...facts },
      'a budget has reached a threshold',
    );
    const reached = { type: 'budget.threshold', tenantId, subject: budgetId, data: facts } as const;
    await this.#options.events.record(reached, `budget.threshold:${id}`);
  }
}

function hasThresholds(limit: CallerLimit): limit is Budget {
  return limit.budget?.alertAt !== undefined && limit.window !== 'INFLIGHT';
}
