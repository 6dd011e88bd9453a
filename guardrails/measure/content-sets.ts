import type { ContentSet } from './content.ts';
import { groundednessSet } from './sets/groundedness.ts';
import { injectionSet } from './sets/injection.ts';
import { languageSet } from './sets/language.ts';
import { linksSet } from './sets/links.ts';
import { markupSet } from './sets/markup.ts';
import { lengthSet, patternSet, schemaSet, wordsSet } from './sets/options.ts';
import { profanitySet } from './sets/profanity.ts';
import { promptLeakSet } from './sets/prompt-leak.ts';
import { topicsSet } from './sets/topics.ts';

/** The sets of rules that decide over texts as a whole, in the order of the table. */
export const contentSets: readonly ContentSet[] = [
  lengthSet,
  wordsSet,
  profanitySet,
  topicsSet,
  patternSet,
  linksSet,
  markupSet,
  promptLeakSet,
  injectionSet,
  languageSet,
  groundednessSet,
  schemaSet,
];
