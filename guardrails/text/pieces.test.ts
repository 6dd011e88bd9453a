import { describe, expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { readPieces } from './pieces.ts';

const listTexts = (text: string) => [...readPieces({ text, format: 'JSON' })].map((piece) => piece.text);

describe('the pieces of a text', () => {
  it('are the text itself, where it is no JSON', () => {
    const [piece] = readPieces({ text: '"a\\n"', format: 'TEXT' });
    expect(piece?.text).toBe('"a\\n"');
    expect(piece?.place(1, 3)).toEqual({ start: 1, end: 3 });
  });

  it('are the strings and numbers of JSON without their escapes', () => {
    const value = { a: 'x\ny', 'b"': ['\\', 12.5, true, null], c: 'ü\u0001' };
    expect(listTexts(JSON.stringify(value))).toEqual(['a', 'x\ny', 'b"', '\\', '12.5', 'c', 'ü\u0001']);
    expect(listTexts('"\\u0041\\/"')).toEqual(['A/']);
  });

  it('are whole where a string looks like what stands between strings', () => {
    expect(listTexts('["10, 12"]')).toEqual(['10, 12']);
  });

  it('are found where a part of JSON begins or ends within a string', () => {
    expect(listTexts('so bad","next":"and wor')).toEqual(
      expect.arrayContaining(['so bad', 'next', 'and wor']),
    );
    expect(listTexts('{"a":"b\\')).toContain('b\\');
  });

  it('place what stands in them in the source', () => {
    const place = (json: string, part: string) => {
      for (const piece of readPieces({ text: json, format: 'JSON' })) {
        const at = piece.text.indexOf(part);
        if (at < 0) continue;
        const { start, end } = piece.place(at, at + part.length);
        return json.slice(start, end);
      }
      return undefined;
    };
    expect(place('{"a":"x\\ny z"}', 'y')).toBe('y');
    expect(place('{"a":"x\\ny z"}', '\ny')).toBe('\\ny');
    expect(place('{"a":[17]}', '17')).toBe('17');
    fc.assert(
      fc.property(
        fc.string({ maxLength: 20, unit: 'grapheme' }),
        fc.nat(),
        fc.nat(),
        (value, from, length) => {
          const start = from % (value.length + 1);
          const part = value.slice(start, start + 1 + (length % 4));
          if (part === '' || !part.isWellFormed()) return;
          const found = place(JSON.stringify({ k: value }).replace('"k"', '""'), part);
          expect(JSON.parse(`"${found}"`)).toBe(part);
        },
      ),
    );
  });
});
