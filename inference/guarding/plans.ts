import { emptyPlan, type GuardrailPlan, parseMeshPolicy, planPolicies } from '#guardrails/pipeline/policy.ts';

/** Which guardrails bind a call. */
export interface GuardrailPlans {
  /** Without waiting; the same object for calls that are bound by the same policies. */
  planFor(): GuardrailPlan;
}

/** @param names of the rules of HEDDLE_GUARDRAILS. Throws BAD_USER_INPUT naming those that do not exist. */
export function createGuardrailPlans(names: string): GuardrailPlans {
  const mesh = parseMeshPolicy(names);
  const plan = mesh === null ? emptyPlan : planPolicies([mesh], {});
  return { planFor: () => plan };
}
