import { describe, expect, it } from 'vitest';
import { expectFinalBeforeHold, guardedText, testRule } from '#test/support/guardrail-rules.ts';
import { listedWords } from './words.ts';

describe('the rule words', () => {
  const list = ['Project Falcon', 'naïve', 'Geheimnis', 'проект', '机密'];
  const rule = testRule(listedWords, { words: list });

  it.for([
    ['About Project Falcon.', 'Project Falcon'],
    ['PROJECT\n  FALCON', 'PROJECT\n  FALCON'],
    ['a naive one', 'naive'],
    ['ｎａïｖｅ', 'ｎａïｖｅ'],
    ['Ge\u200bheim\u00adnis!', 'Ge\u200bheim\u00adnis'],
    ['Gеhеimnis with Cyrillic letters', 'Gеhеimnis'],
    ['Наш ПРОЕКТ', 'ПРОЕКТ'],
    ['这是机密文件', '机密'],
  ])('finds %j', async ([text, found]) => {
    expect(await rule.find(text as string)).toEqual([found]);
  });

  it.for(['Projects Falcon', 'Geheimnisse', 'Falcon project', 'проекты', ''])(
    'finds nothing in %j',
    async (text) => {
      expect(await rule.look(text)).toEqual({ fired: false });
    },
  );

  it('finds parts of words where the policy states it', async () => {
    const part = testRule(listedWords, { words: ['heim'], match: 'PART', kind: 'HOME' });
    expect(await part.look('Geheimnis')).toMatchObject({ findings: [{ start: 2, end: 6, kind: 'HOME' }] });
  });

  it('finds words within strings of JSON, whatever is escaped there', async () => {
    const json = (text: string) => guardedText(text, { format: 'JSON' });
    expect(await rule.find(json('{"a":"x\\nGeheimnis"}'))).toEqual(['Geheimnis']);
    expect(await rule.find(json('{"a":"\\u0047eheimnis"}'))).toEqual(['\\u0047eheimnis']);
    expect(await rule.find(json('["Project","Falcon"]'))).toEqual([]);
  });

  it('holds no more of a text that grows than may still become a word', async () => {
    expect(rule.holdFrom?.('Nothing here. ')).toBe(14);
    expect(rule.holdFrom?.('About project fal')).toBe(6);
    expect(rule.holdFrom?.('About Geheimnis')).toBe(6);
    expect(rule.holdFrom?.('About Geheimnis ')).toBe(16);
    expect(rule.holdFrom?.('这是机')).toBe(2);
    // An escape of JSON can stand for any letter.
    expect(rule.holdFrom?.('See \\u0047eheim. ')).toBe(0);
    await expectFinalBeforeHold(rule, [...list, 'Project ', 'Falc', 'on', ' ', 'a', '\u0301', '机']);
  });

  it('knows ten thousand words', async () => {
    const many = Array.from({ length: 10_000 }, (_, number) => `word${number.toString(36)}x`);
    const large = testRule(listedWords, { words: many });
    expect(await large.find(`some ${many[9_999]} text`)).toEqual([many[9_999]]);
    expect(await large.find(`some ${many[9_999]}y text`)).toEqual([]);
  });

  it.for([
    {},
    { words: [] },
    { words: [''] },
    { words: ['x'.repeat(101)] },
    { words: Array(10_001).fill('x') },
    { words: ['x'], kind: 'lower' },
    { words: ['x'], match: 'SOME' },
    { words: ['x'], other: 1 },
  ])('refuses the options of case %$', (options) => {
    expect(() => listedWords.prepare(options, {})).toThrow();
  });
});
