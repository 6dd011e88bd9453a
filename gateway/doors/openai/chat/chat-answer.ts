import type { FinishReason } from '#core/graph-enums.generated.ts';
import { toChatAnnotation } from '../../citations.ts';
import type { ChatCompleteMutation, ChatUsageFragment } from '../../operations.generated.ts';
import { toReasoningDetail } from './chat-reasoning.ts';
import { type CustomTools, toChatCall } from './custom-calls.ts';

type Completed = ChatCompleteMutation['complete'];
type Choice = Pick<Completed, 'text' | 'reasoning' | 'refusal' | 'toolCalls' | 'finishReason' | 'logprobs'> &
  Partial<Pick<Completed, 'reasoningBlocks' | 'audio' | 'citations'>>;

/** Seconds since 1970 of a time of the graph. */
export function toSeconds(dateTime: string): number {
  return Math.floor(Date.parse(dateTime) / 1000);
}

export function toChatUsage(usage: ChatUsageFragment): object {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.totalTokens,
    prompt_tokens_details: {
      cached_tokens: usage.cachedInputTokens,
      cache_write_tokens: usage.cacheWriteTokens,
      audio_tokens: 0,
    },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoningTokens,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

/** The finish_reason of a completion that did not fail. */
export function toChatFinishReason(reason: FinishReason): string {
  switch (reason) {
    case 'LENGTH':
      return 'length';
    case 'TOOL_CALLS':
      return 'tool_calls';
    case 'CONTENT_FILTER':
      return 'content_filter';
    case 'STOP':
    case 'OTHER':
    case 'ERROR':
    case 'CANCELLED':
      return 'stop';
  }
}

type Audio = NonNullable<Completed['audio']>;
type AudioFields = { readonly [K in keyof Audio]?: Audio[K] | null };

/** The audio of an answer, or what a chunk has of it. */
export function toChatAudio({ id, data, transcript, expiresAt }: AudioFields): object {
  return {
    ...(id == null ? {} : { id }),
    ...(data == null ? {} : { data }),
    ...(transcript == null ? {} : { transcript }),
    ...(expiresAt == null ? {} : { expires_at: toSeconds(expiresAt) }),
  };
}

function toChoice(choice: Choice, index: number, customTools: CustomTools): object {
  const { text, reasoning, refusal, toolCalls, finishReason, logprobs } = choice;
  const { reasoningBlocks = [], audio = null, citations = [] } = choice;
  const isSilent = toolCalls.length > 0 || refusal !== null || audio !== null;
  return {
    index,
    message: {
      role: 'assistant',
      content: text === '' && isSilent ? null : text,
      refusal,
      annotations: citations.map(toChatAnnotation),
      ...(audio === null ? {} : { audio: toChatAudio(audio) }),
      ...(reasoning === null ? {} : { reasoning_content: reasoning }),
      ...(reasoningBlocks.length === 0 ? {} : { reasoning_details: reasoningBlocks.map(toReasoningDetail) }),
      ...(toolCalls.length === 0
        ? {}
        : {
            tool_calls: toolCalls.map((call) => toChatCall(call, customTools)),
          }),
    },
    logprobs: logprobs ?? null,
    finish_reason: toChatFinishReason(finishReason),
  };
}

/** The answer of chat completions. */
export function toChatAnswer(completion: Completed, customTools: CustomTools): object {
  const { id, createdAt, model, usage, alternatives, systemFingerprint, serviceTier } = completion;
  return {
    id: `chatcmpl-${id}`,
    object: 'chat.completion',
    created: toSeconds(createdAt),
    model: model.id,
    choices: [completion, ...alternatives].map((choice, index) => toChoice(choice, index, customTools)),
    usage: toChatUsage(usage),
    service_tier: serviceTier,
    system_fingerprint: systemFingerprint,
  };
}
