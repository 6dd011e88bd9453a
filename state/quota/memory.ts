import { Counter, type Slot } from './counter.ts';
import type { Quota, QuotaDecision, QuotaDemand, QuotaKey } from './quota.ts';

interface Held {
  readonly expiresAtMs: number;
  readonly parts: readonly {
    readonly counter: Counter;
    readonly slot: Slot;
    readonly meter: string;
    readonly amount: bigint;
  }[];
}

/** How often counters that count nothing any more are forgotten. */
const forgetEveryMs = 60_000;

/** The meters of one process. Its clock is `now`, in milliseconds since the epoch. */
export function createMemoryQuota(options: { readonly now?: () => number } = {}): Quota {
  const now = options.now ?? Date.now;
  const counters = new Map<string, Counter>();
  const reservations = new Map<string, Held>();
  let nextExpiryMs = Number.POSITIVE_INFINITY;
  let nextForgetMs = now() + forgetEveryMs;

  function counterKey(partition: string, { subject, meter, window }: QuotaKey): string {
    return `${partition}\0${subject}\0${meter}\0${window}`;
  }

  function counterOf(partition: string, key: QuotaKey): Counter {
    const name = counterKey(partition, key);
    let counter = counters.get(name);
    if (counter === undefined) {
      counter = new Counter(key.window);
      counters.set(name, counter);
    }
    return counter;
  }

  function giveBack(name: string, held: Held, actuals: Readonly<Record<string, bigint>> | null): void {
    reservations.delete(name);
    for (const { counter, slot, meter, amount } of held.parts) {
      counter.settle(slot, amount, actuals === null ? 0n : (actuals[meter] ?? amount));
    }
  }

  /** Expired reservations and idle counters go; nearly always there is nothing to do. */
  function tidy(nowMs: number): void {
    if (nowMs >= nextExpiryMs) {
      nextExpiryMs = Number.POSITIVE_INFINITY;
      for (const [name, held] of reservations) {
        if (held.expiresAtMs <= nowMs) giveBack(name, held, null);
        else nextExpiryMs = Math.min(nextExpiryMs, held.expiresAtMs);
      }
    }
    if (nowMs >= nextForgetMs) {
      nextForgetMs = nowMs + forgetEveryMs;
      for (const [name, counter] of counters) if (counter.isIdle(nowMs)) counters.delete(name);
    }
  }

  function refusal(
    demands: readonly QuotaDemand[],
    found: readonly Counter[],
    nowMs: number,
  ): QuotaDecision | undefined {
    let refused: QuotaDemand | undefined;
    let longestMs = 0;
    for (const [at, demand] of demands.entries()) {
      if (demand.limit === null) continue;
      const waitMs = found[at]?.waitMs(demand.amount, demand.limit, nowMs) ?? 0;
      if (waitMs > longestMs) {
        longestMs = waitMs;
        refused = demand;
      }
    }
    if (refused === undefined) return undefined;
    return { granted: false, refused, retryAfterMs: Number.isFinite(longestMs) ? longestMs : null };
  }

  return {
    async reserve({ id, partition, demands, ttlMs }) {
      const nowMs = now();
      tidy(nowMs);
      const name = `${partition}\0${id}`;
      if (reservations.has(name)) return { granted: true };
      const found = demands.map((demand) => counterOf(partition, demand));
      const refused = refusal(demands, found, nowMs);
      if (refused !== undefined) return refused;
      const parts: Held['parts'][number][] = [];
      for (const [at, { meter, amount }] of demands.entries()) {
        const counter = found[at];
        if (counter !== undefined)
          parts.push({ counter, slot: counter.reserve(amount, nowMs), meter, amount });
      }
      reservations.set(name, { expiresAtMs: nowMs + ttlMs, parts });
      nextExpiryMs = Math.min(nextExpiryMs, nowMs + ttlMs);
      return { granted: true };
    },
    async settle(partition, id, actuals) {
      const name = `${partition}\0${id}`;
      const held = reservations.get(name);
      if (held !== undefined) giveBack(name, held, actuals);
    },
    async release(partition, id) {
      const name = `${partition}\0${id}`;
      const held = reservations.get(name);
      if (held !== undefined) giveBack(name, held, null);
    },
    async read(partition, keys) {
      const nowMs = now();
      tidy(nowMs);
      return keys.map(
        (key) => counters.get(counterKey(partition, key))?.reading(nowMs) ?? { spent: 0n, reserved: 0n },
      );
    },
    async [Symbol.asyncDispose]() {
      counters.clear();
      reservations.clear();
    },
  };
}
