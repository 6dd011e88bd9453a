import { toLatinLetter } from '#core/text/look-alike.ts';
import { isAscii, TextUnits } from '#core/text/text-units.ts';
import { unifyScripts } from './folded-text.ts';
import type { OtherReading } from './pattern-search.ts';

/** Digits and signs, each with the letter that it stands for within words. */
const signs: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
};
/** What ends a sentence stands for a letter only where a letter follows. */
const sentenceEnd = '!'.charCodeAt(0);
/** Signs in a row. */
const runMax = 4;

/** By unit: the letter that it stands for; 0: for none. */
const letterByUnit = new Uint8Array(0x1_0000);
for (const [sign, letter] of Object.entries(signs)) letterByUnit[sign.charCodeAt(0)] = letter.charCodeAt(0);

const greekToArmenian = Array.from({ length: 0x590 - 0x370 }, (_, at) => String.fromCharCode(0x370 + at));
const reader = new TextUnits();

/** A folded text with letters in the place of the digits and signs within its words: `1gn0re` as `ignore`. */
export const spelledReading: OtherReading = {
  aliases: new Map(
    [
      ...Object.entries(signs),
      // A sign may stand between letters of two scripts.
      ...greekToArmenian.map((letter) => [letter, toLatinLetter(letter)] as const),
    ].map(([sign, letter]) => [sign.charCodeAt(0), letter.charCodeAt(0)]),
  ),
  read: (folded) => {
    const units = reader.read(folded);
    if (!spell(units, folded.length)) return folded;
    if (isAscii(folded)) return Buffer.from(units.subarray(0, folded.length)).toString('latin1');
    return unifyScripts(Buffer.from(units.buffer, 0, 2 * folded.length).toString('utf16le'));
  },
};

/** Puts letters in the place of up to four signs before a letter, or behind one. False: there are none. */
function spell(units: Uint16Array, length: number): boolean {
  let isSpelled = false;
  /** Where the last signs ended that have become letters. */
  let spelledTo = -1;
  for (let at = 0; at < length; at += 1) {
    if (letterByUnit[units[at] as number] === 0) continue;
    let end = at + 1;
    while (end - at < runMax && letterByUnit[units[end] as number] !== 0) end += 1;
    if (!isLetter(units[end] as number)) {
      const isBehindLetter = at !== spelledTo && at > 0 && isLetter(units[at - 1] as number);
      end = isBehindLetter ? endBefore(units, at, end, sentenceEnd) : at;
    }
    if (end === at) continue;
    for (; at < end; at += 1) units[at] = letterByUnit[units[at] as number] as number;
    isSpelled = true;
    spelledTo = end;
    at -= 1;
  }
  return isSpelled;
}

function isLetter(unit: number): boolean {
  return unit >= 97 && unit <= 122;
}

/** The end, or the first place of a unit before it. */
function endBefore(units: Uint16Array, start: number, end: number, unit: number): number {
  let at = start;
  while (at < end && units[at] !== unit) at += 1;
  return at;
}
