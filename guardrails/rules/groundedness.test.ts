import { describe, expect, it } from 'vitest';
import { guardedText, testRule } from '#test/support/guardrail-rules.ts';
import { groundedness } from './groundedness.ts';

const retrieved = guardedText(
  'The bridge was opened in 1932 by Anna Lindqvist. It is 1,149 m long, weighs 52,800.50 tons, and cost 6.25 million pounds. "We built it for those who come after us", the engineer wrote.',
  { kind: 'tool-result', role: 'tool', stages: ['INPUT', 'TOOL_OUTPUT'] },
);
const context = { callTexts: () => [guardedText('How long is the bridge? I guess 1200 m.'), retrieved] };
const rule = testRule(groundedness, { check: ['NUMBERS', 'QUOTES', 'NAMES'] }, context);

describe('the rule groundedness', () => {
  it.for([
    ['It was opened in 1933.', '1933'],
    ['It is 1,148 m long.', '1,148'],
    ['It weighs 52,800.75 tons.', '52,800.75'],
    ['It cost 7.25 million.', '7.25'],
    ['The engineer wrote "We built it for the king alone".', '"We built it for the king alone"'],
    ['Er schrieb: „Wir bauten sie für alle“.', '„Wir bauten sie für alle“'],
    ['It was opened by Carl Lindqvist.', 'Carl Lindqvist'],
    ['Yesterday Anna Bergman came.', 'Anna Bergman'],
    ['It is by Pieter de Vries.', 'Pieter de Vries'],
    ['It is by Ludwig van der Rohe.', 'Ludwig van der Rohe'],
  ])('finds in %s', async ([text, found]) => {
    expect(await rule.find(text as string)).toEqual([found]);
  });

  it.for([
    'It was opened in 1932 and is 1149 m long (1.149 m in German); you guessed 1200.',
    'It weighs 52800.5 tons, and cost 6.250 million.',
    '3 facts:\n1. It was opened.\n2. It is long.',
    'The engineer wrote: “we built it for THOSE who come after us”.',
    'It was opened by Anna Lindqvist. Later Lindqvist left.',
    'A "good" bridge. Bridges in Wales de facto, the capital of the Netherlands al dente.',
    'The id is a1932b, the version v2.19.3.',
  ])('finds nothing in %s', async (text) => {
    expect(await rule.find(text)).toEqual([]);
  });

  it('finds sentences with few words of the sources where the policy states it', async () => {
    const strict = testRule(groundedness, { check: [], supportMin: 0.6 }, context);
    expect(await strict.find('The engineer wrote that the bridge opened after it was built.')).toEqual([]);
    expect(
      await strict.find('Penguins usually migrate towards warmer southern islands every winter.'),
    ).toHaveLength(1);
    expect(await strict.look('That is fine.')).toEqual({ fired: false });
  });

  it('has nothing to compare with where nothing was retrieved', async () => {
    const without = testRule(groundedness, {}, { callTexts: () => [guardedText('How long is it?')] });
    expect(await without.look('It is 1148 m long.')).toEqual({ fired: false });
  });

  it('looks at messages alone, and numbers findings by all texts', async () => {
    const other = guardedText('{"n":1933}', { kind: 'tool-arguments', format: 'JSON' });
    expect(await rule.look(other, 'In 1933.')).toMatchObject({ findings: [{ text: 1, start: 3, end: 7 }] });
    expect(await rule.look(other)).toEqual({ fired: false });
  });
});
