import { toLatinLetter } from '#core/text/look-alike.ts';
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
const signsInWord = /[013457@$!]{1,4}(?=[a-z])|(?<=[a-z])[013457@$]{1,4}/g;

function spell(run: string): string {
  return run.length === 1 ? (signs[run] ?? run) : Array.from(run, (sign) => signs[sign] ?? sign).join('');
}

const greekToArmenian = Array.from({ length: 0x590 - 0x370 }, (_, at) => String.fromCharCode(0x370 + at));

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
    const spelled = folded.replace(signsInWord, spell);
    return spelled === folded ? folded : unifyScripts(spelled);
  },
};
