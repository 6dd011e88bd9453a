import { describe, expect, it } from 'vitest';
import { guardedText, ruleContext, testRule } from '#test/support/guardrail-rules.ts';
import { languageRule } from './language.ts';

const texts: Readonly<Record<string, string>> = {
  en: 'Please send me the report about the new building before the end of the week.',
  de: 'Bitte schicken Sie mir den Bericht über das neue Gebäude vor dem Ende der Woche.',
  fr: "Veuillez m'envoyer le rapport sur le nouveau bâtiment avant la fin de la semaine.",
  es: 'Por favor, envíeme el informe sobre el nuevo edificio antes del fin de semana.',
  it: 'Per favore, mi mandi la relazione sul nuovo edificio prima della fine della settimana.',
  pt: 'Por favor, envie-me o relatório sobre o novo edifício antes do final da semana.',
  nl: 'Stuur me alstublieft het verslag over het nieuwe gebouw voor het einde van de week.',
  pl: 'Proszę przesłać mi raport o nowym budynku przed końcem tego tygodnia.',
  ru: 'Пожалуйста, пришлите мне отчёт о новом здании до конца этой недели.',
  tr: 'Lütfen bana yeni bina hakkındaki raporu hafta sonundan önce gönderin.',
  ar: 'من فضلك أرسل لي التقرير عن المبنى الجديد قبل نهاية هذا الأسبوع.',
  hi: 'कृपया मुझे नई इमारत के बारे में रिपोर्ट सप्ताह के अंत से पहले भेजें।',
  zh: '请在本周末之前把关于新大楼的报告发给我，我们需要它来准备会议。',
  ja: '今週末までに新しい建物に関する報告書を送ってください。よろしくお願いします。',
  vi: 'Vui lòng gửi cho tôi báo cáo về tòa nhà mới trước cuối tuần này.',
  ko: '이번 주말 전에 새 건물에 대한 보고서를 보내 주시기 바랍니다. 감사합니다.',
};
const names = Object.keys(texts);

describe('the rule language', () => {
  it.for(names)('distinguishes %s from the others', async (name) => {
    const text = texts[name] ?? '';
    const denying = testRule(languageRule, { denied: [name] });
    const allowing = testRule(languageRule, { allowed: [name] });
    for (const other of names) {
      const isSame = other === name;
      expect((await denying.look(texts[other] ?? '')).fired, other).toBe(isSame);
      expect((await allowing.look(texts[other] ?? '')).fired, other).toBe(!isSame);
    }
    expect(await testRule(languageRule, { allowed: names }).look(text)).toEqual({ fired: false });
  });

  it.for(names)('knows %s in any form of Unicode', async (name) => {
    for (const form of ['NFC', 'NFD'] as const) {
      const { fired } = await testRule(languageRule, { denied: [name] }).look(
        (texts[name] ?? '').normalize(form),
      );
      expect(fired, form).toBe(true);
    }
  });

  it('lets other work have its turn between its sentences', async () => {
    const prepared = languageRule.prepare({ allowed: ['de'] }, {});
    const text = `${texts.de} `.repeat(90);
    const now = performance.now;
    let clockMs = 0;
    let turns = 0;
    // As slow as a busy machine: a step of the clock each time it is read.
    performance.now = () => (clockMs += 7);
    const count = () => {
      turns += 1;
      immediate = setImmediate(count);
    };
    let immediate = setImmediate(count);
    await prepared.check([guardedText(text)], ruleContext);
    clearImmediate(immediate);
    performance.now = now;
    expect(turns).toBeGreaterThan(60);
  });

  it('finds the sentences of another language in a text', async () => {
    const rule = testRule(languageRule, { allowed: ['en'] });
    const found = await rule.find(`${texts.en} ${texts.de} ${texts.en}`);
    expect(found.map((text) => text.trim())).toEqual([texts.de]);
    const long = `${`${texts.en} `.repeat(300)}${texts.fr}`;
    expect((await rule.find(long)).join('')).toContain('le nouveau bâtiment');
  });

  it.for([
    'Ja, danke!',
    'npm tsc vitest knip biome zod ajv redis mongo graphql yoga undici pino',
    'OK',
    '1234567890 12345 67890 ----- ===== 12345678901234567890 1234567890',
    '```ts\nconst message = await read({ name: "x" }); // reads the message of the client, and returns it\n```',
    'https://example.com/a/long/path/of/words/that/is/no/sentence/at/all?with=a&query=of-words',
  ])('takes %s for no language', async (text) => {
    expect(await testRule(languageRule, { allowed: ['de'] }).look(text)).toEqual({ fired: false });
  });

  it('takes a language that is close to an allowed one for that, as far as the policy states', async () => {
    const norwegian = 'Jeg vil gjerne ha en kopp kaffe og et stykke brød til frokost i dag.';
    expect(await testRule(languageRule, { allowed: ['no'] }).look(norwegian)).toEqual({ fired: false });
    const strict = testRule(languageRule, { allowed: ['no'], marginMin: 0 });
    expect(await strict.look(norwegian)).toMatchObject({ fired: true });
  });

  it('looks at prose of users and answers alone', async () => {
    const rule = testRule(languageRule, { allowed: ['en'] });
    expect(await rule.look(guardedText(texts.de ?? '', { role: 'system' }))).toEqual({ fired: false });
    expect(await rule.look(guardedText(texts.de ?? '', { kind: 'tool-description' }))).toEqual({
      fired: false,
    });
    const json = guardedText(JSON.stringify({ answer: texts.de }), { kind: 'tool-result', format: 'JSON' });
    expect(await rule.find(json)).toEqual([texts.de]);
  });

  it.for([{}, { allowed: ['xx'] }, { denied: ['de'], lettersMin: 5 }, { denied: ['de'], marginMin: 2 }])(
    'refuses the options %o',
    (options) => {
      expect(() => languageRule.prepare(options, {})).toThrow();
    },
  );
});
