/** Random numbers that a printed seed repeats. */
export interface Random {
  /** A whole number from 0 to n - 1. */
  below(n: number): number;
  pick<T>(items: readonly [T, ...T[]]): T;
  bytes(length: number): Buffer;
}

/** The generator of one suite: seeded by HEDDLE_TEST_SEED, or anew; the seed is printed. */
export function seededRandom(suite: string): Random {
  const seed = Number(process.env.HEDDLE_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
  console.info(`${suite}: HEDDLE_TEST_SEED=${seed}`);
  return randomOf(seed);
}

/** mulberry32, by Tommy Ettinger, public domain. */
function randomOf(seed: number): Random {
  let state = seed | 0;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (n: number) => Math.floor(next() * n);
  return {
    below,
    pick: (items) => items[below(items.length)] ?? items[0],
    bytes: (length) => Buffer.from(Uint8Array.from({ length }, () => below(256))),
  };
}
