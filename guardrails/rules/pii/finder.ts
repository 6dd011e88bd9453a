import type { TextSpan } from '#core/text/text-span.ts';
import type { Announced } from './announcing/announcements.ts';

/** What a finder has found in a visible text. */
export interface FoundPii extends TextSpan {
  /** In capitals, as placeholders name it. */
  readonly kind: string;
}

/** A number at its place, with what stands around it. Valid while a finder looks at it. */
export interface NumberPlace {
  readonly text: string;
  /** Its UTF-16 units, and 0 behind the last one. */
  readonly units: Uint16Array;
  /** Where the group of digits begins. */
  readonly at: number;
  /** The digits of the group. */
  readonly length: number;
  /** Where what belongs to it begins: `at`, or the letters or the plus sign before it. */
  readonly from: number;
  /** In small letters: what stands before it, up to another number; empty without letters. */
  readonly context: () => string;
  /** False: `context` has none of the known words for it. True: it may have one. */
  readonly mayAnnounce: (announced: Announced) => boolean;
}

/** Looks at one place; null: nothing of its kind is there. */
export type NumberFinder = (place: NumberPlace) => FoundPii | null;

/** A finder with what it needs to find anything. */
export interface CountedFinder {
  readonly find: NumberFinder;
  /** The fewest digits of what it finds, where no letters begin it and no more than `digitsGapMax` other characters stand between two of them. */
  readonly digitsMin: number;
}

/** Characters between two digits of one number. */
export const digitsGapMax = 3;
/** Digits that are counted at most. */
export const digitsCountedMax = 12;

/** The match of a sticky pattern at a place, where no word and no number continues it; null: none. */
export function matchAt(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at;
  const found = pattern.exec(text)?.[0];
  return found !== undefined && isEnd(text, at + found.length) ? found : null;
}

/** Whether no word and no number continues at an offset. */
function isEnd(text: string, at: number): boolean {
  return isEndBefore(text.charCodeAt(at), text.charCodeAt(at + 1));
}

/** Whether no word and no number continues with these units; 0 or NaN: the text ends. */
export function isEndBefore(next: number, after: number): boolean {
  if (isWordUnit(next) || next === 0x25 || next === 0x40) return false;
  // A full stop, a hyphen or a slash ends it where no word follows, a colon where no number does.
  if (next === 0x2e || next === 0x2d || next === 0x2f) return !isWordUnit(after);
  return next !== 0x3a || !isDigitUnit(after);
}

/** Letters of Latin scripts, digits and the underscore; other scripts write numbers and words without spaces between. */
export function isWordUnit(unit: number): boolean {
  return isDigitUnit(unit) || isLetterUnit(unit) || unit === 0x5f;
}

export function isDigitUnit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}

export function isLetterUnit(unit: number): boolean {
  return (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x41 && unit <= 0x5a) || (unit >= 0xc0 && unit <= 0x24f);
}

/** Where the digits that begin at an offset end. */
export function skipDigits(units: Uint16Array, at: number): number {
  let next = at;
  while (isDigitUnit(units[next] as number)) next += 1;
  return next;
}

export function readDigits(text: string): string {
  let digits = '';
  let at = 0;
  while (at < text.length) {
    if (!isDigitUnit(text.charCodeAt(at))) {
      at += 1;
      continue;
    }
    const start = at;
    while (isDigitUnit(text.charCodeAt(at))) at += 1;
    digits += text.slice(start, at);
  }
  return digits;
}
