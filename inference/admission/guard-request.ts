import type { Caller } from '#core/caller.ts';
import { type GuardrailPlan, joinPlans } from '#guardrails/pipeline/policy.ts';
import { guardrailBlocked } from '#guardrails/pipeline/run.ts';
import type { InferenceEngine } from '../engine.ts';
import type { ConsentingParty } from '../guarding/consents.ts';
import { type GuardedCall, guardCall } from '../guarding/guard-call.ts';
import type { CallAccount } from '../questions/call-account.ts';
import { RuleQuestions } from '../questions/rule-questions.ts';
import type { CompletionRequest } from '../request.ts';
import { resolveModel } from './allowed-names.ts';

const neverAborted = new AbortController().signal;

/**
 * The AI model or route that is called, and the call as it goes there. A guardrail may have another one called, which the caller has to
 * be allowed to call: then what binds calls of that one binds the call too. Once: a guardrail that would have yet another one called refuses the call.
 *
 * @param requested the id of the AI model or route that the request names
 */
export async function guardAndRoute(
  request: CompletionRequest,
  requested: string,
  account: CallAccount,
  engine: InferenceEngine,
): Promise<{ readonly model: string; readonly guarded: GuardedCall }> {
  const { caller } = account.start;
  const plan = planGuardrails(request, requested, caller, engine);
  const party = toParty(request, caller, engine);
  const models = new RuleQuestions(account, engine, request.ofMesh !== undefined);
  const guard = async (rules: GuardrailPlan) => {
    const bound = await party.bind(rules);
    const known = { ...party, verdicts: engine.verdicts, models };
    return account.explain(guardCall(request, bound, known, neverAborted));
  };
  const guarded = await engine.blocks.watch(caller, guard(plan));
  if (guarded.reroute === null) return { model: requested, guarded };
  const { model: name } = guarded.reroute;
  const resolve = (named: string) => resolveModel(named, caller, engine, request.ofMesh !== undefined);
  const model = await resolve(name);
  const both = joinPlans(plan, planGuardrails({ ...request, model: name }, model, caller, engine));
  if (both === plan) return { model, guarded };
  const again = async () => {
    const rerouted = await guard(both);
    const next = rerouted.reroute;
    if (next !== null && (await resolve(next.model)) !== model)
      throw guardrailBlocked(next.by, rerouted.verdicts);
    return rerouted;
  };
  return { model, guarded: await engine.blocks.watch(caller, again()) };
}

export function toParty(
  { labels }: CompletionRequest,
  caller: Caller,
  { consents }: InferenceEngine,
): ConsentingParty {
  return consents.of(caller, labels.endUserId);
}

export function planGuardrails(
  { promptId, model: name }: CompletionRequest,
  modelId: string,
  caller: Caller,
  { guardrails }: InferenceEngine,
): GuardrailPlan {
  return guardrails.planFor({ caller, promptId, name, modelId });
}
