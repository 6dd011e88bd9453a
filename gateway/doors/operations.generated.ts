// Generated from gateway/doors/*/operations.graphql by `npm run schema:compose`: do not edit.
import { DeclaredOperation } from '../operations/declared-operation.ts';
import type { AccessState, CacheScope, CacheUse, Capability, CompletionStatus, FinishReason, GuardrailAction, GuardrailStage, MessageRole, Meter, OnDisconnect, OutlineKind, ProviderKind, Retention } from '#core/graph-enums.generated.ts';

/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
export type MessageInput = {
  readonly role: MessageRole;
  readonly content?: string | null | undefined;
  readonly parts?: ReadonlyArray<ContentPartInput> | null | undefined;
  readonly name?: string | null | undefined;
  readonly toolCalls?: ReadonlyArray<ToolCallInput> | null | undefined;
  readonly reasoning?: ReadonlyArray<ReasoningInput> | null | undefined;
  readonly audioId?: string | null | undefined;
  readonly toolCallId?: string | null | undefined;
  readonly isError?: boolean | null | undefined;
  readonly providerOptions?: unknown;
};

export type ReasoningInput = {
  readonly text?: string | null | undefined;
  readonly signature?: string | null | undefined;
  readonly redacted?: string | null | undefined;
  readonly toolCallId?: string | null | undefined;
  readonly details?: unknown;
  readonly provider?: ProviderKind | null | undefined;
};

export type ContentPartInput = {
  readonly text?: string | null | undefined;
  readonly imageUrl?: string | null | undefined;
  readonly data?: string | null | undefined;
  readonly mediaType?: string | null | undefined;
  readonly detail?: string | null | undefined;
  readonly audioFormat?: string | null | undefined;
  readonly filename?: string | null | undefined;
  readonly cache?: boolean | null | undefined;
  readonly isRefusal?: boolean | null | undefined;
  readonly providerOptions?: unknown;
};

export type ToolCallInput = {
  readonly id: string;
  readonly name: string;
  readonly arguments: unknown;
  readonly providerOptions?: unknown;
};

export type ToolInput = {
  readonly name: string;
  readonly description?: string | null | undefined;
  readonly parameters: unknown;
  readonly strict?: boolean | null | undefined;
  readonly cache?: boolean | null | undefined;
  readonly providerOptions?: unknown;
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
  readonly providerTools?: unknown;
  readonly providerToolChoice?: unknown;
  readonly toolChoice?: string | null | undefined;
  readonly responseSchema?: unknown;
  readonly responseSchemaName?: string | null | undefined;
  readonly responseSchemaDescription?: string | null | undefined;
  readonly responseSchemaStrict?: boolean | null | undefined;
  readonly responseJsonObject?: boolean | null | undefined;
  readonly reasoningEffort?: string | null | undefined;
  readonly presencePenalty?: number | null | undefined;
  readonly frequencyPenalty?: number | null | undefined;
  readonly logprobs?: boolean | null | undefined;
  readonly topLogprobs?: number | null | undefined;
  readonly parallelToolCalls?: boolean | null | undefined;
  readonly alternatives?: number | null | undefined;
  readonly audio?: AudioOutputInput | null | undefined;
  readonly providerOptions?: unknown;
  readonly allowRestart?: boolean | null | undefined;
  readonly metadata?: unknown;
  readonly attachment?: string | null | undefined;
  readonly cache?: CacheUse | null | undefined;
  readonly cacheScope?: CacheScope | null | undefined;
  readonly onDisconnect?: OnDisconnect | null | undefined;
  readonly idempotencyKey?: string | null | undefined;
  readonly endUserId?: string | null | undefined;
  readonly conversationId?: string | null | undefined;
  readonly tags?: ReadonlyArray<string> | null | undefined;
  readonly retention?: Retention | null | undefined;
};

export type AudioOutputInput = {
  readonly voice?: string | null | undefined;
  readonly format?: string | null | undefined;
};

export type RunPromptInput = {
  readonly name: string;
  readonly version?: number | null | undefined;
  readonly label?: string | null | undefined;
  readonly variables: unknown;
  readonly cache?: CacheUse | null | undefined;
  readonly cacheScope?: CacheScope | null | undefined;
  readonly onDisconnect?: OnDisconnect | null | undefined;
  readonly idempotencyKey?: string | null | undefined;
  readonly endUserId?: string | null | undefined;
  readonly conversationId?: string | null | undefined;
  readonly tags?: ReadonlyArray<string> | null | undefined;
  readonly retention?: Retention | null | undefined;
};

export type EmbedInput = {
  readonly model: string;
  readonly values: ReadonlyArray<string>;
  readonly dimensions?: number | null | undefined;
  readonly endUserId?: string | null | undefined;
  readonly conversationId?: string | null | undefined;
  readonly tags?: ReadonlyArray<string> | null | undefined;
  readonly retention?: Retention | null | undefined;
};

export type PromptFilter = {
  readonly tenantId?: string | null | undefined;
  readonly ofMesh?: boolean | null | undefined;
  readonly search?: string | null | undefined;
  readonly label?: string | null | undefined;
  readonly archived?: boolean | null | undefined;
};

export type ProvisionedMemberCondition = {
  readonly id?: string | null | undefined;
  readonly externalId?: string | null | undefined;
  readonly userName?: string | null | undefined;
  readonly email?: string | null | undefined;
  readonly active?: boolean | null | undefined;
};

export type MemberGroupCondition = {
  readonly id?: string | null | undefined;
  readonly externalId?: string | null | undefined;
  readonly displayName?: string | null | undefined;
  readonly memberId?: string | null | undefined;
};

export type ProvisionMemberInput = {
  readonly externalId: string;
  readonly userName: string;
  readonly displayName?: string | null | undefined;
  readonly givenName?: string | null | undefined;
  readonly familyName?: string | null | undefined;
  readonly email?: string | null | undefined;
  readonly active?: boolean | null | undefined;
};

export type UpdateProvisionedMemberInput = {
  readonly externalId?: string | null | undefined;
  readonly userName?: string | null | undefined;
  readonly displayName?: string | null | undefined;
  readonly givenName?: string | null | undefined;
  readonly familyName?: string | null | undefined;
  readonly email?: string | null | undefined;
  readonly active?: boolean | null | undefined;
  readonly ifVersion?: string | null | undefined;
};

export type MemberGroupInput = {
  readonly id?: string | null | undefined;
  readonly displayName?: string | null | undefined;
  readonly externalId?: string | null | undefined;
  readonly memberIds?: ReadonlyArray<string> | null | undefined;
  readonly addMemberIds?: ReadonlyArray<string> | null | undefined;
  readonly removeMemberIds?: ReadonlyArray<string> | null | undefined;
  readonly ifRevision?: number | null | undefined;
};

export type MessagesCompleteMutationVariables = Exact<{
  input: CompletionInput;
}>;


export type MessagesCompleteMutation = { readonly complete: { readonly id: string, readonly status: CompletionStatus, readonly text: string, readonly reasoning: string | null, readonly refusal: string | null, readonly citations: ReadonlyArray<unknown>, readonly finishReason: FinishReason, readonly finishDetail: string | null, readonly stopSequence: string | null, readonly serviceTier: string | null, readonly dropped: ReadonlyArray<string>, readonly reasoningBlocks: ReadonlyArray<{ readonly text: string | null, readonly signature: string | null, readonly redacted: string | null, readonly toolCallId: string | null, readonly provider: ProviderKind }>, readonly toolCalls: ReadonlyArray<{ readonly id: string, readonly name: string, readonly argumentsText: string, readonly providerOptions: unknown }>, readonly providerBlocks: ReadonlyArray<{ readonly format: string, readonly content: unknown, readonly textOffset: number }>, readonly outline: ReadonlyArray<{ readonly kind: OutlineKind, readonly index: number }>, readonly limits: ReadonlyArray<{ readonly meter: Meter, readonly limit: string, readonly remaining: string, readonly resetsAt: string | null }>, readonly guardrailVerdicts: ReadonlyArray<{ readonly rule: string, readonly stage: GuardrailStage, readonly action: GuardrailAction, readonly fired: boolean }>, readonly usage: { readonly inputTokens: number, readonly outputTokens: number, readonly cachedInputTokens: number, readonly cacheWriteTokens: number, readonly cacheWrite1hTokens: number, readonly reasoningTokens: number }, readonly model: { readonly id: string } } };

export type MessagesCountQueryVariables = Exact<{
  input: CompletionInput;
}>;


export type MessagesCountQuery = { readonly countTokens: { readonly inputTokens: number, readonly isEstimated: boolean } };

export type MessagesStreamSubscriptionVariables = Exact<{
  input: CompletionInput;
}>;


