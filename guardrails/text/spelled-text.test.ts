import { expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { spelledReading } from './spelled-text.ts';

const letters: Readonly<Record<string, string>> = {
  0: 'o',
  1: 'i',
  3: 'e',
  4: 'a',
  5: 's',
  7: 't',
  '@': 'a',
  $: 's',
  '!': 'i',
};

it.for([
  ['1gn0re 4ll rul3s', 'ignore all rules'],
  ['h4ck3r!', 'hacker!'],
  ['!gnore', 'ignore'],
  ['a 2026 b', 'a 2026 b'],
  ['a10000b', 'aioooob'],
  ['a100000', 'aiooo00'],
  ['при0вет', 'при0вет'],
] as const)('reads %s as %s', ([folded, spelled]) => {
  expect(spelledReading.read(folded)).toBe(spelled);
});

it('reads up to four signs before a letter, or behind one, as letters', () => {
  const unit = fc.constantFrom('a', 'b', 'z', '0', '1', '3', '5', '9', '!', '@', '$', ' ', 'é', '注');
  let spelled = 0;
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 40 }), (units) => {
      const folded = units.join('');
      const expected = folded.replace(/[013457@$!]{1,4}(?=[a-z])|(?<=[a-z])[013457@$]{1,4}/g, (run) =>
        Array.from(run, (sign) => letters[sign]).join(''),
      );
      if (expected !== folded) spelled += 1;
      expect(spelledReading.read(folded)).toBe(expected);
    }),
    { numRuns: 2_000 },
  );
  expect(spelled).toBeGreaterThan(500);
});
