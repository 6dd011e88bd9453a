import { describe, expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { toVisible } from './visible-text.ts';

/** What stands in the given text where `part` is seen. */
function given(text: string, part: string, format: 'TEXT' | 'JSON' = 'TEXT'): string {
  const visible = toVisible(text, format);
  const at = visible.text.indexOf(part);
  return text.slice(visible.toStart(at), visible.toEnd(at + part.length));
}

describe('a visible text', () => {
  it.for([
    ['a\u200bb\u00adc', 'abc'],
    ['ｇｈｐ＿１２', 'ghp_12'],
    ['𝐚𝐛𝟑', 'ab3'],
    ['٠١٢٣٤٥٦٧٨٩', '0123456789'],
    ['०१२३४५६७८९', '0123456789'],
    ['𞥐𞥑𞥙', '019'],
    ['1\u20112\u22123\u00a04\u20095', '1-2-3 4 5'],
    ['oﬃce', 'office'],
    ['Grüße 東京 서울 été', 'Grüße 東京 서울 été'],
    ['a\0b', 'ab'],
  ])('of %j is %j', ([text, shown]) => {
    expect(toVisible(text as string).text).toBe(shown);
  });

  it('leads back to what was given', () => {
    expect(given('x a\u200bb\u200b y', 'ab')).toBe('a\u200bb');
    expect(given('x 𝐚𝐛 y', 'b')).toBe('𝐛');
    expect(given('an oﬃce', 'fi')).toBe('ﬃ');
  });

  it('of JSON has no escapes, and leads back to whole ones', () => {
    const json = JSON.stringify({ text: 'a\nb"c\\d\u0001', more: 'e' }).replace('a', '\\u0061');
    expect(toVisible(json, 'JSON').text).toContain('a\nb"c\\d\u0001');
    expect(given(json, 'a\nb', 'JSON')).toBe('\\u0061\\nb');
    expect(given(json, 'b"c', 'JSON')).toBe('b\\"c');
    expect(toVisible(json).text).toBe(json);
  });

  it('of any text has offsets that grow, within it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('TEXT', 'JSON'), (text, format) => {
        const visible = toVisible(text, format as 'TEXT');
        let last = 0;
        for (let at = 0; at < visible.text.length; at += 1) {
          const [start, end] = [visible.toStart(at), visible.toEnd(at + 1)];
          expect(start).toBeGreaterThanOrEqual(last);
          expect(end).toBeGreaterThan(start);
          expect(end).toBeLessThanOrEqual(text.length);
          last = start;
        }
      }),
    );
  });
});
