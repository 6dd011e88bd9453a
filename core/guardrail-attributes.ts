import type { ObservedVerdict } from './observers/inference-observer.ts';

/** What a rule stated of a call, by the same names as `toGuardrailAttributes`. The value is what came of it: `PASS`, or the action of a rule that fired. */
export function toVerdictAttributes({
  rule,
  stage,
  action,
  isShadow,
  fired,
  failed,
}: ObservedVerdict): Readonly<Record<string, string | boolean>> {
  return {
    'gen_ai.guardrail.policy.rule.id': rule,
    'gen_ai.guardrail.source': stage.toLowerCase(),
    'gen_ai.guardrail.result.type': 'action',
    'gen_ai.guardrail.result.value': fired ? action : 'PASS',
    'heddle.guardrail.shadow': isShadow,
    'heddle.guardrail.failed': failed,
  };
}

/**
 * What a guardrail has refused, by the names of the attributes of OpenTelemetry's event `gen_ai.guardrail.result` (in development):
 * https://github.com/open-telemetry/semantic-conventions-genai/blob/f5e3733b19bdb5cb9074c2ec26da9e375d52a40a/docs/gen-ai/gen-ai-guardrails.md
 *
 * @param details of a GUARDRAIL_BLOCKED; of another failure there is nothing to name
 */
export function toGuardrailAttributes(
  details: Readonly<Record<string, unknown>>,
): Readonly<Record<string, string>> {
  const { guardrail, stage } = details;
  if (typeof guardrail !== 'string' || typeof stage !== 'string') return {};
  return {
    'gen_ai.guardrail.policy.rule.id': guardrail,
    'gen_ai.guardrail.source': stage,
    'gen_ai.guardrail.result.type': 'action',
    'gen_ai.guardrail.result.value': 'BLOCK',
  };
}
