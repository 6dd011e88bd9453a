import { toVisible, type VisibleText } from '#core/text/visible-text.ts';
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

/** What the last text had: rules look at the same text one after the other. */
let lastEncoded: { readonly text: string; readonly encoded: readonly EncodedText[] } = {
  text: '',
  encoded: [],
};
let lastHidden: { readonly text: string; readonly hidden: readonly HiddenText[] } = { text: '', hidden: [] };

/** As `readEncoded`, of a text that several rules look at. */
export function readEncodedOnce(text: string): readonly EncodedText[] {
  if (text !== lastEncoded.text) lastEncoded = { text, encoded: readEncoded(text) };
  return lastEncoded.encoded;
}

/** The texts behind escapes, in base64 and in hexadecimal digits, of a text that several rules look at. */
export function readHidden(text: string): readonly HiddenText[] {
  if (text !== lastHidden.text) lastHidden = { text, hidden: findHidden(text, readEncodedOnce(text)) };
  return lastHidden.hidden;
}
