import { computeDifference, isSame, raised, zeros } from './amounts.ts';
import { Counter } from './counter.ts';
import {
  counterName,
  type HistoryCall,
  type QuotaAmounts,
  type QuotaDecision,
  type QuotaKey,
  type QuotaLeft,
  type QuotaLimit,
  type QuotaPart,
  type QuotaReading,
  type QuotaReservation,
  type QuotaSpending,
  type ReservationDecision,
  readScope,
} from './quota.ts';
import { isDurable, quotaRules } from './rules.ts';
import { type Attempt, metersUnknown, type Seed, type SeedStart } from './seeder.ts';
import { windowStartMs } from './windows.ts';

/** A call that the store knows. */
interface Held {
  readonly atMs: number;
  /** Null: of a call that was committed without a reservation, where the amount was unknown. */
  readonly scopes: readonly string[] | null;
  amounts: QuotaAmounts;
  readonly counters: Set<Counter>;
  expiresAtMs: number;
  /** For a call that was first seen in the ledger: the newest seed at that time. */
  readonly foundSeq: number | null;
  /** Set when the call is settled while counters are read back: kept for them. */
  settled: { readonly seq: number; readonly actuals: QuotaAmounts; readonly known: boolean } | null;
}

interface Part extends QuotaPart {
  readonly held: Held | undefined;
}

/** Counters that were just read back, by scope. */
type SeededCounters = Map<string, Counter[]>;

const { foundTtlMs, namedMsMax, seedMsMax } = quotaRules;

/** The counters and reservations of one partition in memory. The rules are those of lua/partition.lua. */
export class Partition {
  readonly #scopes = new Map<string, Map<string, Counter>>();
  readonly #calls = new Map<string, Held>();
  #seq = 0;
  /** Reservations are not earlier than this: a seed that began then sums the rows before it. */
  #floorMs = 0;
  /** Seeds up to this one are refused. */
  #lostSeq = 0;
  /** Settled calls are kept until then, for seeds in progress. */
  #seedingUntilMs = 0;
  #seedsInProgress = 0;
  /** Seeds in progress have this number or a later one. */
  #seedsFromSeq = 0;
  nextExpiryMs = Number.POSITIVE_INFINITY;

  get isEmpty(): boolean {
    return this.#scopes.size === 0 && this.#calls.size === 0;
  }

  isSeeding(nowMs: number): boolean {
    return this.#seedingUntilMs > nowMs;
  }

