// Generated from gateway/doors/*/operations.graphql by `npm run schema:compose`: do not edit.
import { DeclaredOperation } from '../http/declared-operation.ts';
import type { CacheScope, CacheUse, FinishReason, MessageRole, OnDisconnect, Retention } from '#core/graph-enums.generated.ts';

/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
export type MessageInput = {
  readonly role: MessageRole;
  readonly content?: string | null | undefined;
  readonly parts?: ReadonlyArray<ContentPartInput> | null | undefined;
  readonly toolCalls?: ReadonlyArray<ToolCallInput> | null | undefined;
  readonly toolCallId?: string | null | undefined;
};

export type ContentPartInput = {
  readonly text?: string | null | undefined;
  readonly imageUrl?: string | null | undefined;
  readonly data?: string | null | undefined;
  readonly mediaType?: string | null | undefined;
};

export type ToolCallInput = {
  readonly id: string;
  readonly name: string;
  readonly arguments: unknown;
};

export type ToolInput = {
  readonly name: string;
  readonly description?: string | null | undefined;
  readonly parameters: unknown;
};

export type CompletionInput = {
  readonly model: string;
  readonly messages: ReadonlyArray<MessageInput>;
  readonly temperature?: number | null | undefined;
  readonly topP?: number | null | undefined;
  readonly maxOutputTokens?: number | null | undefined;
  readonly stop?: ReadonlyArray<string> | null | undefined;
  readonly seed?: number | null | undefined;
  readonly tools?: ReadonlyArray<ToolInput> | null | undefined;
  readonly toolChoice?: string | null | undefined;
  readonly responseSchema?: unknown;
  readonly reasoningEffort?: string | null | undefined;
  readonly metadata?: unknown;
  readonly cache?: CacheUse | null | undefined;
  readonly cacheScope?: CacheScope | null | undefined;
  readonly onDisconnect?: OnDisconnect | null | undefined;
  readonly idempotencyKey?: string | null | undefined;
  readonly endUserId?: string | null | undefined;
  readonly tags?: ReadonlyArray<string> | null | undefined;
  readonly retention?: Retention | null | undefined;
};

export type ChatCompleteMutationVariables = Exact<{
  input: CompletionInput;
}>;


export type ChatCompleteMutation = { readonly complete: { readonly id: string, readonly text: string, readonly reasoning: string | null, readonly finishReason: FinishReason, readonly createdAt: string, readonly toolCalls: ReadonlyArray<{ readonly id: string, readonly name: string, readonly argumentsText: string }>, readonly usage: { readonly inputTokens: number, readonly outputTokens: number, readonly totalTokens: number, readonly cachedInputTokens: number, readonly reasoningTokens: number }, readonly model: { readonly id: string } } };

export type ChatStreamSubscriptionVariables = Exact<{
  input: CompletionInput;
}>;


export type ChatStreamSubscription = { readonly completionStream:
    | { readonly __typename: 'CompletionStarted', readonly completionId: string, readonly model: { readonly id: string } }
    | { readonly __typename: 'TextDelta', readonly text: string, readonly completionId: string }
    | { readonly __typename: 'ReasoningDelta', readonly text: string, readonly completionId: string }
    | { readonly __typename: 'ToolCallDelta', readonly index: number, readonly id: string | null, readonly name: string | null, readonly argumentsDelta: string, readonly completionId: string }
    | { readonly __typename: 'CompletionRestarted', readonly reason: string, readonly completionId: string, readonly model: { readonly id: string } }
    | { readonly __typename: 'CompletionFinished', readonly completionId: string, readonly completion: { readonly finishReason: FinishReason, readonly model: { readonly id: string }, readonly usage: { readonly inputTokens: number, readonly outputTokens: number, readonly totalTokens: number, readonly cachedInputTokens: number, readonly reasoningTokens: number } } }
    | { readonly __typename: 'CompletionFailed', readonly code: string, readonly message: string, readonly retryAfterMs: number | null, readonly completionId: string }
   };

export type ChatUsageFragment = { readonly inputTokens: number, readonly outputTokens: number, readonly totalTokens: number, readonly cachedInputTokens: number, readonly reasoningTokens: number };


export const chatComplete = new DeclaredOperation<ChatCompleteMutation, ChatCompleteMutationVariables>(
  "mutation ChatComplete($input:CompletionInput!){complete(input:$input){id text reasoning toolCalls{id name argumentsText}finishReason usage{...ChatUsage}model{id}createdAt}}fragment ChatUsage on TokenUsage{inputTokens outputTokens totalTokens cachedInputTokens reasoningTokens}",
);

export const chatStream = new DeclaredOperation<ChatStreamSubscription, ChatStreamSubscriptionVariables>(
  "subscription ChatStream($input:CompletionInput!){completionStream(input:$input){__typename completionId ...on CompletionStarted{model{id}}...on TextDelta{text}...on ReasoningDelta{text}...on ToolCallDelta{index id name argumentsDelta}...on CompletionRestarted{reason model{id}}...on CompletionFinished{completion{finishReason model{id}usage{...ChatUsage}}}...on CompletionFailed{code message retryAfterMs}}}fragment ChatUsage on TokenUsage{inputTokens outputTokens totalTokens cachedInputTokens reasoningTokens}",
);
