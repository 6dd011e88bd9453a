import type { Caller } from '#core/caller.ts';
import { resolveModel } from '#inference/admission/allowed-names.ts';
import type { InferenceEngine } from '#inference/engine.ts';
import type { CompletionRequest } from '#inference/request.ts';
import { findCallable } from '#inference/routing/route.ts';
import type { TokenCount } from './generated.ts';
import { estimateInputTokens } from './input/measure-input.ts';

/** Estimates the tokens of an input. Throws NOT_FOUND, or FORBIDDEN, for an AI model that the caller may not call. */
export async function countTokens(
  { model, call }: CompletionRequest,
  caller: Caller,
  { catalog }: Pick<InferenceEngine, 'catalog'>,
): Promise<TokenCount> {
  await findCallable(await resolveModel(model, caller, catalog), caller, catalog);
  return { inputTokens: estimateInputTokens(call), isEstimated: true };
}
