import { describe, expect, it } from 'vitest';
import { createOverloadedError } from '#core/errors.ts';
import { GuardrailAction } from '#core/graph-enums.generated.ts';
import { buildPlan, wordRule } from '#test/support/word-rules.ts';
import type { GuardrailStage } from '../guardrail.ts';
import { guardedText } from '../measure/guarded-text.ts';
import { Masks } from './masks.ts';
import type { PlannedRule } from './policy.ts';
import { runGuardrails } from './run.ts';

/** What a rule does that this process has no room for. */
const overloaded = {
  check: () => {
    throw createOverloadedError('Too many long texts wait for a guardrail.');
  },
};

function decide(action: GuardrailAction, stage: GuardrailStage, more: Partial<PlannedRule> = {}) {
  const plan = buildPlan(wordRule(/x/, action, { prepared: overloaded, ...more }));
  const context = {
    tenantId: 't',
    allowedRegions: null,
    endUserId: null,
    callTexts: () => [],
    signal: new AbortController().signal,
  };
  const direction = stage === 'OUTPUT' ? 'OUTPUT' : 'INPUT';
  return runGuardrails(plan, [guardedText('text', { stages: [stage] })], {
    direction,
    context,
    masks: new Masks([]),
  });
}

const observing: readonly GuardrailAction[] = ['WARN', 'LOG'];

describe.each(Object.values(GuardrailAction))('%s of a rule that this process has no room for', (action) => {
  const isObserving = observing.includes(action);

  it('refuses input so that clients try again, where it protects', async () => {
    const deciding = decide(action, 'INPUT');
    if (isObserving) expect(await deciding).toMatchObject({ kind: 'PASSED', verdicts: [{ failed: true }] });
    else await expect(deciding).rejects.toMatchObject({ code: 'OVERLOADED' });
  });

  it('lets no answer pass where it protects: the call has been made', async () => {
    const { kind } = await decide(action, 'OUTPUT');
    expect(kind).toBe(isObserving ? 'PASSED' : 'BLOCKED');
  });

  it('changes nothing in shadow', async () => {
    expect(await decide(action, 'INPUT', { isShadow: true })).toMatchObject({ kind: 'PASSED' });
  });

  it('blocks input where it is at a service elsewhere, which answers for itself', async () => {
    const { kind } = await decide(action, 'INPUT', { reach: 'REMOTE' });
    expect(kind).toBe(isObserving ? 'PASSED' : 'BLOCKED');
  });
});
