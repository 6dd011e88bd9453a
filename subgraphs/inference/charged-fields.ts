import { planCall } from '#inference/admission/invoke.ts';
import type { InferenceEngine } from '#inference/engine.ts';
import type { PlanCall } from './admission-group.ts';
import type { CachePolicies } from './cache-policies.ts';
import { planEmbedding } from './embed.ts';
import type { CompletionInput, EmbedInput, RunPromptInput } from './generated.ts';
import { parseCompletionInput } from './input/parse-input.ts';
import { promptRequest } from './input/prompt.ts';

/** The fields of the type Mutation that draw on TOKENS and COST, each with how its call is planned. */
export function chargedFields(
  engine: InferenceEngine,
  cachePolicies: CachePolicies,
): Readonly<Record<string, PlanCall>> {
  return {
    complete: ({ input }, context) =>
      planCall(
        parseCompletionInput(input as CompletionInput, context),
        context.caller,
        { mode: 'WHOLE', cachePolicy: cachePolicies.complete },
        engine,
      ),
    runPrompt: async ({ input }, context) =>
      planCall(
        await promptRequest(input as RunPromptInput, context.caller, context, engine),
        context.caller,
        { mode: 'WHOLE', cachePolicy: cachePolicies.runPrompt },
        engine,
      ),
    startCompletion: async ({ input }, context) =>
      planCall(
        parseCompletionInput(input as CompletionInput, context),
        context.caller,
        { mode: 'STREAM', cachePolicy: null },
        engine,
      ),
    embed: ({ input }, context) => planEmbedding(input as EmbedInput, context.caller, context, engine),
  };
}
