import type { QuotaReading, QuotaWindow } from './quota.ts';
import { calendarEndMs, heldRetryMs, slidingMs, slotsPerWindow } from './windows.ts';

/** A part of a window: what was counted in it leaves the window together. */
export interface Slot {
  startMs: number;
  endMs: number;
  spent: bigint;
  reserved: bigint;
  /** False once it has left the window: what is settled in it then changes nothing. */
  live: boolean;
}

function isSliding(window: QuotaWindow): window is keyof typeof slidingMs {
  return Object.hasOwn(slidingMs, window);
}

/** One counter in memory. Every method takes the time and first drops what has left the window. */
export class Counter {
  readonly #window: QuotaWindow;
  /** Oldest first, by endMs. */
  readonly #slots: Slot[] = [];
  #spent = 0n;
  #reserved = 0n;

  constructor(window: QuotaWindow) {
    this.#window = window;
  }

  reading(nowMs: number): QuotaReading {
    this.#advance(nowMs);
    return { spent: this.#spent, reserved: this.#reserved };
  }

  /** True when it counts nothing and can be forgotten. */
  isIdle(nowMs: number): boolean {
    this.#advance(nowMs);
    return this.#window === 'INFLIGHT' ? this.#reserved === 0n : this.#slots.length === 0;
  }

  /** 0 when the amount fits now; otherwise milliseconds until it may, Infinity when it never will. */
  waitMs(amount: bigint, limit: bigint, nowMs: number): number {
    this.#advance(nowMs);
    let excess = this.#spent + this.#reserved + amount - limit;
    if (excess <= 0n) return 0;
    if (amount > limit) return Number.POSITIVE_INFINITY;
    if (this.#spent + amount <= limit) return heldRetryMs;
    for (const slot of this.#slots) {
      excess -= slot.spent + slot.reserved;
      if (excess <= 0n) return Math.max(1, Math.ceil(slot.endMs - nowMs));
    }
    return heldRetryMs;
  }

  reserve(amount: bigint, nowMs: number): Slot {
    const slot = this.#slotAt(nowMs);
    slot.reserved += amount;
    this.#reserved += amount;
    return slot;
  }

  /** Replaces a reserved amount by what was spent: 0 when it is returned. */
  settle(slot: Slot, reserved: bigint, spent: bigint): void {
    const counted = this.#window === 'INFLIGHT' ? 0n : spent;
    slot.reserved -= reserved;
    slot.spent += counted;
    if (!slot.live) return;
    this.#reserved -= reserved;
    this.#spent += counted;
  }

  #slotAt(nowMs: number): Slot {
    this.#advance(nowMs);
    const last = this.#slots.at(-1);
    if (isSliding(this.#window)) {
      const length = slidingMs[this.#window];
      if (last !== undefined && nowMs - last.startMs < length / slotsPerWindow) {
        last.endMs = nowMs + length;
        return last;
      }
      return this.#open(nowMs, nowMs + length);
    }
    return last ?? this.#open(nowMs, calendarEndMs(this.#window, nowMs));
  }

  #open(startMs: number, endMs: number): Slot {
    const slot: Slot = { startMs, endMs, spent: 0n, reserved: 0n, live: true };
    this.#slots.push(slot);
    return slot;
  }

  #advance(nowMs: number): void {
    for (let slot = this.#slots[0]; slot !== undefined && slot.endMs <= nowMs; slot = this.#slots[0]) {
      this.#slots.shift();
      slot.live = false;
      this.#spent -= slot.spent;
      this.#reserved -= slot.reserved;
    }
  }
}
