import { performance } from 'node:perf_hooks';
import { createOverloadedError } from '#core/errors.ts';
import { FairQueue } from '#core/json-schema/fair-queue.ts';
import type { Use } from '../auth/client-use.ts';

/** Documents that wait to be prepared, of all clients and of one. */
const limits = { waitingMax: 1_000, waitingPerUserMax: 250, sizeMax: 1_000, sizePerUserMax: 250 };

/** Turns of the event loop after each piece: a new connection needs three from its acceptance to its answer. */
const freeTurns = 4;

/** A piece is followed by as long a time with nothing to do as it took, and no more than this, in ms, … */
const restMsMax = 100;
/** … but at the latest, in a process that is never idle, by so many times that. */
const restMax = 4;
/** How often is looked whether the process was idle for long enough, in ms. */
const lookMs = 1;

type Resume = () => void;

export interface TurnsClock {
  /** Milliseconds, monotonic. */
  now(): number;
  /** Of these the milliseconds in which the event loop had nothing to do. */
  idle(): number;
}

const processClock: TurnsClock = {
  now: () => performance.now(),
  idle: () => performance.eventLoopUtilization().idle,
};

/**
 * Lets work that holds the process run one piece at a time. In between, the process serves other requests until it has
 * been idle for as long as the piece took (100 ms at most), so that what is known already is answered in nearly the same time however much
 * arrives at once; where it is never idle, new work still gets a fifth of it. Callers with a key come first; of those the
 * one that has used least.
 */
export class Turns {
  readonly #withKey = new FairQueue<Resume, Use>(limits);
  readonly #anonymous = new FairQueue<Resume, Use>(limits);
  readonly #clock: TurnsClock;
  #isScheduled = false;
  #waiting = 0;
  /** What the last piece took, and when it had ended. */
  #last = { spentMs: 0, endedMs: 0, idleMs: 0 };

  constructor(clock: TurnsClock = processClock) {
    this.#clock = clock;
  }

  /** How many wait for their turn. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Resolves when it is the turn of the user: a key or an address. Throws HeddleError OVERLOADED where too many wait.
   */
  async next(user: Use, isAnonymous: boolean): Promise<void> {
    const turn = Promise.withResolvers<void>();
    if (!this.#queue(isAnonymous).add(user, turn.resolve, 1)) {
      throw createOverloadedError('Too many new documents wait to be read.', { notBegun: true });
    }
    this.#waiting += 1;
    this.#schedule(1);
    await turn.promise;
  }

  /** Adds to what a user has used: milliseconds of its piece, which ends with this call. */
  charge(user: Use, isAnonymous: boolean, ms: number): void {
    this.#queue(isAnonymous).charge(user, ms);
    this.#last = { spentMs: ms, endedMs: this.#clock.now(), idleMs: this.#clock.idle() };
  }

  #queue(isAnonymous: boolean): FairQueue<Resume, Use> {
    return isAnonymous ? this.#anonymous : this.#withKey;
  }

  /** The next piece, after some turns of the event loop and when the process has rested from the last one. */
  #schedule(turns: number): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    let left = turns;
    const wait = () => {
      left -= 1;
      if (left > 0) return void setImmediate(wait);
      if (!this.#hasRested()) return void setTimeout(wait, lookMs);
      this.#isScheduled = false;
      this.#resumeNext();
    };
    setImmediate(wait);
  }

  #hasRested(): boolean {
    const { spentMs, endedMs, idleMs } = this.#last;
    const { now, idle } = this.#clock;
    const restMs = Math.min(spentMs, restMsMax);
    return now() - endedMs >= restMax * restMs || idle() - idleMs >= restMs;
  }

  #resumeNext(): void {
    const next = this.#withKey.take() ?? this.#anonymous.take();
    if (next === undefined) return;
    this.#waiting -= 1;
    next.task();
    this.#schedule(1 + freeTurns);
  }
}
