import type { Masks } from '#guardrails/pipeline/masks.ts';

/** A value as it is kept. */
export interface KeptJson {
  readonly json: string;
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
 * Writes a value of JSON that is fit to be kept, with at most about so many characters. Values that `masks` has are replaced by their
 * placeholders wherever they stand. What is left out has a mark in its place: `⟦cut: 12 characters⟧`, `⟦file: 12 characters of base64⟧`. Of a
 * list the last items are kept first, since the last message is the one that was answered.
 */
export function toKeptJson(value: unknown, charactersMax: number, masks: Pick<Masks, 'entries'>): KeptJson {
  const writer = new KeptWriter(charactersMax, createMasker(masks));
  return { json: writer.write(value, 0), isCut: writer.isCut };
}

/** A copy that is serialized afterwards takes twice as long. */
class KeptWriter {
  isCut = false;
  #left: number;
  readonly #mask: (text: string) => string;

  constructor(charactersMax: number, mask: (text: string) => string) {
    this.#left = charactersMax;
    this.#mask = mask;
  }

  write(value: unknown, depth: number): string {
    this.#left -= charactersPerValue;
    if (typeof value === 'string') return this.#text(value);
    if (typeof value !== 'object' || value === null || JSON.isRawJSON(value))
      return JSON.stringify(value) ?? 'null';
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
      ? JSON.stringify(text)
      : this.#mark(`cut: ${text.length - room} characters`, text.slice(0, room));
  }

  #list(items: readonly unknown[], depth: number): string {
    const kept: string[] = [];
    for (let at = items.length - 1; at >= 0; at--) {
      if (this.#left <= 0) {
        kept.push(this.#mark(`cut: ${at + 1} items`));
        break;
      }
      kept.push(this.write(items[at], depth + 1));
    }
    return `[${kept.reverse().join(',')}]`;
  }

  #object(value: object, depth: number): string {
    const kept: string[] = [];
    const names = Object.keys(value);
    for (const [at, name] of names.entries()) {
      const item = (value as Readonly<Record<string, unknown>>)[name];
      if (item === undefined) continue;
      if (this.#left <= 0) {
        kept.push(`${this.#mark(`cut: ${names.length - at} properties`)}:null`);
        break;
      }
      kept.push(`${this.#text(name)}:${this.write(item, depth + 1)}`);
    }
    return `{${kept.join(',')}}`;
  }

  /** What states in the place of a text, or behind its beginning, that something was left out. */
  #mark(what: string, beginning = ''): string {
    this.isCut = true;
    return JSON.stringify(`${beginning}⟦${what}⟧`);
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
