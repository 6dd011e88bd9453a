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
  /** Where in the visible text begins what is of no interest. */
  readonly until: number;
  #hidden: readonly HiddenText[] | undefined;

  constructor({ text, format }: Pick<GuardedText, 'text' | 'format'>, until = text.length) {
    this.visible = toVisible(text, format);
    this.until = until === text.length ? this.visible.text.length : findShown(this.visible, until);
  }

  /** The texts that are hidden in the visible one, apart from those that begin at `until` or behind it. */
  get hidden(): readonly HiddenText[] {
    this.#hidden ??= findHidden(this.visible.text, readEncodedOnce(this.visible.text, this.until));
    return this.#hidden;
  }
}

/** Where a visible text shows what begins at a place of the given one, or behind it. */
function findShown(visible: VisibleText, place: number): number {
  let [low, high] = [0, visible.text.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (visible.toStart(middle) < place) low = middle + 1;
    else high = middle;
  }
  return low;
}

type Readable = Pick<GuardedText, 'text' | 'format'>;

/** By text, the same object for all rules: what was read of it, by where its parts begin. */
const readTexts = new WeakMap<object, Map<number, ReadText>>();

/** Reads a part of a text once for all rules that look at it, up to what begins at `until`. Parts that begin at the same place are the same. */
export function readPart(guarded: Readable, part: string, from: number, until: number): ReadText {
  let parts = readTexts.get(guarded);
  if (parts === undefined) {
    parts = new Map();
    readTexts.set(guarded, parts);
  }
  let read = parts.get(from);
  if (read === undefined) {
    read = new ReadText({ text: part, format: guarded.format }, until);
    parts.set(from, read);
  }
  return read;
}

/** What the last text had: rules look at the same text one after the other. */
let last: { readonly text: string; readonly until: number; readonly encoded: readonly EncodedText[] } = {
  text: '',
  until: 0,
  encoded: [],
};

/** As `readEncoded`, once for the rules that look at a text one after the other. */
export function readEncodedOnce(text: string, until = text.length): readonly EncodedText[] {
  if (until !== last.until || text !== last.text) last = { text, until, encoded: readEncoded(text, until) };
  return last.encoded;
}
