import { z } from 'zod';
import { defineRule, guardrailStages } from '../guardrail.ts';
import { scanTexts } from '../text/scan.ts';
import { createWordMatcher } from '../text/word-matcher.ts';
import { createWordHold, createWordSearch } from '../text/word-search.ts';
import { kindName, wordList } from './options.ts';

const options = z.strictObject({
  words: wordList.min(1),
  /** WORD: whole words and phrases. PART: within words too. */
  match: z.enum(['WORD', 'PART']).default('WORD'),
  kind: kindName.default('WORD'),
});

/** Finds the words of a policy's list. */
export const listedWords = defineRule({
  name: 'words',
  summary: "Words and phrases of the policy's list.",
  options,
  stages: guardrailStages,
  hasSpans: true,
  reach: 'LOCAL',
  prepare: ({ words: list, match, kind }) => {
    const matcher = createWordMatcher(list, match);
    const search = createWordSearch(matcher, kind);
    return {
      check: (texts) => scanTexts(texts, search, "it has a word of the policy's list"),
      holdFrom: createWordHold(matcher),
    };
  },
});
