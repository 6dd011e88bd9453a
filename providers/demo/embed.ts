/** FNV-1a over UTF-16 units: stable across processes and versions. */
function hash(word: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < word.length; at++) {
    value = Math.imul(value ^ word.charCodeAt(at), 0x01000193);
  }
  return value >>> 0;
}

/** Adds the word's own direction: `dimensions` numbers in [-1, 1) of the mulberry32 generator seeded by its hash. */
function addWord(vector: Float64Array, word: string): void {
  let state = hash(word);
  for (let at = 0; at < vector.length; at++) {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    vector[at] = (vector[at] ?? 0) + ((mixed ^ (mixed >>> 14)) >>> 0) / 0x80000000 - 1;
  }
}

/** The sum of the directions of a text's words, as a unit vector: texts that share words lie close to each other. */
export function demoVector(text: string, dimensions: number): readonly number[] {
  const vector = new Float64Array(dimensions);
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [text];
  for (const word of words) addWord(vector, word);
  const length = Math.hypot(...vector) || 1;
  return Array.from(vector, (value) => value / length);
}
