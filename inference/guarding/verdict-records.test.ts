import { describe, expect, it } from 'vitest';
import type { GuardrailVerdict } from '#guardrails/pipeline/run.ts';
import { toShownRecords, toVerdictRecords } from './verdict-records.ts';

const verdict = (more: Partial<GuardrailVerdict> = {}): GuardrailVerdict => ({
  ...{ rule: 'pii', policyId: 't:p', version: 2, stage: 'INPUT', action: 'WARN', isShadow: false },
  ...{ fired: true, failed: false, reason: 'it holds an address', durationMs: 1.23456 },
  findings: [
    { text: 0, start: 4, end: 9, kind: 'EMAIL' },
    { text: 1, start: 0, end: 5, kind: 'EMAIL' },
    { text: 1, start: 7, end: 9, kind: 'PHONE' },
  ],
  ...more,
});

describe('the verdicts that a row keeps', () => {
  it('count what was found by kind, and hold no place', () => {
    expect(toVerdictRecords([verdict()])).toEqual([
      {
        ...{ rule: 'pii', policyId: 't:p', policyVersion: 2, stage: 'INPUT', action: 'WARN', shadow: false },
        ...{ fired: true, failed: false, reason: 'it holds an address', durationMs: 1.235 },
        findings: [
          { kind: 'EMAIL', count: 2 },
          { kind: 'PHONE', count: 1 },
        ],
      },
    ]);
  });

  it('are those of rules that found something or could not look, at most fifty', () => {
    expect(toVerdictRecords([verdict({ fired: false })])).toBeUndefined();
    const failed = { fired: false, failed: true, action: 'LOG' } as const;
    expect(toVerdictRecords([verdict({ fired: false }), verdict(failed)])).toMatchObject([failed]);
    expect(toVerdictRecords(Array.from({ length: 51 }, () => verdict()))).toHaveLength(50);
  });

  it('have no version without a policy', () => {
    expect(toVerdictRecords([verdict({ policyId: null })])).toMatchObject([{ policyVersion: null }]);
  });
});

describe('the verdicts that the caller sees', () => {
  it.for([
    [verdict(), 1],
    [verdict({ isShadow: true }), undefined],
    [verdict({ action: 'LOG' }), undefined],
    [verdict({ action: 'MASK' }), 1],
    [verdict({ action: 'BLOCK', isShadow: true }), undefined],
    [verdict({ fired: false }), undefined],
  ] as const)('are those that found something, but for LOG and SHADOW', ([one, count]) => {
    expect(toShownRecords([one])?.length).toBe(count);
  });
});
