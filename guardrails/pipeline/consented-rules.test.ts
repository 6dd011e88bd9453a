import { describe, expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { buildPlan, wordRule } from '#test/support/word-rules.ts';
import { consent } from '../rules/consent.ts';
import { listPurposes, withoutConsented } from './consented-rules.ts';
import { Masks } from './masks.ts';
import { runGuardrails } from './run.ts';

const rule = (unlessConsent: string | null, stage: 'INPUT' | 'OUTPUT' = 'INPUT') =>
  wordRule(/x/, 'BLOCK', { stages: [stage], unlessConsent });

describe('a plan without the rules that consent turns off', () => {
  it('has exactly the rules of other purposes and of none, and a fingerprint for each set of purposes', () => {
    const purpose = fc.constantFrom(null, 'a', 'b', 'c', 'd');
    const given = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'));
    fc.assert(
      fc.property(fc.array(purpose, { minLength: 1, maxLength: 8 }), given, (purposes, consented) => {
        const plan = buildPlan(...purposes.map((one) => rule(one)));
        const bound = withoutConsented(plan, new Set(consented));
        const left = plan.rules.filter(
          ({ unlessConsent }) => !consented.some((one) => one === unlessConsent),
        );
        expect(bound.rules).toEqual(left);
        expect(bound.looksAtInput).toBe(left.length > 0);
        expect(bound.fingerprint === plan.fingerprint).toBe(left.length === plan.rules.length);
        expect(withoutConsented(plan, new Set(consented.toReversed()))).toBe(bound);
        expect(listPurposes(plan)).toEqual([...new Set(purposes.filter((one) => one !== null))].sort());
      }),
    );
  });

  it('looks at the directions of its own rules alone', () => {
    const plan = buildPlan(rule('a', 'INPUT'), rule('b', 'OUTPUT'));
    const looks = (...given: string[]) => {
      const { looksAtInput, looksAtOutput } = withoutConsented(plan, new Set(given));
      return [looksAtInput, looksAtOutput];
    };
    expect([looks(), looks('a'), looks('b'), looks('a', 'b')]).toEqual([
      ...[
        [true, true],
        [false, true],
      ],
      ...[
        [true, false],
        [false, false],
      ],
    ]);
  });
});

describe('the rule consent', () => {
  const run = (stages: readonly ('INPUT' | 'RETRIEVED')[], direction: 'INPUT' | 'OUTPUT', given: boolean) => {
    const prepared = consent.prepare({ purpose: 'analysis' }, {});
    const plan = buildPlan(wordRule(/x/, 'BLOCK', { rule: 'consent', stages, prepared }));
    const asked: string[] = [];
    const hasConsent = (purpose: string) => {
      asked.push(purpose);
      return given;
    };
    const signal = new AbortController().signal;
    const context = {
      tenantId: 't',
      allowedRegions: null,
      endUserId: 'ada',
      hasConsent,
      callTexts: () => [],
      signal,
    };
    return runGuardrails(plan, [], { direction, context, masks: new Masks([]) }).then(
      ({ kind, verdicts }) => ({
        ...{ kind, asked, stages: verdicts.map(({ stage }) => stage) },
      }),
    );
  };

  it('looks at a call that has no text, and names the stage INPUT', async () => {
    expect(await run(['INPUT'], 'INPUT', false)).toEqual({
      ...{ kind: 'BLOCKED', asked: ['analysis'], stages: ['INPUT'] },
    });
    expect(await run(['INPUT'], 'INPUT', true)).toMatchObject({ kind: 'PASSED', asked: ['analysis'] });
  });

  it('of RETRIEVED alone looks at no call without retrieved texts, and at no answer', async () => {
    expect(await run(['RETRIEVED'], 'INPUT', false)).toMatchObject({ kind: 'PASSED', asked: [] });
    expect(await run(['INPUT'], 'OUTPUT', false)).toMatchObject({ kind: 'PASSED', asked: [] });
  });

  it('looks at no answer without texts, wherever such a rule stands', async () => {
    const prepared = { ...consent.prepare({ purpose: 'analysis' }, {}) };
    const plan = buildPlan(wordRule(/x/, 'BLOCK', { stages: ['INPUT', 'OUTPUT'], prepared }));
    const context = {
      ...{
        tenantId: 't',
        allowedRegions: null,
        endUserId: null,
        callTexts: () => [],
        signal: new AbortController().signal,
      },
    };
    const outcome = await runGuardrails(plan, [], { direction: 'OUTPUT', context, masks: new Masks([]) });
    expect(outcome.verdicts).toEqual([]);
  });

  it.for([{}, { purpose: '' }, { purpose: 'A b' }, { purpose: 'a', more: 1 }])(
    'refuses the options %j',
    (options) => {
      expect(() => consent.prepare(options, {})).toThrow();
    },
  );
});
