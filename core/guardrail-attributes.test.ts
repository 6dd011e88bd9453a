import { describe, expect, it } from 'vitest';
import { toGuardrailAttributes } from './guardrail-attributes.ts';

describe('the attributes of a guardrail', () => {
  it('are those of OpenTelemetry for a refusal, and none for another failure', () => {
    expect(toGuardrailAttributes({ guardrail: 'pii', stage: 'output', meter: 'COST' })).toEqual({
      'gen_ai.guardrail.policy.rule.id': 'pii',
      'gen_ai.guardrail.source': 'output',
      'gen_ai.guardrail.result.type': 'action',
      'gen_ai.guardrail.result.value': 'BLOCK',
    });
    expect(toGuardrailAttributes({ meter: 'COST', stage: undefined })).toEqual({});
    expect(toGuardrailAttributes({ guardrail: 'pii' })).toEqual({});
  });
});
