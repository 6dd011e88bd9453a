import type { CatalogModel } from '#catalog/catalog.ts';
import type { Caller } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import type { GuardrailPlan } from '#guardrails/pipeline/policy.ts';
import { resolveModel } from '#inference/admission/allowed-names.ts';
import type { InferenceEngine } from '#inference/engine.ts';
import { guardCall } from '#inference/guarding/guard-call.ts';
import type { CompletionRequest } from '#inference/request.ts';
import { candidatesFor, findCallable } from '#inference/routing/route.ts';
import type { TokenCount } from './generated.ts';
import { estimateInputTokens } from './input/measure-input.ts';

/** Counts of providers in progress at once, and the time that each may take: beyond them the input is estimated. */
const countsMax = 16;
const countMsMax = 3_000;

/**
 * Counts the tokens of an input. Throws NOT_FOUND, or FORBIDDEN, for an AI model that the caller may not call, and GUARDRAIL_BLOCKED for
 * an input that may not be sent to the provider that would count it.
 */
export type CountTokens = (
  request: CompletionRequest,
  caller: Caller,
  signal: AbortSignal,
) => Promise<TokenCount>;

/** A counter with its bound on the counts in progress. `timeout` makes the signal of the time that one may take. */
export function createTokenCounter(
  engine: InferenceEngine,
  timeout: (ms: number) => AbortSignal = AbortSignal.timeout,
): CountTokens {
  let inProgress = 0;

  /** The count of the provider; null: it has no endpoint for that, or did not answer. */
  async function countByProvider(
    model: CatalogModel,
    request: CompletionRequest,
    plan: GuardrailPlan,
    caller: Caller,
    signal: AbortSignal,
  ): Promise<number | null> {
    if (inProgress >= countsMax) return null;
    inProgress += 1;
    try {
      const provider = await engine.pool.take(model, new Set()).provider;
      if (provider.countTokens === undefined) return null;
      const limited = AbortSignal.any([signal, timeout(countMsMax)]);
      const party = engine.consents.of(caller, request.labels.endUserId);
      const guarding = guardCall(request, await party.bind(plan), party, limited);
      const guarded = await engine.blocks.watch(caller, guarding);
      return await provider.countTokens({ ...guarded.call, model: model.name, signal: limited });
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof HeddleError) throw error;
      engine.log.debug({ err: error, modelId: model.id }, 'a provider did not count the tokens of an input');
      return null;
    } finally {
      inProgress -= 1;
    }
  }

  return async (request, caller, signal) => {
    const name = await resolveModel(request.model, caller, engine, request.ofMesh !== undefined);
    await findCallable(name, caller, engine.catalog);
    const [model] = await listCandidates(name, request, caller, engine);
    const { promptId } = request;
    const plan = engine.guardrails.planFor({ caller, promptId, name: request.model, modelId: name });
    // A count is free: where a guardrail would call an AI model for it, the input is estimated instead.
    const isPossible = model !== undefined && !plan.rules.some(({ prepared }) => prepared.callsModels);
    const counted = !isPossible ? null : await countByProvider(model, request, plan, caller, signal);
    return counted === null
      ? { inputTokens: estimateInputTokens(request.call), isEstimated: true }
      : { inputTokens: counted, isEstimated: false };
  };
}

/** The AI models that might answer; none where the call itself would be refused. */
async function listCandidates(
  name: string,
  { needs, inputs, inputTokensMax, call }: CompletionRequest,
  caller: Caller,
  engine: InferenceEngine,
): Promise<readonly CatalogModel[]> {
  const { maxOutputTokens } = call;
  const wanted = {
    needs,
    inputs,
    inputTokensMax,
    isOneInput: true,
    maxOutputTokens,
    speedKind: 'WHOLE',
  } as const;
  try {
    const { models, release } = await candidatesFor(name, wanted, caller, engine);
    release();
    return models;
  } catch (error) {
    if (error instanceof HeddleError) return [];
    throw error;
  }
}
