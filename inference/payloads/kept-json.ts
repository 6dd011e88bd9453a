import type { Masks } from '#guardrails/pipeline/masks.ts';

/** A copy of a value of JSON that is fit to be kept. */
export interface KeptJson {
  readonly value: unknown;
  /** True: something was left out of it. */
  readonly isCut: boolean;
}

/** Longer texts of base64 are files, which are not kept. */
const base64CharactersMax = 1_024;
const base64 = /^(?:data:[\w.+/;=-]*,)?[\w+/=-]+$/;
const depthMax = 64;
/** What a value takes beside the characters of its texts. */
const charactersPerValue = 8;

/**
 * Copies a value of JSON with at most about so many characters. Values that `masks` has are replaced by their placeholders wherever
 * they stand. What is left out has a mark in its place: `⟦cut: 12 characters⟧`, `⟦file: 12 characters of base64⟧`. Of a list the last
 * items are kept first, since the last message is the one that was answered.
 */
export function toKeptJson(value: unknown, charactersMax: number, masks: Pick<Masks, 'entries'>): KeptJson {
  const copy = new KeptCopy(charactersMax, createMasker(masks));
  return { value: copy.of(value, 0), isCut: copy.isCut };
}

class KeptCopy {
  isCut = false;
  #left: number;
  readonly #mask: (text: string) => string;

  constructor(charactersMax: number, mask: (text: string) => string) {
    this.#left = charactersMax;
    this.#mask = mask;
  }

  of(value: unknown, depth: number): unknown {
    this.#left -= charactersPerValue;
    if (typeof value === 'string') return this.#text(value);
    if (typeof value !== 'object' || value === null || JSON.isRawJSON(value)) return value;
    if (ArrayBuffer.isView(value)) return this.#mark(`file: ${value.byteLength} bytes`);
    if (depth >= depthMax) return this.#mark('cut: nested deeper');
    return Array.isArray(value) ? this.#list(value, depth) : this.#object(value, depth);
  }

  #text(given: string): string {
    if (given.length > base64CharactersMax && base64.test(given.slice(0, base64CharactersMax)))
      return this.#mark(`file: ${given.length} characters of base64`);
    const text = this.#mask(given);
    const room = Math.max(0, this.#left);
    this.#left -= text.length;
    return text.length <= room
      ? text
      : text.slice(0, room) + this.#mark(`cut: ${text.length - room} characters`);
  }

  #list(items: readonly unknown[], depth: number): unknown[] {
    const kept: unknown[] = [];
    for (let at = items.length - 1; at >= 0; at--) {
      if (this.#left <= 0) {
        kept.push(this.#mark(`cut: ${at + 1} items`));
        break;
      }
      kept.push(this.of(items[at], depth + 1));
    }
    return kept.reverse();
  }

  #object(value: object, depth: number): object {
    const kept: [string, unknown][] = [];
    const entries = Object.entries(value);
    for (const [at, [name, item]] of entries.entries()) {
      if (item === undefined) continue;
      if (this.#left <= 0) {
        kept.push([this.#mark(`cut: ${entries.length - at} properties`), null]);
        break;
      }
      kept.push([this.#text(name), this.of(item, depth + 1)]);
    }
    return Object.fromEntries(kept);
  }

  #mark(what: string): string {
    this.isCut = true;
    return `⟦${what}⟧`;
  }
}

/** Replaces the values of the masks in a text, also where they stand in a text of JSON. */
function createMasker(masks: Pick<Masks, 'entries'>): (text: string) => string {
  const placeholders = new Map<string, string>();
  for (const [name, value] of masks.entries()) {
    if (value === '') continue;
    placeholders.set(value, `⟨${name}⟩`);
    placeholders.set(JSON.stringify(value).slice(1, -1), `⟨${name}⟩`);
  }
  if (placeholders.size === 0) return (text) => text;
  // The longest first: a value may be a part of another one.
  const values = [...placeholders.keys()].sort((a, b) => b.length - a.length).map(RegExp.escape);
  const any = new RegExp(values.join('|'), 'g');
  return (text) => text.replace(any, (value) => placeholders.get(value) ?? value);
}
