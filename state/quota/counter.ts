import type { LimitWindow, Meter } from '#core/graph-enums.generated.ts';
import type { QuotaKey, QuotaLeft, QuotaReading } from './quota.ts';
import { isDurable, quotaRules } from './rules.ts';
import { slotEndMs, slotStartMs } from './windows.ts';

const amountMax = BigInt(quotaRules.amountMax);

/** A part of a window: what was counted in it leaves the window together. */
interface Slot {
  readonly startMs: number;
  endMs: number;
  spent: bigint;
  reserved: bigint;
}

/** One counter in memory. Every method takes the time and first drops what has left the window. */
export class Counter {
  readonly window: LimitWindow;
  readonly meter: Meter;
  /** The latest time at which a limit or a reading named it. */
  namedMs: number;
  /** True: what is counted in it is no longer looked at. */
  forgotten = false;
  /** Oldest first. */
  readonly #slots: Slot[] = [];
  #spent = 0n;
  #reserved = 0n;

  constructor({ window, meter }: QuotaKey, nowMs: number) {
    this.window = window;
    this.meter = meter;
    this.namedMs = nowMs;
  }

  get isDurable(): boolean {
    return isDurable(this);
  }

  reading(nowMs: number): QuotaReading {
    this.#advance(nowMs);
    return { spent: this.#spent, reserved: this.#reserved };
  }

  /** True when it counts nothing. */
  isIdle(nowMs: number): boolean {
    this.#advance(nowMs);
    return this.window === 'INFLIGHT' ? this.#reserved === 0n : this.#slots.length === 0;
  }

  /** True when what was counted at `atMs` has left the window. */
  hasLeft(atMs: number, nowMs: number): boolean {
    this.#advance(nowMs);
    return this.#slotAt(atMs) === undefined && slotEndMs(this.window, atMs) <= nowMs;
  }

  /** 0 when the amount fits now; otherwise milliseconds until it may, Infinity when it never will. */
  waitMs(amount: bigint, limit: bigint, nowMs: number): number {
    if (amount <= 0n) return 0;
    this.#advance(nowMs);
    let excess = this.#spent + this.#reserved + amount - limit;
    if (excess <= 0n) return 0;
    if (amount > limit) return Number.POSITIVE_INFINITY;
    if (this.#spent + amount <= limit) return quotaRules.heldRetryMs;
    for (const slot of this.#slots) {
      excess -= slot.spent + slot.reserved;
      if (excess <= 0n) return Math.max(1, Math.ceil(slot.endMs - nowMs));
    }
    return quotaRules.heldRetryMs;
  }

  /** What is left of a limit on it. */
  left(limit: bigint, nowMs: number): Pick<QuotaLeft, 'remaining' | 'resetsAtMs'> {
    this.#advance(nowMs);
    const room = limit - this.#spent - this.#reserved;
    const remaining = room < 0n ? 0n : room > amountMax ? amountMax : room;
    const last = this.window === 'INFLIGHT' ? undefined : this.#slots.at(-1);
    return { remaining, resetsAtMs: last === undefined ? null : Math.ceil(last.endMs) };
  }

  /** Adds to what is reserved and spent at `atMs`, the time of the call's reservation; nothing when that has left the window. */
  add(atMs: number, reserved: bigint, spent: bigint, nowMs: number): void {
    if (this.hasLeft(atMs, nowMs)) return;
    const slot = this.#slotAt(atMs) ?? this.#open(atMs);
    slot.endMs = Math.max(slot.endMs, slotEndMs(this.window, atMs));
    const counted = this.window === 'INFLIGHT' ? 0n : spent;
    slot.reserved += reserved;
    slot.spent += counted;
    this.#reserved += reserved;
    this.#spent += counted;
  }

  #slotAt(atMs: number): Slot | undefined {
    const startMs = slotStartMs(this.window, atMs);
    return this.#slots.findLast((slot) => slot.startMs === startMs);
  }

  #open(atMs: number): Slot {
    const startMs = slotStartMs(this.window, atMs);
    const slot = { startMs, endMs: slotEndMs(this.window, atMs), spent: 0n, reserved: 0n };
    this.#slots.splice(this.#slots.findLastIndex((other) => other.startMs < startMs) + 1, 0, slot);
    return slot;
  }

  #advance(nowMs: number): void {
    for (let slot = this.#slots[0]; slot !== undefined && slot.endMs <= nowMs; slot = this.#slots[0]) {
      this.#slots.shift();
      this.#spent -= slot.spent;
      this.#reserved -= slot.reserved;
    }
  }
}
