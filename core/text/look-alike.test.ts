import { describe, expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { HeddleError } from '../errors.ts';
import { checkedScripts, toLookAlikeKey } from './look-alike.ts';

describe('names that look the same', () => {
  it.each<[what: string, one: string, other: string]>([
    ['of other case', 'Acme', 'ACME'],
    ['with a Cyrillic letter', 'Acme', 'Аcme'],
    ['in Cyrillic letters', 'cope', 'соре'],
    ['in Cyrillic capitals', 'BMTKH', 'ВМТКН'],
    ['in Greek capitals', 'NOHKIA', 'ΝΟΗΚΙΑ'],
    ['in small Greek letters', 'koala', 'κοαlα'],
    ['in full width', 'Acme', 'Ａｃｍｅ'],
    ['in mathematical letters', 'Acme', '𝐀𝒸𝓂𝑒'],
    ['in small capitals', 'acme', 'ᴀᴄᴍᴇ'],
    ['with a ligature', 'office', 'oﬃce'],
    ['composed and decomposed', 'Café', 'Cafe\u0301'],
    ['with an invisible character', 'Acme', 'Ac\u200bme'],
    ['with a joiner, a mark of order and a soft hyphen', 'Acme', '\ufeffAc\u200dm\u00ade\u200e'],
    ['with a variation selector', 'Acme', 'Acme\ufe0f'],
    ['with another space', 'Acme Inc', 'Acme\u00a0\u2003Inc'],
    ['with another dash', 'Acme-Inc', 'Acme\u2011Inc'],
    ['with another apostrophe', "Bob's", 'Bob’s'],
    ['with a dotless i', 'Tim', 'Tım'],
    ['with a dot on the capital', 'Tim', 'Tİm'],
    ['with digits for letters', 'loom', '100m'],
    ['with two letters for one', 'modern', 'rnodern'],
    ['with two letters for another', 'www', 'vvww'],
  ])('%s have one key', (_what, one, other) => {
    expect(toLookAlikeKey(other)).toBe(toLookAlikeKey(one));
  });

  it.each([
    ['Acme', 'Acma'],
    ['Acme', 'Acme Inc'],
    ['Acme 1', 'Acme 2'],
    ['Café', 'Cafe'],
    ['Mail', 'Mall'],
    ['Пекарня', 'Пекарни'],
    ['東京', '京都'],
    ['👩', '👨'],
    ['a-b', 'a b'],
  ])('%s and %s have two', (one, other) => {
    expect(toLookAlikeKey(one)).not.toBe(toLookAlikeKey(other));
  });

  it('have one key in each case and form, and their key is its own', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 30 }), (name) => {
        const key = toLookAlikeKey(name);
        for (const form of ['NFC', 'NFD', 'NFKC', 'NFKD']) {
          expect(toLookAlikeKey(name.normalize(form))).toBe(key);
        }
        expect(toLookAlikeKey(key)).toBe(key);
        expect(toLookAlikeKey(` ${Array.from(name).join('\u200b')} `)).toBe(key);
      }),
    );
  });
});

describe('a name', () => {
  it.each([
    'Acme, Inc. 2',
    'ООО Acme',
    'Ünïcödé Straße',
    'Ελληνικά',
    'トヨタ自動車 USA',
    'LG전자 Electronics',
    'שלום עולם',
    'می‌خواهم',
    'हिन्दी',
    '👩‍🚀 space',
    '№ 7',
    '42',
  ])('%s has words of one script each', (name) => {
    expect(checkedScripts(name, 'name')).toBe(name);
  });

  it.each([
    ['of mixed letters', 'Аcme', /several scripts/],
    ['of mixed letters with an invisible one between', 'А\u200bcme', /several scripts/],
    ['of mixed letters in its second word', 'The Gооgle', /several scripts/],
    ['of a script that is not in use', 'ᎪᏟᎷᎬ', /not in use/],
    ['in another order', 'emcA\u202e', /direction/],
    ['of two lines', 'Acme\nInc', /line breaks/],
    ['that cannot be seen', '\u200b\u2060', /visible/],
    ['of fillers', '\u3164', /visible/],
  ])('%s is refused', (_what, name, message) => {
    const check = () => checkedScripts(name, 'input.name');
    expect(check).toThrow(HeddleError);
    expect(check).toThrow(message);
    expect(check).toThrow(/^input\.name /);
  });
});
