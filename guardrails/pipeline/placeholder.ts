/*
 * The forms of a placeholder. It is written as its name, a kind and a number, in mathematical brackets: ⟨EMAIL_1⟩. AI models write it back with small changes, and
 * these are read as the same: the like brackets U+2329 and U+3008, entities of HTML, and escape sequences of JSON; small letters; spaces within the
 * brackets; a backslash of Markdown before an underscore; and angle brackets around capitals, with or without backslashes.
 * Deliberately not read: a name without brackets or without its number, which other texts have too; small letters in angle brackets, which
 * are tags.
 */

const spaces = '[ \\u00a0]{0,2}';
/** Of Markdown; a string of JSON has two for one. */
const escapes = '\\\\{0,2}';
/** Behind an escape sequence: no other backslash escapes its own. */
const unescaped = '(?<=(?<!\\\\)(?:\\\\\\\\)*\\\\u27[eE]8)';

/** The characters of a bracket, as patterns. */
type Bracket = readonly string[];

const openings: readonly Bracket[] = [
  ['[⟨\\u2329\\u3008]'],
  ['\\\\', ...'u27', '[eE]', `8${unescaped}`],
  [...'&lang;'],
];
const closings: readonly Bracket[] = [['[⟩\\u232a\\u3009]'], ['\\\\', ...'u27', '[eE]', '9'], [...'&rang;']];
const openingAngles: readonly Bracket[] = [['<'], [...'&lt;']];
const closingAngles: readonly Bracket[] = [['>'], [...'&gt;']];

/** In capitals, /^[A-Z][A-Z_]{0,23}_\d{1,6}$/. */
const toNamePattern = (letters: string) =>
  `[${letters}](?:[${letters}]|${escapes}_){0,23}${escapes}_\\d{1,6}`;

const toForm = (opening: readonly Bracket[], letters: string, closing: readonly Bracket[]) =>
  `${joinBrackets(opening)}${spaces}(${toNamePattern(letters)})${spaces}${joinBrackets(closing)}`;

const source = [
  toForm(openings, 'A-Za-z', closings),
  `(\\\\{1,2})<${spaces}(${toNamePattern('A-Z')})${spaces}\\2>`,
  toForm(openingAngles, 'A-Z', closingAngles),
].join('|');
const everyPlaceholder = new RegExp(source, 'g');
const placeholderHere = new RegExp(source, 'y');

const partOfName = `[A-Za-z](?:[A-Za-z]|${escapes}_){0,24}\\d{0,6}`;
const partOfClosing = joinCutBrackets([...closings, ...closingAngles]);
const partOfOpening = joinCutBrackets([...openings, ...openingAngles]);
const beginning = new RegExp(
  `(?:(${joinBrackets([...openings, ...openingAngles, [escapes, '<']])})${spaces}` +
    `(?:(${partOfName})(?:\\\\{1,2}|${spaces}(?:${partOfClosing})?))?|(?<!\\\\)\\\\+|${partOfOpening})$`,
  'y',
);

/** What each of them begins with. */
const firstSign = /[⟨\u2329\u3008<&\\]/g;

/** No beginning of a placeholder is longer, in characters. */
export const placeholderCharsMax = 128;

/** A placeholder at a place of a text. */
export interface FoundPlaceholder {
  readonly start: number;
  readonly end: number;
  /** As placeholders have it: EMAIL_1. */
  readonly name: string;
}

/** The placeholders of a text, in their order. */
export function* findPlaceholders(text: string): Generator<FoundPlaceholder> {
  for (const { 0: whole, 1: name, 3: escaped, 4: angled = '', index } of text.matchAll(everyPlaceholder)) {
    yield { start: index, end: index + whole.length, name: normalizeName(name ?? escaped ?? angled) };
  }
}

/** The end of the placeholder that begins at the offset; null: none does. */
export function endOfPlaceholder(text: string, at: number): number | null {
  placeholderHere.lastIndex = at;
  return placeholderHere.test(text) ? placeholderHere.lastIndex : null;
}

/**
 * The offset from which the end of the text may still become a placeholder; text.length: nothing.
 * @param mayBecome whether there are placeholders whose name begins so
 */
export function findBeginning(text: string, mayBecome: (name: string) => boolean): number {
  const tail = text.slice(-placeholderCharsMax);
  for (const { index } of tail.matchAll(firstSign)) {
    beginning.lastIndex = index;
    const found = beginning.exec(tail);
    if (found === null) continue;
    const { 1: opening = '', 2: name = '' } = found;
    const isTag = /<$|&lt;$/.test(opening) && /[a-z]/.test(name);
    if (!isTag && mayBecome(normalizeName(name))) return text.length - tail.length + index;
  }
  return text.length;
}

function normalizeName(written: string): string {
  return written.replaceAll('\\', '').toUpperCase();
}

function joinBrackets(brackets: readonly Bracket[]): string {
  return `(?:${brackets.map((characters) => characters.join('')).join('|')})`;
}

/** Brackets of which the end is missing. */
function joinCutBrackets(brackets: readonly Bracket[]): string {
  const cut = brackets
    .map((characters) => characters.slice(0, -1))
    .filter(({ length }) => length > 0)
    .map((characters) => characters.reduceRight((behind, character) => `${character}(?:${behind})?`, ''));
  return `(?:${cut.join('|')})`;
}