  reserve(reservation: QuotaReservation, round: number, nowMs: number): Attempt<ReservationDecision> {
    const { scopes, limits, ttlMs, raise = false } = reservation;
    const first = this.#findPart(reservation);
    const parts = [first, ...(reservation.together ?? []).map((part) => this.#findPart(part))];
    const durable = limits.filter(isDurable);
    // A granted reservation that is missing is unsure: the ledger has the row.
    if (raise && first.held === undefined && durable.length > 0) {
      if (round > 1) throw metersUnknown();
      if (round === 0) this.#forget(scopes);
      return { absent: durable };
    }
    const absent = durable.filter((limit) => this.#find(limit) === undefined);
    if (absent.length > 0) return { absent };
    const refused = this.#refusal(limits, parts, nowMs);
    if (refused !== null) return { done: { ...refused, left: raise ? [] : this.#listLeft(limits, nowMs) } };
    for (const limit of limits) this.#name(limit, nowMs);
    const atMs = Math.max(nowMs, this.#floorMs);
    const whose = [...new Set([...scopes, ...limits.map(readScope)])];
    for (const { id, amounts, held } of parts) {
      if (held !== undefined) {
        for (const counter of held.counters) {
          const more = computeDifference(counter.meter, amounts, held);
          if (!counter.forgotten) counter.add(held.atMs, more, 0n, nowMs);
        }
        held.amounts = raised(held.amounts, amounts);
        held.expiresAtMs = nowMs + ttlMs;
        continue;
      }
      const counters = this.#collectCounters(scopes, limits);
      const times = { atMs, expiresAtMs: nowMs + ttlMs, foundSeq: null };
      this.#hold(id, { ...times, scopes: whose, amounts, counters, settled: null });
      for (const counter of counters) counter.add(atMs, amounts[counter.meter] ?? 0n, 0n, nowMs);
    }
    const left = raise ? [] : this.#listLeft(limits, nowMs);
    return { done: { granted: true, atMs: first.held?.atMs ?? atMs, left } };
  }

  /** Draws at once and for good. */
  spend({ limits, amounts }: QuotaSpending, nowMs: number): QuotaDecision {
    const refused = this.#refusal(limits, [{ id: '', amounts, held: undefined }], nowMs);
    if (refused !== null) return refused;
    const counters = new Set(limits.map((limit) => this.#name(limit, nowMs)));
    for (const counter of counters) counter.add(nowMs, 0n, amounts[counter.meter] ?? 0n, nowMs);
    return { granted: true, atMs: nowMs };
  }

  /** Replaces what a call reserved by what it drew. */
  settle(id: string, actuals: QuotaAmounts, scopes: readonly string[] | null, nowMs: number): void {
    const call = this.#calls.get(id);
    const seeding = this.isSeeding(nowMs);
    if (call?.settled) {
      if (isSame(call.settled.actuals, actuals)) return;
      // Its row was closed once more, with other amounts: what was read of it meanwhile may be the former ones.
      call.settled = { ...call.settled, actuals };
      this.#forget(scopes);
      this.#lostSeq = this.#seq;
      return;
    }
    if (call === undefined) {
      this.#forget(scopes);
      if (!seeding) return;
      const settled = { seq: this.#seq, actuals, known: false };
      const unknown = { atMs: nowMs, scopes, amounts: {}, counters: new Set<Counter>(), foundSeq: null };
      this.#hold(id, { ...unknown, expiresAtMs: nowMs + seedMsMax, settled });
      return;
    }
    this.#replace(call, actuals, nowMs);
    if (seeding) {
      call.settled = { seq: this.#seq, actuals, known: true };
      call.expiresAtMs = nowMs + seedMsMax;
      this.nextExpiryMs = Math.min(this.nextExpiryMs, call.expiresAtMs);
    } else this.#calls.delete(id);
  }

  release(id: string, nowMs: number): void {
    const call = this.#calls.get(id);
    if (call === undefined || call.settled !== null) return;
    this.#calls.delete(id);
    this.#replace(call, zeros(call.amounts), nowMs);
  }

  read(keys: readonly QuotaKey[], nowMs: number): Attempt<readonly QuotaReading[]> {
    const absent = keys.filter((key) => isDurable(key) && this.#find(key) === undefined);
    if (absent.length > 0) return { absent };
    return {
      done: keys.map((key) => {
        const counter = this.#find(key);
        if (counter === undefined) return { spent: 0n, reserved: 0n };
        counter.namedMs = nowMs;
        return counter.reading(nowMs);
      }),
    };
  }

  beginSeed(nowMs: number): SeedStart {
    this.#seq += 1;
    if (!this.isSeeding(nowMs)) {
      this.#seedsInProgress = 0;
      this.#seedsFromSeq = this.#seq;
    }
    this.#seedsInProgress += 1;
    this.#floorMs = Math.max(nowMs, this.#floorMs);
    this.#seedingUntilMs = nowMs + seedMsMax;
    const except = [...this.#calls].filter(([, { settled }]) => settled === null).map(([id]) => id);
    return { seq: this.#seq, untilMs: this.#floorMs, except };
  }

  applySeed(seed: Seed, nowMs: number): boolean {
    const isApplied = this.#takeOver(seed, nowMs);
    // One that began too long ago is not among those in progress.
    if (seed.seq < this.#seedsFromSeq) return isApplied;
    this.#seedsInProgress -= 1;
    if (this.#seedsInProgress <= 0) this.#seedingUntilMs = 0;
    return isApplied;
  }

  /** Drops what has expired; `thorough` also counters that count nothing or that no limit names any more. */
  tidy(nowMs: number, thorough: boolean): void {
    if (nowMs >= this.nextExpiryMs) {
      this.nextExpiryMs = Number.POSITIVE_INFINITY;
      for (const [id, call] of this.#calls) {
        if (call.expiresAtMs <= nowMs) this.#expire(id, call, nowMs);
        else this.nextExpiryMs = Math.min(this.nextExpiryMs, call.expiresAtMs);
      }
    }
    if (!thorough) return;
    for (const [scope, counters] of this.#scopes) {
      for (const [name, counter] of counters) {
        const isUnused = counter.isDurable ? counter.namedMs + namedMsMax < nowMs : counter.isIdle(nowMs);
        if (isUnused) this.#drop(scope, name, counter);
      }
    }
  }

  /** False: it is unsure. */
  #takeOver({ seq, untilMs, keys, sums, calls }: Seed, nowMs: number): boolean {
    if (seq <= this.#lostSeq || untilMs + seedMsMax < nowMs) return false;
    const rows = new Map(calls.map((call) => [call.id, call]));
    const isUnsure = ([id, { foundSeq, settled }]: readonly [string, Held]) =>
      !rows.has(id) &&
      ((foundSeq !== null && foundSeq >= seq) || (settled?.known === false && settled.seq >= seq));
    if ([...this.#calls].some(isUnsure)) return false;

    const seeded: SeededCounters = new Map();
    for (const key of keys) {
      if (this.#find(key) !== undefined) continue;
      const counter = this.#name(key, nowMs);
      const scope = readScope(key);
      seeded.set(scope, [...(seeded.get(scope) ?? []), counter]);
      const fromMs = windowStartMs(key.window, untilMs);
      for (const { scopes, firstMs, lastMs, amounts } of sums) {
        if (firstMs < fromMs || !scopes.includes(scope)) continue;
        counter.add(lastMs, 0n, amounts[key.meter] ?? 0n, nowMs);
      }
    }
    for (const call of calls) this.#applyRow(call, seq, seeded, nowMs);
    for (const call of this.#calls.values()) {
      const { settled, atMs, amounts } = call;
      if (settled !== null && (settled.seq < seq || !settled.known)) continue;
      for (const counter of countersIn(seeded, call.scopes ?? [])) {
        const reserved = amounts[counter.meter] ?? 0n;
        if (settled === null) {
          counter.add(atMs, reserved, 0n, nowMs);
          call.counters.add(counter);
        } else counter.add(atMs, 0n, settled.actuals[counter.meter] ?? reserved, nowMs);
      }
    }
    return true;
  }

  /** Counts a row that was read singly, unless the store counts the call itself. */
  #applyRow(row: HistoryCall, seq: number, seeded: SeededCounters, nowMs: number): void {
    const { id, scopes, atMs, amounts, isClosed } = row;
    const settled = this.#calls.get(id)?.settled;
    // It has a reservation, or was settled on one since the seed began.
    if (settled === null || (settled?.known && settled.seq >= seq)) return;
    if (settled !== undefined || isClosed) {
      const actuals = isClosed ? amounts : { ...amounts, ...settled?.actuals };
      for (const counter of countersIn(seeded, scopes)) {
        counter.add(atMs, 0n, actuals[counter.meter] ?? 0n, nowMs);
      }
      return;
    }
    // It runs, and counters that were there before missed it.
    for (const scope of scopes) {
      for (const [name, counter] of this.#scopes.get(scope) ?? []) {
        if (counter.isDurable && !seeded.get(scope)?.includes(counter)) this.#drop(scope, name, counter);
      }
    }
    const expiresAtMs = nowMs + foundTtlMs;
    const call = { atMs, scopes, amounts, counters: new Set<Counter>(), expiresAtMs, settled: null };
    this.#hold(id, { ...call, foundSeq: this.#seq });
  }

  /** A call of a reservation, and what is held of it already. */
  #findPart({ id, amounts }: QuotaPart): Part {
    const known = this.#calls.get(id);
    return { id, amounts, held: known?.settled === null ? known : undefined };
  }

  #refusal(
    limits: readonly QuotaLimit[],
    parts: readonly Part[],
    nowMs: number,
  ): Extract<QuotaDecision, { readonly granted: false }> | null {
    let refused: QuotaLimit | undefined;
    let longestMs = 0;
    for (const limit of limits) {
      if (limit.limit === null) continue;
      const counter = this.#find(limit);
      let amount = 0n;
      for (const { amounts, held } of parts) {
        const isOver = held !== undefined && (counter === undefined || counter.hasLeft(held.atMs, nowMs));
        if (!isOver) amount += computeDifference(limit.meter, amounts, held);
      }
      const waitMs = (counter ?? new Counter(limit, nowMs)).waitMs(amount, limit.limit, nowMs);
      if (waitMs > longestMs) {
        longestMs = waitMs;
        refused = limit;
      }
    }
    if (refused === undefined) return null;
    return { granted: false, refused, retryAfterMs: Number.isFinite(longestMs) ? longestMs : null };
  }

  #listLeft(limits: readonly QuotaLimit[], nowMs: number): readonly QuotaLeft[] {
    const left: QuotaLeft[] = [];
    for (const one of limits) {
      const { limit } = one;
      if (limit === null) continue;
      const counter = this.#find(one) ?? new Counter(one, nowMs);
      left.push({ limit: { ...one, limit }, ...counter.left(limit, nowMs) });
    }
    return left;
  }

  /** The counters that the limits name, and the durable ones of the scopes, whoever named those. */
  #collectCounters(scopes: readonly string[], limits: readonly QuotaLimit[]): Set<Counter> {
    const counters = new Set<Counter>();
    for (const scope of scopes) {
      for (const counter of this.#scopes.get(scope)?.values() ?? []) {
        if (counter.isDurable) counters.add(counter);
      }
    }
    for (const limit of limits) {
      const counter = this.#find(limit);
      if (counter !== undefined) counters.add(counter);
    }
    return counters;
  }

  #find(key: QuotaKey): Counter | undefined {
    return this.#scopes.get(readScope(key))?.get(counterName(key));
  }

  /** The counter, made if need be. */
  #name(key: QuotaKey, nowMs: number): Counter {
    const scope = readScope(key);
    let counters = this.#scopes.get(scope);
    if (counters === undefined) {
      counters = new Map();
      this.#scopes.set(scope, counters);
    }
    const name = counterName(key);
    let counter = counters.get(name);
    if (counter === undefined) {
      counter = new Counter(key, nowMs);
      counters.set(name, counter);
    }
    counter.namedMs = nowMs;
    return counter;
  }

  #hold(id: string, call: Held): void {
    this.#calls.set(id, call);
    this.nextExpiryMs = Math.min(this.nextExpiryMs, call.expiresAtMs);
  }

  #replace({ atMs, amounts, counters }: Held, actuals: QuotaAmounts, nowMs: number): void {
    for (const counter of counters) {
      if (counter.forgotten) continue;
      const reserved = amounts[counter.meter] ?? 0n;
      counter.add(atMs, -reserved, actuals[counter.meter] ?? reserved, nowMs);
    }
  }

  #expire(id: string, call: Held, nowMs: number): void {
    this.#calls.delete(id);
    if (call.settled !== null) return;
    this.#forget(call.scopes);
    this.#lostSeq = this.#seq;
    this.#replace(call, zeros(call.amounts), nowMs);
  }

  /** Durable counters of these scopes (null: of all) become absent. */
  #forget(scopes: readonly string[] | null): void {
    for (const scope of scopes ?? this.#scopes.keys()) {
      for (const [name, counter] of this.#scopes.get(scope) ?? []) {
        if (counter.isDurable) this.#drop(scope, name, counter);
      }
    }
  }

  #drop(scope: string, name: string, counter: Counter): void {
    counter.forgotten = true;
    const counters = this.#scopes.get(scope);
    counters?.delete(name);
    if (counters?.size === 0) this.#scopes.delete(scope);
  }
}

function countersIn(seeded: SeededCounters, scopes: readonly string[]): Counter[] {
  return scopes.flatMap((scope) => seeded.get(scope) ?? []);
}
