import { describe, expect, it } from 'vitest';
import { guardedText, testRule } from '#test/support/guardrail-rules.ts';
import type { ModelQuestion } from '../../guardrail.ts';
import { toneRule } from './tone.ts';

function judging(score: number, options: object) {
  const asked: ModelQuestion[] = [];
  const callModel = async (question: ModelQuestion) => {
    asked.push(question);
    return JSON.stringify({ score });
  };
  return { asked, ...testRule(toneRule, { model: 'm', ...options }, { callModel }) };
}

describe('the rule tone', () => {
  it('has the allowed and denied tones in its rubric, and no others', async () => {
    const rule = judging(1, { allowed: ['FRIENDLY', 'FORMAL'], denied: ['RUDE'] });
    expect(await rule.look('Hello')).toEqual({ fired: false });
    const system = rule.asked[0]?.system ?? '';
    expect(system).toMatch(
      /has to be in one of these tones:\n- friendly: .*\n- formal: .*\n\nNo part .*:\n- rude: /,
    );
    expect(system).not.toMatch(/- (?:casual|aggressive):/);
    const denying = judging(1, { denied: ['RUDE'] });
    await denying.look('Hello');
    expect(denying.asked[0]?.system).not.toContain('has to be in one of');
  });

  it('finds what is scored below the pass mark', async () => {
    expect(await judging(0.4, { denied: ['RUDE'] }).look('Hello')).toMatchObject({
      fired: true,
      reason: 'the judge scores it 0.4, below the pass mark of 0.5',
    });
    expect(await judging(0.4, { denied: ['RUDE'], passMark: 0.3 }).look('Hello')).toEqual({ fired: false });
  });

  it('looks at messages of users and answers alone', async () => {
    const rule = judging(0, { denied: ['RUDE'] });
    for (const more of [
      { role: 'system' },
      { role: 'tool' },
      { kind: 'tool-arguments' },
      { kind: 'file' },
    ] as const) {
      expect(await rule.look(guardedText('Hello', more))).toEqual({ fired: false });
    }
    expect(rule.asked).toEqual([]);
    for (const more of [
      { role: 'user' },
      { role: 'assistant' },
      { kind: 'refusal', role: 'assistant' },
    ] as const) {
      expect(await rule.look(guardedText('Hello', more))).toMatchObject({ fired: true });
    }
  });

  it.for([
    {},
    { allowed: ['NICE'] },
    { allowed: ['RUDE'], denied: ['RUDE'] },
    { denied: ['RUDE'], rubric: 'r' },
  ])('refuses the options %o', (wrong) => {
    expect(() => toneRule.prepare({ model: 'm', ...wrong }, {})).toThrow();
  });
});
