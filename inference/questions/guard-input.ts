import { hasScope } from '#core/caller.ts';
import type { GuardrailPlan } from '#guardrails/pipeline/policy.ts';
import type { RunContext } from '#guardrails/pipeline/run.ts';
import type { InferenceEngine } from '../engine.ts';
import { type GuardedValues, guardValues } from '../guarding/guard-call.ts';
import type { CallAccount } from './call-account.ts';
import { RuleQuestions } from './rule-questions.ts';

/** Values as the guardrails of their caller let them leave the process. Throws GUARDRAIL_BLOCKED, and what has stopped a question of a rule. */
export async function guardInput(
  values: readonly string[],
  plan: GuardrailPlan,
  account: CallAccount,
  signal: AbortSignal,
  engine: InferenceEngine,
): Promise<GuardedValues> {
  const { caller, labels } = account.start;
  const party = engine.consents.of(caller, labels.endUserId);
  const known = { ...party, verdicts: engine.verdicts, ...openQuestions(account, engine) };
  const guarding = account.explain(guardValues(values, await party.bind(plan), known, signal));
  const guarded = await engine.blocks.watch(caller, guarding);
  account.requireIntact();
  return guarded;
}

/** How rules ask AI models for the account: not at all where its caller may not invoke any. */
export function openQuestions(account: CallAccount, engine: InferenceEngine): Pick<RunContext, 'models'> {
  if (!hasScope(account.start.caller, 'inference:invoke')) return {};
  return { models: new RuleQuestions(account, engine) };
}
