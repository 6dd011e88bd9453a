import { TextUnits } from '#core/text/text-units.ts';
import type { EncodedText } from './encoded-texts.ts';
import { readEncodedOnce } from './hidden-texts.ts';

/** Letters with something between each two: "i g n o r e", "i-g-n-o-r-e". */
const spaced = /(?<!\p{L})\p{L}([ .\-_*|])(?:\p{L}\1){2,40}\p{L}(?!\p{L})/gu;
/** Of spaced letters there are at least four. */
const separatorsMin = 3;
/** Tag characters show nothing and stand for ASCII. */
const tags = /[\u{e0020}-\u{e007e}]{4,}/gu;
const growingTags = /(?:[\u{e0020}-\u{e007e}]+\udb40?|\udb40)$/u;
/** The unit that all tag characters begin with. */
const tagUnit = '\udb40';
const unitsPerTag = 2;
/** What has no word holds no instruction. */
const word = /\p{L}{3}/u;

/** What a UTF-16 unit can be part of. */
const isSeparator = 1;
/** Not: a character of ASCII that is no letter. */
const isSpaced = 2;
const usesByUnit = Uint8Array.from({ length: 65_536 }, (_, unit) => {
  if (unit >= 128) return isSpaced;
  const character = String.fromCharCode(unit);
  return (/[ .\-_*|]/.test(character) ? isSeparator : 0) | (/[A-Za-z]/.test(character) ? isSpaced : 0);
});

const reader = new TextUnits();

/** Whether there can be letters with the same separator between each two. */
function canHaveSpaced(units: Uint16Array, length: number): boolean {
  let [separator, separatorAt, separators] = [0, 0, 0];
  for (let at = 0; at < length; at += 1) {
    const unit = units[at] as number;
    if (((usesByUnit[unit] as number) & isSeparator) === 0) continue;
    // Between two stands one letter, which can be a pair of units.
    const gap = at - separatorAt;
    const before = units[at - 1] as number;
    const isBehindLetter =
      unit === separator &&
      (gap === 2 ? ((usesByUnit[before] as number) & isSpaced) !== 0 : gap === 3 && isLowSurrogate(before));
    separators = isBehindLetter ? separators + 1 : 1;
    if (separators === separatorsMin) return true;
    separator = unit;
    separatorAt = at;
  }
  return false;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

/** Texts with words of a source in base64, hexadecimal digits and tag characters, decoded once, and the source with its spaced letters together. */
export function readDisguised(source: string): readonly EncodedText[] {
  const found = [...readEncodedOnce(source), ...readTags(source)].filter(({ text }) => word.test(text));
  if (canHaveSpaced(reader.read(source), source.length)) {
    const joined = source.replace(spaced, (run) => run.replace(/[ .\-_*|]/g, ''));
    const whole = { start: 0, end: source.length };
    if (joined !== source)
      found.push({ ...whole, text: joined, toStart: () => whole.start, toEnd: () => whole.end });
  }
  return found;
}

/** The texts in tag characters. */
export function readTags(source: string): readonly EncodedText[] {
  if (!source.includes(tagUnit)) return [];
  return Array.from(source.matchAll(tags), ({ 0: run, index: start }) => ({
    text: Array.from(run, (tag) => String.fromCharCode((tag.codePointAt(0) ?? 0) - 0xe0000)).join(''),
    start,
    end: start + run.length,
    toStart: (offset: number) => start + unitsPerTag * offset,
    toEnd: (offset: number) => start + unitsPerTag * offset,
  }));
}

/** The offset from which the end of a text may still become a text in tag characters. */
export function holdTagsFrom(text: string): number {
  const last = text.charCodeAt(text.length - 1);
  const mayGrow = isLowSurrogate(last) || last === tagUnit.charCodeAt(0);
  return mayGrow ? (growingTags.exec(text)?.index ?? text.length) : text.length;
}

export function reverseText(text: string): string {
  return Array.from(text).toReversed().join('');
}

/** The text in ROT13, which is its own inverse. */
export function rotateText(text: string): string {
  return text.replace(/[a-zA-Z]/g, (letter) => {
    const base = letter <= 'Z' ? 65 : 97;
    return String.fromCharCode(((letter.charCodeAt(0) - base + 13) % 26) + base);
  });
}