export type MessagesStreamSubscription = { readonly completionStream:
    | { readonly __typename: 'CompletionStarted', readonly completionId: string, readonly dropped: ReadonlyArray<string>, readonly model: { readonly id: string }, readonly usage: { readonly inputTokens: number, readonly outputTokens: number, readonly cachedInputTokens: number, readonly cacheWriteTokens: number, readonly cacheWrite1hTokens: number, readonly reasoningTokens: number }, readonly limits: ReadonlyArray<{ readonly meter: Meter, readonly limit: string, readonly remaining: string, readonly resetsAt: string | null }>, readonly guardrailVerdicts: ReadonlyArray<{ readonly rule: string, readonly stage: GuardrailStage, readonly action: GuardrailAction, readonly fired: boolean }> }
    | { readonly __typename: 'TextDelta', readonly text: string }
    | { readonly __typename: 'ReasoningDelta', readonly text: string }
    | { readonly __typename: 'ReasoningFinished', readonly block: { readonly text: string | null, readonly signature: string | null, readonly redacted: string | null, readonly toolCallId: string | null, readonly provider: ProviderKind } }
    | { readonly __typename: 'RefusalDelta', readonly text: string }
    | { readonly __typename: 'CitationAdded', readonly citation: unknown }
    | { readonly __typename: 'AudioDelta' }
    | { readonly __typename: 'ProviderBlockAdded', readonly format: string, readonly content: unknown }
    | { readonly __typename: 'ProviderBlockChanged' }
    | { readonly __typename: 'AlternativeFinished' }
    | { readonly __typename: 'LogprobsDelta' }
    | { readonly __typename: 'ToolCallDelta', readonly index: number, readonly id: string | null, readonly name: string | null, readonly argumentsDelta: string, readonly providerOptions: unknown }
    | { readonly __typename: 'CompletionRestarted' }
    | { readonly __typename: 'CompletionFinished', readonly completion: { readonly status: CompletionStatus, readonly finishReason: FinishReason, readonly finishDetail: string | null, readonly stopSequence: string | null, readonly serviceTier: string | null, readonly usage: { readonly inputTokens: number, readonly outputTokens: number, readonly cachedInputTokens: number, readonly cacheWriteTokens: number, readonly cacheWrite1hTokens: number, readonly reasoningTokens: number } } }
    | { readonly __typename: 'CompletionFailed', readonly completionId: string, readonly code: string, readonly message: string, readonly retryAfterMs: number | null }
   };

export type MessagesUsageFragment = { readonly inputTokens: number, readonly outputTokens: number, readonly cachedInputTokens: number, readonly cacheWriteTokens: number, readonly cacheWrite1hTokens: number, readonly reasoningTokens: number };

export type MessagesReasoningFragment = { readonly text: string | null, readonly signature: string | null, readonly redacted: string | null, readonly toolCallId: string | null, readonly provider: ProviderKind };

export type ChatCompleteMutationVariables = Exact<{
  input: CompletionInput;
}>;


export type ChatCompleteMutation = { readonly complete: { readonly id: string, readonly status: CompletionStatus, readonly text: string, readonly reasoning: string | null, readonly refusal: string | null, readonly citations: ReadonlyArray<unknown>, readonly logprobs: unknown, readonly finishReason: FinishReason, readonly dropped: ReadonlyArray<string>, readonly systemFingerprint: string | null, readonly serviceTier: string | null, readonly createdAt: string, readonly reasoningBlocks: ReadonlyArray<{ readonly text: string | null, readonly signature: string | null, readonly redacted: string | null, readonly toolCallId: string | null, readonly details: unknown, readonly provider: ProviderKind }>, readonly audio: { readonly id: string | null, readonly data: string, readonly transcript: string | null, readonly expiresAt: string | null } | null, readonly toolCalls: ReadonlyArray<{ readonly id: string, readonly name: string, readonly argumentsText: string, readonly providerOptions: unknown }>, readonly alternatives: ReadonlyArray<{ readonly index: number, readonly text: string, readonly reasoning: string | null, readonly refusal: string | null, readonly logprobs: unknown, readonly finishReason: FinishReason, readonly toolCalls: ReadonlyArray<{ readonly id: string, readonly name: string, readonly argumentsText: string, readonly providerOptions: unknown }> }>, readonly limits: ReadonlyArray<{ readonly meter: Meter, readonly limit: string, readonly remaining: string, readonly resetsAt: string | null }>, readonly guardrailVerdicts: ReadonlyArray<{ readonly rule: string, readonly stage: GuardrailStage, readonly action: GuardrailAction, readonly fired: boolean }>, readonly usage: { readonly inputTokens: number, readonly outputTokens: number, readonly totalTokens: number, readonly cachedInputTokens: number, readonly cacheWriteTokens: number, readonly reasoningTokens: number }, readonly model: { readonly id: string } } };

export type ChatStreamSubscriptionVariables = Exact<{
  input: CompletionInput;
}>;


export type ChatStreamSubscription = { readonly completionStream:
    | { readonly __typename: 'CompletionStarted', readonly completionId: string, readonly dropped: ReadonlyArray<string>, readonly model: { readonly id: string }, readonly limits: ReadonlyArray<{ readonly meter: Meter, readonly limit: string, readonly remaining: string, readonly resetsAt: string | null }>, readonly guardrailVerdicts: ReadonlyArray<{ readonly rule: string, readonly stage: GuardrailStage, readonly action: GuardrailAction, readonly fired: boolean }> }
    | { readonly __typename: 'TextDelta', readonly alternative: number, readonly text: string }
    | { readonly __typename: 'ReasoningDelta', readonly alternative: number, readonly text: string }
    | { readonly __typename: 'ReasoningFinished', readonly block: { readonly text: string | null, readonly signature: string | null, readonly redacted: string | null, readonly toolCallId: string | null, readonly details: unknown, readonly provider: ProviderKind } }
    | { readonly __typename: 'RefusalDelta', readonly alternative: number, readonly text: string }
    | { readonly __typename: 'CitationAdded', readonly citation: unknown }
    | { readonly __typename: 'AudioDelta', readonly audioId: string | null, readonly data: string | null, readonly transcript: string | null, readonly expiresAt: string | null }
    | { readonly __typename: 'ProviderBlockAdded' }
    | { readonly __typename: 'ProviderBlockChanged' }
    | { readonly __typename: 'AlternativeFinished', readonly alternative: number, readonly finishReason: FinishReason }
    | { readonly __typename: 'LogprobsDelta', readonly alternative: number, readonly tokens: ReadonlyArray<unknown> }
    | { readonly __typename: 'ToolCallDelta', readonly alternative: number, readonly index: number, readonly id: string | null, readonly name: string | null, readonly argumentsDelta: string, readonly providerOptions: unknown }
    | { readonly __typename: 'CompletionRestarted' }
    | { readonly __typename: 'CompletionFinished', readonly completion: { readonly status: CompletionStatus, readonly finishReason: FinishReason, readonly systemFingerprint: string | null, readonly serviceTier: string | null, readonly usage: { readonly inputTokens: number, readonly outputTokens: number, readonly totalTokens: number, readonly cachedInputTokens: number, readonly cacheWriteTokens: number, readonly reasoningTokens: number } } }
    | { readonly __typename: 'CompletionFailed', readonly completionId: string, readonly code: string, readonly message: string, readonly retryAfterMs: number | null }
   };

export type ChatUsageFragment = { readonly inputTokens: number, readonly outputTokens: number, readonly totalTokens: number, readonly cachedInputTokens: number, readonly cacheWriteTokens: number, readonly reasoningTokens: number };

export type HeaderLimitFragment = { readonly meter: Meter, readonly limit: string, readonly remaining: string, readonly resetsAt: string | null };

export type HeaderVerdictFragment = { readonly rule: string, readonly stage: GuardrailStage, readonly action: GuardrailAction, readonly fired: boolean };

export type ChatReasoningFragment = { readonly text: string | null, readonly signature: string | null, readonly redacted: string | null, readonly toolCallId: string | null, readonly details: unknown, readonly provider: ProviderKind };

export type OpenAiEmbedMutationVariables = Exact<{
  input: EmbedInput;
}>;


export type OpenAiEmbedMutation = { readonly embed: { readonly vectors: ReadonlyArray<ReadonlyArray<number>>, readonly usage: { readonly inputTokens: number, readonly totalTokens: number }, readonly limits: ReadonlyArray<{ readonly meter: Meter, readonly limit: string, readonly remaining: string, readonly resetsAt: string | null }>, readonly guardrailVerdicts: ReadonlyArray<{ readonly rule: string, readonly stage: GuardrailStage, readonly action: GuardrailAction, readonly fired: boolean }>, readonly model: { readonly id: string }, readonly invocation: { readonly id: string } } };

export type OpenAiModelsQueryVariables = Exact<{
  after?: string | null | undefined;
}>;


export type OpenAiModelsQuery = { readonly models: { readonly edges: ReadonlyArray<{ readonly node: { readonly id: string, readonly callName: string, readonly name: string, readonly access: AccessState, readonly capabilities: ReadonlyArray<Capability> } }>, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null } } };

export type OpenAiRoutesQueryVariables = Exact<{
  after?: string | null | undefined;
}>;


export type OpenAiRoutesQuery = { readonly routes: ReadonlyArray<{ readonly id: string, readonly alias: string, readonly access: AccessState }>, readonly modelAliases: ReadonlyArray<{ readonly name: string, readonly target: string }> };

export type OpenAiModelQueryVariables = Exact<{
  id: string;
}>;


