import { describe, expect, it } from 'vitest';
import { buildPlan, growingRule, wordRule } from '#test/support/word-rules.ts';
import { splitAnswerRules } from './answer-rules.ts';
import { joinPlans, type PlannedRule } from './policy.ts';

const growing = growingRule(/a/, 'BLOCK');

describe('the rules of an answer', () => {
  it.each<readonly [what: string, rule: PlannedRule, isWhole: boolean]>([
    ['a rule that looks at pieces', growing, false],
    ['one that masks', growingRule(/a/, 'MASK'), false],
    ['one that looks at whole texts', wordRule(/a/, 'BLOCK'), true],
    ['one of an AI model or a webhook', { ...growing, reach: 'REMOTE' }, true],
    ['one that has the AI model called again', { ...growing, action: 'RETRY' }, true],
    ['one that warns', wordRule(/a/, 'WARN'), false],
    ['one of a webhook in a shadow', { ...wordRule(/a/, 'BLOCK'), reach: 'REMOTE', isShadow: true }, false],
    ['one on input', wordRule(/a/, 'BLOCK', { stages: ['INPUT'] }), false],
  ])('hold an answer until it is whole where one has to see all of it: %s', (_, rule, isWhole) => {
    expect(splitAnswerRules(buildPlan(growing, rule)).growing === null).toBe(isWhole);
  });

  it('that change nothing look at the whole, and hold nothing', () => {
    const warning = wordRule(/a/, 'WARN');
    const { growing: acting, observing } = splitAnswerRules(buildPlan(growing, warning));
    expect(acting).toEqual([growing]);
    expect(observing.rules).toEqual([warning]);
  });
});

describe('two plans', () => {
  const ofPolicy = (policyId: string, stages: PlannedRule['stages']) =>
    buildPlan(wordRule(/a/, 'BLOCK', { policyId, stages }));

  it('come to the rules of both, and look where one of them does', () => {
    const joined = joinPlans(ofPolicy('p', ['INPUT']), ofPolicy('q', ['OUTPUT']));
    expect(joined.rules.map(({ policyId }) => policyId)).toEqual(['p', 'q']);
    expect(joined).toMatchObject({ looksAtInput: true, looksAtOutput: true });
    const turned = joinPlans(ofPolicy('q', ['OUTPUT']), ofPolicy('p', ['INPUT']));
    expect(turned).toMatchObject({ looksAtInput: true, looksAtOutput: true });
    expect(joined.fingerprint).not.toBe(ofPolicy('p', ['INPUT']).fingerprint);
  });

  it('of the same policies are the first', () => {
    const plan = ofPolicy('p', ['INPUT']);
    expect(joinPlans(plan, ofPolicy('p', ['INPUT']))).toBe(plan);
  });
});
