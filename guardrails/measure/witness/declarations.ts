/**
 * Measures `language` and `profanity` at the Universal Declaration of Human Rights: the files of HTML in the folder that is its argument, one for each language.
 * Writes for each language that the rule knows how many paragraphs of 40 letters are found where only English is allowed, and the paragraphs of
 * all files in which `profanity` finds a word.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findRule } from '../../rules.ts';
import { findIn, prepareRule } from '../measure.ts';

const [folder = '.'] = process.argv.slice(2);
const lettersMin = 40;
/** Files by the code of the language that the rule `language` has for them. */
const files: Readonly<Record<string, string>> = {
  ...{
    en: 'eng',
    de: 'deu_1996',
    fr: 'fra',
    es: 'spa',
    it: 'ita',
    pt: 'por_PT',
    nl: 'nld',
    pl: 'pol',
    ru: 'rus',
  },
  ...{
    tr: 'tur',
    ar: 'arb',
    hi: 'hin',
    zh: 'cmn_hans',
    ja: 'jpn',
    ko: 'kor',
    sv: 'swe',
    uk: 'ukr',
    cs: 'ces',
    he: 'heb',
    vi: 'vie',
  },
};

function readParagraphs(file: string): readonly string[] {
  const page = readFileSync(join(folder, `${file}.html`), 'utf8');
  return [...page.matchAll(/<p>([^<]*)<\/p>/g)].map(([, text = '']) => text.replaceAll('&#x27;', "'").trim());
}

await findRule('language')?.load?.();
const language = prepareRule('language', { allowed: ['en'] });
for (const [code, file] of Object.entries(files)) {
  const long = readParagraphs(file).filter((text) => (text.match(/\p{L}/gu)?.length ?? 0) >= lettersMin);
  let found = 0;
  for (const text of long) if ((await findIn(language, text)).length > 0) found += 1;
  console.log(`language ${code}: ${found} of ${long.length} paragraphs found`);
}

const profanity = prepareRule('profanity', {});
const all = readdirSync(folder).filter((name) => name.endsWith('.html'));
let paragraphs = 0;
for (const name of all) {
  for (const text of readParagraphs(name.slice(0, -'.html'.length))) {
    paragraphs += 1;
    for (const { start, end } of await findIn(profanity, text)) {
      console.log(`profanity in ${name}: ${text.slice(start, end)}`);
    }
  }
}
console.log(`profanity: ${paragraphs} paragraphs of ${all.length} files`);