export type OpenAiModelQuery = { readonly model: { readonly id: string, readonly callName: string, readonly name: string, readonly access: AccessState, readonly capabilities: ReadonlyArray<Capability> } | null, readonly route: { readonly id: string, readonly alias: string, readonly access: AccessState } | null, readonly modelAlias: { readonly name: string, readonly target: string } | null };

export type ListedModelFragment = { readonly id: string, readonly callName: string, readonly name: string, readonly access: AccessState, readonly capabilities: ReadonlyArray<Capability> };

export type LegacyCompleteMutationVariables = Exact<{
  input: CompletionInput;
}>;


export type LegacyCompleteMutation = { readonly complete: { readonly id: string, readonly status: CompletionStatus, readonly text: string, readonly finishReason: FinishReason, readonly dropped: ReadonlyArray<string>, readonly createdAt: string, readonly alternatives: ReadonlyArray<{ readonly index: number, readonly text: string, readonly finishReason: FinishReason }>, readonly limits: ReadonlyArray<{ readonly meter: Meter, readonly limit: string, readonly remaining: string, readonly resetsAt: string | null }>, readonly guardrailVerdicts: ReadonlyArray<{ readonly rule: string, readonly stage: GuardrailStage, readonly action: GuardrailAction, readonly fired: boolean }>, readonly usage: { readonly inputTokens: number, readonly outputTokens: number, readonly totalTokens: number, readonly cachedInputTokens: number, readonly cacheWriteTokens: number, readonly reasoningTokens: number }, readonly model: { readonly id: string } } };

export type LegacyStreamSubscriptionVariables = Exact<{
  input: CompletionInput;
}>;


export type LegacyStreamSubscription = { readonly completionStream:
    | { readonly __typename: 'CompletionStarted', readonly completionId: string, readonly dropped: ReadonlyArray<string>, readonly model: { readonly id: string }, readonly limits: ReadonlyArray<{ readonly meter: Meter, readonly limit: string, readonly remaining: string, readonly resetsAt: string | null }>, readonly guardrailVerdicts: ReadonlyArray<{ readonly rule: string, readonly stage: GuardrailStage, readonly action: GuardrailAction, readonly fired: boolean }> }
    | { readonly __typename: 'TextDelta', readonly alternative: number, readonly text: string }
    | { readonly __typename: 'ReasoningDelta' }
    | { readonly __typename: 'ReasoningFinished' }
    | { readonly __typename: 'RefusalDelta' }
    | { readonly __typename: 'CitationAdded' }
    | { readonly __typename: 'AudioDelta' }
    | { readonly __typename: 'ProviderBlockAdded' }
    | { readonly __typename: 'ProviderBlockChanged' }
    | { readonly __typename: 'AlternativeFinished', readonly alternative: number, readonly finishReason: FinishReason }
    | { readonly __typename: 'LogprobsDelta' }
    | { readonly __typename: 'ToolCallDelta' }
    | { readonly __typename: 'CompletionRestarted' }
    | { readonly __typename: 'CompletionFinished', readonly completion: { readonly status: CompletionStatus, readonly finishReason: FinishReason, readonly usage: { readonly inputTokens: number, readonly outputTokens: number, readonly totalTokens: number, readonly cachedInputTokens: number, readonly cacheWriteTokens: number, readonly reasoningTokens: number } } }
    | { readonly __typename: 'CompletionFailed', readonly completionId: string, readonly code: string, readonly message: string, readonly retryAfterMs: number | null }
   };

export type PromptRunMutationVariables = Exact<{
  input: RunPromptInput;
}>;


export type PromptRunMutation = { readonly runPrompt: { readonly id: string, readonly status: CompletionStatus, readonly text: string, readonly json: unknown, readonly refusal: string | null, readonly finishReason: FinishReason, readonly dropped: ReadonlyArray<string>, readonly limits: ReadonlyArray<{ readonly meter: Meter, readonly limit: string, readonly remaining: string, readonly resetsAt: string | null }>, readonly guardrailVerdicts: ReadonlyArray<{ readonly rule: string, readonly stage: GuardrailStage, readonly action: GuardrailAction, readonly fired: boolean }>, readonly promptVersion: { readonly number: number, readonly structured: boolean } | null } };

export type PromptEventsSubscriptionVariables = Exact<{
  input: RunPromptInput;
}>;


export type PromptEventsSubscription = { readonly promptStream:
    | { readonly __typename: 'CompletionStarted', readonly completionId: string, readonly dropped: ReadonlyArray<string>, readonly model: { readonly id: string }, readonly limits: ReadonlyArray<{ readonly meter: Meter, readonly limit: string, readonly remaining: string, readonly resetsAt: string | null }>, readonly guardrailVerdicts: ReadonlyArray<{ readonly rule: string, readonly stage: GuardrailStage, readonly action: GuardrailAction, readonly fired: boolean }>, readonly promptVersion: { readonly number: number, readonly structured: boolean } | null }
    | { readonly __typename: 'TextDelta', readonly text: string }
    | { readonly __typename: 'ReasoningDelta' }
    | { readonly __typename: 'ReasoningFinished' }
    | { readonly __typename: 'RefusalDelta' }
    | { readonly __typename: 'CitationAdded' }
    | { readonly __typename: 'AudioDelta' }
    | { readonly __typename: 'ProviderBlockAdded' }
    | { readonly __typename: 'ProviderBlockChanged' }
    | { readonly __typename: 'AlternativeFinished' }
    | { readonly __typename: 'LogprobsDelta' }
    | { readonly __typename: 'ToolCallDelta' }
    | { readonly __typename: 'CompletionRestarted', readonly reason: string }
    | { readonly __typename: 'CompletionFinished', readonly completion: { readonly id: string, readonly status: CompletionStatus, readonly text: string, readonly json: unknown, readonly refusal: string | null, readonly finishReason: FinishReason, readonly usage: { readonly inputTokens: number, readonly outputTokens: number, readonly totalTokens: number } } }
    | { readonly __typename: 'CompletionFailed', readonly completionId: string, readonly code: string, readonly message: string, readonly retryAfterMs: number | null }
   };

export type PromptsToRunQueryVariables = Exact<{
  filter: PromptFilter;
  after?: string | null | undefined;
}>;


export type PromptsToRunQuery = { readonly prompts: { readonly edges: ReadonlyArray<{ readonly node: { readonly name: string, readonly description: string | null, readonly version: { readonly number: number, readonly runnable: boolean, readonly outputSchema: unknown, readonly variables: ReadonlyArray<{ readonly name: string, readonly description: string | null }> } | null, readonly labels: ReadonlyArray<{ readonly name: string, readonly version: { readonly number: number, readonly runnable: boolean, readonly outputSchema: unknown, readonly variables: ReadonlyArray<{ readonly name: string, readonly description: string | null }> } }> } }>, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null } } };

export type PromptShapeFragment = { readonly number: number, readonly runnable: boolean, readonly outputSchema: unknown, readonly variables: ReadonlyArray<{ readonly name: string, readonly description: string | null }> };

export type ResponsesCompleteMutationVariables = Exact<{
  input: CompletionInput;
}>;


export type ResponsesCompleteMutation = { readonly complete: { readonly id: string, readonly status: CompletionStatus, readonly text: string, readonly reasoning: string | null, readonly refusal: string | null, readonly citations: ReadonlyArray<unknown>, readonly logprobs: unknown, readonly finishReason: FinishReason, readonly serviceTier: string | null, readonly dropped: ReadonlyArray<string>, readonly createdAt: string, readonly endedAt: string | null, readonly limits: ReadonlyArray<{ readonly meter: Meter, readonly limit: string, readonly remaining: string, readonly resetsAt: string | null }>, readonly guardrailVerdicts: ReadonlyArray<{ readonly rule: string, readonly stage: GuardrailStage, readonly action: GuardrailAction, readonly fired: boolean }>, readonly reasoningBlocks: ReadonlyArray<{ readonly text: string | null, readonly signature: string | null, readonly redacted: string | null, readonly toolCallId: string | null, readonly details: unknown, readonly provider: ProviderKind }>, readonly toolCalls: ReadonlyArray<{ readonly id: string, readonly name: string, readonly argumentsText: string, readonly providerOptions: unknown }>, readonly providerBlocks: ReadonlyArray<{ readonly format: string, readonly content: unknown, readonly textOffset: number }>, readonly outline: ReadonlyArray<{ readonly kind: OutlineKind, readonly index: number }>, readonly error: { readonly code: string, readonly message: string, readonly retryAfterMs: number | null } | null, readonly usage: { readonly inputTokens: number, readonly outputTokens: number, readonly totalTokens: number, readonly cachedInputTokens: number, readonly cacheWriteTokens: number, readonly reasoningTokens: number }, readonly model: { readonly id: string } } };

export type ResponsesStartMutationVariables = Exact<{
  input: CompletionInput;
}>;


