import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { idForms } from '../rules/pii/id-forms.ts';
import { drawHarmless } from './harmless.ts';
import { measure, precision, recall } from './measure.ts';
import { drawFrom } from './random.ts';
import { labelledSets } from './sets.ts';
import { replaceTable, writeTable } from './table.ts';

const seed = Number(process.env.HEDDLE_TEST_SEED ?? 2026);

describe('the measured rules', () => {
  it('find what is there and little else, with under 0.1 % of false alarms', async () => {
    const measured = await measure(200, 10_000, seed);
    expect(measured.falseAlarms.length).toBeLessThan(10);
    const poor = measured.kinds.filter((one) => recall(one) < 0.95 || precision(one) < 0.95);
    expect(poor).toEqual([]);
  }, 60_000);

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
    const table = writeTable({
      kinds: [],
      harmlessTexts: 1_000,
      falseAlarms: [{ kind: 'EMAIL', found: 'x', text: 'x' }],
    });
    expect(replaceTable(page, table)).toContain(
      'Of 1,000 harmless texts the default set finds something in 1 (0.10 %).',
    );
    expect(() => replaceTable('', table)).toThrow(/has no/);
  });
});
