import { describe, expect, it } from 'vitest';
import { wordEdge } from '#core/text/word-scan.ts';
import { readNeededWords } from './required-words.ts';

/** With | for the edges of words. */
const clauses = (source: string) =>
  readNeededWords(source).map((each) =>
    each.clauses.map((clause) => clause.map((word) => word.replaceAll(wordEdge, '|')).sort()),
  );

describe('what the matches of a pattern need', () => {
  it.for([
    ['jailbr(?:eak|oken)', [[['jailbreak', 'jailbroken']]]],
    ['\\bmode\\b', [[['|mode|']]]],
    ['\\bgod\\s{1,5}mode', [[['|mode'], ['|god|']]]],
    ['god\\s{0,5}mode', [[['mode'], ['god']]]],
    ['rules?|\\blaws\\b', [[['rule']], [['|laws|']]]],
    ['(?:one|two\\s{1,2}[a-z])end', [[['one', 'two|'], ['end']]]],
    ['(?:one|[a-z])end', [[['end']]]],
    ['(?:some){0,3}thing', [[['thing']]]],
    ['x(?:ab){1,3}', [[['ab']]]],
    ['[nt]ot', [[['not', 'tot']]]],
    ['[^n]ot\\p{L}', [[['ot']]]],
    ['忽略', [[['忽略']]]],
    ['(?<![a-z])id(?![a-z])|tax.?id', [[['id']], [['tax'], ['id']]]],
    ['<\\|im\\x5fstart\\|>', [[['<|im_start']]]],
  ] as const)('%s', ([source, expected]) => {
    expect(clauses(source)).toEqual(expected);
  });

  it.for([
    ['abc', 3],
    ['a{2,4}b?', 5],
    ['[^\\n]{0,60}a', 121],
    ['(?:ab|abcd)\\s{1,5}x', 10],
  ] as const)('has the longest match of %s: %i units', ([source, lengthMax]) => {
    expect(readNeededWords(source)).toMatchObject([{ lengthMax }]);
  });

  it.for(['a*b', 'a+', '(a)', '(?=a', '(?<n>a)', 'a{2,}', '\\Bx', 'a)', '(?:a', '$'])(
    'is not known of the syntax of %s',
    (source) => {
      expect(() => readNeededWords(source)).toThrow();
    },
  );
});
