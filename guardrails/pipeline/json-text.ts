/** Knows where a JSON text that is read from left to right, also in parts, has its strings and escape sequences. */
export class JsonReader {
  #isInString = false;
  #isEscaped = false;
  #hexLeft = 0;

  /** Where the next character stands. */
  get place(): 'STRING' | 'ESCAPE' | 'OUTSIDE' {
    if (this.#isEscaped || this.#hexLeft > 0) return 'ESCAPE';
    return this.#isInString ? 'STRING' : 'OUTSIDE';
  }

  advance(characters: string): void {
    for (let at = 0; at < characters.length; at += 1) {
      const character = characters[at];
      if (this.#hexLeft > 0) this.#hexLeft -= 1;
      else if (this.#isEscaped) {
        this.#isEscaped = false;
        if (character === 'u') this.#hexLeft = 4;
      } else if (character === '"') this.#isInString = !this.#isInString;
      else if (this.#isInString && character === '\\') this.#isEscaped = true;
    }
  }

  clone(): JsonReader {
    const copy = new JsonReader();
    copy.#isInString = this.#isInString;
    copy.#isEscaped = this.#isEscaped;
    copy.#hexLeft = this.#hexLeft;
    return copy;
  }
}

/** An escape sequence, or the pair of them that is one character. */
const sequences = /\\(?:u([dD][89abAB][\da-fA-F]{2})\\u([dD][c-fC-F][\da-fA-F]{2})|u([\da-fA-F]{4})|[\s\S])/g;
/** What may become one, at the end of a text: the longest first. */
const beginnings = [/\\u[dD][89abAB][\da-fA-F]{2}(?:\\(?:u[\da-fA-F]{0,3})?)?$/, /\\(?:u[\da-fA-F]{0,3})?$/];
const beginningCharsMax = 11;

/**
 * The JSON text without needless escape sequences, which would hide from a rule what they stand for (`\u0040` is @). `rest` is the
 * beginning of one at the end of a text that still grows.
 */
export function unescapeJson(text: string): { readonly text: string; readonly rest: string } {
  if (!text.includes('\\')) return { text, rest: '' };
  const rest = findBeginning(text);
  const whole = text.slice(0, text.length - rest.length);
  return { text: whole.replace(sequences, resolveSequence), rest };
}

function resolveSequence(sequence: string, high?: string, low?: string, single?: string): string {
  if (high !== undefined && low !== undefined) {
    return String.fromCharCode(Number.parseInt(high, 16), Number.parseInt(low, 16));
  }
  if (single === undefined) return sequence === '\\/' ? '/' : sequence;
  const unit = Number.parseInt(single, 16);
  // Control characters, quotes and backslashes have to be escaped; half a character could not be sent as it is.
  const isNeeded = unit < 0x20 || unit === 0x22 || unit === 0x5c || (unit >= 0xd800 && unit <= 0xdfff);
  return isNeeded ? sequence : String.fromCharCode(unit);
}

function findBeginning(text: string): string {
  const tail = text.slice(-beginningCharsMax);
  for (const beginning of beginnings) {
    const found = beginning.exec(tail)?.[0];
    if (found !== undefined && !isEscaped(text, text.length - found.length)) return found;
  }
  return '';
}

/** An odd number of backslashes stands before the offset. */
function isEscaped(text: string, offset: number): boolean {
  let at = offset;
  while (text[at - 1] === '\\') at -= 1;
  return (offset - at) % 2 === 1;
}
