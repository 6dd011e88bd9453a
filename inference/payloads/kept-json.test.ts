import { describe, expect, it } from 'vitest';
import { Masks } from '#guardrails/pipeline/masks.ts';
import { fc } from '#test/support/properties.ts';
import { toKeptJson } from './kept-json.ts';

const none = new Masks([]);
/** Parsed, and as it is written. */
const keep = (value: unknown, charactersMax = 10_000, masks = none) => {
  const { json, isCut } = toKeptJson(value, charactersMax, masks);
  return { value: JSON.parse(json) as unknown, json, isCut };
};

/** Masks of these values, all of one kind. */
function createMasks(...values: readonly string[]): Masks {
  const masks = new Masks([]);
  for (const value of values) masks.choosePlaceholder('WORD', value);
  return masks;
}

describe('a value of JSON that is kept', () => {
  it('is the value where it is short', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const { json, isCut } = keep(value, 1_000_000);
        expect({ json, isCut }).toEqual({ json: JSON.stringify(value), isCut: false });
      }),
    );
  });

  it('has about so many characters at most, whatever the value, and states where it was cut', () => {
    const texts = fc.string({ maxLength: 400 });
    fc.assert(
      fc.property(fc.array(fc.dictionary(texts, fc.array(texts, { maxLength: 5 }))), (value) => {
        const { json, isCut } = keep(value, 500);
        // Escapes, brackets and the mark of each place that is cut come on top.
        expect(json.length).toBeLessThan(500 * 6 + 1_000);
        expect(isCut).toBe(json !== JSON.stringify(value));
        expect(json.includes('⟦cut: ')).toBe(isCut);
      }),
    );
  });

  it('keeps the last items of a list', () => {
    const { value } = keep(['a'.repeat(90), 'b'.repeat(90), 'c'.repeat(90)], 130);
    expect(value).toEqual(['⟦cut: 1 items⟧', `${'b'.repeat(16)}⟦cut: 74 characters⟧`, 'c'.repeat(90)]);
  });

  it.each([
    ['base64', 'A'.repeat(2_000), '⟦file: 2000 characters of base64⟧'],
    ['a data URL', `data:image/png;base64,${'A'.repeat(2_000)}`, '⟦file: 2022 characters of base64⟧'],
    ['bytes', new Uint8Array(9), '⟦file: 9 bytes⟧'],
  ])('has a mark in the place of a file: %s', (_what, file, mark) => {
    expect(keep({ data: file })).toMatchObject({ value: { data: mark }, isCut: true });
  });

  it('ends at a depth, whatever a provider returns', () => {
    let deep: unknown = 'x';
    for (let i = 0; i < 100_000; i++) deep = [deep];
    expect(keep(deep).json).toContain('⟦cut: nested deeper⟧');
  });

  it('keeps the digits of numbers', () => {
    expect(keep({ n: JSON.rawJSON('12345678901234567890.5') }).json).toBe('{"n":12345678901234567890.5}');
  });

  it('has no masked value anywhere: in texts, names, and texts of JSON', () => {
    const value = 'Ada "the" Countess\n';
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), fc.string(), (other, around) => {
        const given = {
          text: `${around}${value}${around}`,
          [value]: { nested: [other, value] },
          json: JSON.stringify({ to: value }),
        };
        const { value: kept, json } = keep(given, 100_000, createMasks(value));
        expect(json).not.toContain('Countess');
        expect(kept).toMatchObject({ json: '{"to":"⟨WORD_1⟩"}' });
      }),
    );
  });

  it('masks the longest of values that overlap', () => {
    const masks = createMasks('ada', 'ada@example.com', '$& (a+b)*');
    const { value } = keep('ada@example.com, ada, $& (a+b)*', 100, masks);
    expect(value).toBe('⟨WORD_2⟩, ⟨WORD_1⟩, ⟨WORD_3⟩');
  });

  it('cuts no masked value into its clear part', () => {
    const { value } = keep(`${'x'.repeat(90)}secret-secret-secret`, 100, createMasks('secret-secret-secret'));
    expect(value).not.toContain('secret');
  });
});
