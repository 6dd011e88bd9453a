/** Draws from a seed: equal seeds draw the same. */
export interface Draw {
  /** An integer from 0 up to, and without, `below`. */
  integer(below: number): number;
  pick<T>(from: readonly T[]): T;
  /** Characters of an alphabet. */
  text(length: number, alphabet: string): string;
  /** `9` becomes a digit, `A` a capital, `*` a capital or a digit; everything else stays. */
  fill(form: string): string;
}

const digits = '0123456789';
const capitals = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** By mulberry32: https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
export function drawFrom(seed: number): Draw {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
  const integer = (below: number) => Math.floor(next() * below);
  const pick = <T>(from: readonly T[]): T => {
    if (from.length === 0) throw new Error('There is nothing to draw from.');
    return from[integer(from.length)] as T;
  };
  const text = (length: number, alphabet: string) => {
    let drawn = '';
    for (let at = 0; at < length; at += 1) drawn += alphabet[integer(alphabet.length)];
    return drawn;
  };
  const alphabets: Readonly<Record<string, string>> = { '9': digits, A: capitals, '*': capitals + digits };
  const fill = (form: string) => form.replace(/[9A*]/g, (one) => text(1, alphabets[one] ?? digits));
  return { integer, pick, text, fill };
}
