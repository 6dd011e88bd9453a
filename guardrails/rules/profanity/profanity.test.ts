import { describe, expect, it } from 'vitest';
import { expectFinalBeforeHold, testRule } from '#test/support/guardrail-rules.ts';
import { profaneWords } from './profane-words.ts';
import { profanity } from './profanity.ts';

const rule = testRule(profanity, {});
const rules = new Map(
  Object.keys(profaneWords).map((language) => [language, testRule(profanity, { languages: [language] })]),
);
const cases = Object.entries(profaneWords).flatMap(([language, list]) =>
  list.map((word) => [language, word] as const),
);

describe('the rule profanity', () => {
  it('knows fifteen languages', () => {
    expect(Object.keys(profaneWords)).toHaveLength(15);
  });

  it.for(cases)('finds the %s word %s, also in capitals', async ([language, word]) => {
    expect(await rules.get(language)?.find(`– ${word} –`)).toContain(word);
    expect(await rule.look(`(${word.toUpperCase()})`)).toMatchObject({ fired: true });
  });

  it.for([
    'sh1t',
    '@sshole',
    'b1tch',
    'a$$hole',
    'fu\u200bck',
    'ｆｕｃｋ',
    'fцck'.replace('ц', 'υ'),
    'Scheisse',
    'CABRÓN',
    'f*ck',
    'SH*T',
    'k*rwa',
    'SİKTİR',
    'SIKTIR',
    '씨발놈들아',
  ])('finds %s', async (text) => {
    expect(await rule.find(`so ${text} it is`)).toEqual([text]);
  });

  it.for([
    'Scunthorpe, Penistone, Essex, Sussex, Clitheroe and Lightwater',
    'a cocktail with Dickens, an assassin in class, bass and grass, Hancock and peacock',
    'therapist, analysis, shiitake, shitake, Matsushita, Mishit, pussy willow, titular, button',
    'rätt till föda, foder åt hästen, hon föder,',
    'slut på filmen, fackförbund, got, gott, jag fick en bok, kock',
    'le retard du train, la bite d’amarrage, con gusto, un cono de helado, año nuevo, el ano pasado',
    'der dicke Mann, hell und dunkel, Fuchs, Wichtel, Huren-Siel, die Nuss',
    'Troia, la pizza, il pene d’amore è una pena, Verga',
    'de kut van een hoek, eikel en kanker, huren en verhuren',
    'sukces, chujkowski, pizzeria, cipisek',
    'сукно, рассказ, пиджак, требует, оскорбление, потребление, хлебать',
    'sıkı, Sıkça sorulan sorular, göt, pic, amca, am',
    'Bu hata sıktır. Portakal sıktırın. Sıktırsın.',
    'en Joden, jøde, hoeren Sie, Ludwig von Ficker, Joda',
    'a*b, f*x, 2*ck, *it*, sh*tter, **ass**',
    'сучки на дереве, 彼氏ね, 爸妈逼我, 伪装逼真, 第二逼近, 鸡八只, 杂种优势, 5 개년 계획, 死ねやしない',
    '操作系统, 体操你来, 他妈妈的手, 你妈的电话',
    'パチンコ, ロマンコメディ, 死ねない',
    '시발점, 시발역, 개새',
    'काल, कुत्ता, गांधी',
    'خول له الحق',
    'const shitake = fetch("https://a.test/fuckoffee"); /* 5h1n */ $a = "a55";',
  ])('finds nothing in %s', async (text) => {
    expect(await rule.find(text)).toEqual([]);
  });

  it('finds a word beside a sign that can stand for a letter', async () => {
    expect(await rule.find('shit@work')).toEqual(['shit']);
  });

  it('takes further words, and leaves out those that are allowed', async () => {
    const own = testRule(profanity, { languages: ['en'], words: ['frak'], allow: ['Bollocks'] });
    expect(await own.find('frak, bollocks, merde, shit')).toEqual(['frak', 'shit']);
    expect(() => profanity.prepare({ languages: ['xx'] }, {})).toThrow();
  });

  it('holds no more of a text that grows than may still become a word', async () => {
    expect(rule.holdFrom?.('All is fine. ')).toBe(13);
    expect(rule.holdFrom?.('You son of ')).toBe(4);
    await expectFinalBeforeHold(rule, [
      'son of a b1tch',
      'sh1t',
      '@',
      '$',
      'fuck',
      's0n ',
      'of',
      ' a ',
      '操',
      '你妈',
      'x',
      ' ',
      'f*',
      'ck',
      'sıktır',
    ]);
  });
});
