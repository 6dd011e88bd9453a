import type { Inference } from '#inference/inference.ts';
import type { PlanCall } from './admission-group.ts';
import { planEmbedding } from './embed.ts';
import type { CompletionInput, EmbedInput, RunPromptInput } from './generated.ts';
import { parseCompletionInput } from './input/parse-input.ts';
import { promptRequest } from './input/prompt.ts';

/** The fields of the type Mutation that draw on TOKENS and COST, each with how its call is planned. */
export function chargedFields(inference: Inference): Readonly<Record<string, PlanCall>> {
  const { invoker, cachePolicies } = inference;
  return {
    complete: ({ input }, context) =>
      invoker.plan(parseCompletionInput(input as CompletionInput, context), context.caller, {
        mode: 'WHOLE',
        cachePolicy: cachePolicies.complete,
      }),
    runPrompt: async ({ input }, context) =>
      invoker.plan(
        await promptRequest(input as RunPromptInput, context.caller, context, inference),
        context.caller,
        { mode: 'WHOLE', cachePolicy: cachePolicies.runPrompt },
      ),
    startCompletion: async ({ input }, context) =>
      invoker.plan(parseCompletionInput(input as CompletionInput, context), context.caller, {
        mode: 'STREAM',
        cachePolicy: null,
      }),
    embed: ({ input }, context) => planEmbedding(input as EmbedInput, context.caller, inference),
  };
}
