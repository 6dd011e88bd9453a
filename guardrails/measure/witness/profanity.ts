/**
 * Measures the rule `profanity` at word lists that others wrote: files `<language>.json` with an array of words, in the folder that is its argument. Writes
 * how many of each language are found, and with `--missed` those that are not.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { profaneWords } from '../../rules/profanity/profane-words.ts';
import { findIn, prepareRule } from '../measure.ts';

const { values, positionals } = parseArgs({
  options: { missed: { type: 'boolean' } },
  allowPositionals: true,
});
const [folder = '.'] = positionals;
const rule = prepareRule('profanity', {});
for (const language of Object.keys(profaneWords)) {
  const words = z.array(z.string()).parse(JSON.parse(readFileSync(join(folder, `${language}.json`), 'utf8')));
  const missed: string[] = [];
  for (const word of words) if ((await findIn(rule, `(${word})`)).length === 0) missed.push(word);
  const found = words.length - missed.length;
  console.log(`${language}: ${found} of ${words.length} found (${(found / words.length).toFixed(2)})`);
  if (values.missed === true) console.log(`  ${missed.join(', ')}`);
}