export type ResponsesStartMutation = { readonly startCompletion: { readonly id: string, readonly status: CompletionStatus, readonly text: string, readonly reasoning: string | null, readonly refusal: string | null, readonly citations: ReadonlyArray<unknown>, readonly logprobs: unknown, readonly finishReason: FinishReason, readonly serviceTier: string | null, readonly dropped: ReadonlyArray<string>, readonly createdAt: string, readonly endedAt: string | null, readonly limits: ReadonlyArray<{ readonly meter: Meter, readonly limit: string, readonly remaining: string, readonly resetsAt: string | null }>, readonly guardrailVerdicts: ReadonlyArray<{ readonly rule: string, readonly stage: GuardrailStage, readonly action: GuardrailAction, readonly fired: boolean }>, readonly reasoningBlocks: ReadonlyArray<{ readonly text: string | null, readonly signature: string | null, readonly redacted: string | null, readonly toolCallId: string | null, readonly details: unknown, readonly provider: ProviderKind }>, readonly toolCalls: ReadonlyArray<{ readonly id: string, readonly name: string, readonly argumentsText: string, readonly providerOptions: unknown }>, readonly providerBlocks: ReadonlyArray<{ readonly format: string, readonly content: unknown, readonly textOffset: number }>, readonly outline: ReadonlyArray<{ readonly kind: OutlineKind, readonly index: number }>, readonly error: { readonly code: string, readonly message: string, readonly retryAfterMs: number | null } | null, readonly usage: { readonly inputTokens: number, readonly outputTokens: number, readonly totalTokens: number, readonly cachedInputTokens: number, readonly cacheWriteTokens: number, readonly reasoningTokens: number }, readonly model: { readonly id: string } } };

export type ResponsesStreamSubscriptionVariables = Exact<{
  input: CompletionInput;
}>;


export type ResponsesStreamSubscription = { readonly completionStream:
    | { readonly __typename: 'CompletionStarted', readonly completionId: string, readonly dropped: ReadonlyArray<string>, readonly model: { readonly id: string }, readonly limits: ReadonlyArray<{ readonly meter: Meter, readonly limit: string, readonly remaining: string, readonly resetsAt: string | null }>, readonly guardrailVerdicts: ReadonlyArray<{ readonly rule: string, readonly stage: GuardrailStage, readonly action: GuardrailAction, readonly fired: boolean }> }
    | { readonly __typename: 'TextDelta', readonly text: string }
    | { readonly __typename: 'ReasoningDelta', readonly text: string }
    | { readonly __typename: 'ReasoningFinished', readonly block: { readonly text: string | null, readonly signature: string | null, readonly redacted: string | null, readonly toolCallId: string | null, readonly details: unknown, readonly provider: ProviderKind } }
    | { readonly __typename: 'RefusalDelta', readonly text: string }
    | { readonly __typename: 'CitationAdded', readonly citation: unknown }
    | { readonly __typename: 'AudioDelta' }
    | { readonly __typename: 'ProviderBlockAdded', readonly format: string, readonly content: unknown }
    | { readonly __typename: 'ProviderBlockChanged', readonly format: string, readonly content: unknown }
    | { readonly __typename: 'AlternativeFinished' }
    | { readonly __typename: 'LogprobsDelta', readonly tokens: ReadonlyArray<unknown> }
    | { readonly __typename: 'ToolCallDelta', readonly index: number, readonly id: string | null, readonly name: string | null, readonly argumentsDelta: string, readonly providerOptions: unknown }
    | { readonly __typename: 'CompletionRestarted' }
    | { readonly __typename: 'CompletionFinished', readonly completion: { readonly id: string, readonly status: CompletionStatus, readonly text: string, readonly reasoning: string | null, readonly refusal: string | null, readonly citations: ReadonlyArray<unknown>, readonly logprobs: unknown, readonly finishReason: FinishReason, readonly serviceTier: string | null, readonly dropped: ReadonlyArray<string>, readonly createdAt: string, readonly endedAt: string | null, readonly reasoningBlocks: ReadonlyArray<{ readonly text: string | null, readonly signature: string | null, readonly redacted: string | null, readonly toolCallId: string | null, readonly details: unknown, readonly provider: ProviderKind }>, readonly toolCalls: ReadonlyArray<{ readonly id: string, readonly name: string, readonly argumentsText: string, readonly providerOptions: unknown }>, readonly providerBlocks: ReadonlyArray<{ readonly format: string, readonly content: unknown, readonly textOffset: number }>, readonly outline: ReadonlyArray<{ readonly kind: OutlineKind, readonly index: number }>, readonly error: { readonly code: string, readonly message: string, readonly retryAfterMs: number | null } | null, readonly usage: { readonly inputTokens: number, readonly outputTokens: number, readonly totalTokens: number, readonly cachedInputTokens: number, readonly cacheWriteTokens: number, readonly reasoningTokens: number }, readonly model: { readonly id: string } } }
    | { readonly __typename: 'CompletionFailed', readonly completionId: string, readonly code: string, readonly message: string, readonly retryAfterMs: number | null, readonly completion: { readonly id: string, readonly status: CompletionStatus, readonly text: string, readonly reasoning: string | null, readonly refusal: string | null, readonly citations: ReadonlyArray<unknown>, readonly logprobs: unknown, readonly finishReason: FinishReason, readonly serviceTier: string | null, readonly dropped: ReadonlyArray<string>, readonly createdAt: string, readonly endedAt: string | null, readonly reasoningBlocks: ReadonlyArray<{ readonly text: string | null, readonly signature: string | null, readonly redacted: string | null, readonly toolCallId: string | null, readonly details: unknown, readonly provider: ProviderKind }>, readonly toolCalls: ReadonlyArray<{ readonly id: string, readonly name: string, readonly argumentsText: string, readonly providerOptions: unknown }>, readonly providerBlocks: ReadonlyArray<{ readonly format: string, readonly content: unknown, readonly textOffset: number }>, readonly outline: ReadonlyArray<{ readonly kind: OutlineKind, readonly index: number }>, readonly error: { readonly code: string, readonly message: string, readonly retryAfterMs: number | null } | null, readonly usage: { readonly inputTokens: number, readonly outputTokens: number, readonly totalTokens: number, readonly cachedInputTokens: number, readonly cacheWriteTokens: number, readonly reasoningTokens: number }, readonly model: { readonly id: string } } }
   };

export type ResponsesResumeSubscriptionVariables = Exact<{
  id: string;
  after: number;
}>;


export type ResponsesResumeSubscription = { readonly resumeCompletion:
    | { readonly __typename: 'CompletionStarted', readonly completionId: string, readonly dropped: ReadonlyArray<string>, readonly model: { readonly id: string }, readonly limits: ReadonlyArray<{ readonly meter: Meter, readonly limit: string, readonly remaining: string, readonly resetsAt: string | null }>, readonly guardrailVerdicts: ReadonlyArray<{ readonly rule: string, readonly stage: GuardrailStage, readonly action: GuardrailAction, readonly fired: boolean }> }
    | { readonly __typename: 'TextDelta', readonly text: string }
    | { readonly __typename: 'ReasoningDelta', readonly text: string }
    | { readonly __typename: 'ReasoningFinished', readonly block: { readonly text: string | null, readonly signature: string | null, readonly redacted: string | null, readonly toolCallId: string | null, readonly details: unknown, readonly provider: ProviderKind } }
    | { readonly __typename: 'RefusalDelta', readonly text: string }
    | { readonly __typename: 'CitationAdded', readonly citation: unknown }
    | { readonly __typename: 'AudioDelta' }
    | { readonly __typename: 'ProviderBlockAdded', readonly format: string, readonly content: unknown }
    | { readonly __typename: 'ProviderBlockChanged', readonly format: string, readonly content: unknown }
    | { readonly __typename: 'AlternativeFinished' }
    | { readonly __typename: 'LogprobsDelta', readonly tokens: ReadonlyArray<unknown> }
    | { readonly __typename: 'ToolCallDelta', readonly index: number, readonly id: string | null, readonly name: string | null, readonly argumentsDelta: string, readonly providerOptions: unknown }
    | { readonly __typename: 'CompletionRestarted' }
    | { readonly __typename: 'CompletionFinished', readonly completion: { readonly id: string, readonly status: CompletionStatus, readonly text: string, readonly reasoning: string | null, readonly refusal: string | null, readonly citations: ReadonlyArray<unknown>, readonly logprobs: unknown, readonly finishReason: FinishReason, readonly serviceTier: string | null, readonly dropped: ReadonlyArray<string>, readonly createdAt: string, readonly endedAt: string | null, readonly reasoningBlocks: ReadonlyArray<{ readonly text: string | null, readonly signature: string | null, readonly redacted: string | null, readonly toolCallId: string | null, readonly details: unknown, readonly provider: ProviderKind }>, readonly toolCalls: ReadonlyArray<{ readonly id: string, readonly name: string, readonly argumentsText: string, readonly providerOptions: unknown }>, readonly providerBlocks: ReadonlyArray<{ readonly format: string, readonly content: unknown, readonly textOffset: number }>, readonly outline: ReadonlyArray<{ readonly kind: OutlineKind, readonly index: number }>, readonly error: { readonly code: string, readonly message: string, readonly retryAfterMs: number | null } | null, readonly usage: { readonly inputTokens: number, readonly outputTokens: number, readonly totalTokens: number, readonly cachedInputTokens: number, readonly cacheWriteTokens: number, readonly reasoningTokens: number }, readonly model: { readonly id: string } } }
    | { readonly __typename: 'CompletionFailed', readonly completionId: string, readonly code: string, readonly message: string, readonly retryAfterMs: number | null, readonly completion: { readonly id: string, readonly status: CompletionStatus, readonly text: string, readonly reasoning: string | null, readonly refusal: string | null, readonly citations: ReadonlyArray<unknown>, readonly logprobs: unknown, readonly finishReason: FinishReason, readonly serviceTier: string | null, readonly dropped: ReadonlyArray<string>, readonly createdAt: string, readonly endedAt: string | null, readonly reasoningBlocks: ReadonlyArray<{ readonly text: string | null, readonly signature: string | null, readonly redacted: string | null, readonly toolCallId: string | null, readonly details: unknown, readonly provider: ProviderKind }>, readonly toolCalls: ReadonlyArray<{ readonly id: string, readonly name: string, readonly argumentsText: string, readonly providerOptions: unknown }>, readonly providerBlocks: ReadonlyArray<{ readonly format: string, readonly content: unknown, readonly textOffset: number }>, readonly outline: ReadonlyArray<{ readonly kind: OutlineKind, readonly index: number }>, readonly error: { readonly code: string, readonly message: string, readonly retryAfterMs: number | null } | null, readonly usage: { readonly inputTokens: number, readonly outputTokens: number, readonly totalTokens: number, readonly cachedInputTokens: number, readonly cacheWriteTokens: number, readonly reasoningTokens: number }, readonly model: { readonly id: string } } }
   };

