import { isUtf8 } from 'node:buffer';

/** A text that stands in another one in disguise. */
export interface DisguisedText {
  readonly text: string;
  /** Its place in the one that was given. */
  readonly start: number;
  readonly end: number;
  /** As long as what is at its place, letter by letter. */
  readonly isAligned: boolean;
}

/** Runs that can be encoded text. Shorter ones hold too little, and longer ones are files. */
const encodedCharsMin = 24;
const base64CharsMax = 8_192;
const hex = /(?:[0-9a-fA-F]{2}[ :,]?){12,4096}|(?:\\x[0-9a-fA-F]{2}){12,2048}|(?:%[0-9a-fA-F]{2}){12,2048}/g;
/** Letters with something between each two: "i g n o r e", "i-g-n-o-r-e". */
const spaced = /(?<!\p{L})\p{L}([ .\-_*|])(?:\p{L}\1){2,40}\p{L}(?!\p{L})/gu;
/** Of spaced letters there are at least four. */
const separatorsMin = 3;
/** Tag characters show nothing and stand for ASCII. */
const tags = /[\u{e0020}-\u{e007e}]{4,2000}/gu;
/** Digits and signs within words. */
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
const signsInWord = /[013457@$!]{1,4}(?=[a-zA-Z])|(?<=[a-zA-Z])[013457@$]{1,4}/g;
const readable = /^[\p{L}\p{M}\p{N}\p{P}\p{S}\s]*$/u;
const commandWords = [
  'ignore',
  'disregard',
  'forget',
  'override',
  'follow',
  'following',
  'instruction',
  'instructions',
  'directive',
  'directives',
  'rules',
  'prompt',
  'system',
  'previous',
];
const reversible = commandWords.filter((word) => word !== 'following');
const rotatedWords = new Set(commandWords.map(rotate));
const reversedWords = new Set(reversible.map(reverse));

/** What a character of ASCII can be part of. */
const isBase64 = 1;
const isHex = 2;
const isSeparator = 4;
const isSign = 8;
const isLetter = 16;
const isWord = 32;
const usesByCode = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  const use = (pattern: RegExp, bit: number) => (pattern.test(character) ? bit : 0);
  return (
    use(/[A-Za-z0-9+/_-]/, isBase64) |
    use(/[0-9a-fA-F :,\\x%]/, isHex) |
    use(/[ .\-_*|]/, isSeparator) |
    use(/[013457@$!]/, isSign) |
    use(/[a-zA-Z]/, isLetter) |
    use(/\w/, isWord)
  );
});
/** The unit that all tag characters begin with. */
const tagUnit = '\udb40';

/** Which disguises a text can have: what one pass over it shows, so that their patterns are tried nowhere else. */
interface Survey {
  readonly base64: readonly Run[];
  /** Of characters that hexadecimal digits are written with. */
  readonly hex: readonly Run[];
  readonly hasTags: boolean;
  readonly hasSpaced: boolean;
  readonly hasSigns: boolean;
  readonly hasRotated: boolean;
  readonly hasReversed: boolean;
}

type Run = Pick<DisguisedText, 'start' | 'end'>;

function survey(source: string): Survey {
  let [hasSpaced, hasSigns, hasRotated, hasReversed] = [false, false, false, false];
  let [separator, separatorAt, separators] = [0, 0, 0];
  let [usesBefore, wordStart] = [0, 0];
  for (let at = 0; at <= source.length; at += 1) {
    const uses = at < source.length ? readUses(source, at) & (isSeparator | isSign | isLetter | isWord) : 0;
    if (uses === usesBefore && (uses & isSeparator) === 0) continue;
    if ((uses & isWord) > (usesBefore & isWord)) wordStart = at;
    if ((uses & isWord) < (usesBefore & isWord) && mayBeCommand(source, wordStart, at)) {
      const word = source.slice(wordStart, at).toLowerCase();
      hasRotated ||= rotatedWords.has(word);
      hasReversed ||= reversedWords.has(word);
    }
    if ((uses & isSeparator) !== 0) {
      // Between two stands one letter, which can be a pair of units.
      const code = source.charCodeAt(at);
      const gap = at - separatorAt;
      const isSpaced = code === separator && (gap === 3 || (gap === 2 && !isPlainSign(source, at - 1)));
      separators = isSpaced ? separators + 1 : 1;
      if (separators === separatorsMin) hasSpaced = true;
      separator = code;
      separatorAt = at;
    }
    const both = uses | usesBefore;
    if ((both & isSign) !== 0 && (both & isLetter) !== 0) hasSigns = true;
    usesBefore = uses;
  }
  return {
    base64: findRuns(source, isBase64),
    hex: findRuns(source, isHex),
    hasTags: source.includes(tagUnit),
    hasSpaced,
    hasSigns,
    hasRotated,
    hasReversed,
  };
}

function readUses(source: string, at: number): number {
  const code = source.charCodeAt(at);
  return code < 128 ? (usesByCode[code] ?? 0) : 0;
}

