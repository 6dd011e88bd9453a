import { decimalOfNanos } from '#core/money.ts';
import { nodeIdOf, storedIdOf } from '#core/node-id.ts';
import type { AttemptData, CompletionData, CompletionEventData } from '#inference/completion.ts';
import type { EmbeddingsData } from '#inference/execution/embedding.ts';
import type { Inference } from '#inference/inference.ts';
import type { ProviderUsage, ToolCall } from '#providers/provider.ts';
import { scalarResolvers } from '#schema/scalars.ts';
import type { LoggedEvent } from '#state/streams/stream-log.ts';
import type { SubgraphContext } from '../runtime/context.ts';
import type { SubgraphResolvers } from '../runtime/subgraph.ts';
import { createAdmissionGroups } from './admission-group.ts';
import { cancelCompletion } from './cancel-completion.ts';
import { chargedFields } from './charged-fields.ts';
import { complete } from './complete.ts';
import { completionStream, resumeCompletion } from './completion-stream.ts';
import { embed } from './embed.ts';
import type { InferenceLoaders } from './loaders.ts';
import { parseCompletionInput } from './parse-input.ts';
import { promptRequest } from './prompt.ts';
import { startCompletion } from './start-completion.ts';

type Logged = LoggedEvent<CompletionEventData>;
type LoggedOf<T extends CompletionEventData['type']> = LoggedEvent<
  CompletionEventData & { readonly type: T }
>;

const reference = (id: string) => ({ id });
const event = {
  completionId: ({ event: { completionId } }: Logged) => completionId,
  sequence: ({ sequence }: Logged) => sequence,
};
/** The payload is the event itself. */
const itself = (logged: Logged, _args: unknown, context: SubgraphContext) => {
  const { completionId, type } = logged.event;
  context.streamed(completionId, type === 'CompletionFinished' || type === 'CompletionFailed');
  return logged;
};