export type StoredResponseQueryVariables = Exact<{
  id: string;
}>;


export type StoredResponseQuery = { readonly completion: { readonly attachment: string | null, readonly id: string, readonly status: CompletionStatus, readonly text: string, readonly reasoning: string | null, readonly refusal: string | null, readonly citations: ReadonlyArray<unknown>, readonly logprobs: unknown, readonly finishReason: FinishReason, readonly serviceTier: string | null, readonly dropped: ReadonlyArray<string>, readonly createdAt: string, readonly endedAt: string | null, readonly guardrailVerdicts: ReadonlyArray<{ readonly rule: string, readonly stage: GuardrailStage, readonly action: GuardrailAction, readonly fired: boolean }>, readonly reasoningBlocks: ReadonlyArray<{ readonly text: string | null, readonly signature: string | null, readonly redacted: string | null, readonly toolCallId: string | null, readonly details: unknown, readonly provider: ProviderKind }>, readonly toolCalls: ReadonlyArray<{ readonly id: string, readonly name: string, readonly argumentsText: string, readonly providerOptions: unknown }>, readonly providerBlocks: ReadonlyArray<{ readonly format: string, readonly content: unknown, readonly textOffset: number }>, readonly outline: ReadonlyArray<{ readonly kind: OutlineKind, readonly index: number }>, readonly error: { readonly code: string, readonly message: string, readonly retryAfterMs: number | null } | null, readonly usage: { readonly inputTokens: number, readonly outputTokens: number, readonly totalTokens: number, readonly cachedInputTokens: number, readonly cacheWriteTokens: number, readonly reasoningTokens: number }, readonly model: { readonly id: string } } | null };

export type ResponsesCancelMutationVariables = Exact<{
  id: string;
}>;


export type ResponsesCancelMutation = { readonly cancelCompletion: { readonly id: string, readonly status: CompletionStatus, readonly text: string, readonly reasoning: string | null, readonly refusal: string | null, readonly citations: ReadonlyArray<unknown>, readonly logprobs: unknown, readonly finishReason: FinishReason, readonly serviceTier: string | null, readonly dropped: ReadonlyArray<string>, readonly createdAt: string, readonly endedAt: string | null, readonly reasoningBlocks: ReadonlyArray<{ readonly text: string | null, readonly signature: string | null, readonly redacted: string | null, readonly toolCallId: string | null, readonly details: unknown, readonly provider: ProviderKind }>, readonly toolCalls: ReadonlyArray<{ readonly id: string, readonly name: string, readonly argumentsText: string, readonly providerOptions: unknown }>, readonly providerBlocks: ReadonlyArray<{ readonly format: string, readonly content: unknown, readonly textOffset: number }>, readonly outline: ReadonlyArray<{ readonly kind: OutlineKind, readonly index: number }>, readonly error: { readonly code: string, readonly message: string, readonly retryAfterMs: number | null } | null, readonly usage: { readonly inputTokens: number, readonly outputTokens: number, readonly totalTokens: number, readonly cachedInputTokens: number, readonly cacheWriteTokens: number, readonly reasoningTokens: number }, readonly model: { readonly id: string } } };

export type ResponsesDeleteMutationVariables = Exact<{
  id: string;
}>;


export type ResponsesDeleteMutation = { readonly deleteCompletion: string };

export type ResponseCompletionFragment = { readonly id: string, readonly status: CompletionStatus, readonly text: string, readonly reasoning: string | null, readonly refusal: string | null, readonly citations: ReadonlyArray<unknown>, readonly logprobs: unknown, readonly finishReason: FinishReason, readonly serviceTier: string | null, readonly dropped: ReadonlyArray<string>, readonly createdAt: string, readonly endedAt: string | null, readonly reasoningBlocks: ReadonlyArray<{ readonly text: string | null, readonly signature: string | null, readonly redacted: string | null, readonly toolCallId: string | null, readonly details: unknown, readonly provider: ProviderKind }>, readonly toolCalls: ReadonlyArray<{ readonly id: string, readonly name: string, readonly argumentsText: string, readonly providerOptions: unknown }>, readonly providerBlocks: ReadonlyArray<{ readonly format: string, readonly content: unknown, readonly textOffset: number }>, readonly outline: ReadonlyArray<{ readonly kind: OutlineKind, readonly index: number }>, readonly error: { readonly code: string, readonly message: string, readonly retryAfterMs: number | null } | null, readonly usage: { readonly inputTokens: number, readonly outputTokens: number, readonly totalTokens: number, readonly cachedInputTokens: number, readonly cacheWriteTokens: number, readonly reasoningTokens: number }, readonly model: { readonly id: string } };

type ResponseEvent_CompletionStarted_Fragment = { readonly __typename: 'CompletionStarted', readonly completionId: string, readonly dropped: ReadonlyArray<string>, readonly model: { readonly id: string }, readonly limits: ReadonlyArray<{ readonly meter: Meter, readonly limit: string, readonly remaining: string, readonly resetsAt: string | null }>, readonly guardrailVerdicts: ReadonlyArray<{ readonly rule: string, readonly stage: GuardrailStage, readonly action: GuardrailAction, readonly fired: boolean }> };

type ResponseEvent_TextDelta_Fragment = { readonly __typename: 'TextDelta', readonly text: string };

type ResponseEvent_ReasoningDelta_Fragment = { readonly __typename: 'ReasoningDelta', readonly text: string };

type ResponseEvent_ReasoningFinished_Fragment = { readonly __typename: 'ReasoningFinished', readonly block: { readonly text: string | null, readonly signature: string | null, readonly redacted: string | null, readonly toolCallId: string | null, readonly details: unknown, readonly provider: ProviderKind } };

type ResponseEvent_RefusalDelta_Fragment = { readonly __typename: 'RefusalDelta', readonly text: string };

type ResponseEvent_CitationAdded_Fragment = { readonly __typename: 'CitationAdded', readonly citation: unknown };

type ResponseEvent_AudioDelta_Fragment = { readonly __typename: 'AudioDelta' };

type ResponseEvent_ProviderBlockAdded_Fragment = { readonly __typename: 'ProviderBlockAdded', readonly format: string, readonly content: unknown };

type ResponseEvent_ProviderBlockChanged_Fragment = { readonly __typename: 'ProviderBlockChanged', readonly format: string, readonly content: unknown };

type ResponseEvent_AlternativeFinished_Fragment = { readonly __typename: 'AlternativeFinished' };

type ResponseEvent_LogprobsDelta_Fragment = { readonly __typename: 'LogprobsDelta', readonly tokens: ReadonlyArray<unknown> };

type ResponseEvent_ToolCallDelta_Fragment = { readonly __typename: 'ToolCallDelta', readonly index: number, readonly id: string | null, readonly name: string | null, readonly argumentsDelta: string, readonly providerOptions: unknown };

type ResponseEvent_CompletionRestarted_Fragment = { readonly __typename: 'CompletionRestarted' };

type ResponseEvent_CompletionFinished_Fragment = { readonly __typename: 'CompletionFinished', readonly completion: { readonly id: string, readonly status: CompletionStatus, readonly text: string, readonly reasoning: string | null, readonly refusal: string | null, readonly citations: ReadonlyArray<unknown>, readonly logprobs: unknown, readonly finishReason: FinishReason, readonly serviceTier: string | null, readonly dropped: ReadonlyArray<string>, readonly createdAt: string, readonly endedAt: string | null, readonly reasoningBlocks: ReadonlyArray<{ readonly text: string | null, readonly signature: string | null, readonly redacted: string | null, readonly toolCallId: string | null, readonly details: unknown, readonly provider: ProviderKind }>, readonly toolCalls: ReadonlyArray<{ readonly id: string, readonly name: string, readonly argumentsText: string, readonly providerOptions: unknown }>, readonly providerBlocks: ReadonlyArray<{ readonly format: string, readonly content: unknown, readonly textOffset: number }>, readonly outline: ReadonlyArray<{ readonly kind: OutlineKind, readonly index: number }>, readonly error: { readonly code: string, readonly message: string, readonly retryAfterMs: number | null } | null, readonly usage: { readonly inputTokens: number, readonly outputTokens: number, readonly totalTokens: number, readonly cachedInputTokens: number, readonly cacheWriteTokens: number, readonly reasoningTokens: number }, readonly model: { readonly id: string } } };

