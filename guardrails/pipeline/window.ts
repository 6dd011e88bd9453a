import type { GuardedText } from '../guardrail.ts';
import { editPieces } from './edits.ts';
import type { GrowingFinding, GrowingRules } from './growing-rules.ts';
import { JsonReader, unescapeJson } from './json-text.ts';
import type { Masks, TextPiece } from './masks.ts';
import { endOfPlaceholder } from './placeholder.ts';

/** Characters at the end of a text that are held back at most. */
export const heldCharsMax = 200;
/** How long what a rule holds back waits for more text, in milliseconds. The beginning of a placeholder waits on. */
export const heldMsMax = 250;
/** Characters before the end of what was released that rules still see. */
const contextChars = 512;

/** What is released: at the end of what has come, after a while without more of it, or at its end. */
export type ReleaseWhen = 'MORE' | 'IDLE' | 'END';

/** What the texts of one answer are looked at and restored with. */
export interface WindowGuards {
  readonly rules: GrowingRules;
  /** Of the call: their values come back. */
  readonly masks: Masks;
  /** Of the answer: what is masked in it stays masked. */
  readonly ownMasks: Masks;
}

/**
 * One text that grows. Lets out what no rule may still find and no placeholder may still become, edited and with masked values in
 * their places: over all of its pieces the same as the text would come to as a whole. Holds no more than `heldCharsMax`. Of JSON,
 * needless escape sequences are resolved first, and offsets are those of the text without them.
 */
export class TextWindow {
  readonly #place: Omit<GuardedText, 'text'>;
  readonly #guards: WindowGuards;
  readonly #rules: ReturnType<GrowingRules['ofStages']>;
  readonly #reader: JsonReader | null;
  /** The end of what was released, as it came. */
  #context = '';
  #pending = '';
  /** The beginning of an escape sequence. */
  #rest = '';
  /** The offset of the context. */
  #base = 0;

  constructor(place: Omit<GuardedText, 'text'>, guards: WindowGuards) {
    this.#place = place;
    this.#guards = guards;
    this.#rules = guards.rules.ofStages(place.stages);
    this.#reader = place.format === 'JSON' ? new JsonReader() : null;
  }

  /** Characters that have come. */
  get received(): number {
    return this.#base + this.#context.length + this.#pending.length;
  }

  /** Characters that are held. */
  get held(): number {
    return this.#pending.length + this.#rest.length;
  }

  add(text: string): void {
    if (this.#reader === null) {
      this.#pending += text;
      return;
    }
    const unescaped = unescapeJson(this.#rest + text);
    this.#pending += unescaped.text;
    this.#rest = unescaped.rest;
  }

  /** What can be let out now, in pieces: `put` stands for the text between their offsets, or the text itself. Throws GUARDRAIL_BLOCKED. */
  release(when: ReleaseWhen): readonly ReleasedPiece[] | Promise<readonly ReleasedPiece[]> {
    if (when === 'END') {
      this.#pending += this.#rest;
      this.#rest = '';
    }
    if (this.#pending === '') return [];
    const from = this.#context.length;
    const guarded: GuardedText = { ...this.#place, text: this.#context + this.#pending };
    const to = this.#endOfReleased(guarded, from, when);
    if (to <= from) return [];
    if (this.#rules.length === 0) return this.#cut(guarded.text, to, []);
    const span = { from, to, base: this.#base };
    return this.#guards.rules
      .look(this.#rules, guarded, span)
      .then((findings) => this.#cut(guarded.text, to, findings));
  }

  #endOfReleased(guarded: GuardedText, from: number, when: ReleaseWhen): number {
    const { text } = guarded;
    if (when === 'END') return text.length;
    let to = text.length;
    if (when === 'MORE') {
      for (const rule of this.#rules) to = Math.min(to, this.#guards.rules.holdFrom(rule, guarded));
      to = Math.max(to, text.length - heldCharsMax);
    }
    const { masks } = this.#guards;
    const beginning = masks.heldFrom(text.slice(0, to));
    if (beginning < to && beginning >= from) {
      to =
        text.length - beginning <= heldCharsMax
          ? beginning
          : // It is not one, or it is whole by now.
            (endOfPlaceholder(text, beginning) ?? to);
    }
    return endOfCharacter(text, to);
  }

  #cut(text: string, end: number, findings: readonly GrowingFinding[]): readonly ReleasedPiece[] {
    const from = this.#context.length;
    const { masks, ownMasks, rules } = this.#guards;
    let to = end;
    const clipped: GrowingFinding[] = [];
    for (const finding of findings.toSorted((a, b) => a.start - b.start)) {
      if (finding.start >= to) continue;
      // What is longer than what can be held is replaced as far as it has come; of what began before, the rest.
      to = Math.max(to, finding.end);
      clipped.push({ ...finding, start: Math.max(finding.start, from) });
    }
    const { format } = this.#place;
    const edits = editPieces({ text, format }, clipped, ownMasks, from, this.#reader?.clone());
    if (edits === null) throw rules.refuse((clipped.at(-1) as GrowingFinding).by);
    const released: ReleasedPiece[] = [];
    const base = this.#base;
    const restore = (start: number, stop: number) => {
      for (const piece of masks.splitRestored(text.slice(start, stop), format)) {
        released.push(toReleased(piece, text.slice(start), base + start));
      }
    };
    let at = from;
    for (const edit of edits) {
      restore(at, edit.start);
      released.push(toReleased(edit, text, base));
      at = edit.end;
    }
    restore(at, to);
    this.#reader?.advance(text.slice(from, to));
    const contextStart = Math.max(0, to - contextChars);
    this.#base += contextStart;
    this.#context = text.slice(contextStart, to);
    this.#pending = text.slice(to);
    return released;
  }
}

/** A piece that was let out. */
export interface ReleasedPiece {
  /** The offset of its end in what has come. */
  readonly end: number;
  readonly text: string;
  /** It is not what has come. */
  readonly isChanged: boolean;
}

function toReleased({ start, end, put }: TextPiece, text: string, base: number): ReleasedPiece {
  return { end: base + end, text: put ?? text.slice(start, end), isChanged: put !== null };
}

/** The offset, or the next one where it is within a pair of surrogates. */
function endOfCharacter(text: string, offset: number): number {
  const isWithin = /^[\ud800-\udbff]$/.test(text[offset - 1] ?? '') && offset < text.length;
  return isWithin ? offset + 1 : offset;
}
