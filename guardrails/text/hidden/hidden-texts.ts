import { toVisible, type VisibleText } from '#core/text/visible-text.ts';
import type { GuardedText } from '../../guardrail.ts';
import { type EncodedText, readEncoded } from './encoded-texts.ts';
import { readUnescaped } from './unescaped-text.ts';

/** A text that stands behind escapes or encoded in another one, as a reader sees it; its offsets lead back to that one. */
export class HiddenText implements VisibleText {
  readonly text: string;
  readonly #visible: VisibleText;
  readonly #written: VisibleText;
  #within: readonly HiddenText[] | undefined;

  constructor(written: VisibleText) {
    this.#written = written;
    this.#visible = toVisible(written.text);
    this.text = this.#visible.text;
  }

  /** Those that are hidden in this one. */
  get within(): readonly HiddenText[] {
    this.#within ??= findHidden(this.text, readEncoded(this.text));
    return this.#within;
  }

  toStart(offset: number): number {
    return this.#written.toStart(this.#visible.toStart(offset));
  }

  toEnd(offset: number): number {
    return this.#written.toEnd(this.#visible.toEnd(offset));
  }
}

function findHidden(text: string, encoded: readonly EncodedText[]): readonly HiddenText[] {
  const unescaped = readUnescaped(text);
  if (unescaped.length === 0 && encoded.length === 0) return [];
  return [...unescaped, ...encoded].map((written) => new HiddenText(written));
}

/** A text as a reader sees it, with what is hidden in it. */
export class ReadText {
  readonly visible: VisibleText;
  #hidden: readonly HiddenText[] | undefined;

  constructor({ text, format }: Pick<GuardedText, 'text' | 'format'>) {
    this.visible = toVisible(text, format);
  }

  /** The texts that are hidden in the visible one. */
  get hidden(): readonly HiddenText[] {
    this.#hidden ??= findHidden(this.visible.text, readEncodedOnce(this.visible.text));
    return this.#hidden;
  }
}

type Readable = Pick<GuardedText, 'text' | 'format'>;

/** By text, the same object for all rules: what was read of it, by where its parts begin. */
const readTexts = new WeakMap<object, Map<number, ReadText>>();

/** Reads a part of a text once for all rules that look at it. Parts that begin at the same place are the same. */
export function readPart(guarded: Readable, part: string, from: number): ReadText {
  let parts = readTexts.get(guarded);
  if (parts === undefined) {
    parts = new Map();
    readTexts.set(guarded, parts);
  }
  let read = parts.get(from);
  if (read === undefined) {
    read = new ReadText({ text: part, format: guarded.format });
    parts.set(from, read);
  }
  return read;
}

/** What the last text had: rules look at the same text one after the other. */
let last: { readonly text: string; readonly encoded: readonly EncodedText[] } = { text: '', encoded: [] };

/** As `readEncoded`, once for the rules that look at a text one after the other. */
export function readEncodedOnce(text: string): readonly EncodedText[] {
  if (text !== last.text) last = { text, encoded: readEncoded(text) };
  return last.encoded;
}
