import { decimalOfNanos } from '#core/money.ts';
import { toNodeId, toStoredId } from '#core/node-id.ts';
import type { InferenceEngine } from '#inference/engine.ts';
import { toAttachmentId } from '#inference/ledger/attachment.ts';
import type { CompletionEvent } from '#inference/streams/completion-events.ts';
import { listOutline } from '#providers/answer-order.ts';
import { noUsage } from '#providers/provider.ts';
import { scalarResolvers } from '#schema/scalars.ts';
import { createLimitFilter } from '#state/quota/call-limits.ts';
import type { CompleteResolvers } from '../runtime/complete-resolvers.ts';
import { toEntity } from '../runtime/entity.ts';
import type { AuditServices } from '../runtime/policy/audited.ts';
import { readCalls } from '../runtime/policy/audited-calls.ts';
import { createAdmissionGroups } from './admission-group.ts';
import type { CachePolicies } from './cache-policies.ts';
import { chargedFields } from './charged-fields.ts';
import { complete } from './complete.ts';
import { completionStream, resumeCompletion } from './completion-stream.ts';
import { createTokenCounter } from './count-tokens.ts';
import { embed } from './embed.ts';
import { cancelCompletion } from './existing-calls/cancel-completion.ts';
import { deleteCompletion } from './existing-calls/delete-completion.ts';
import { rateInvocation } from './existing-calls/rate-invocation.ts';
import type { Resolvers } from './generated.ts';
import { parseCompletionInput } from './input/parse-input.ts';
import { promptRequest } from './input/prompt.ts';
import type { InferenceContext } from './loaders.ts';
import { payloadFields } from './payloads/payload-fields.ts';
import { search } from './payloads/search.ts';
import { startCompletion } from './start-completion.ts';
import { testGuardrails } from './try-guardrails.ts';

const event = {
  completionId: ({ event: { completionId } }: CompletionEvent) => completionId,
  sequence: ({ sequence }: CompletionEvent) => sequence,
};
/** 0 for the first answer, to which almost all parts belong. */
const readAlternative = ({ event }: { readonly event: { readonly alternative?: number } }) =>
  event.alternative ?? 0;
/** The payload is the event itself. */
const itself = (logged: CompletionEvent, _args: unknown, context: InferenceContext) => {
  const { completionId, type } = logged.event;
  const isFailed = type === 'CompletionFailed';
  context.streamed(
    completionId,
    isFailed || type === 'CompletionFinished',
    isFailed ? logged.event.code : undefined,
  );
  return logged;
};

