import { z } from 'zod';
import { defineRule, type GuardedText, nothingFound, type RuleContext } from '../guardrail.ts';
import { foldText } from '../text/folded-text.ts';
import { type Search, scanTexts, type TextMatch } from '../text/scan.ts';

const checks = ['NUMBERS', 'QUOTES', 'NAMES'] as const;

const options = z.strictObject({
  check: z.array(z.enum(checks)).default(['NUMBERS', 'QUOTES']),
  /** The share of the longer words of each sentence that the sources have to hold, 0 to 1. */
  supportMin: z.number().min(0).max(1).default(0),
});

type Options = z.output<typeof options>;

/** What the sources of a call hold. */
interface Sources {
  readonly numbers: ReadonlySet<string>;
  readonly words: ReadonlySet<string>;
  /** All words in their order, with a space around each. */
  readonly text: string;
}

const number =
  /(?<![\p{L}\d.,])\d{1,3}(?:[,.'’\u00a0\u202f]\d{3})+(?:[.,]\d{1,6})?(?![\d])|(?<![\p{L}\d.,])\d{1,15}(?:[.,]\d{1,6})?(?![\d])/gu;
const word = /[\p{L}\p{N}\p{M}]+/gu;
const quote =
  /"([^"\n]{10,500})"|“([^”\n]{10,500})”|„([^“”\n]{10,500})[“”]|«([^»\n]{10,500})»|「([^」\n]{5,500})」/g;
const quotedWordsMin = 3;
/** Two capitalized words or more, also with up to two small ones between that names have. */
const name =
  /\p{Lu}[\p{L}\p{M}'’-]{1,30}(?:(?:[ \u00a0](?:de|da|do|dos|das|del|della|di|du|la|le|los|van|von|der|den|ter|ten|zu|bin|ibn|al|el)){0,2}[ \u00a0]\p{Lu}[\p{L}\p{M}'’-]{1,30}){1,5}/gu;
const sentence = /[^.!?\n]{20,2000}/g;
const longWordCharsMin = 4;
const longWordsMin = 5;

/** The ways to read a number: a separator before three digits can be one of thousands or a decimal one. */
function readNumber(written: string): readonly string[] {
  const groups = written.split(/[,.'’\u00a0\u202f]/);
  const whole = groups.join('');
  if (groups.length === 1) return [trimNumber(whole)];
  const last = groups.at(-1) ?? '';
  const decimal = `${groups.slice(0, -1).join('')}.${last}`;
  return last.length === 3 ? [trimNumber(whole), trimNumber(decimal)] : [trimNumber(decimal)];
}

function trimNumber(digits: string): string {
  const trimmed = digits.replace(/^0+(?=\d)/, '');
  return trimmed.includes('.') ? trimmed.replace(/\.?0+$/, '') : trimmed;
}

function readWords(text: string): readonly string[] {
  return foldText(text).text.match(word) ?? [];
}

function isSource({ stages, kind, role }: GuardedText): boolean {
  return isRetrieved({ stages }) || (kind === 'message' && role !== 'assistant');
}

function isRetrieved({ stages }: Pick<GuardedText, 'stages'>): boolean {
  return stages.includes('RETRIEVED') || stages.includes('TOOL_OUTPUT');
}

/** Null: nothing was retrieved that an answer could rest on. */
function readSources(context: RuleContext): Sources | null {
  const texts = context.callTexts();
  if (!texts.some(isRetrieved)) return null;
  const sources = texts.filter(isSource).map(({ text }) => text);
  const words = sources.flatMap(readWords);
  const numbers = sources.flatMap((text) =>
    [...text.matchAll(number)].flatMap(([written]) => readNumber(written)),
  );
  return { numbers: new Set(numbers), words: new Set(words), text: ` ${words.join(' ')} ` };
}

function* findNumbers(text: string, { numbers }: Sources): Generator<TextMatch> {
  for (const { 0: written, index } of text.matchAll(number)) {
    // Counts and the numbers of a list.
    if (/^\d$/.test(written) || readNumber(written).some((each) => numbers.has(each))) continue;
    yield { start: index, end: index + written.length, kind: 'UNSUPPORTED_NUMBER' };
  }
}

function* findQuotes(text: string, sources: Sources): Generator<TextMatch> {
  for (const match of text.matchAll(quote)) {
    const words = readWords(match.slice(1).join(''));
    if (words.length < quotedWordsMin || sources.text.includes(` ${words.join(' ')} `)) continue;
    yield { start: match.index, end: match.index + match[0].length, kind: 'UNSUPPORTED_QUOTE' };
  }
}

function* findNames(text: string, { words }: Sources): Generator<TextMatch> {
  for (const { 0: found, index } of text.matchAll(name)) {
    const isFirst = /(?:^|[.!?:\n"“„«])\s*$/.test(text.slice(Math.max(0, index - 5), index));
    // The first word of a sentence has a capital of its own.
    const start = isFirst ? index + found.search(/\s/) + 1 : index;
    if (readWords(text.slice(start, index + found.length)).every((each) => words.has(each))) continue;
    yield { start, end: index + found.length, kind: 'UNSUPPORTED_NAME' };
  }
}

function* findStatements(text: string, { words }: Sources, supportMin: number): Generator<TextMatch> {
  for (const { 0: found, index } of text.matchAll(sentence)) {
    const long = readWords(found).filter((each) => each.length >= longWordCharsMin);
    if (long.length < longWordsMin) continue;
    if (long.filter((each) => words.has(each)).length / long.length >= supportMin) continue;
    yield { start: index, end: index + found.length, kind: 'UNSUPPORTED_SENTENCE' };
  }
}

function createSearch(sources: Sources, { check, supportMin }: Options): Search {
  return function* search(text) {
    if (check.includes('NUMBERS')) yield* findNumbers(text, sources);
    if (check.includes('QUOTES')) yield* findQuotes(text, sources);
    if (check.includes('NAMES')) yield* findNames(text, sources);
    if (supportMin > 0) yield* findStatements(text, sources, supportMin);
  };
}

/** Finds what an answer states and the retrieved texts do not hold, by its words. */
export const groundedness = defineRule({
  name: 'groundedness',
  summary: 'Numbers, quotes and names of an answer that the retrieved texts do not hold.',
  options,
  stages: ['OUTPUT'],
  hasSpans: true,
  reach: 'LOCAL',
  needs: 'CALL_TEXTS',
  prepare: (policy) => ({
    check: async (texts, context) => {
      const sources = readSources(context);
      if (sources === null) return nothingFound;
      // Numbered as they came; what is no message is not looked at.
      const messages = texts.map((guarded) =>
        guarded.kind === 'message' ? guarded : { ...guarded, text: '' },
      );
      return scanTexts(
        messages,
        createSearch(sources, policy),
        'it states what the retrieved texts do not hold',
      );
    },
  }),
});
