import { WordsBefore } from '../../../text/words-before.ts';
import { idForms } from '../id-forms.ts';
import { birthWords, generalIdWords, passportWords, phoneWords } from './announcing-words.ts';

/** What words before a number announce. */
export type Announced = 'ID' | 'PASSPORT' | 'PHONE' | 'BIRTH';

/** The characters before a number in which words announce it. */
export const contextChars = 48;

/** Where these words stand before the numbers of a text. All policies share it: it holds the words of a text, and is used for one after the other. */
export const announcements = new WordsBefore<Announced>(
  {
    ID: [...idForms.map(({ words }) => words), generalIdWords].join('|'),
    PASSPORT: passportWords.source,
    PHONE: phoneWords.source,
    BIRTH: birthWords.source,
  },
  contextChars,
);
