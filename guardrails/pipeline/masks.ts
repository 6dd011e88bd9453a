import type { TextSpan } from '#core/text/text-span.ts';
import { findBeginning, findPlaceholders } from './placeholder.ts';

/** A place of a text, and what is put there; null: the text stays. */
export interface TextPiece extends TextSpan {
  readonly put: string | null;
}

/**
 * The values of one call that placeholders stand for. Equal values of a kind have one placeholder. A placeholder that was
 * typed by a client, in any of its forms, stands for no value and stays as it was typed.
 */
export class Masks {
  readonly #values = new Map<string, string>();
  readonly #names = new Map<string, string>();
  readonly #counts = new Map<string, number>();
  #texts: readonly string[];
  /** The names of the placeholders in the texts; null: they were not read, as nothing was masked. */
  #typed: Set<string> | null = null;

  /** @param texts all texts of the call, with the placeholders that its client typed */
  constructor(texts: readonly string[]) {
    this.#texts = texts;
  }

  /** Further masks for texts whose placeholders are to differ from these. */
  besides(texts: readonly string[]): Masks {
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
      const typed = this.#readTyped();
      let count = this.#counts.get(kind) ?? 0;
      do {
        count += 1;
        name = `${kind}_${count}`;
      } while (typed.has(name) || this.#values.has(name));
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
    for (const { start, end, name } of this.#values.size === 0 ? [] : findPlaceholders(text)) {
      const value = this.#values.get(name);
      if (value === undefined) continue;
      stay(start);
      at = end;
      pieces.push({ start, end, put: as === 'JSON' ? JSON.stringify(value).slice(1, -1) : value });
    }
    stay(text.length);
    return pieces;
  }

  /** The offset from which the end of the text may still become a placeholder of these masks; text.length: nothing. */
  heldFrom(text: string): number {
    if (this.#values.size === 0) return text.length;
    return findBeginning(text, (begun) => [...this.#values.keys()].some((name) => name.startsWith(begun)));
  }

  /** The placeholders' names with their values, to be kept sealed. */
  entries(): readonly (readonly [name: string, value: string])[] {
    return [...this.#values];
  }

  #readTyped(): ReadonlySet<string> {
    if (this.#typed === null) {
      this.#typed = new Set();
      for (const text of this.#texts) for (const { name } of findPlaceholders(text)) this.#typed.add(name);
      this.#texts = [];
    }
    return this.#typed;
  }
}