/** The longest runs of characters with a use. One that is long enough covers one of the places that are so far apart. */
function findRuns(source: string, use: number): readonly Run[] {
  const runs: Run[] = [];
  let after = 0;
  for (let probe = encodedCharsMin - 1; probe < source.length; probe += encodedCharsMin) {
    if ((readUses(source, probe) & use) === 0) continue;
    let [start, end] = [probe, probe + 1];
    while (start > after && (readUses(source, start - 1) & use) !== 0) start -= 1;
    while (end < source.length && (readUses(source, end) & use) !== 0) end += 1;
    if (end - start >= encodedCharsMin) runs.push({ start, end });
    after = end;
    probe = end;
  }
  return runs;
}

/** By the first and the last letter of rotated and reversed words: the bits of their lengths. */
const lengthsByEnds = new Uint32Array(1 << 10);
for (const word of [...rotatedWords, ...reversedWords]) {
  const ends = readEnds(word, 0, word.length);
  lengthsByEnds[ends] = (lengthsByEnds[ends] ?? 0) | (1 << word.length);
}

function readEnds(source: string, start: number, end: number): number {
  // Five bits are the same for a small letter and its capital.
  return ((source.charCodeAt(start) & 31) << 5) | (source.charCodeAt(end - 1) & 31);
}

/** False for nearly all words that are none of the rotated and reversed ones. */
function mayBeCommand(source: string, start: number, end: number): boolean {
  const lengths = lengthsByEnds[readEnds(source, start, end)] ?? 0;
  return end - start < 32 && (lengths & (1 << (end - start))) !== 0;
}

/** Whether a character of ASCII that is no letter stands there. */
function isPlainSign(source: string, at: number): boolean {
  return source.charCodeAt(at) < 128 && (readUses(source, at) & isLetter) === 0;
}

/** Texts of a source in base64, hexadecimal digits, tag characters, spaced letters, ROT13, reversed and with signs for letters, decoded once. */
export function* readDisguised(source: string): Generator<DisguisedText, void, void> {
  const found = survey(source);
  for (const { start, end } of found.base64.flatMap((run) => cutBase64(source, run))) {
    const text = decodeBytes(source.slice(start, end), 'base64');
    if (text !== null) yield { text, start, end, isAligned: false };
  }
  for (const { start, end } of found.hex) {
    for (const { 0: run, index } of source.slice(start, end).matchAll(hex)) {
      const text = decodeBytes(run.replace(/[^0-9a-fA-F]|x(?=[0-9a-fA-F]{2})/g, ''), 'hex');
      if (text !== null)
        yield { text, start: start + index, end: start + index + run.length, isAligned: false };
    }
  }
  if (found.hasTags) {
    for (const { 0: run, index } of source.matchAll(tags)) {
      const text = Array.from(run, (tag) => String.fromCharCode((tag.codePointAt(0) ?? 0) - 0xe0000)).join(
        '',
      );
      yield { text, start: index, end: index + run.length, isAligned: false };
    }
  }
  const whole = { start: 0, end: source.length };
  const joined = found.hasSpaced ? source.replace(spaced, (run) => run.replace(/[ .\-_*|]/g, '')) : source;
  if (joined !== source) yield { text: joined, ...whole, isAligned: false };
  if (found.hasRotated) yield { text: rotate(source), ...whole, isAligned: true };
  if (found.hasReversed) {
    yield { text: reverse(source), ...whole, isAligned: false };
  }
  const spelled = found.hasSigns ? source.replace(signsInWord, spell) : source;
  if (spelled !== source) yield { text: spelled, ...whole, isAligned: true };
}

/** The parts of a run that are decoded each alone, with the signs that end base64. */
function cutBase64(source: string, { start, end }: Run): readonly Run[] {
  const parts: Run[] = [];
  for (let from = start; end - from >= encodedCharsMin; from += base64CharsMax) {
    const to = Math.min(end, from + base64CharsMax);
    const padding = /={0,2}/.exec(source.slice(to, to + 2))?.[0].length ?? 0;
    parts.push({ start: from, end: to + padding });
  }
  return parts;
}

function spell(run: string): string {
  return run.length === 1 ? (signs[run] ?? run) : Array.from(run, (sign) => signs[sign] ?? sign).join('');
}

function reverse(text: string): string {
  return Array.from(text).toReversed().join('');
}

/** Null where it is no text. */
function decodeBytes(run: string, encoding: 'base64' | 'hex'): string | null {
  const bytes = Buffer.from(run, encoding);
  if (!isUtf8(bytes)) return null;
  const text = bytes.toString('utf8');
  return text.length >= 8 && !text.includes('\ufffd') && readable.test(text) && /\p{L}{3}/u.test(text)
    ? text
    : null;
}

function rotate(source: string): string {
  return source.replace(/[a-zA-Z]/g, (letter) => {
    const base = letter <= 'Z' ? 65 : 97;
    return String.fromCharCode(((letter.charCodeAt(0) - base + 13) % 26) + base);
  });
}
