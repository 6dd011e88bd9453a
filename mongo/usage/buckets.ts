import type { UsageDimension, UsageInterval } from '#core/graph-enums.generated.ts';
import { badInput } from '#core/input.ts';
import { sortInPieces } from '#core/sort-in-pieces.ts';
import { UsageCube, type UsageGroup, type Values } from './cube.ts';
import type { LatencySketch } from './latency-sketch.ts';
import { sliceStart } from './slices.ts';

/** The usage of one bucket of time, for one combination of values. */
export interface RollupGroup {
  /** Null for the interval ALL. */
  readonly start: Date | null;
  /** In the order of `by`. */
  readonly values: Values;
  readonly requests: number;
  readonly failures: number;
  readonly cacheHits: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costNanos: bigint;
  readonly unpriced: number;
  readonly savedByCacheNanos: bigint;
  /** Less than 0 where routes have called dearer AI models than their first choice. */
  readonly savedByRoutingNanos: bigint;
  /** Of the calls that have ended; empty where latencies are not wanted. */
  readonly latency: LatencySketch;
}

/** Groups of one answer. */
export const groupsMaxDefault = 10_000;

interface BucketsOptions {
  readonly by: readonly UsageDimension[];
  readonly interval: UsageInterval;
  /** Groups at most; absent: 10,000. */
  readonly groupsMax?: number;
}

/** The groups of an answer, by bucket of time. */
export class Buckets {
  readonly #cubes = new Map<number | null, UsageCube>();
  readonly #by: readonly UsageDimension[];
  readonly #interval: UsageInterval;
  readonly #groupsMax: number;
  /** The groups of each cube that are counted. */
  readonly #sizes = new Map<number | null, number>();
  #size = 0;

  constructor({ by, interval, groupsMax = groupsMaxDefault }: BucketsOptions) {
    this.#by = by;
    this.#interval = interval;
    this.#groupsMax = groupsMax;
  }

  /** Adds to the bucket that an instant lies in, and stops where `add` does. BAD_USER_INPUT where there are too many groups then. */
  *addInPieces(at: Date, add: (cube: UsageCube) => Generator<void, void>): Generator<void, void> {
    const startMs = this.#toStart(at);
    const cube = this.#find(startMs);
    yield* add(cube);
    this.#count(startMs, cube);
  }

  /** The same without a stop. */
  add(at: Date, add: (cube: UsageCube) => void): void {
    const startMs = this.#toStart(at);
    const cube = this.#find(startMs);
    add(cube);
    this.#count(startMs, cube);
  }

  #toStart(at: Date): number | null {
    return this.#interval === 'ALL' ? null : sliceStart(this.#interval, at.getTime());
  }

  #find(startMs: number | null): UsageCube {
    let cube = this.#cubes.get(startMs);
    if (cube === undefined) {
      cube = new UsageCube(this.#by);
      this.#cubes.set(startMs, cube);
    }
    return cube;
  }

  #count(startMs: number | null, { size }: UsageCube): void {
    this.#size += size - (this.#sizes.get(startMs) ?? 0);
    this.#sizes.set(startMs, size);
    if (this.#size > this.#groupsMax) refuseGroups(this.#groupsMax);
  }

  /** Stops at times. */
  *list(): Generator<void, readonly RollupGroup[]> {
    const listed: RollupGroup[] = [];
    for (const [startMs, cube] of [...this.#cubes].sort(([a], [b]) => (a ?? 0) - (b ?? 0))) {
      const groups = (yield* cube.listGroups()).filter(({ sums: [requests] }) => requests !== 0);
      const sorted = yield* sortInPieces(groups, (a, b) => compareValues(a.values, b.values));
      for (const group of sorted) listed.push(toRollupGroup(startMs, group));
      yield;
    }
    return listed;
  }
}

function toRollupGroup(startMs: number | null, { values, sums, latency }: UsageGroup): RollupGroup {
  const [requests = 0, failures = 0, cacheHits = 0, inputTokens = 0, outputTokens = 0] = sums;
  return {
    start: startMs === null ? null : new Date(startMs),
    ...{ values, requests, failures, cacheHits, inputTokens, outputTokens, latency },
    costNanos: joinNanos(sums[5], sums[6]),
    unpriced: sums[7] ?? 0,
    savedByCacheNanos: joinNanos(sums[8], sums[9]),
    savedByRoutingNanos: joinNanos(sums[10], sums[11]),
  };
}

/** BAD_USER_INPUT for an answer of more buckets. */
export function refuseGroups(max: number): never {
  badInput(
    'usage',
    `would answer more than ${max} buckets: request a shorter range, a longer interval or fewer dimensions.`,
  );
}

function joinNanos(dollars = 0, nanos = 0): bigint {
  return BigInt(dollars) * 1_000_000_000n + BigInt(nanos);
}

/** Null first, then as text. */
function compareValues(a: Values, b: Values): number {
  for (const [at, one = null] of a.entries()) {
    const other = b[at] ?? null;
    if (one === other) continue;
    return one === null || (other !== null && one < other) ? -1 : 1;
  }
  return 0;
}
