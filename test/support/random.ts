/** Random choices that a seed repeats. */
export interface Random {
  /** From 0 up to 1. */
  next(): number;
  /** A whole number from 0 to n - 1. */
  below(n: number): number;
  /** True in this share of cases. */
  chance(share: number): boolean;
  pick<T>(items: readonly T[]): T;
  bytes(length: number): Buffer;
}

/** The seed of one suite's random choices, HEDDLE_TEST_SEED (vitest.config.ts gives it a default); printed. */
export function printedSeed(suite: string): number {
  const seed = Number(process.env.HEDDLE_TEST_SEED);
  if (!Number.isInteger(seed)) throw new Error('HEDDLE_TEST_SEED has to be a whole number.');
  console.info(`${suite}: HEDDLE_TEST_SEED=${seed}`);
  return seed;
}

function mix(state: number): number {
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}

/** mulberry32, by Tommy Ettinger, public domain. */
export function createRandom(seed: number): Random {
  let state = seed | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    return mix(state);
  };
  const below = (n: number): number => Math.floor(next() * n);
  return {
    next,
    below,
    chance: (share) => next() < share,
    pick: (items) => {
      const item = items[below(items.length)];
      if (item === undefined) throw new Error('There is nothing to pick from.');
      return item;
    },
    bytes: (length) => Buffer.from(Uint8Array.from({ length }, () => below(256))),
  };
}

/** A number from 0 up to 1 that is always the same for the same seed and text. */
export function computeShare(seed: number, text: string): number {
  let hash = seed | 0;
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return mix(hash + 0x6d2b79f5);
}
