import { badInput } from '../input.ts';

/** Latin letters, each with what looks like it in small letters of other kinds and scripts, beside what NFKC maps to it. */
const small: Readonly<Record<string, string>> = {
  a: 'ɑаαᴀꭺ',
  b: 'ƅʙьв',
  c: 'сϲᴄⲥ',
  d: 'ԁᴅժ',
  e: 'еєεᴇҽ℮',
  f: 'ꜰғƒϝք',
  g: 'ɡɢցԍ',
  h: 'һʜнհ',
  i: 'іιıɪɩⲓ',
  j: 'јϳȷᴊյ',
  k: 'кκᴋ',
  l: 'ⅼʟӏ',
  m: 'мᴍ',
  n: 'ηɴпոռ',
  o: 'оοσᴏօס०๐໐೦ഠ',
  p: 'рρᴘⲣ',
  q: 'ԛգզ',
  r: 'гʀꭇⲅ',
  s: 'ѕꜱ',
  t: 'тτᴛ',
  u: 'υᴜսʋ',
  v: 'νѵᴠ',
  w: 'ԝωᴡա',
  x: 'хχ×ⲭ',
  y: 'уγʏү',
  z: 'ᴢʐⲍ',
};
/** The same of capitals that look like another letter than their small forms do. */
const capitals: Readonly<Record<string, string>> = {
  b: 'ВΒ',
  h: 'НΗ',
  i: 'ΙІ',
  l: 'Ӏ',
  k: 'КΚ',
  m: 'МΜ',
  n: 'Ν',
  o: 'ОΟՕ',
  p: 'РΡ',
  s: 'Ѕ',
  t: 'ТΤ',
  u: 'Ս',
  x: 'ХΧ',
  y: 'ΥҮУ',
  z: 'Ζ',
  a: 'АΑ',
  e: 'ЕΕ',
  c: 'СϹ',
  j: 'Ј',
};
const letters: ReadonlyMap<string, string> = new Map(
  [...Object.entries(small), ...Object.entries(capitals)].flatMap(([latin, alike]) =>
    [...alike].map((letter) => [letter, latin] as const),
  ),
);
/** The Latin letter that a letter of another kind or script looks like, in small; others as they are. */
export function toLatinLetter(letter: string): string {
  return letters.get(letter) ?? letter;
}

/** What looks alike within ASCII, in small letters. */
const shapes: Readonly<Record<string, string>> = { '0': 'o', '1': 'l', '|': 'l', m: 'rn', w: 'vv' };

const invisible = /[\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}]/gu;
const dashes = /[\p{Pd}\u2212]/gu;
const quotes = /[\u2018\u2019\u02bc\u02b9\u2032`´]/gu;

/**
 * The same text for names that look the same: whatever their case, their form of Unicode (NFC, NFKC), invisible characters, spaces
 * and dashes, and letters of other scripts that look like Latin ones. For comparisons; never shown.
 */
export function toLookAlikeKey(name: string): string {
  const visible = name.normalize('NFKD').replace(invisible, '');
  const latin = Array.from(visible, (letter) => letters.get(letter) ?? letter)
    .join('')
    .toLowerCase();
  const folded = Array.from(latin, (letter) => {
    const alike = letters.get(letter) ?? letter;
    return shapes[alike] ?? alike;
  }).join('');
  return folded
    .replace(/([il])\u0307/gu, '$1')
    .replace(dashes, '-')
    .replace(quotes, "'")
    .replace(/\s+/gu, ' ')
    .trim()
    .normalize('NFC');
}

/** The scripts that languages of today are written in (UAX 31, table 5). */
const scripts = [
  ...['Arabic', 'Armenian', 'Bengali', 'Bopomofo', 'Cyrillic', 'Devanagari', 'Ethiopic', 'Georgian', 'Greek'],
  ...['Gujarati', 'Gurmukhi', 'Hangul', 'Han', 'Hebrew', 'Hiragana', 'Kannada', 'Katakana', 'Khmer', 'Lao'],
  ...['Latin', 'Malayalam', 'Myanmar', 'Oriya', 'Sinhala', 'Tamil', 'Telugu', 'Thaana', 'Thai', 'Tibetan'],
];
/** Latin letters stand in words of these. */
const eastAsian = ['Latin', 'Han', 'Hiragana', 'Katakana', 'Bopomofo', 'Hangul'];
const toClass = (names: readonly string[]) =>
  new RegExp(`^[${names.map((name) => `\\p{scx=${name}}`).join('')}]*$`, 'u');
const wordForms = [toClass(eastAsian), ...scripts.map((name) => toClass([name]))];
const letterOfScript = /(?![\p{sc=Common}\p{sc=Inherited}])\p{L}/gu;
/** They show what follows in another order, or break the line. */
const misleading = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;

/**
 * The name, where each of its words is written in one script. BAD_USER_INPUT otherwise: a word of mixed letters reads like another
 * one, and no list of letters that look alike is complete.
 */
export function checkedScripts(name: string, field: string): string {
  if (misleading.test(name)) {
    badInput(
      field,
      'must have no control characters, line breaks or marks that change the direction of text.',
    );
  }
  if (toLookAlikeKey(name) === '') badInput(field, 'must have visible characters.');
  for (const word of name.normalize('NFKC').split(/[^\p{L}\p{M}\p{N}\p{Cf}]+/u)) {
    const found = word.match(letterOfScript)?.join('') ?? '';
    if (wordForms.some((form) => form.test(found))) continue;
    badInput(
      field,
      `has ${JSON.stringify(word.slice(0, 50))} with letters of several scripts, or of one that is not in use, which can look like another name.`,
    );
  }
  return name;
}