export function inferenceResolvers(inference: Inference): SubgraphResolvers<InferenceLoaders> {
  const { cachePolicies } = inference;
  const groups = createAdmissionGroups(chargedFields(inference), inference);
  return {
    ...scalarResolvers,
    Query: {
      completion: (_, { id }, { loaders }) => loaders.completion.load(storedIdOf('Invocation', id)),
    },
    Mutation: {
      complete: (_, { input }, context, info) =>
        groups.run(context, info, (meters) =>
          complete(
            parseCompletionInput(input, context, inference.egress),
            context.caller,
            cachePolicies.complete,
            context.signal,
            inference,
            meters,
          ),
        ),
      runPrompt: (_, { input }, context, info) =>
        groups.run(context, info, async (meters) =>
          complete(
            await promptRequest(input, context.caller, context, inference),
            context.caller,
            cachePolicies.runPrompt,
            context.signal,
            inference,
            meters,
          ),
        ),
      startCompletion: (_, { input }, context, info) =>
        groups.run(context, info, async (meters) =>
          startCompletion(
            parseCompletionInput(input, context, inference.egress),
            context.caller,
            inference,
            meters,
          ),
        ),
      cancelCompletion: (_, { id }, context) =>
        cancelCompletion(storedIdOf('Invocation', id), context, inference),
      embed: (_, { input }, context, info) =>
        groups.run(context, info, (meters) =>
          embed(input, context.caller, context, context.signal, inference, meters),
        ),
    },
    Subscription: {
      completionStream: {
        subscribe: (_, { input }, context) =>
          completionStream(
            parseCompletionInput(input, context, inference.egress),
            context.caller,
            cachePolicies.completionStream,
            context.signal,
            inference,
          ),
        resolve: itself,
      },
      promptStream: {
        subscribe: async (_, { input }, context) =>
          completionStream(
            await promptRequest(input, context.caller, context, inference),
            context.caller,
            cachePolicies.promptStream,
            context.signal,
            inference,
          ),
        resolve: itself,
      },
      resumeCompletion: {
        subscribe: (_, { id, after }, { caller, signal }) =>
          resumeCompletion(storedIdOf('Invocation', id), after, caller, signal, inference),
        resolve: itself,
      },
    },
    CompletionEvent: { __resolveType: (logged: Logged) => logged.event.type },
    CompletionStarted: {
      ...event,
      model: ({ event: { modelId } }: LoggedOf<'CompletionStarted'>) => reference(modelId),
    },
    TextDelta: { ...event, text: ({ event: { text } }: LoggedOf<'TextDelta'>) => text },
    ReasoningDelta: { ...event, text: ({ event: { text } }: LoggedOf<'ReasoningDelta'>) => text },
    ToolCallDelta: {
      ...event,
      index: ({ event: { index } }: LoggedOf<'ToolCallDelta'>) => index,
      id: ({ event: { id } }: LoggedOf<'ToolCallDelta'>) => id,
      name: ({ event: { name } }: LoggedOf<'ToolCallDelta'>) => name,
      argumentsDelta: ({ event: { argumentsDelta } }: LoggedOf<'ToolCallDelta'>) => argumentsDelta,
    },
    CompletionRestarted: {
      ...event,
      reason: ({ event: { reason } }: LoggedOf<'CompletionRestarted'>) => reason,
      model: ({ event: { modelId } }: LoggedOf<'CompletionRestarted'>) => reference(modelId),
    },
    CompletionFinished: {
      ...event,
      completion: ({ event: { completion } }: LoggedOf<'CompletionFinished'>) => completion,
    },
    CompletionFailed: {
      ...event,
      code: ({ event: { code } }: LoggedOf<'CompletionFailed'>) => code,
      message: ({ event: { message } }: LoggedOf<'CompletionFailed'>) => message,
      retryAfterMs: ({ event: { retryAfterMs } }: LoggedOf<'CompletionFailed'>) => retryAfterMs,
      completion: ({ event: { completion } }: LoggedOf<'CompletionFailed'>) => completion,
    },
    Completion: {
      __resolveReference: ({ id }: { id: string }, { loaders }) => loaders.completion.load(id),
      cost: ({ costNanos }: CompletionData) => decimalOfNanos(BigInt(costNanos)),
      model: ({ modelId }: CompletionData) => reference(modelId),
      promptVersion: ({ promptVersionId }: CompletionData) =>
        promptVersionId === null ? null : reference(promptVersionId),
      invocation: ({ id }: CompletionData) => reference(nodeIdOf('Invocation', id)),
      createdAt: ({ createdAtMs }: CompletionData) => createdAtMs,
    },
    ToolCall: {
      argumentsText: ({ arguments: given }: ToolCall) =>
        typeof given === 'string' ? given : JSON.stringify(given),
    },
    TokenUsage: { totalTokens: (usage: ProviderUsage) => usage.inputTokens + usage.outputTokens },
    Attempt: {
      model: ({ modelId }: AttemptData) => reference(modelId),
      startedAt: ({ startedAtMs }: AttemptData) => startedAtMs,
      cost: ({ costNanos }: AttemptData) => decimalOfNanos(BigInt(costNanos)),
    },
    Embeddings: {
      cost: ({ costNanos }: EmbeddingsData) => decimalOfNanos(costNanos),
      model: ({ modelId }: EmbeddingsData) => reference(modelId),
      invocation: ({ id }: EmbeddingsData) => reference(nodeIdOf('Invocation', id)),
    },
    Provider: {
      // Of one that was deleted too, which history refers to: nothing is known of its health.
      __resolveReference: ({ id }: { id: string }) => ({ id }),
      health: ({ id }: { id: string }) => inference.health.provider(id),
    },
    ProviderHealth: { checkedAt: ({ checkedAtMs }: { checkedAtMs: number | null }) => checkedAtMs },
  };
}
