import type { TextSpan } from '#core/text/text-span.ts';

/** What can be a placeholder, in text and with its brackets escaped as JSON allows. */
const placeholder = /(?:⟨|\\u27[eE]8)([A-Z][A-Z_]{0,23}_\d{1,6})(?:⟩|\\u27[eE]9)/g;
/** The beginning of one at the end of a text that still grows. */
const beginning =
  /(?:⟨|\\u27[eE]8)(?:[A-Z][A-Z_]{0,24}(?:\d{1,6}(?:\\(?:u(?:2(?:7(?:[eE])?)?)?)?)?)?)?$|\\(?:u(?:2(?:7(?:[eE])?)?)?)?$/;

/** A place of a text, and what is put there; null: the text stays. */
export interface TextPiece extends TextSpan {
  readonly put: string | null;
}

/** The longest beginning that `heldFrom` holds back, in characters. */
export const placeholderCharsMax = 48;

/**
 * The values of one call that placeholders stand for. Equal values of a kind have one placeholder. A placeholder that was
 * typed by a client stands for no value and stays as it was typed.
 */
export class Masks {
  readonly #values = new Map<string, string>();
  readonly #names = new Map<string, string>();
  readonly #counts = new Map<string, number>();
  readonly #typed: ReadonlySet<string>;

  /** @param texts all texts of the call, with the placeholders that its client typed */
  constructor(texts: Iterable<string>) {
    const typed = new Set<string>();
    for (const text of texts) for (const match of text.matchAll(placeholder)) typed.add(match[1] ?? '');
    this.#typed = typed;
  }

  /** Further masks for texts whose placeholders are to differ from these. */
  besides(texts: Iterable<string>): Masks {
    const taken = [...this.#values.keys()].map((name) => `⟨${name}⟩`);
    return new Masks([...texts, ...taken]);
  }

  get size(): number {
    return this.#values.size;
  }

  /** The placeholder of a value, `⟨EMAIL_1⟩` for the first of the kind EMAIL. */
  choosePlaceholder(kind: string, value: string): string {
    const key = `${kind} ${value}`;
    let name = this.#names.get(key);
    if (name === undefined) {
      let count = this.#counts.get(kind) ?? 0;
      do {
        count += 1;
        name = `${kind}_${count}`;
      } while (this.#typed.has(name) || this.#values.has(name));
      this.#counts.set(kind, count);
      this.#names.set(key, name);
      this.#values.set(name, value);
    }
    return `⟨${name}⟩`;
  }

  /** The text with the values in the place of their placeholders; `as: 'JSON'`: within a JSON text, where values are escaped. */
  restore(text: string, as: 'TEXT' | 'JSON' = 'TEXT'): string {
    const pieces = this.splitRestored(text, as);
    return pieces.length === 1 && pieces[0]?.put === null
      ? text
      : pieces.map(({ start, end, put }) => put ?? text.slice(start, end)).join('');
  }

  /** The whole text in pieces: what stays, and values in the place of their placeholders. */
  splitRestored(text: string, as: 'TEXT' | 'JSON' = 'TEXT'): readonly TextPiece[] {
    const pieces: TextPiece[] = [];
    let at = 0;
    const stay = (end: number) => {
      if (end > at) pieces.push({ start: at, end, put: null });
    };
    for (const { 0: whole, 1: name = '', index } of this.#values.size === 0
      ? []
      : text.matchAll(placeholder)) {
      const value = this.#values.get(name);
      if (value === undefined) continue;
      stay(index);
      at = index + whole.length;
      pieces.push({ start: index, end: at, put: as === 'JSON' ? JSON.stringify(value).slice(1, -1) : value });
    }
    stay(text.length);
    return pieces;
  }

  /** The end of the placeholder, of whatever value, that begins at the offset; null: none does. */
  endOfPlaceholder(text: string, at: number): number | null {
    const whole = new RegExp(placeholder, 'y');
    whole.lastIndex = at;
    return whole.test(text) ? whole.lastIndex : null;
  }

  /** The offset from which the end of the text may still become a placeholder of these masks; text.length: nothing. */
  heldFrom(text: string): number {
    if (this.#values.size === 0) return text.length;
    const tail = text.slice(-placeholderCharsMax);
    const at = beginning.exec(tail)?.index;
    return at === undefined ? text.length : text.length - tail.length + at;
  }

  /** The placeholders' names with their values, to be kept sealed. */
  entries(): readonly (readonly [name: string, value: string])[] {
    return [...this.#values];
  }
}
