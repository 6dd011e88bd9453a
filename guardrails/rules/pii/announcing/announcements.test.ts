import { expect, it } from 'vitest';
import { TextUnits } from '#core/text/text-units.ts';
import { fc } from '#test/support/properties.ts';
import { idForms } from '../id-forms.ts';
import { type Announced, announcements, contextChars } from './announcements.ts';
import { birthWords, generalIdWords, passportWords, phoneWords } from './announcing-words.ts';

const sources: readonly (readonly [announced: Announced, source: string])[] = [
  ...idForms.map(({ words }) => ['ID', words] as const),
  ['ID', generalIdWords],
  ['PASSPORT', passportWords.source],
  ['PHONE', phoneWords.source],
  ['BIRTH', birthWords.source],
];

/** Words that a pattern matches, but for what stands around them. */
function drawWords(source: string): fc.Arbitrary<string> {
  const plain = source.replace(/\(\?<?[!=][^()]*\)/g, '').replaceAll('\\p{L}{0,48}', '[a-zé]{0,4}');
  return fc.stringMatching(new RegExp(`^(?:${plain})$`));
}

it.for(sources)('of %s by %s are seen wherever they stand before a number', ([announced, source]) => {
  const words = fc
    .tuple(drawWords(source), fc.boolean())
    .map(([drawn, isLoud]) => (isLoud ? drawn.toUpperCase() : drawn));
  const before = fc.string({ unit: 'grapheme', maxLength: 60 });
  const reader = new TextUnits();
  let seen = 0;
  fc.assert(
    fc.property(before, words, fc.string({ maxLength: 50 }), (first, word, after) => {
      const text = `${first} ${word} ${after}`;
      const context = text.slice(-contextChars).toLowerCase();
      if (!new RegExp(source, 'u').test(context)) return;
      seen += 1;
      announcements.read(reader.read(`${text}123`));
      expect([context, announcements.has(announced, text.length)]).toEqual([context, true]);
    }),
    { numRuns: 60 },
  );
  expect(seen).toBeGreaterThan(0);
});
