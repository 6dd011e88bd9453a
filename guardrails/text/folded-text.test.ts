import { describe, expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { foldText } from './folded-text.ts';

describe('a folded text', () => {
  it.for([
    ['Plain ASCII', 'plain ascii'],
    ['Crème BRÛLÉE', 'creme brulee'],
    ['cre\u0300me', 'creme'],
    ['Straße', 'strasse'],
    ['ｗｉｄｅ', 'wide'],
    ['𝐛𝐨𝐥𝐝 𝓼𝓽𝔂𝓵𝓮', 'bold style'],
    ['in\u200bvi\u00adsi\u2060ble\ufeff', 'invisible'],
    ['раураl', 'paypal'],
    ['сорока', 'сорока'],
    ['Ёлка й', 'елка и'],
    ['İstanbul ışık', 'istanbul isik'],
    ['हिन्दी की', 'हिन्दी की'],
    ['がぎ', 'がぎ'],
    ['한국어', '한국어'],
    ['مُحَمَّد أحمد', 'محمد احمد'],
  ])('of %s is %s', ([source, folded]) => {
    expect(foldText(source as string).text).toBe(folded);
  });

  it('has the place of each of its characters in the source', () => {
    const source = 'aß\u200bc ﬁ e\u0301x';
    const { text, offsets } = foldText(source);
    expect(text).toBe('assc fi ex');
    const place = (part: string) => {
      const start = text.indexOf(part);
      return source.slice(offsets?.toSourceStart(start), offsets?.toSourceEnd(start + part.length));
    };
    expect(place('ss')).toBe('ß');
    expect(place('c')).toBe('c');
    expect(place('ssc')).toBe('ß\u200bc');
    expect(place('fi')).toBe('ﬁ');
    expect(place('f')).toBe('ﬁ');
    expect(place('ex')).toBe('e\u0301x');
  });

  it('folds to itself, and covers the source from its start to its end', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (source) => {
        const { text, offsets } = foldText(source);
        expect(foldText(text).text).toBe(text);
        for (let at = 0; at < text.length; at += 1) {
          const start = offsets?.toSourceStart(at) ?? at;
          const end = offsets?.toSourceEnd(at + 1) ?? at + 1;
          expect(start).toBeLessThan(end);
          expect(end).toBeLessThanOrEqual(source.length);
        }
      }),
    );
  });

  it('is that of its graphemes, whatever stands beside them', () => {
    const grapheme = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 });
    const letter = fc.constantFrom(
      'É',
      'e\u0301',
      'ß',
      'Ж',
      'й',
      'が',
      '한',
      '\u{1d41b}',
      '½',
      '\u200b',
      'أ',
      '\ufdfa',
      '\ud800',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(grapheme, letter), { maxLength: 60 }), (graphemes) => {
        const folded = graphemes.map((each) => foldText(each).text);
        expect(foldText(graphemes.join(' ')).text).toBe(folded.join(' '));
      }),
    );
  });
});
