import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { createJsonSchemas } from '#core/json-schema/json-schema.ts';
import { idForms } from '../rules/pii/id-forms.ts';
import { knownRules } from '../rules.ts';
import { contentSets } from './content-sets.ts';
import { drawHarmless } from './harmless.ts';
import { measure, precision, recall } from './measure.ts';
import { measureContent } from './measure-content.ts';
import { drawFrom } from './random.ts';
import { labelledSets } from './sets.ts';
import { replaceTable, writeTables } from './table.ts';

const jsonSchemas = createJsonSchemas();
afterAll(() => jsonSchemas[Symbol.asyncDispose]());
const seed = Number(process.env.HEDDLE_TEST_SEED ?? 2026);

/** Lower for rules with known gaps, which docs/guardrails.md states. */
const recallMin: Readonly<Record<string, number>> = { injection: 0.4, prompt_leak: 0.4, profanity: 0.6 };

describe('the measured rules', () => {
  it('find what is there and little else, with under 0.1 % of false alarms', async () => {
    const measured = await measure(200, 10_000, seed);
    expect(measured.falseAlarms.length).toBeLessThan(10);
    const poor = measured.kinds.filter((one) => recall(one) < 0.95 || precision(one) < 0.95);
    expect(poor).toEqual([]);
  }, 120_000);

  it('that decide over whole texts find what they have to, and little of what resembles it', async () => {
    const { results } = await measureContent(40, 1_000, seed, jsonSchemas);
    const poor = results.filter(
      ({ rule, looks, found, wrong, alarms }) =>
        found / looks < (recallMin[rule] ?? 0.9) ||
        wrong / looks > (rule === 'injection' ? 0.45 : 0.05) ||
        (alarms ?? 0) > 1,
    );
    expect(poor).toEqual([]);
  }, 120_000);

  it('are all that look at texts in this process', () => {
    const measured = [...labelledSets, ...contentSets].map(({ rule }) => rule);
    const local = knownRules.filter(({ name, reach }) => reach === 'LOCAL' && name !== 'consent');
    expect(new Set(measured)).toEqual(new Set(local.map(({ name }) => name)));
  });

  it('are measured as wrong where they decide otherwise than their set', async () => {
    const [words] = contentSets.filter(({ rule }) => rule === 'words');
    if (words === undefined) throw new Error('There is no set of the rule words.');
    const swapped = { ...words, makeFound: words.makePassed, makePassed: words.makeFound };
    const { results, wrongLooks } = await measureContent(10, 3, seed, jsonSchemas, [swapped]);
    expect(results[0]).toMatchObject({ kind: 'PLAIN', looks: 10, found: 0, wrong: 10, alarms: 0 });
    expect(wrongLooks.filter(({ kind }) => kind === 'PLAIN').map(({ sort }) => sort)).toEqual([
      ...Array.from({ length: 10 }, () => 'missed'),
      ...Array.from({ length: 10 }, () => 'wrong'),
    ]);
  });

  it('are measured at every kind that they find', () => {
    expect(new Set(labelledSets.find(({ rule }) => rule === 'pii')?.kinds)).toEqual(
      new Set([
        ...['EMAIL', 'PHONE', 'CREDIT_CARD', 'IBAN', 'PASSPORT', 'IP_ADDRESS', 'DATE_OF_BIRTH'],
        ...idForms.map(({ kind }) => kind),
      ]),
    );
  });

  it('are measured at texts that one seed repeats', () => {
    expect(drawHarmless(30, 1)).toEqual(drawHarmless(30, 1));
    expect(drawHarmless(30, 1)).not.toEqual(drawHarmless(30, 2));
    for (const { kinds, makeFound, makePassed } of contentSets) {
      const [kind = ''] = kinds;
      const made = makeFound(kind, drawFrom(7));
      expect(makeFound(kind, drawFrom(7))).toEqual(made);
      expect(makePassed(kind, drawFrom(7))).not.toEqual(made);
    }
    for (const set of labelledSets) {
      const [kind = ''] = set.kinds;
      const made = set.make(kind, drawFrom(7));
      expect(set.make(kind, drawFrom(7))).toEqual(made);
      expect(made.text).toContain(made.value);
    }
  });

  it('have their figures in docs/guardrails.md', () => {
    const page = readFileSync(new URL('../../docs/guardrails.md', import.meta.url), 'utf8');
    for (const { rule, kinds } of labelledSets) {
      for (const kind of kinds) expect(page).toContain(`| ${rule} | ${kind} |`);
    }
    for (const { rule, kinds } of contentSets) {
      for (const kind of kinds) expect(page).toContain(`| ${rule} | ${kind} |`);
    }
    const values = {
      kinds: [],
      harmlessTexts: 1_000,
      falseAlarms: [{ kind: 'EMAIL', found: 'x', text: 'x' }],
    };
    const content = {
      results: [
        { rule: 'links', kind: 'BARE', looks: 200, found: 100, wrong: 25, alarms: null },
        { rule: 'topics', kind: 'SEX', looks: 200, found: 0, wrong: 0, alarms: 7 },
      ],
      harmlessTexts: 1_000,
      wrongLooks: [],
    };
    const table = writeTables(values, content);
    expect(table).toContain('| links | BARE | 200 | 50.0 % | 80.0 % | – |');
    expect(table).toContain('| topics | SEX | 200 | 0.0 % | 100.0 % | 7 |');
    expect(replaceTable(page, table)).toContain(
      'Of 1,000 harmless texts the default set finds something in 1 (0.10 %).',
    );
    expect(() => replaceTable('', table)).toThrow(/has no/);
  });
});
