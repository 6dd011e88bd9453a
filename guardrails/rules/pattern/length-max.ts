/**
 * The most UTF-16 units that a match of a valid RE2 pattern can have; Infinity where it has no bound, or where this reading of it
 * does not know.
 */
export function findLengthMax(pattern: string): number {
  const reader = new Reader(pattern);
  const length = reader.readAlternatives();
  return reader.isAtEnd ? length : Number.POSITIVE_INFINITY;
}

/** A character may be a pair of surrogates, and match another one of its letter. */
const characterUnits = 2;
const quantifier = /(?:([*+])|(\?)|\{(\d+)(?:(,)(\d*))?\})[?+]?/y;
const groupStart = /\((?:\?(?:P?<\w+>|[a-zA-Z-]*:))?/y;
const flags = /\(\?[a-zA-Z-]+\)/y;
const escaped = /\\(?:Q[\s\S]*?(?:\\E|$)|[pP]\{[^}]*\}|[pP][A-Z]|x\{[\da-fA-F]+\}|[0-7]{1,3}|[\s\S])/y;
const characterClass = /\[\^?\]?(?:\\(?:[pP]\{[^}]*\}|[\s\S])|\[:\^?\w+:\]|[^\]\\])*\]/y;

class Reader {
  readonly #pattern: string;
  #at = 0;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#pattern.length;
  }

  readAlternatives(): number {
    let longest = this.#readSequence();
    while (this.#pattern[this.#at] === '|') {
      this.#at += 1;
      longest = Math.max(longest, this.#readSequence());
    }
    return longest;
  }

  #readSequence(): number {
    let length = 0;
    while (!this.isAtEnd && !'|)'.includes(this.#pattern[this.#at] ?? '')) {
      const units = this.#readAtom();
      const times = this.#readTimes();
      length += units === 0 ? 0 : units * times;
    }
    return length;
  }

  #readAtom(): number {
    if (this.#take(flags) !== undefined) return 0;
    if (this.#take(groupStart) !== undefined) {
      const length = this.readAlternatives();
      this.#at += 1;
      return length;
    }
    const taken = this.#take(escaped);
    if (taken !== undefined) {
      return taken.startsWith('\\Q') ? taken.length * characterUnits : characterUnits;
    }
    if (this.#take(characterClass) !== undefined) return characterUnits;
    this.#at += 1;
    return characterUnits;
  }

  /** How often the atom before may stand at most. */
  #readTimes(): number {
    quantifier.lastIndex = this.#at;
    const match = quantifier.exec(this.#pattern);
    if (match === null) return 1;
    this.#at = quantifier.lastIndex;
    const [, unbounded, optional, least, comma, most] = match;
    if (optional !== undefined) return 1;
    if (unbounded !== undefined || (comma !== undefined && most === '')) return Number.POSITIVE_INFINITY;
    return Number(most ?? least);
  }

  #take(shape: RegExp): string | undefined {
    shape.lastIndex = this.#at;
    const taken = shape.exec(this.#pattern)?.[0];
    if (taken !== undefined) this.#at += taken.length;
    return taken;
  }
}