export function inferenceResolvers(
  engine: InferenceEngine,
  cachePolicies: CachePolicies,
  services: AuditServices,
): CompleteResolvers<Resolvers<InferenceContext>> {
  const countTokens = createTokenCounter(engine);
  const groups = createAdmissionGroups(chargedFields(engine, cachePolicies), engine);
  return {
    ...scalarResolvers,
    Query: {
      completion: (_, { id }, { loaders }) => loaders.completion.load(toStoredId('Invocation', id)),
      countTokens: (_, { input }, context) =>
        countTokens(parseCompletionInput(input, context, engine.egress), context.caller, context.signal),
      searchPayloads: (_, args, context) => search(args, context, engine, services),
      testGuardrails: (_, { input }, context) => testGuardrails(input, context, context.signal, engine),
    },
    Mutation: {
      complete: (_, { input }, context, info) =>
        groups.run(context, info, (meters) =>
          complete(
            parseCompletionInput(input, context, engine.egress),
            context.caller,
            cachePolicies.complete,
            context.signal,
            engine,
            meters,
          ),
        ),
      runPrompt: (_, { input }, context, info) =>
        groups.run(context, info, async (meters) =>
          complete(
            await promptRequest(input, context.caller, context, engine),
            context.caller,
            cachePolicies.runPrompt,
            context.signal,
            engine,
            meters,
          ),
        ),
      startCompletion: (_, { input }, context, info) =>
        groups.run(context, info, async (meters) =>
          startCompletion(
            parseCompletionInput(input, context, engine.egress),
            context.caller,
            engine,
            meters,
          ),
        ),
      cancelCompletion: (_, { id }, context) =>
        cancelCompletion(toStoredId('Invocation', id), context, engine, services),
      deleteCompletion: (_, { id }, context) =>
        deleteCompletion(toStoredId('Invocation', id), context, engine, services),
      rateInvocation: (_, { id, rating, comment }, context) =>
        rateInvocation(
          toStoredId('Invocation', id),
          { rating: rating ?? null, comment: comment ?? null },
          context,
          engine,
        ),
      embed: (_, { input }, context, info) =>
        groups.run(context, info, (meters) =>
          embed(input, context.caller, context, context.signal, engine, meters),
        ),
    },
    Subscription: {
      completionStream: {
        subscribe: (_, { input }, context) =>
          completionStream(
            parseCompletionInput(input, context, engine.egress),
            context.caller,
            cachePolicies.completionStream,
            context.signal,
            engine,
          ),
        resolve: itself,
      },
      promptStream: {
        subscribe: async (_, { input }, context) =>
          completionStream(
            await promptRequest(input, context.caller, context, engine),
            context.caller,
            cachePolicies.promptStream,
            context.signal,
            engine,
          ),
        resolve: itself,
      },
      resumeCompletion: {
        subscribe: (_, { id, after }, context) =>
          readCalls(context, services, (reach) =>
            resumeCompletion(toStoredId('Invocation', id), after, reach, context.signal, engine),
          ),
        resolve: itself,
      },
    },
    GuardrailVerdict: {
      policyId: ({ policyId }) => (policyId === null ? null : toNodeId('GuardrailPolicy', policyId)),
      spans: ({ spans }) => spans ?? [],
    },
    CompletionEvent: { __resolveType: (logged) => logged.event.type },
    CompletionStarted: {
      ...event,
      model: ({ event: { modelId } }) => toEntity(modelId),
      dropped: ({ event: { dropped } }) => dropped ?? [],
      guardrailVerdicts: ({ event: { verdicts } }) => verdicts ?? [],
      promptVersion: ({ event: { promptVersionId } }) => toEntity(promptVersionId ?? null),
      usage: ({ event: { usage } }) => usage ?? noUsage,
      // Another key of the app may resume the stream: it does not see the limits of the key that began it.
      limits: ({ event: { limits = [] } }, _args, { caller }) => limits.filter(createLimitFilter(caller)),
    },
    TextDelta: { ...event, alternative: readAlternative, text: ({ event: { text } }) => text },
    ReasoningDelta: { ...event, alternative: readAlternative, text: ({ event: { text } }) => text },
    ReasoningFinished: { ...event, block: ({ event: { block } }) => block },
    RefusalDelta: { ...event, alternative: readAlternative, text: ({ event: { text } }) => text },
    CitationAdded: { ...event, citation: ({ event: { citation } }) => citation },
    AudioDelta: {
      ...event,
      audioId: ({ event: { id } }) => id ?? null,
      data: ({ event: { data } }) => data ?? null,
      transcript: ({ event: { transcript } }) => transcript ?? null,
      expiresAt: ({ event: { expiresAtMs } }) => expiresAtMs ?? null,
    },
    ProviderBlockAdded: {
      ...event,
      format: ({ event: { format } }) => format,
      content: ({ event: { block } }) => block,
    },
    ProviderBlockChanged: {
      ...event,
      format: ({ event: { format } }) => format,
      content: ({ event: { change } }) => change,
    },
    LogprobsDelta: { ...event, alternative: readAlternative, tokens: ({ event: { tokens } }) => tokens },
    AlternativeFinished: {
      ...event,
      alternative: ({ event: { alternative } }) => alternative,
      finishReason: ({ event: { reason } }) => reason,
    },
    ToolCallDelta: {
      ...event,
      alternative: readAlternative,
      index: ({ event: { index } }) => index,
      id: ({ event: { id } }) => id,
      name: ({ event: { name } }) => name,
      argumentsDelta: ({ event: { argumentsDelta } }) => argumentsDelta,
      providerOptions: ({ event: { own } }) => own ?? null,
    },
    CompletionRestarted: {
      ...event,
      reason: ({ event: { reason } }) => reason,
      model: ({ event: { modelId } }) => toEntity(modelId),
    },
    CompletionFinished: {
      ...event,
      completion: ({ event: { completion } }) => completion,
    },
    CompletionFailed: {
      ...event,
      code: ({ event: { code } }) => code,
      message: ({ event: { message } }) => message,
      retryAfterMs: ({ event: { retryAfterMs } }) => retryAfterMs,
      completion: ({ event: { completion } }) => completion,
    },
    Completion: {
      __resolveReference: ({ id }, { loaders }) => loaders.completion.load(id),
      cost: ({ costNanos }) => decimalOfNanos(BigInt(costNanos)),
      reasoningBlocks: ({ extras }) => extras?.reasoningBlocks ?? [],
      audio: ({ extras }) => extras?.audio ?? null,
      refusal: ({ extras }) => extras?.refusal ?? null,
      citations: ({ extras }) => extras?.citations ?? [],
      providerBlocks: ({ extras }) => extras?.providerBlocks ?? [],
      outline: listOutline,
      finishDetail: ({ extras }) => extras?.finish?.detail ?? null,
      stopSequence: ({ extras }) => extras?.finish?.stopSequence ?? null,
      systemFingerprint: ({ extras }) => extras?.finish?.fingerprint ?? null,
      serviceTier: ({ extras }) => extras?.finish?.serviceTier ?? null,
      logprobs: ({ extras }) => extras?.logprobs ?? null,
      alternatives: ({ extras }) => extras?.alternatives ?? [],
      dropped: ({ dropped }) => dropped ?? [],
      guardrailVerdicts: ({ verdicts }) => verdicts ?? [],
      limits: ({ limits }) => limits ?? [],
      model: ({ modelId }) => toEntity(modelId),
      promptVersion: ({ promptVersionId }) => toEntity(promptVersionId),
      invocation: ({ id }) => toEntity(toNodeId('Invocation', id)),
      attachment: async ({ id }, _args, { loaders }) =>
        (await loaders.attachment.load(toAttachmentId(id)))?.content ?? null,
      createdAt: ({ createdAtMs }) => createdAtMs,
      endedAt: ({ endedAtMs }) => endedAtMs ?? null,
    },
    Audio: { expiresAt: ({ expiresAtMs }) => expiresAtMs },
    Reasoning: { details: ({ details }) => details ?? null },
    ProviderBlock: { content: ({ block }) => block },
    ToolCall: {
      argumentsText: ({ arguments: given }) => (typeof given === 'string' ? given : JSON.stringify(given)),
      providerOptions: ({ own }) => own ?? null,
    },
    CallLimit: { resetsAt: ({ resetsAtMs }) => resetsAtMs },
    TokenUsage: {
      totalTokens: (usage) => usage.inputTokens + usage.outputTokens,
      cacheWrite1hTokens: (usage) => usage.cacheWrite1hTokens ?? 0,
    },
    Attempt: {
      model: ({ modelId }) => toEntity(modelId),
      startedAt: ({ startedAtMs }) => startedAtMs,
      cost: ({ costNanos }) => decimalOfNanos(BigInt(costNanos)),
    },
    Embeddings: {
      limits: ({ limits }) => limits,
      guardrailVerdicts: ({ verdicts }) => verdicts ?? [],
      cost: ({ costNanos }) => decimalOfNanos(costNanos),
      model: ({ modelId }) => toEntity(modelId),
      invocation: ({ id }) => toEntity(toNodeId('Invocation', id)),
    },
    Invocation: payloadFields,
    PayloadPage: {
      nodes: ({ ids }) => ids.map((id) => toEntity(toNodeId('Invocation', id))),
    },
    Provider: {
      // Of one that was deleted too, which history refers to: nothing is known of its health.
      __resolveReference: ({ id }) => ({ id }),
      health: ({ id }) => engine.health.provider(id),
    },
    ProviderHealth: { checkedAt: ({ checkedAtMs }) => checkedAtMs },
  };
}
