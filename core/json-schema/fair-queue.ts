import { LRUCache } from 'lru-cache';
import { limitEntries } from '../cache-entries.ts';

export interface FairQueueLimits {
  /** Tasks that may wait, of all users and of one. */
  readonly waitingMax: number;
  readonly waitingPerUserMax: number;
  /** The sum of their sizes, of all users and of one. */
  readonly sizeMax: number;
  readonly sizePerUserMax: number;
}

interface Entry<T> {
  readonly task: T;
  readonly size: number;
}

interface Waiting<T> {
  readonly entries: Entry<T>[];
  size: number;
}

/** Users whose use is remembered: forgetting one lets it begin level with the others. */
const usersMax = 10_000;

/**
 * Tasks that wait for something that serves one at a time. The next is always of the user that has used least of late, so
 * that a user with long tasks, or many, delays another's first task by one task at most. Within a user they keep their order.
 */
export class FairQueue<T, User extends object | string = string> {
  readonly #limits: FairQueueLimits;
  readonly #waiting = new Map<User, Waiting<T>>();
  /** What each user has used, level with `#level` where it used nothing meanwhile. */
  readonly #used = new LRUCache<User, number>(limitEntries(usersMax));
  /** What the user that was served last had used. */
  #level = 0;
  #count = 0;
  #size = 0;

  constructor(limits: FairQueueLimits) {
    this.#limits = limits;
  }

  /** Tasks that wait. */
  get count(): number {
    return this.#count;
  }

  /** False where it would pass a bound. */
  add(user: User, task: T, size: number): boolean {
    const own = this.#waiting.get(user) ?? { entries: [], size: 0 };
    const { waitingMax, waitingPerUserMax, sizeMax, sizePerUserMax } = this.#limits;
    if (this.#count >= waitingMax || own.entries.length >= waitingPerUserMax) return false;
    if (this.#size + size > sizeMax || own.size + size > sizePerUserMax) return false;
    own.entries.push({ task, size });
    own.size += size;
    this.#waiting.set(user, own);
    this.#count += 1;
    this.#size += size;
    return true;
  }

  /** The next task, with its user; undefined: none waits. */
  take(): { readonly user: User; readonly task: T } | undefined {
    let user: User | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const candidate of this.#waiting.keys()) {
      const used = this.#usedBy(candidate);
      if (used < least) {
        user = candidate;
        least = used;
      }
    }
    if (user === undefined) return undefined;
    this.#level = least;
    const task = this.#remove(user, 0);
    return task === undefined ? undefined : { user, task };
  }

  /** Takes a task out that no longer waits to be served. */
  withdraw(user: User, task: T): void {
    const at = this.#waiting.get(user)?.entries.findIndex((entry) => entry.task === task) ?? -1;
    if (at >= 0) this.#remove(user, at);
  }

  /** Adds to what a user has used. */
  charge(user: User, amount: number): void {
    this.#used.set(user, this.#usedBy(user) + amount);
  }

  #usedBy(user: User): number {
    return Math.max(this.#level, this.#used.get(user) ?? 0);
  }

  #remove(user: User, at: number): T | undefined {
    const own = this.#waiting.get(user);
    const [entry] = own?.entries.splice(at, 1) ?? [];
    if (own === undefined || entry === undefined) return undefined;
    own.size -= entry.size;
    if (own.entries.length === 0) this.#waiting.delete(user);
    this.#count -= 1;
    this.#size -= entry.size;
    return entry.task;
  }
}