type ResponseEvent_CompletionFailed_Fragment = { readonly __typename: 'CompletionFailed', readonly completionId: string, readonly code: string, readonly message: string, readonly retryAfterMs: number | null, readonly completion: { readonly id: string, readonly status: CompletionStatus, readonly text: string, readonly reasoning: string | null, readonly refusal: string | null, readonly citations: ReadonlyArray<unknown>, readonly logprobs: unknown, readonly finishReason: FinishReason, readonly serviceTier: string | null, readonly dropped: ReadonlyArray<string>, readonly createdAt: string, readonly endedAt: string | null, readonly reasoningBlocks: ReadonlyArray<{ readonly text: string | null, readonly signature: string | null, readonly redacted: string | null, readonly toolCallId: string | null, readonly details: unknown, readonly provider: ProviderKind }>, readonly toolCalls: ReadonlyArray<{ readonly id: string, readonly name: string, readonly argumentsText: string, readonly providerOptions: unknown }>, readonly providerBlocks: ReadonlyArray<{ readonly format: string, readonly content: unknown, readonly textOffset: number }>, readonly outline: ReadonlyArray<{ readonly kind: OutlineKind, readonly index: number }>, readonly error: { readonly code: string, readonly message: string, readonly retryAfterMs: number | null } | null, readonly usage: { readonly inputTokens: number, readonly outputTokens: number, readonly totalTokens: number, readonly cachedInputTokens: number, readonly cacheWriteTokens: number, readonly reasoningTokens: number }, readonly model: { readonly id: string } } };

export type ResponseEventFragment =
  | ResponseEvent_CompletionStarted_Fragment
  | ResponseEvent_TextDelta_Fragment
  | ResponseEvent_ReasoningDelta_Fragment
  | ResponseEvent_ReasoningFinished_Fragment
  | ResponseEvent_RefusalDelta_Fragment
  | ResponseEvent_CitationAdded_Fragment
  | ResponseEvent_AudioDelta_Fragment
  | ResponseEvent_ProviderBlockAdded_Fragment
  | ResponseEvent_ProviderBlockChanged_Fragment
  | ResponseEvent_AlternativeFinished_Fragment
  | ResponseEvent_LogprobsDelta_Fragment
  | ResponseEvent_ToolCallDelta_Fragment
  | ResponseEvent_CompletionRestarted_Fragment
  | ResponseEvent_CompletionFinished_Fragment
  | ResponseEvent_CompletionFailed_Fragment
;

export type ScimUsersQueryVariables = Exact<{
  anyOf?: ReadonlyArray<ProvisionedMemberCondition> | ProvisionedMemberCondition | null | undefined;
  offset: number;
  first: number;
}>;


export type ScimUsersQuery = { readonly provisionedMembers: { readonly totalCount: number, readonly nodes: ReadonlyArray<{ readonly id: string, readonly externalId: string, readonly userName: string, readonly displayName: string | null, readonly givenName: string | null, readonly familyName: string | null, readonly email: string | null, readonly active: boolean, readonly createdAt: string, readonly modifiedAt: string, readonly version: string, readonly groups: ReadonlyArray<{ readonly id: string, readonly displayName: string }> }> } };

export type ScimUserQueryVariables = Exact<{
  id: string;
}>;


export type ScimUserQuery = { readonly provisionedMember: { readonly id: string, readonly externalId: string, readonly userName: string, readonly displayName: string | null, readonly givenName: string | null, readonly familyName: string | null, readonly email: string | null, readonly active: boolean, readonly createdAt: string, readonly modifiedAt: string, readonly version: string, readonly groups: ReadonlyArray<{ readonly id: string, readonly displayName: string }> } | null };

export type ScimCreateUserMutationVariables = Exact<{
  input: ProvisionMemberInput;
}>;


export type ScimCreateUserMutation = { readonly provisionMember: { readonly id: string, readonly externalId: string, readonly userName: string, readonly displayName: string | null, readonly givenName: string | null, readonly familyName: string | null, readonly email: string | null, readonly active: boolean, readonly createdAt: string, readonly modifiedAt: string, readonly version: string, readonly groups: ReadonlyArray<{ readonly id: string, readonly displayName: string }> } };

export type ScimUpdateUserMutationVariables = Exact<{
  id: string;
  input: UpdateProvisionedMemberInput;
}>;


export type ScimUpdateUserMutation = { readonly updateProvisionedMember: { readonly id: string, readonly externalId: string, readonly userName: string, readonly displayName: string | null, readonly givenName: string | null, readonly familyName: string | null, readonly email: string | null, readonly active: boolean, readonly createdAt: string, readonly modifiedAt: string, readonly version: string, readonly groups: ReadonlyArray<{ readonly id: string, readonly displayName: string }> } };

export type ScimRemoveUserMutationVariables = Exact<{
  id: string;
  ifVersion?: string | null | undefined;
}>;


export type ScimRemoveUserMutation = { readonly removeProvisionedMember: string };

export type ScimGroupsQueryVariables = Exact<{
  anyOf?: ReadonlyArray<MemberGroupCondition> | MemberGroupCondition | null | undefined;
  offset: number;
  first: number;
  withMembers: boolean;
}>;


export type ScimGroupsQuery = { readonly memberGroups: { readonly totalCount: number, readonly nodes: ReadonlyArray<{ readonly id: string, readonly displayName: string, readonly externalId: string | null, readonly memberIds?: ReadonlyArray<string>, readonly revision: number, readonly createdAt: string, readonly modifiedAt: string }> } };

export type ScimGroupQueryVariables = Exact<{
  id: string;
  withMembers: boolean;
}>;


export type ScimGroupQuery = { readonly memberGroup: { readonly id: string, readonly displayName: string, readonly externalId: string | null, readonly memberIds?: ReadonlyArray<string>, readonly revision: number, readonly createdAt: string, readonly modifiedAt: string } | null };

export type ScimSaveGroupMutationVariables = Exact<{
  input: MemberGroupInput;
  withMembers: boolean;
}>;


export type ScimSaveGroupMutation = { readonly saveMemberGroup: { readonly id: string, readonly displayName: string, readonly externalId: string | null, readonly memberIds?: ReadonlyArray<string>, readonly revision: number, readonly createdAt: string, readonly modifiedAt: string } };

export type ScimDeleteGroupMutationVariables = Exact<{
  id: string;
  ifRevision?: number | null | undefined;
}>;


export type ScimDeleteGroupMutation = { readonly deleteMemberGroup: string };

export type ScimUserFragment = { readonly id: string, readonly externalId: string, readonly userName: string, readonly displayName: string | null, readonly givenName: string | null, readonly familyName: string | null, readonly email: string | null, readonly active: boolean, readonly createdAt: string, readonly modifiedAt: string, readonly version: string, readonly groups: ReadonlyArray<{ readonly id: string, readonly displayName: string }> };

export type ScimGroupFragment = { readonly id: string, readonly displayName: string, readonly externalId: string | null, readonly memberIds?: ReadonlyArray<string>, readonly revision: number, readonly createdAt: string, readonly modifiedAt: string };


export const messagesComplete = new DeclaredOperation<MessagesCompleteMutation, MessagesCompleteMutationVariables>(
  "mutation MessagesComplete($input:CompletionInput!){complete(input:$input){id status text reasoning reasoningBlocks{...MessagesReasoning}refusal citations toolCalls{id name argumentsText providerOptions}providerBlocks{format content textOffset}outline{kind index}finishReason finishDetail stopSequence serviceTier dropped limits{...HeaderLimit}guardrailVerdicts{...HeaderVerdict}usage{...MessagesUsage}model{id}}}fragment MessagesUsage on TokenUsage{inputTokens outputTokens cachedInputTokens cacheWriteTokens cacheWrite1hTokens reasoningTokens}fragment MessagesReasoning on Reasoning{text signature redacted toolCallId provider}fragment HeaderLimit on CallLimit{meter limit remaining resetsAt}fragment HeaderVerdict on GuardrailVerdict{rule stage action fired}",
);

export const messagesCount = new DeclaredOperation<MessagesCountQuery, MessagesCountQueryVariables>(
  "query MessagesCount($input:CompletionInput!){countTokens(input:$input){inputTokens isEstimated}}",
);

export const messagesStream = new DeclaredOperation<MessagesStreamSubscription, MessagesStreamSubscriptionVariables>(
  "subscription MessagesStream($input:CompletionInput!){completionStream(input:$input){__typename ...on CompletionStarted{completionId model{id}dropped usage{...MessagesUsage}limits{...HeaderLimit}guardrailVerdicts{...HeaderVerdict}}...on TextDelta{text}...on ReasoningDelta{text}...on ReasoningFinished{block{...MessagesReasoning}}...on RefusalDelta{text}...on CitationAdded{citation}...on ProviderBlockAdded{format content}...on ToolCallDelta{index id name argumentsDelta providerOptions}...on CompletionFinished{completion{status finishReason finishDetail stopSequence serviceTier usage{...MessagesUsage}}}...on CompletionFailed{completionId code message retryAfterMs}}}fragment MessagesUsage on TokenUsage{inputTokens outputTokens cachedInputTokens cacheWriteTokens cacheWrite1hTokens reasoningTokens}fragment MessagesReasoning on Reasoning{text signature redacted toolCallId provider}fragment HeaderLimit on CallLimit{meter limit remaining resetsAt}fragment HeaderVerdict on GuardrailVerdict{rule stage action fired}",
);

