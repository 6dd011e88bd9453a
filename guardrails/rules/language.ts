import { z } from 'zod';
import { defineRule, type GuardedText, guardrailStages } from '../guardrail.ts';
import { type Search, scanTexts, type TextMatch } from '../text/scan.ts';
import { codePattern } from './markup/dangerous-markup.ts';

/** ISO 639-1, as the detector knows them. */
const languages = [
  ...[
    'am',
    'ar',
    'az',
    'be',
    'bg',
    'bn',
    'ca',
    'cs',
    'da',
    'de',
    'el',
    'en',
    'es',
    'et',
    'eu',
    'fa',
    'fi',
    'fr',
    'gu',
    'he',
  ],
  ...[
    'hi',
    'hr',
    'hu',
    'hy',
    'is',
    'it',
    'ja',
    'ka',
    'kn',
    'ko',
    'ku',
    'lo',
    'lt',
    'lv',
    'ml',
    'mr',
    'ms',
    'nl',
    'no',
    'or',
  ],
  ...[
    'pa',
    'pl',
    'pt',
    'ro',
    'ru',
    'sk',
    'sl',
    'sq',
    'sr',
    'sv',
    'ta',
    'te',
    'th',
    'tl',
    'tr',
    'uk',
    'ur',
    'vi',
    'yo',
    'zh',
  ],
];

const list = z.array(z.enum(languages)).max(languages.length).default([]);

const options = z
  .strictObject({
    /** Empty: all but the denied ones. */
    allowed: list,
    denied: list,
    /** Letters that a stretch has to have. Fewer are not enough to distinguish languages. */
    lettersMin: z.int().min(20).max(300).default(40),
    /** How much higher than that of the allowed languages the score of another one has to be, 0 to 1. */
    marginMin: z.number().min(0).max(1).default(0.05),
  })
  .refine(
    ({ allowed, denied }) => allowed.length + denied.length > 0,
    'must have languages in allowed or denied',
  );

type Options = z.output<typeof options>;
type Detector = typeof import('eld/extrasmall')['eld'];

let loading: Promise<Detector> | undefined;

/** A megabyte, that only meshes with such a policy load. */
function loadDetector(): Promise<Detector> {
  loading ??= import('eld/extrasmall').then(({ eld }) => eld);
  return loading;
}

/** Texts in a language of people. */
const prose: ReadonlySet<GuardedText['kind']> = new Set([
  'message',
  'reasoning',
  'refusal',
  'transcript',
  'tool-result',
  'file',
  'value',
] as const);
/** What is in no language. Each as long as it was, so that places stay. */
const noProse = [
  codePattern,
  /\b(?:https?:\/\/|www\.)\S{1,2000}/g,
  /\S{1,100}@\S{1,100}/g,
  /<[^<>]{1,500}>/g,
];
/** A sentence, or a piece of a long one. */
const sentence = /[^.!?。！？\n]{1,300}[.!?。！？\n]*/g;
const letter = /[\p{L}\p{M}]/gu;
/** A character that is a syllable or a word. */
const dense = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}]/gu;
const lettersOfDense = 3;

function countLetters(text: string): number {
  return (text.match(letter)?.length ?? 0) + (lettersOfDense - 1) * (text.match(dense)?.length ?? 0);
}

/** The sentences of a text, so many together that they have enough letters. */
function* readStretches(
  text: string,
  lettersMin: number,
): Generator<{ readonly start: number; readonly end: number }> {
  const plain = noProse.reduce(
    (left, pattern) => left.replace(pattern, (found) => ' '.repeat(found.length)),
    text,
  );
  let start = -1;
  let letters = 0;
  for (const { 0: found, index } of plain.matchAll(sentence)) {
    if (start < 0) start = index;
    letters += countLetters(found);
    if (letters < lettersMin) continue;
    yield { start, end: index + found.length };
    start = -1;
    letters = 0;
  }
}

/** Whether a stretch is in a language that the policy does not want. */
function isUnwanted(stretch: string, detector: Detector, { allowed, denied, marginMin }: Options): boolean {
  // The detector knows letters with their marks as one character each.
  const result = detector.detect(stretch.normalize('NFC'));
  if (!result.isReliable()) return false;
  if (denied.includes(result.language)) return true;
  if (allowed.length === 0 || allowed.includes(result.language)) return false;
  const scores = result.getScores();
  const best = Math.max(...allowed.map((language) => scores[language] ?? 0));
  return (scores[result.language] ?? 0) - best >= marginMin;
}

function createSearch(detector: Detector, policy: Options): Search {
  return function* search(text): Generator<TextMatch | null> {
    for (const { start, end } of readStretches(text, policy.lettersMin)) {
      if (isUnwanted(text.slice(start, end), detector, policy)) yield { start, end, kind: 'LANGUAGE' };
      else yield null;
    }
  };
}

/** Finds sentences in languages that the policy does not want. */
export const languageRule = defineRule({
  name: 'language',
  summary: 'Sentences in languages that are denied, or not among the allowed ones.',
  options,
  stages: guardrailStages,
  hasSpans: true,
  reach: 'LOCAL',
  load: loadDetector,
  prepare: (policy) => {
    return {
      cost: 20,
      check: async (texts) => {
        const detector = await loadDetector();
        const looked = texts.map((guarded) =>
          prose.has(guarded.kind) && guarded.role !== 'system' ? guarded : { ...guarded, text: '' },
        );
        return scanTexts(looked, createSearch(detector, policy), 'it is in a language that is not allowed');
      },
    };
  },
});
