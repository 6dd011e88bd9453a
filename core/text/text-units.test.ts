import { expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { isAscii, TextUnits } from './text-units.ts';

it('reads the units of one text after the other, and 0 behind them', () => {
  const reader = new TextUnits();
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom('a', 'é', '\ud800', '注') }),
    fc.constantFrom('a'.repeat(1_024), 'é'.repeat(5_000), 'a'.repeat(200_000)),
  );
  fc.assert(
    fc.property(text, (read) => {
      const units = reader.read(read);
      const expected = Array.from({ length: read.length }, (_, at) => read.charCodeAt(at));
      expect([...units.subarray(0, read.length + 1)]).toEqual([...expected, 0]);
    }),
  );
});

it('knows texts of ASCII alone', () => {
  const text = fc.string({ unit: fc.constantFrom('a', '\0', '\x7f', '\x80', 'é', '\ud800', '注', '🔒') });
  fc.assert(
    fc.property(text, (read) => {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII
      expect(isAscii(read)).toBe(/^[\x00-\x7f]*$/.test(read));
    }),
  );
});
