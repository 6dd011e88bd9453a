import { describe, expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { toWholeCharacters } from './whole-characters.ts';

describe('JSON of whole characters', () => {
  it.each([
    ['an escaped emoji', String.raw`"\ud83d\ude00"`, '😀'],
    ['its first half', String.raw`"a\ud83d b"`, 'a\ufffd b'],
    ['its second half', String.raw`"\uDE00"`, '\ufffd'],
    ['two first halves and a second', String.raw`"\ud83d\ud83d\ude00"`, '\ufffd😀'],
    ['the halves in the wrong order', String.raw`"\ude00\ud83d"`, '\ufffd\ufffd'],
    ['a half after a backslash', String.raw`"\\\ud83d"`, '\\\ufffd'],
    ['a text that looks like an escape', String.raw`"\\ud83d"`, '\\ud83d'],
    ['an escape that is no half', String.raw`"\ud7ff\ue000"`, '\ud7ff\ue000'],
  ])('holds %s', (_what, json, text) => {
    expect(JSON.parse(toWholeCharacters(json))).toBe(text);
  });

  it('reads each text as its well-formed one, in names as in values', () => {
    const unit = fc.constantFrom('\\', '"', 'u', 'd', '8', '3', '\ud83d', '\ude00', '😀', 'e', '\n');
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 12 }), (units) => {
        const text = units.join('');
        const json = toWholeCharacters(JSON.stringify({ [text]: [text] }));
        expect(JSON.parse(json)).toEqual({ [text.toWellFormed()]: [text.toWellFormed()] });
      }),
    );
  });
});