export const chatComplete = new DeclaredOperation<ChatCompleteMutation, ChatCompleteMutationVariables>(
  "mutation ChatComplete($input:CompletionInput!){complete(input:$input){id status text reasoning reasoningBlocks{...ChatReasoning}refusal audio{id data transcript expiresAt}citations logprobs toolCalls{id name argumentsText providerOptions}alternatives{index text reasoning refusal logprobs toolCalls{id name argumentsText providerOptions}finishReason}finishReason dropped limits{...HeaderLimit}guardrailVerdicts{...HeaderVerdict}usage{...ChatUsage}model{id}systemFingerprint serviceTier createdAt}}fragment ChatUsage on TokenUsage{inputTokens outputTokens totalTokens cachedInputTokens cacheWriteTokens reasoningTokens}fragment HeaderLimit on CallLimit{meter limit remaining resetsAt}fragment HeaderVerdict on GuardrailVerdict{rule stage action fired}fragment ChatReasoning on Reasoning{text signature redacted toolCallId details provider}",
);

export const chatStream = new DeclaredOperation<ChatStreamSubscription, ChatStreamSubscriptionVariables>(
  "subscription ChatStream($input:CompletionInput!){completionStream(input:$input){__typename ...on CompletionStarted{completionId model{id}dropped limits{...HeaderLimit}guardrailVerdicts{...HeaderVerdict}}...on TextDelta{alternative text}...on ReasoningDelta{alternative text}...on ReasoningFinished{block{...ChatReasoning}}...on RefusalDelta{alternative text}...on AudioDelta{audioId data transcript expiresAt}...on CitationAdded{citation}...on LogprobsDelta{alternative tokens}...on ToolCallDelta{alternative index id name argumentsDelta providerOptions}...on AlternativeFinished{alternative finishReason}...on CompletionFinished{completion{status finishReason systemFingerprint serviceTier usage{...ChatUsage}}}...on CompletionFailed{completionId code message retryAfterMs}}}fragment ChatUsage on TokenUsage{inputTokens outputTokens totalTokens cachedInputTokens cacheWriteTokens reasoningTokens}fragment HeaderLimit on CallLimit{meter limit remaining resetsAt}fragment HeaderVerdict on GuardrailVerdict{rule stage action fired}fragment ChatReasoning on Reasoning{text signature redacted toolCallId details provider}",
);

export const openAiEmbed = new DeclaredOperation<OpenAiEmbedMutation, OpenAiEmbedMutationVariables>(
  "mutation OpenAiEmbed($input:EmbedInput!){embed(input:$input){vectors usage{inputTokens totalTokens}limits{...HeaderLimit}guardrailVerdicts{...HeaderVerdict}model{id}invocation{id}}}fragment HeaderLimit on CallLimit{meter limit remaining resetsAt}fragment HeaderVerdict on GuardrailVerdict{rule stage action fired}",
);

export const openAiModels = new DeclaredOperation<OpenAiModelsQuery, OpenAiModelsQueryVariables>(
  "query OpenAiModels($after:String){models(first:200 after:$after filter:{lifecycle:ACTIVE}){edges{node{...ListedModel}}pageInfo{hasNextPage endCursor}}}fragment ListedModel on Model{id callName name access capabilities}",
);

export const openAiRoutes = new DeclaredOperation<OpenAiRoutesQuery, OpenAiRoutesQueryVariables>(
  "query OpenAiRoutes($after:ID){routes(first:200 after:$after){id alias access}modelAliases{name target}}",
);

export const openAiModel = new DeclaredOperation<OpenAiModelQuery, OpenAiModelQueryVariables>(
  "query OpenAiModel($id:ID!){model(id:$id){...ListedModel}route(alias:$id){id alias access}modelAlias(name:$id){name target}}fragment ListedModel on Model{id callName name access capabilities}",
);

export const legacyComplete = new DeclaredOperation<LegacyCompleteMutation, LegacyCompleteMutationVariables>(
  "mutation LegacyComplete($input:CompletionInput!){complete(input:$input){id status text alternatives{index text finishReason}finishReason dropped limits{...HeaderLimit}guardrailVerdicts{...HeaderVerdict}usage{...ChatUsage}model{id}createdAt}}fragment ChatUsage on TokenUsage{inputTokens outputTokens totalTokens cachedInputTokens cacheWriteTokens reasoningTokens}fragment HeaderLimit on CallLimit{meter limit remaining resetsAt}fragment HeaderVerdict on GuardrailVerdict{rule stage action fired}",
);

export const legacyStream = new DeclaredOperation<LegacyStreamSubscription, LegacyStreamSubscriptionVariables>(
  "subscription LegacyStream($input:CompletionInput!){completionStream(input:$input){__typename ...on CompletionStarted{completionId model{id}dropped limits{...HeaderLimit}guardrailVerdicts{...HeaderVerdict}}...on TextDelta{alternative text}...on AlternativeFinished{alternative finishReason}...on CompletionFinished{completion{status finishReason usage{...ChatUsage}}}...on CompletionFailed{completionId code message retryAfterMs}}}fragment ChatUsage on TokenUsage{inputTokens outputTokens totalTokens cachedInputTokens cacheWriteTokens reasoningTokens}fragment HeaderLimit on CallLimit{meter limit remaining resetsAt}fragment HeaderVerdict on GuardrailVerdict{rule stage action fired}",
);

export const promptRun = new DeclaredOperation<PromptRunMutation, PromptRunMutationVariables>(
  "mutation PromptRun($input:RunPromptInput!){runPrompt(input:$input){id status text json refusal finishReason dropped limits{...HeaderLimit}guardrailVerdicts{...HeaderVerdict}promptVersion{number structured}}}fragment HeaderLimit on CallLimit{meter limit remaining resetsAt}fragment HeaderVerdict on GuardrailVerdict{rule stage action fired}",
);

export const promptEvents = new DeclaredOperation<PromptEventsSubscription, PromptEventsSubscriptionVariables>(
  "subscription PromptEvents($input:RunPromptInput!){promptStream(input:$input){__typename ...on CompletionStarted{completionId model{id}dropped limits{...HeaderLimit}guardrailVerdicts{...HeaderVerdict}promptVersion{number structured}}...on TextDelta{text}...on CompletionRestarted{reason}...on CompletionFinished{completion{id status text json refusal finishReason usage{inputTokens outputTokens totalTokens}}}...on CompletionFailed{completionId code message retryAfterMs}}}fragment HeaderLimit on CallLimit{meter limit remaining resetsAt}fragment HeaderVerdict on GuardrailVerdict{rule stage action fired}",
);

export const promptsToRun = new DeclaredOperation<PromptsToRunQuery, PromptsToRunQueryVariables>(
  "query PromptsToRun($filter:PromptFilter!$after:String){prompts(first:50 after:$after orderBy:NAME_ASC filter:$filter){edges{node{name description version{...PromptShape}labels{name version{...PromptShape}}}}pageInfo{hasNextPage endCursor}}}fragment PromptShape on PromptVersion{number runnable variables{name description}outputSchema}",
);

export const responsesComplete = new DeclaredOperation<ResponsesCompleteMutation, ResponsesCompleteMutationVariables>(
  "mutation ResponsesComplete($input:CompletionInput!){complete(input:$input){...ResponseCompletion limits{...HeaderLimit}guardrailVerdicts{...HeaderVerdict}}}fragment ChatUsage on TokenUsage{inputTokens outputTokens totalTokens cachedInputTokens cacheWriteTokens reasoningTokens}fragment HeaderLimit on CallLimit{meter limit remaining resetsAt}fragment HeaderVerdict on GuardrailVerdict{rule stage action fired}fragment ChatReasoning on Reasoning{text signature redacted toolCallId details provider}fragment ResponseCompletion on Completion{id status text reasoning reasoningBlocks{...ChatReasoning}refusal citations logprobs toolCalls{id name argumentsText providerOptions}providerBlocks{format content textOffset}outline{kind index}finishReason serviceTier dropped error{code message retryAfterMs}usage{...ChatUsage}model{id}createdAt endedAt}",
);

export const responsesStart = new DeclaredOperation<ResponsesStartMutation, ResponsesStartMutationVariables>(
  "mutation ResponsesStart($input:CompletionInput!){startCompletion(input:$input){...ResponseCompletion limits{...HeaderLimit}guardrailVerdicts{...HeaderVerdict}}}fragment ChatUsage on TokenUsage{inputTokens outputTokens totalTokens cachedInputTokens cacheWriteTokens reasoningTokens}fragment HeaderLimit on CallLimit{meter limit remaining resetsAt}fragment HeaderVerdict on GuardrailVerdict{rule stage action fired}fragment ChatReasoning on Reasoning{text signature redacted toolCallId details provider}fragment ResponseCompletion on Completion{id status text reasoning reasoningBlocks{...ChatReasoning}refusal citations logprobs toolCalls{id name argumentsText providerOptions}providerBlocks{format content textOffset}outline{kind index}finishReason serviceTier dropped error{code message retryAfterMs}usage{...ChatUsage}model{id}createdAt endedAt}",
);

