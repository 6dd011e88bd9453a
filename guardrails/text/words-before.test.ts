import { describe, expect, it } from 'vitest';
import { TextUnits } from '#core/text/text-units.ts';
import { fc } from '#test/support/properties.ts';
import { WordsBefore } from './words-before.ts';

const distance = 8;
const sources = { BIRTH: 'born|n[ée]', ID: '(?<![a-z])id(?![a-z])|σας', TAX: 'tax.?(?:id|no)' };
const reader = new TextUnits();

/** The patterns that can match before each of some places, in ascending order. */
function readBefore(text: string, places: readonly number[]): readonly (readonly string[])[] {
  const before = new WordsBefore(sources, distance);
  before.read(reader.read(text));
  const names = Object.keys(sources) as (keyof typeof sources)[];
  return places.map((place) => names.filter((name) => before.has(name, place)));
}

describe('words before places', () => {
  it.for([
    ['born 1', 5, ['BIRTH']],
    ['BORN 1', 5, ['BIRTH']],
    ['born in May 1', 12, []],
    ['born in 1', 8, ['BIRTH']],
    ['orn 1', 4, []],
    ['born', 3, []],
    ['ΣΑΣ 1', 4, ['ID']],
    ['tax, né 1', 8, ['BIRTH', 'TAX']],
  ] as const)('of %j at %i', ([text, place, expected]) => {
    expect(readBefore(text, [place])).toEqual([expected]);
  });

  it('are seen wherever a pattern matches, however many places are looked at', () => {
    const unit = fc.constantFrom(
      ...['born', 'BORN', 'n', 'é', 'É', 'id', 'Id', 'İd', 'σας', 'ΣΑΣ', 'tax', ' ', 'no', '7', 'x', '. '],
    );
    let matched = 0;
    fc.assert(
      fc.property(
        fc.array(unit, { maxLength: 30 }),
        fc.array(fc.nat(60), { maxLength: 8 }),
        (units, drawn) => {
          const text = units.join('');
          const places = drawn.filter((place) => place <= text.length).sort((a, b) => a - b);
          const found = readBefore(text, places);
          for (const [number, place] of places.entries()) {
            const context = text.slice(Math.max(0, place - distance), place).toLowerCase();
            for (const [name, source] of Object.entries(sources)) {
              if (!new RegExp(source, 'u').test(context)) continue;
              matched += 1;
              expect([context, name, found[number]]).toEqual([context, name, expect.arrayContaining([name])]);
            }
          }
        },
      ),
      { numRuns: 1_000 },
    );
    expect(matched).toBeGreaterThan(100);
  });

  it('are those of one text alone', () => {
    const before = new WordsBefore(sources, distance);
    before.read(reader.read('born 1'));
    expect(before.has('BIRTH', 5)).toBe(true);
    before.read(reader.read('12345 1'));
    expect(before.has('BIRTH', 6)).toBe(false);
  });

  it('are needed by every pattern', () => {
    expect(() => new WordsBefore({ ANY: 'born|[a-z]' }, distance)).toThrow('without a word');
  });
});
