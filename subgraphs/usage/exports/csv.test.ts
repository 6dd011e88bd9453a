import { expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { toCsvLine } from './csv.ts';

it.each([
  ['=HYPERLINK("https://x.example")', `"'=HYPERLINK(""https://x.example"")"`],
  ['+1', "'+1"],
  ['-1', "'-1"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['\t=1', "'\t=1"],
  ['\r=1', `"'\r=1"`],
  ['\n=1', `"'\n=1"`],
  ['＝1', "'＝1"],
  ['＋1', "'＋1"],
  ['－1', "'－1"],
  ['＠x', "'＠x"],
])('the text %j is no formula: %j', (text, cell) => expect(toCsvLine([text])).toBe(`${cell}\r\n`));

it('numbers stay numbers, negative ones too, and nothing is not the empty text', () => {
  expect(toCsvLine([{ digits: '-0.5' }, null, '', 'a,b'])).toBe('-0.5,,"","a,b"\r\n');
});

/** A reader of RFC 4180. */
function readCsv(text: string): string[][] {
  const lines: string[][] = [[]];
  for (const [, quoted, plain = '', end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    lines.at(-1)?.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === '\r\n') lines.push([]);
  }
  return lines.slice(0, -1);
}

it('a reader gets each text back, with an apostrophe before what might be a formula', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.string({ unit: 'binary' }), { minLength: 1 }), { minLength: 1 }),
      (lines) => {
        const read = readCsv(lines.map((line) => toCsvLine(line)).join(''));
        expect(
          read.map((line) => line.map((cell) => cell.replace(/^'(?=[=+\-@\t\r\n＋－＝＠])/, ''))),
        ).toEqual(lines.map((line) => line.map((cell) => cell.replace(/^'(?=[=+\-@\t\r\n＋－＝＠])/, ''))));
      },
    ),
  );
});
