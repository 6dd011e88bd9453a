import { z } from 'zod';
import { defineRule, guardrailStages } from '../../guardrail.ts';
import { foldText } from '../../text/folded-text.ts';
import { type Search, scanTexts } from '../../text/scan.ts';
import { createWordMatcher } from '../../text/word-matcher.ts';
import { createWordHold, createWordSearch, type ReadForms } from '../../text/word-search.ts';
import { wordList } from '../options.ts';
import { profaneWords } from './profane-words.ts';

const languages = Object.keys(profaneWords) as (keyof typeof profaneWords)[];

const options = z.strictObject({
  languages: z.array(z.enum(languages)).min(1).default(languages),
  /** Further words. */
  words: wordList.default([]),
  /** Words of the lists that are not looked for. */
  allow: wordList.default([]),
});

/** Digits and signs that stand for letters. */
const signs: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '@': 'a',
  $: 's',
};
const signInWord = /[01345@$](?=[a-z])|(?<=[a-z])[01345@$]/g;

/** As it is, and with letters in the place of the signs that stand for them. */
const readForms: ReadForms = (folded) => {
  const spelled = folded.replace(signInWord, (sign) => signs[sign] ?? sign);
  return spelled === folded ? [folded] : [folded, spelled];
};

/** A word of Latin letters with a star in the place of its first vowel, as people write it who want it read: "f*ck". Others have none. */
function maskVowel(word: string): readonly string[] {
  return /^[a-z]{4,}$/.test(word) ? [word.replace(/(?<!^)[aeiou](?!$)/, '*')] : [];
}

/** Turkish words with a dotted i. With a dotless one they are others, and harmless: "sıktır". Both fold to i. */
const dotted = new Set(
  profaneWords.tr.filter((word) => /i/.test(word) && !/ı/.test(word)).map((word) => foldText(word).text),
);

/** Leaves out words that only folding makes equal to a Turkish one. */
function withoutDotless(search: Search): Search {
  return function* searchDotted(text) {
    for (const match of search(text)) {
      if (match === null) continue;
      const found = text.slice(match.start, match.end);
      if (!(found.includes('ı') && dotted.has(foldText(found).text))) yield match;
    }
  };
}

/** Finds words that offend. */
export const profanity = defineRule({
  name: 'profanity',
  summary: 'Words that offend, in fifteen languages.',
  options,
  stages: guardrailStages,
  hasSpans: true,
  reach: 'LOCAL',
  prepare: ({ languages: wanted, words, allow }) => {
    const allowed = new Set(allow.map((word) => foldText(word).text));
    const listed = [...wanted.flatMap((language) => profaneWords[language]), ...words];
    const folded = listed.map((word) => foldText(word).text).filter((word) => !allowed.has(word));
    const matcher = createWordMatcher([...folded, ...folded.flatMap(maskVowel)], 'WORD');
    const search = withoutDotless(createWordSearch(matcher, 'PROFANITY', readForms));
    return {
      check: (texts) => scanTexts(texts, search, 'it has a word that offends'),
      holdFrom: createWordHold(matcher, readForms),
    };
  },
});