export const responsesStream = new DeclaredOperation<ResponsesStreamSubscription, ResponsesStreamSubscriptionVariables>(
  "subscription ResponsesStream($input:CompletionInput!){completionStream(input:$input){...ResponseEvent}}fragment ChatUsage on TokenUsage{inputTokens outputTokens totalTokens cachedInputTokens cacheWriteTokens reasoningTokens}fragment HeaderLimit on CallLimit{meter limit remaining resetsAt}fragment HeaderVerdict on GuardrailVerdict{rule stage action fired}fragment ChatReasoning on Reasoning{text signature redacted toolCallId details provider}fragment ResponseCompletion on Completion{id status text reasoning reasoningBlocks{...ChatReasoning}refusal citations logprobs toolCalls{id name argumentsText providerOptions}providerBlocks{format content textOffset}outline{kind index}finishReason serviceTier dropped error{code message retryAfterMs}usage{...ChatUsage}model{id}createdAt endedAt}fragment ResponseEvent on CompletionEvent{__typename ...on CompletionStarted{completionId model{id}dropped limits{...HeaderLimit}guardrailVerdicts{...HeaderVerdict}}...on TextDelta{text}...on ReasoningDelta{text}...on ReasoningFinished{block{...ChatReasoning}}...on RefusalDelta{text}...on CitationAdded{citation}...on LogprobsDelta{tokens}...on ToolCallDelta{index id name argumentsDelta providerOptions}...on ProviderBlockAdded{format content}...on ProviderBlockChanged{format content}...on CompletionFinished{completion{...ResponseCompletion}}...on CompletionFailed{completionId code message retryAfterMs completion{...ResponseCompletion}}}",
);

export const responsesResume = new DeclaredOperation<ResponsesResumeSubscription, ResponsesResumeSubscriptionVariables>(
  "subscription ResponsesResume($id:ID!$after:Int!){resumeCompletion(id:$id after:$after){...ResponseEvent}}fragment ChatUsage on TokenUsage{inputTokens outputTokens totalTokens cachedInputTokens cacheWriteTokens reasoningTokens}fragment HeaderLimit on CallLimit{meter limit remaining resetsAt}fragment HeaderVerdict on GuardrailVerdict{rule stage action fired}fragment ChatReasoning on Reasoning{text signature redacted toolCallId details provider}fragment ResponseCompletion on Completion{id status text reasoning reasoningBlocks{...ChatReasoning}refusal citations logprobs toolCalls{id name argumentsText providerOptions}providerBlocks{format content textOffset}outline{kind index}finishReason serviceTier dropped error{code message retryAfterMs}usage{...ChatUsage}model{id}createdAt endedAt}fragment ResponseEvent on CompletionEvent{__typename ...on CompletionStarted{completionId model{id}dropped limits{...HeaderLimit}guardrailVerdicts{...HeaderVerdict}}...on TextDelta{text}...on ReasoningDelta{text}...on ReasoningFinished{block{...ChatReasoning}}...on RefusalDelta{text}...on CitationAdded{citation}...on LogprobsDelta{tokens}...on ToolCallDelta{index id name argumentsDelta providerOptions}...on ProviderBlockAdded{format content}...on ProviderBlockChanged{format content}...on CompletionFinished{completion{...ResponseCompletion}}...on CompletionFailed{completionId code message retryAfterMs completion{...ResponseCompletion}}}",
);

export const storedResponse = new DeclaredOperation<StoredResponseQuery, StoredResponseQueryVariables>(
  "query StoredResponse($id:ID!){completion(id:$id){...ResponseCompletion guardrailVerdicts{...HeaderVerdict}attachment}}fragment ChatUsage on TokenUsage{inputTokens outputTokens totalTokens cachedInputTokens cacheWriteTokens reasoningTokens}fragment HeaderVerdict on GuardrailVerdict{rule stage action fired}fragment ChatReasoning on Reasoning{text signature redacted toolCallId details provider}fragment ResponseCompletion on Completion{id status text reasoning reasoningBlocks{...ChatReasoning}refusal citations logprobs toolCalls{id name argumentsText providerOptions}providerBlocks{format content textOffset}outline{kind index}finishReason serviceTier dropped error{code message retryAfterMs}usage{...ChatUsage}model{id}createdAt endedAt}",
);

export const responsesCancel = new DeclaredOperation<ResponsesCancelMutation, ResponsesCancelMutationVariables>(
  "mutation ResponsesCancel($id:ID!){cancelCompletion(id:$id){...ResponseCompletion}}fragment ChatUsage on TokenUsage{inputTokens outputTokens totalTokens cachedInputTokens cacheWriteTokens reasoningTokens}fragment ChatReasoning on Reasoning{text signature redacted toolCallId details provider}fragment ResponseCompletion on Completion{id status text reasoning reasoningBlocks{...ChatReasoning}refusal citations logprobs toolCalls{id name argumentsText providerOptions}providerBlocks{format content textOffset}outline{kind index}finishReason serviceTier dropped error{code message retryAfterMs}usage{...ChatUsage}model{id}createdAt endedAt}",
);

export const responsesDelete = new DeclaredOperation<ResponsesDeleteMutation, ResponsesDeleteMutationVariables>(
  "mutation ResponsesDelete($id:ID!){deleteCompletion(id:$id)}",
);

export const scimUsers = new DeclaredOperation<ScimUsersQuery, ScimUsersQueryVariables>(
  "query ScimUsers($anyOf:[ProvisionedMemberCondition!]$offset:Int!$first:Int!){provisionedMembers(anyOf:$anyOf offset:$offset first:$first){totalCount nodes{...ScimUser}}}fragment ScimUser on ProvisionedMember{id externalId userName displayName givenName familyName email active groups{id displayName}createdAt modifiedAt version}",
);

export const scimUser = new DeclaredOperation<ScimUserQuery, ScimUserQueryVariables>(
  "query ScimUser($id:ID!){provisionedMember(id:$id){...ScimUser}}fragment ScimUser on ProvisionedMember{id externalId userName displayName givenName familyName email active groups{id displayName}createdAt modifiedAt version}",
);

export const scimCreateUser = new DeclaredOperation<ScimCreateUserMutation, ScimCreateUserMutationVariables>(
  "mutation ScimCreateUser($input:ProvisionMemberInput!){provisionMember(input:$input){...ScimUser}}fragment ScimUser on ProvisionedMember{id externalId userName displayName givenName familyName email active groups{id displayName}createdAt modifiedAt version}",
);

export const scimUpdateUser = new DeclaredOperation<ScimUpdateUserMutation, ScimUpdateUserMutationVariables>(
  "mutation ScimUpdateUser($id:ID!$input:UpdateProvisionedMemberInput!){updateProvisionedMember(id:$id input:$input){...ScimUser}}fragment ScimUser on ProvisionedMember{id externalId userName displayName givenName familyName email active groups{id displayName}createdAt modifiedAt version}",
);

export const scimRemoveUser = new DeclaredOperation<ScimRemoveUserMutation, ScimRemoveUserMutationVariables>(
  "mutation ScimRemoveUser($id:ID!$ifVersion:String){removeProvisionedMember(id:$id ifVersion:$ifVersion)}",
);

export const scimGroups = new DeclaredOperation<ScimGroupsQuery, ScimGroupsQueryVariables>(
  "query ScimGroups($anyOf:[MemberGroupCondition!]$offset:Int!$first:Int!$withMembers:Boolean!){memberGroups(anyOf:$anyOf offset:$offset first:$first){totalCount nodes{...ScimGroup}}}fragment ScimGroup on MemberGroup{id displayName externalId memberIds@include(if:$withMembers)revision createdAt modifiedAt}",
);

export const scimGroup = new DeclaredOperation<ScimGroupQuery, ScimGroupQueryVariables>(
  "query ScimGroup($id:ID!$withMembers:Boolean!){memberGroup(id:$id){...ScimGroup}}fragment ScimGroup on MemberGroup{id displayName externalId memberIds@include(if:$withMembers)revision createdAt modifiedAt}",
);

export const scimSaveGroup = new DeclaredOperation<ScimSaveGroupMutation, ScimSaveGroupMutationVariables>(
  "mutation ScimSaveGroup($input:MemberGroupInput!$withMembers:Boolean!){saveMemberGroup(input:$input){...ScimGroup}}fragment ScimGroup on MemberGroup{id displayName externalId memberIds@include(if:$withMembers)revision createdAt modifiedAt}",
);

export const scimDeleteGroup = new DeclaredOperation<ScimDeleteGroupMutation, ScimDeleteGroupMutationVariables>(
  "mutation ScimDeleteGroup($id:ID!$ifRevision:Int){deleteMemberGroup(id:$id ifRevision:$ifRevision)}",
);
