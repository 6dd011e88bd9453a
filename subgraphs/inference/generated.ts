// Generated from the SDL by `npm run schema:compose`: do not edit.

import type * as context from '../runtime/context.ts';
import type * as entity from '../runtime/entity.ts';
import type * as completion from '#inference/completion.ts';
import type * as verdictRecords from '#inference/guarding/verdict-records.ts';
import type * as embedding from '#inference/execution/embedding.ts';
import type * as searchPayloads from '#inference/payloads/search-payloads.ts';
import type * as health from '#inference/routing/health.ts';
import type * as completionEvents from '#inference/streams/completion-events.ts';
import type * as audio from '#providers/audio.ts';
import type * as provider from '#providers/provider.ts';
import type * as callLimits from '#state/quota/call-limits.ts';
import type { ProviderKind } from '#core/graph-enums.generated.ts';
import type { MessageRole } from '#core/graph-enums.generated.ts';
import type { OnDisconnect } from '#core/graph-enums.generated.ts';
import type { CacheUse } from '#core/graph-enums.generated.ts';
import type { Retention } from '#core/graph-enums.generated.ts';
import type { CompletionStatus } from '#core/graph-enums.generated.ts';
import type { FinishReason } from '#core/graph-enums.generated.ts';
import type { CacheStatus } from '#core/graph-enums.generated.ts';
import type { OutlineKind } from '#core/graph-enums.generated.ts';
import type { LimitWindow } from '#core/graph-enums.generated.ts';
import type { CircuitState } from '#core/graph-enums.generated.ts';
import type { PayloadState } from '#core/graph-enums.generated.ts';
import type { GuardrailAction } from '#core/graph-enums.generated.ts';
import type { Meter } from '#core/graph-enums.generated.ts';
import type { CacheScope } from '#core/graph-enums.generated.ts';
import type { CacheMatch } from '#core/graph-enums.generated.ts';
import type { GuardrailStage } from '#core/graph-enums.generated.ts';
import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
export type Maybe<T> = T | null | Promise<T | null>;
export type InputMaybe<T> = T | null;
export type Omit<T, K extends keyof T> = Pick<T, Exclude<keyof T, K>>;
export type RequireFields<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: T[P] };
export type EnumResolverSignature<T, AllowedValues = any> = { [key in keyof T]?: AllowedValues };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  DateTime: { input: Date; output: Date | number; }
  JSON: { input: unknown; output: unknown; }
  Decimal: { input: string; output: string | bigint; }
  _FieldSet: { input: string; output: string; }
};

export type Query = {
  readonly completion: Maybe<Completion>;
  readonly countTokens: TokenCount;
  readonly searchPayloads: PayloadPage;
  readonly testGuardrails: GuardrailTest;
};


export type QueryCompletionArgs = {
  id: Scalars['ID']['input'];
};


export type QueryCountTokensArgs = {
  input: CompletionInput;
};


export type QuerySearchPayloadsArgs = {
  text: Scalars['String']['input'];
  from: Scalars['DateTime']['input'];
  to: Scalars['DateTime']['input'];
  first: Scalars['Int']['input'];
  after?: InputMaybe<Scalars['String']['input']>;
};


export type QueryTestGuardrailsArgs = {
  input: TestGuardrailsInput;
};

export type Mutation = {
  readonly complete: Completion;
  readonly runPrompt: Completion;
  readonly startCompletion: Completion;
  readonly cancelCompletion: Completion;
  readonly deleteCompletion: Scalars['ID']['output'];
  readonly rateInvocation: Invocation;
  readonly embed: Embeddings;
};


export type MutationCompleteArgs = {
  input: CompletionInput;
};


export type MutationRunPromptArgs = {
  input: RunPromptInput;
};


export type MutationStartCompletionArgs = {
  input: CompletionInput;
};


export type MutationCancelCompletionArgs = {
  id: Scalars['ID']['input'];
};


export type MutationDeleteCompletionArgs = {
  id: Scalars['ID']['input'];
};


export type MutationRateInvocationArgs = {
  id: Scalars['ID']['input'];
  rating?: InputMaybe<Scalars['Int']['input']>;
  comment?: InputMaybe<Scalars['String']['input']>;
};


export type MutationEmbedArgs = {
  input: EmbedInput;
};

export type Subscription = {
  readonly completionStream: CompletionEvent;
  readonly promptStream: CompletionEvent;
  readonly resumeCompletion: CompletionEvent;
};


export type SubscriptionCompletionStreamArgs = {
  input: CompletionInput;
};


export type SubscriptionPromptStreamArgs = {
  input: RunPromptInput;
};


export type SubscriptionResumeCompletionArgs = {
  id: Scalars['ID']['input'];
  after: Scalars['Int']['input'];
};

export type MessageInput = {
  readonly role: MessageRole;
  readonly content?: InputMaybe<Scalars['String']['input']>;
  readonly parts?: InputMaybe<ReadonlyArray<ContentPartInput>>;
  readonly name?: InputMaybe<Scalars['String']['input']>;
  readonly toolCalls?: InputMaybe<ReadonlyArray<ToolCallInput>>;
  readonly reasoning?: InputMaybe<ReadonlyArray<ReasoningInput>>;
  readonly audioId?: InputMaybe<Scalars['ID']['input']>;
  readonly toolCallId?: InputMaybe<Scalars['ID']['input']>;
  readonly isError?: InputMaybe<Scalars['Boolean']['input']>;
  readonly providerOptions?: InputMaybe<Scalars['JSON']['input']>;
};

export type ReasoningInput = {
  readonly text?: InputMaybe<Scalars['String']['input']>;
  readonly signature?: InputMaybe<Scalars['String']['input']>;
  readonly redacted?: InputMaybe<Scalars['String']['input']>;
  readonly toolCallId?: InputMaybe<Scalars['ID']['input']>;
  readonly details?: InputMaybe<Scalars['JSON']['input']>;
  readonly provider?: InputMaybe<ProviderKind>;
};

export type ContentPartInput = {
  readonly text?: InputMaybe<Scalars['String']['input']>;
  readonly imageUrl?: InputMaybe<Scalars['String']['input']>;
  readonly data?: InputMaybe<Scalars['String']['input']>;
  readonly mediaType?: InputMaybe<Scalars['String']['input']>;
  readonly detail?: InputMaybe<Scalars['String']['input']>;
  readonly audioFormat?: InputMaybe<Scalars['String']['input']>;
  readonly filename?: InputMaybe<Scalars['String']['input']>;
  readonly cache?: InputMaybe<Scalars['Boolean']['input']>;
  readonly isRefusal?: InputMaybe<Scalars['Boolean']['input']>;
  readonly providerOptions?: InputMaybe<Scalars['JSON']['input']>;
};

export type ToolCallInput = {
  readonly id: Scalars['ID']['input'];
  readonly name: Scalars['String']['input'];
  readonly arguments: Scalars['JSON']['input'];
  readonly providerOptions?: InputMaybe<Scalars['JSON']['input']>;
};

export type ToolInput = {
  readonly name: Scalars['String']['input'];
  readonly description?: InputMaybe<Scalars['String']['input']>;
  readonly parameters: Scalars['JSON']['input'];
  readonly strict?: InputMaybe<Scalars['Boolean']['input']>;
  readonly cache?: InputMaybe<Scalars['Boolean']['input']>;
  readonly providerOptions?: InputMaybe<Scalars['JSON']['input']>;
};

export type CompletionInput = {
  readonly model: Scalars['String']['input'];
  readonly messages: ReadonlyArray<MessageInput>;
  readonly temperature?: InputMaybe<Scalars['Float']['input']>;
  readonly topP?: InputMaybe<Scalars['Float']['input']>;
  readonly maxOutputTokens?: InputMaybe<Scalars['Int']['input']>;
  readonly stop?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  readonly seed?: InputMaybe<Scalars['Int']['input']>;
  readonly tools?: InputMaybe<ReadonlyArray<ToolInput>>;
  readonly providerTools?: InputMaybe<Scalars['JSON']['input']>;
  readonly providerToolChoice?: InputMaybe<Scalars['JSON']['input']>;
  readonly toolChoice?: InputMaybe<Scalars['String']['input']>;
  readonly responseSchema?: InputMaybe<Scalars['JSON']['input']>;
  readonly responseSchemaName?: InputMaybe<Scalars['String']['input']>;
  readonly responseSchemaDescription?: InputMaybe<Scalars['String']['input']>;
  readonly responseSchemaStrict?: InputMaybe<Scalars['Boolean']['input']>;
  readonly responseJsonObject?: InputMaybe<Scalars['Boolean']['input']>;
  readonly reasoningEffort?: InputMaybe<Scalars['String']['input']>;
  readonly presencePenalty?: InputMaybe<Scalars['Float']['input']>;
  readonly frequencyPenalty?: InputMaybe<Scalars['Float']['input']>;
  readonly logprobs?: InputMaybe<Scalars['Boolean']['input']>;
  readonly topLogprobs?: InputMaybe<Scalars['Int']['input']>;
  readonly parallelToolCalls?: InputMaybe<Scalars['Boolean']['input']>;
  readonly alternatives?: InputMaybe<Scalars['Int']['input']>;
  readonly audio?: InputMaybe<AudioOutputInput>;
  readonly providerOptions?: InputMaybe<Scalars['JSON']['input']>;
  readonly allowRestart?: InputMaybe<Scalars['Boolean']['input']>;
  readonly metadata?: InputMaybe<Scalars['JSON']['input']>;
  readonly attachment?: InputMaybe<Scalars['String']['input']>;
  readonly cache?: InputMaybe<CacheUse>;
  readonly cacheScope?: InputMaybe<CacheScope>;
  readonly onDisconnect?: InputMaybe<OnDisconnect>;
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  readonly endUserId?: InputMaybe<Scalars['String']['input']>;
  readonly conversationId?: InputMaybe<Scalars['String']['input']>;
  readonly tags?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  readonly retention?: InputMaybe<Retention>;
};

export type AudioOutputInput = {
  readonly voice?: InputMaybe<Scalars['String']['input']>;
  readonly format?: InputMaybe<Scalars['String']['input']>;
};

export type RunPromptInput = {
  readonly name: Scalars['String']['input'];
  readonly version?: InputMaybe<Scalars['Int']['input']>;
  readonly label?: InputMaybe<Scalars['String']['input']>;
  readonly variables: Scalars['JSON']['input'];
  readonly cache?: InputMaybe<CacheUse>;
  readonly cacheScope?: InputMaybe<CacheScope>;
  readonly onDisconnect?: InputMaybe<OnDisconnect>;
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  readonly endUserId?: InputMaybe<Scalars['String']['input']>;
  readonly conversationId?: InputMaybe<Scalars['String']['input']>;
  readonly tags?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  readonly retention?: InputMaybe<Retention>;
};

export type EmbedInput = {
  readonly model: Scalars['String']['input'];
  readonly values: ReadonlyArray<Scalars['String']['input']>;
  readonly dimensions?: InputMaybe<Scalars['Int']['input']>;
  readonly endUserId?: InputMaybe<Scalars['String']['input']>;
  readonly conversationId?: InputMaybe<Scalars['String']['input']>;
  readonly tags?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  readonly retention?: InputMaybe<Retention>;
};

export type Completion = {
  readonly id: Scalars['ID']['output'];
  readonly status: CompletionStatus;
  readonly text: Scalars['String']['output'];
  readonly json: Maybe<Scalars['JSON']['output']>;
  readonly reasoning: Maybe<Scalars['String']['output']>;
  readonly reasoningBlocks: ReadonlyArray<Reasoning>;
  readonly refusal: Maybe<Scalars['String']['output']>;
  readonly audio: Maybe<Audio>;
  readonly citations: ReadonlyArray<Scalars['JSON']['output']>;
  readonly providerBlocks: ReadonlyArray<ProviderBlock>;
  readonly outline: ReadonlyArray<OutlineItem>;
  readonly logprobs: Maybe<Scalars['JSON']['output']>;
  readonly alternatives: ReadonlyArray<Alternative>;
  readonly dropped: ReadonlyArray<Scalars['String']['output']>;
  readonly limits: ReadonlyArray<CallLimit>;
  readonly guardrailVerdicts: ReadonlyArray<GuardrailVerdict>;
  readonly toolCalls: ReadonlyArray<ToolCall>;
  readonly finishReason: FinishReason;
  readonly finishDetail: Maybe<Scalars['String']['output']>;
  readonly stopSequence: Maybe<Scalars['String']['output']>;
  readonly systemFingerprint: Maybe<Scalars['String']['output']>;
  readonly serviceTier: Maybe<Scalars['String']['output']>;
  readonly usage: TokenUsage;
  readonly cost: Scalars['Decimal']['output'];
  readonly cache: CacheStatus;
  readonly model: Model;
  readonly promptVersion: Maybe<PromptVersion>;
  readonly attempts: ReadonlyArray<Attempt>;
  readonly invocation: Invocation;
  readonly attachment: Maybe<Scalars['String']['output']>;
  readonly error: Maybe<CompletionError>;
  readonly createdAt: Scalars['DateTime']['output'];
  readonly endedAt: Maybe<Scalars['DateTime']['output']>;
};

export type OutlineItem = {
  readonly kind: OutlineKind;
  readonly index: Scalars['Int']['output'];
};

export type CompletionError = {
  readonly code: Scalars['String']['output'];
  readonly message: Scalars['String']['output'];
  readonly retryAfterMs: Maybe<Scalars['Int']['output']>;
};

export type ProviderBlock = {
  readonly format: Scalars['String']['output'];
  readonly content: Scalars['JSON']['output'];
  readonly textOffset: Scalars['Int']['output'];
};

export type Reasoning = {
  readonly text: Maybe<Scalars['String']['output']>;
  readonly signature: Maybe<Scalars['String']['output']>;
  readonly redacted: Maybe<Scalars['String']['output']>;
  readonly toolCallId: Maybe<Scalars['ID']['output']>;
  readonly details: Maybe<Scalars['JSON']['output']>;
  readonly provider: ProviderKind;
};

export type Audio = {
  readonly id: Maybe<Scalars['ID']['output']>;
  readonly data: Scalars['String']['output'];
  readonly transcript: Maybe<Scalars['String']['output']>;
  readonly expiresAt: Maybe<Scalars['DateTime']['output']>;
};

export type Alternative = {
  readonly index: Scalars['Int']['output'];
  readonly text: Scalars['String']['output'];
  readonly reasoning: Maybe<Scalars['String']['output']>;
  readonly refusal: Maybe<Scalars['String']['output']>;
  readonly toolCalls: ReadonlyArray<ToolCall>;
  readonly logprobs: Maybe<Scalars['JSON']['output']>;
  readonly finishReason: FinishReason;
};

export type ToolCall = {
  readonly id: Scalars['ID']['output'];
  readonly name: Scalars['String']['output'];
  readonly arguments: Scalars['JSON']['output'];
  readonly argumentsText: Scalars['String']['output'];
  readonly providerOptions: Maybe<Scalars['JSON']['output']>;
};

export type TokenCount = {
  readonly inputTokens: Scalars['Int']['output'];
  readonly isEstimated: Scalars['Boolean']['output'];
};

export type TokenUsage = {
  readonly inputTokens: Scalars['Int']['output'];
  readonly outputTokens: Scalars['Int']['output'];
  readonly totalTokens: Scalars['Int']['output'];
  readonly cachedInputTokens: Scalars['Int']['output'];
  readonly cacheWriteTokens: Scalars['Int']['output'];
  readonly cacheWrite1hTokens: Scalars['Int']['output'];
  readonly reasoningTokens: Scalars['Int']['output'];
};

export type Attempt = {
  readonly model: Model;
  readonly startedAt: Scalars['DateTime']['output'];
  readonly durationMs: Scalars['Int']['output'];
  readonly outcome: Scalars['String']['output'];
  readonly error: Maybe<Scalars['String']['output']>;
  readonly usage: Maybe<TokenUsage>;
  readonly usageEstimated: Scalars['Boolean']['output'];
  readonly cost: Scalars['Decimal']['output'];
  readonly guardrail: Maybe<Scalars['String']['output']>;
};

export type CompletionEvent = {
  readonly completionId: Scalars['ID']['output'];
  readonly sequence: Scalars['Int']['output'];
};

export type CompletionStarted = CompletionEvent & {
  readonly completionId: Scalars['ID']['output'];
  readonly sequence: Scalars['Int']['output'];
  readonly model: Model;
  readonly dropped: ReadonlyArray<Scalars['String']['output']>;
  readonly promptVersion: Maybe<PromptVersion>;
  readonly guardrailVerdicts: ReadonlyArray<GuardrailVerdict>;
  readonly usage: TokenUsage;
  readonly limits: ReadonlyArray<CallLimit>;
};

export type TextDelta = CompletionEvent & {
  readonly completionId: Scalars['ID']['output'];
  readonly sequence: Scalars['Int']['output'];
  readonly alternative: Scalars['Int']['output'];
  readonly text: Scalars['String']['output'];
};

export type ReasoningDelta = CompletionEvent & {
  readonly completionId: Scalars['ID']['output'];
  readonly sequence: Scalars['Int']['output'];
  readonly alternative: Scalars['Int']['output'];
  readonly text: Scalars['String']['output'];
};

export type ReasoningFinished = CompletionEvent & {
  readonly completionId: Scalars['ID']['output'];
  readonly sequence: Scalars['Int']['output'];
  readonly block: Reasoning;
};

export type RefusalDelta = CompletionEvent & {
  readonly completionId: Scalars['ID']['output'];
  readonly sequence: Scalars['Int']['output'];
  readonly alternative: Scalars['Int']['output'];
  readonly text: Scalars['String']['output'];
};

export type CitationAdded = CompletionEvent & {
  readonly completionId: Scalars['ID']['output'];
  readonly sequence: Scalars['Int']['output'];
  readonly citation: Scalars['JSON']['output'];
};

export type AudioDelta = CompletionEvent & {
  readonly completionId: Scalars['ID']['output'];
  readonly sequence: Scalars['Int']['output'];
  readonly audioId: Maybe<Scalars['ID']['output']>;
  readonly data: Maybe<Scalars['String']['output']>;
  readonly transcript: Maybe<Scalars['String']['output']>;
  readonly expiresAt: Maybe<Scalars['DateTime']['output']>;
};

export type ProviderBlockAdded = CompletionEvent & {
  readonly completionId: Scalars['ID']['output'];
  readonly sequence: Scalars['Int']['output'];
  readonly format: Scalars['String']['output'];
  readonly content: Scalars['JSON']['output'];
};

export type ProviderBlockChanged = CompletionEvent & {
  readonly completionId: Scalars['ID']['output'];
  readonly sequence: Scalars['Int']['output'];
  readonly format: Scalars['String']['output'];
  readonly content: Scalars['JSON']['output'];
};

export type AlternativeFinished = CompletionEvent & {
  readonly completionId: Scalars['ID']['output'];
  readonly sequence: Scalars['Int']['output'];
  readonly alternative: Scalars['Int']['output'];
  readonly finishReason: FinishReason;
};

export type LogprobsDelta = CompletionEvent & {
  readonly completionId: Scalars['ID']['output'];
  readonly sequence: Scalars['Int']['output'];
  readonly alternative: Scalars['Int']['output'];
  readonly tokens: ReadonlyArray<Scalars['JSON']['output']>;
};

export type ToolCallDelta = CompletionEvent & {
  readonly completionId: Scalars['ID']['output'];
  readonly sequence: Scalars['Int']['output'];
  readonly alternative: Scalars['Int']['output'];
  readonly index: Scalars['Int']['output'];
  readonly id: Maybe<Scalars['ID']['output']>;
  readonly name: Maybe<Scalars['String']['output']>;
  readonly argumentsDelta: Scalars['String']['output'];
  readonly providerOptions: Maybe<Scalars['JSON']['output']>;
};

export type CompletionRestarted = CompletionEvent & {
  readonly completionId: Scalars['ID']['output'];
  readonly sequence: Scalars['Int']['output'];
  readonly reason: Scalars['String']['output'];
  readonly model: Model;
};

export type CompletionFinished = CompletionEvent & {
  readonly completionId: Scalars['ID']['output'];
  readonly sequence: Scalars['Int']['output'];
  readonly completion: Completion;
};

export type CompletionFailed = CompletionEvent & {
  readonly completionId: Scalars['ID']['output'];
  readonly sequence: Scalars['Int']['output'];
  readonly code: Scalars['String']['output'];
  readonly message: Scalars['String']['output'];
  readonly retryAfterMs: Maybe<Scalars['Int']['output']>;
  readonly completion: Completion;
};

export type Embeddings = {
  readonly vectors: ReadonlyArray<ReadonlyArray<Scalars['Float']['output']>>;
  readonly usage: TokenUsage;
  readonly cost: Scalars['Decimal']['output'];
  readonly model: Model;
  readonly limits: ReadonlyArray<CallLimit>;
  readonly guardrailVerdicts: ReadonlyArray<GuardrailVerdict>;
  readonly invocation: Invocation;
};

export type CallLimit = {
  readonly subject: Scalars['String']['output'];
  readonly meter: Meter;
  readonly window: LimitWindow;
  readonly limit: Scalars['Decimal']['output'];
  readonly remaining: Scalars['Decimal']['output'];
  readonly resetsAt: Maybe<Scalars['DateTime']['output']>;
};

export type ProviderHealth = {
  readonly circuit: CircuitState;
  readonly successRate: Maybe<Scalars['Float']['output']>;
  readonly latencyMsP50: Maybe<Scalars['Float']['output']>;
  readonly latencyMsP95: Maybe<Scalars['Float']['output']>;
  readonly timeToFirstTokenMsP50: Maybe<Scalars['Float']['output']>;
  readonly checkedAt: Maybe<Scalars['DateTime']['output']>;
};

export type Provider = {
  readonly id: Scalars['ID']['output'];
  readonly health: ProviderHealth;
};

export type Model = {
  readonly id: Scalars['ID']['output'];
};

export type PromptVersion = {
  readonly id: Scalars['ID']['output'];
};

export type Invocation = {
  readonly id: Scalars['ID']['output'];
  readonly request: Maybe<Scalars['JSON']['output']>;
  readonly response: Maybe<Scalars['JSON']['output']>;
  readonly attemptPayloads: ReadonlyArray<AttemptPayload>;
  readonly ratingComment: Maybe<Scalars['String']['output']>;
  readonly payloadState: PayloadState;
  readonly payloadCut: Scalars['Boolean']['output'];
};

export type AttemptPayload = {
  readonly request: Scalars['JSON']['output'];
  readonly response: Maybe<Scalars['JSON']['output']>;
};

export type PayloadPage = {
  readonly nodes: ReadonlyArray<Invocation>;
  readonly searched: Scalars['Int']['output'];
  readonly unreadable: Scalars['Int']['output'];
  readonly searchedFrom: Maybe<Scalars['DateTime']['output']>;
  readonly next: Maybe<Scalars['String']['output']>;
};

export type GuardrailRuleInput = {
  readonly rule: Scalars['String']['input'];
  readonly stages: ReadonlyArray<GuardrailStage>;
  readonly action: GuardrailAction;
  readonly options?: InputMaybe<Scalars['JSON']['input']>;
  readonly sample?: InputMaybe<Scalars['Float']['input']>;
  readonly note?: InputMaybe<Scalars['String']['input']>;
  readonly reroute?: InputMaybe<Scalars['String']['input']>;
  readonly unlessConsent?: InputMaybe<Scalars['String']['input']>;
};

export type TestGuardrailsInput = {
  readonly text: Scalars['String']['input'];
  readonly stage?: InputMaybe<GuardrailStage>;
  readonly rules?: InputMaybe<ReadonlyArray<GuardrailRuleInput>>;
  readonly promptId?: InputMaybe<Scalars['ID']['input']>;
  readonly model?: InputMaybe<Scalars['String']['input']>;
};

export type GuardrailTest = {
  readonly allowed: Scalars['Boolean']['output'];
  readonly text: Scalars['String']['output'];
  readonly verdicts: ReadonlyArray<GuardrailVerdict>;
};

export type GuardrailVerdict = {
  readonly rule: Scalars['String']['output'];
  readonly policyId: Maybe<Scalars['ID']['output']>;
  readonly policyVersion: Maybe<Scalars['Int']['output']>;
  readonly stage: GuardrailStage;
  readonly action: GuardrailAction;
  readonly shadow: Scalars['Boolean']['output'];
  readonly fired: Scalars['Boolean']['output'];
  readonly failed: Scalars['Boolean']['output'];
  readonly reason: Maybe<Scalars['String']['output']>;
  readonly findings: ReadonlyArray<GuardrailFindings>;
  readonly spans: ReadonlyArray<GuardrailSpan>;
  readonly durationMs: Scalars['Float']['output'];
};

export type GuardrailFindings = {
  readonly kind: Scalars['String']['output'];
  readonly count: Scalars['Int']['output'];
};

export type GuardrailSpan = {
  readonly start: Scalars['Int']['output'];
  readonly end: Scalars['Int']['output'];
  readonly kind: Scalars['String']['output'];
};



export type ResolverTypeWrapper<T> = Promise<T> | T;

export type ReferenceResolver<TResult, TReference, TContext> = (
      reference: TReference,
      context: TContext,
      info: GraphQLResolveInfo
    ) => Promise<TResult> | TResult;

      type ScalarCheck<T, S> = S extends true ? T : NullableCheck<T, S>;
      type NullableCheck<T, S> = Maybe<T> extends T ? Maybe<ListCheck<NonNullable<T>, S>> : ListCheck<T, S>;
      type ListCheck<T, S> = T extends (infer U)[] ? NullableCheck<U, S>[] : GraphQLRecursivePick<T, S>;
      export type GraphQLRecursivePick<T, S> = { [K in keyof T & keyof S]: ScalarCheck<T[K], S[K]> };
    
export type Resolver<TResult, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = ResolverFn<TResult, TParent, TContext, TArgs>;

export type ResolverFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => Promise<TResult> | TResult;

export type SubscriptionSubscribeFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => AsyncIterable<TResult> | Promise<AsyncIterable<TResult>>;

export type SubscriptionResolveFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

export interface SubscriptionSubscriberObject<TResult, TKey extends string, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<{ [key in TKey]: TResult }, TParent, TContext, TArgs>;
  resolve?: SubscriptionResolveFn<TResult, { [key in TKey]: TResult }, TContext, TArgs>;
}

export interface SubscriptionResolverObject<TResult, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<any, TParent, TContext, TArgs>;
  resolve: SubscriptionResolveFn<TResult, any, TContext, TArgs>;
}

export type SubscriptionObject<TResult, TKey extends string, TParent, TContext, TArgs> =
  | SubscriptionSubscriberObject<TResult, TKey, TParent, TContext, TArgs>
  | SubscriptionResolverObject<TResult, TParent, TContext, TArgs>;

export type SubscriptionResolver<TResult, TKey extends string, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> =
  | ((...args: any[]) => SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>)
  | SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>;

export type TypeResolveFn<TTypes, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (
  parent: TParent,
  context: TContext,
  info: GraphQLResolveInfo
) => Maybe<TTypes> | Promise<Maybe<TTypes>>;

export type IsTypeOfResolverFn<T = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (obj: T, context: TContext, info: GraphQLResolveInfo) => boolean | Promise<boolean>;

export type NextResolverFn<T> = () => Promise<T>;

export type DirectiveResolverFn<TResult = Record<PropertyKey, never>, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = (
  next: NextResolverFn<TResult>,
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

/** Mapping of federation types */
export type FederationTypes = {
  Completion: Completion;
  Provider: Provider;
  Invocation: Invocation;
};

/** Mapping of federation reference types */
export type FederationReferenceTypes = {
  Completion:
    ( { __typename: 'Completion' }
    & GraphQLRecursivePick<FederationTypes['Completion'], {"id":true}> );
  Provider:
    ( { __typename: 'Provider' }
    & GraphQLRecursivePick<FederationTypes['Provider'], {"id":true}> );
  Invocation:
    ( { __typename: 'Invocation' }
    & GraphQLRecursivePick<FederationTypes['Invocation'], {"id":true}> );
};



/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  DateTime: ResolverTypeWrapper<Scalars['DateTime']['output']>;
  JSON: ResolverTypeWrapper<Scalars['JSON']['output']>;
  Decimal: ResolverTypeWrapper<Scalars['Decimal']['output']>;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  Mutation: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Subscription: ResolverTypeWrapper<Record<PropertyKey, never>>;
  ProviderKind: ProviderKind;
  MessageRole: MessageRole;
  MessageInput: MessageInput;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  ReasoningInput: ReasoningInput;
  ContentPartInput: ContentPartInput;
  ToolCallInput: ToolCallInput;
  ToolInput: ToolInput;
  OnDisconnect: OnDisconnect;
  CacheUse: CacheUse;
  CompletionInput: CompletionInput;
  Float: ResolverTypeWrapper<Scalars['Float']['output']>;
  AudioOutputInput: AudioOutputInput;
  RunPromptInput: RunPromptInput;
  EmbedInput: EmbedInput;
  Retention: Retention;
  CompletionStatus: CompletionStatus;
  FinishReason: FinishReason;
  CacheStatus: CacheStatus;
  Completion: ResolverTypeWrapper<completion.CompletionData>;
  OutlineItem: ResolverTypeWrapper<OutlineItem>;
  OutlineKind: OutlineKind;
  CompletionError: ResolverTypeWrapper<CompletionError>;
  ProviderBlock: ResolverTypeWrapper<provider.ProviderBlock>;
  Reasoning: ResolverTypeWrapper<provider.ReasoningBlock>;
  Audio: ResolverTypeWrapper<audio.AudioAnswer>;
  Alternative: ResolverTypeWrapper<provider.AlternativeAnswer>;
  ToolCall: ResolverTypeWrapper<provider.ToolCall>;
  TokenCount: ResolverTypeWrapper<TokenCount>;
  TokenUsage: ResolverTypeWrapper<provider.ProviderUsage>;
  Attempt: ResolverTypeWrapper<completion.AttemptData>;
  CompletionEvent: ResolverTypeWrapper<completionEvents.CompletionEvent>;
  CompletionStarted: ResolverTypeWrapper<completionEvents.CompletionEvent<'CompletionStarted'>>;
  TextDelta: ResolverTypeWrapper<completionEvents.CompletionEvent<'TextDelta'>>;
  ReasoningDelta: ResolverTypeWrapper<completionEvents.CompletionEvent<'ReasoningDelta'>>;
  ReasoningFinished: ResolverTypeWrapper<completionEvents.CompletionEvent<'ReasoningFinished'>>;
  RefusalDelta: ResolverTypeWrapper<completionEvents.CompletionEvent<'RefusalDelta'>>;
  CitationAdded: ResolverTypeWrapper<completionEvents.CompletionEvent<'CitationAdded'>>;
  AudioDelta: ResolverTypeWrapper<completionEvents.CompletionEvent<'AudioDelta'>>;
  ProviderBlockAdded: ResolverTypeWrapper<completionEvents.CompletionEvent<'ProviderBlockAdded'>>;
  ProviderBlockChanged: ResolverTypeWrapper<completionEvents.CompletionEvent<'ProviderBlockChanged'>>;
  AlternativeFinished: ResolverTypeWrapper<completionEvents.CompletionEvent<'AlternativeFinished'>>;
  LogprobsDelta: ResolverTypeWrapper<completionEvents.CompletionEvent<'LogprobsDelta'>>;
  ToolCallDelta: ResolverTypeWrapper<completionEvents.CompletionEvent<'ToolCallDelta'>>;
  CompletionRestarted: ResolverTypeWrapper<completionEvents.CompletionEvent<'CompletionRestarted'>>;
  CompletionFinished: ResolverTypeWrapper<completionEvents.CompletionEvent<'CompletionFinished'>>;
  CompletionFailed: ResolverTypeWrapper<completionEvents.CompletionEvent<'CompletionFailed'>>;
  Embeddings: ResolverTypeWrapper<embedding.EmbeddingsData>;
  CallLimit: ResolverTypeWrapper<callLimits.CallLimit>;
  LimitWindow: LimitWindow;
  CircuitState: CircuitState;
  ProviderHealth: ResolverTypeWrapper<health.Health>;
  Provider: ResolverTypeWrapper<entity.EntityReference>;
  Model: ResolverTypeWrapper<entity.EntityReference>;
  PromptVersion: ResolverTypeWrapper<entity.EntityReference>;
  Invocation: ResolverTypeWrapper<entity.EntityReference>;
  AttemptPayload: ResolverTypeWrapper<AttemptPayload>;
  PayloadPage: ResolverTypeWrapper<searchPayloads.PayloadMatches>;
  PayloadState: PayloadState;
  GuardrailAction: GuardrailAction;
  GuardrailRuleInput: GuardrailRuleInput;
  TestGuardrailsInput: TestGuardrailsInput;
  GuardrailTest: ResolverTypeWrapper<Omit<GuardrailTest, 'verdicts'> & { verdicts: ReadonlyArray<ResolversTypes['GuardrailVerdict']> }>;
  GuardrailVerdict: ResolverTypeWrapper<verdictRecords.ShownVerdict>;
  GuardrailFindings: ResolverTypeWrapper<GuardrailFindings>;
  GuardrailSpan: ResolverTypeWrapper<GuardrailSpan>;
  Meter: Meter;
  CacheScope: CacheScope;
  CacheMatch: CacheMatch;
  GuardrailStage: GuardrailStage;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  DateTime: Scalars['DateTime']['output'];
  JSON: Scalars['JSON']['output'];
  Decimal: Scalars['Decimal']['output'];
  Query: Record<PropertyKey, never>;
  ID: Scalars['ID']['output'];
  String: Scalars['String']['output'];
  Int: Scalars['Int']['output'];
  Mutation: Record<PropertyKey, never>;
  Subscription: Record<PropertyKey, never>;
  MessageInput: MessageInput;
  Boolean: Scalars['Boolean']['output'];
  ReasoningInput: ReasoningInput;
  ContentPartInput: ContentPartInput;
  ToolCallInput: ToolCallInput;
  ToolInput: ToolInput;
  CompletionInput: CompletionInput;
  Float: Scalars['Float']['output'];
  AudioOutputInput: AudioOutputInput;
  RunPromptInput: RunPromptInput;
  EmbedInput: EmbedInput;
  Completion: completion.CompletionData;
  OutlineItem: OutlineItem;
  CompletionError: CompletionError;
  ProviderBlock: provider.ProviderBlock;
  Reasoning: provider.ReasoningBlock;
  Audio: audio.AudioAnswer;
  Alternative: provider.AlternativeAnswer;
  ToolCall: provider.ToolCall;
  TokenCount: TokenCount;
  TokenUsage: provider.ProviderUsage;
  Attempt: completion.AttemptData;
  CompletionEvent: completionEvents.CompletionEvent;
  CompletionStarted: completionEvents.CompletionEvent<'CompletionStarted'>;
  TextDelta: completionEvents.CompletionEvent<'TextDelta'>;
  ReasoningDelta: completionEvents.CompletionEvent<'ReasoningDelta'>;
  ReasoningFinished: completionEvents.CompletionEvent<'ReasoningFinished'>;
  RefusalDelta: completionEvents.CompletionEvent<'RefusalDelta'>;
  CitationAdded: completionEvents.CompletionEvent<'CitationAdded'>;
  AudioDelta: completionEvents.CompletionEvent<'AudioDelta'>;
  ProviderBlockAdded: completionEvents.CompletionEvent<'ProviderBlockAdded'>;
  ProviderBlockChanged: completionEvents.CompletionEvent<'ProviderBlockChanged'>;
  AlternativeFinished: completionEvents.CompletionEvent<'AlternativeFinished'>;
  LogprobsDelta: completionEvents.CompletionEvent<'LogprobsDelta'>;
  ToolCallDelta: completionEvents.CompletionEvent<'ToolCallDelta'>;
  CompletionRestarted: completionEvents.CompletionEvent<'CompletionRestarted'>;
  CompletionFinished: completionEvents.CompletionEvent<'CompletionFinished'>;
  CompletionFailed: completionEvents.CompletionEvent<'CompletionFailed'>;
  Embeddings: embedding.EmbeddingsData;
  CallLimit: callLimits.CallLimit;
  ProviderHealth: health.Health;
  Provider: entity.EntityReference;
  Model: entity.EntityReference;
  PromptVersion: entity.EntityReference;
  Invocation: entity.EntityReference;
  AttemptPayload: AttemptPayload;
  PayloadPage: searchPayloads.PayloadMatches;
  GuardrailRuleInput: GuardrailRuleInput;
  TestGuardrailsInput: TestGuardrailsInput;
  GuardrailTest: Omit<GuardrailTest, 'verdicts'> & { verdicts: ReadonlyArray<ResolversParentTypes['GuardrailVerdict']> };
  GuardrailVerdict: verdictRecords.ShownVerdict;
  GuardrailFindings: GuardrailFindings;
  GuardrailSpan: GuardrailSpan;
};

export interface DateTimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['DateTime'], any> {
  name: 'DateTime';
}

export interface JsonScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['JSON'], any> {
  name: 'JSON';
}

export interface DecimalScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['Decimal'], any> {
  name: 'Decimal';
}

export type QueryResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query']> = {
  completion?: Resolver<Maybe<ResolversTypes['Completion']>, ParentType, ContextType, RequireFields<QueryCompletionArgs, 'id'>>;
  countTokens?: Resolver<ResolversTypes['TokenCount'], ParentType, ContextType, RequireFields<QueryCountTokensArgs, 'input'>>;
  searchPayloads?: Resolver<ResolversTypes['PayloadPage'], ParentType, ContextType, RequireFields<QuerySearchPayloadsArgs, 'text' | 'from' | 'to' | 'first'>>;
  testGuardrails?: Resolver<ResolversTypes['GuardrailTest'], ParentType, ContextType, RequireFields<QueryTestGuardrailsArgs, 'input'>>;
};

export type MutationResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Mutation'] = ResolversParentTypes['Mutation']> = {
  complete?: Resolver<ResolversTypes['Completion'], ParentType, ContextType, RequireFields<MutationCompleteArgs, 'input'>>;
  runPrompt?: Resolver<ResolversTypes['Completion'], ParentType, ContextType, RequireFields<MutationRunPromptArgs, 'input'>>;
  startCompletion?: Resolver<ResolversTypes['Completion'], ParentType, ContextType, RequireFields<MutationStartCompletionArgs, 'input'>>;
  cancelCompletion?: Resolver<ResolversTypes['Completion'], ParentType, ContextType, RequireFields<MutationCancelCompletionArgs, 'id'>>;
  deleteCompletion?: Resolver<ResolversTypes['ID'], ParentType, ContextType, RequireFields<MutationDeleteCompletionArgs, 'id'>>;
  rateInvocation?: Resolver<ResolversTypes['Invocation'], ParentType, ContextType, RequireFields<MutationRateInvocationArgs, 'id'>>;
  embed?: Resolver<ResolversTypes['Embeddings'], ParentType, ContextType, RequireFields<MutationEmbedArgs, 'input'>>;
};

export type SubscriptionResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Subscription'] = ResolversParentTypes['Subscription']> = {
  completionStream?: SubscriptionResolver<ResolversTypes['CompletionEvent'], "completionStream", ParentType, ContextType, RequireFields<SubscriptionCompletionStreamArgs, 'input'>>;
  promptStream?: SubscriptionResolver<ResolversTypes['CompletionEvent'], "promptStream", ParentType, ContextType, RequireFields<SubscriptionPromptStreamArgs, 'input'>>;
  resumeCompletion?: SubscriptionResolver<ResolversTypes['CompletionEvent'], "resumeCompletion", ParentType, ContextType, RequireFields<SubscriptionResumeCompletionArgs, 'id' | 'after'>>;
};

export type ProviderKindResolvers = EnumResolverSignature<{ AI21?: any, ANTHROPIC?: any, AZURE_CONTENT_SAFETY?: any, AZURE_OPENAI?: any, BASETEN?: any, BEDROCK?: any, CEREBRAS?: any, CLOUDFLARE?: any, COHERE?: any, DATABRICKS?: any, DEEPINFRA?: any, DEEPSEEK?: any, DEMO?: any, FIREWORKS?: any, GITHUB_MODELS?: any, GOOGLE?: any, GROQ?: any, HUGGING_FACE?: any, HYPERBOLIC?: any, INFERENCE_NET?: any, JINA?: any, LITELLM?: any, LLAMA_CPP?: any, LM_STUDIO?: any, MINIMAX?: any, MISTRAL?: any, MOONSHOT?: any, NEBIUS?: any, NOVITA?: any, NVIDIA?: any, OLLAMA?: any, OPENAI?: any, OPENAI_COMPATIBLE?: any, OPENROUTER?: any, OVHCLOUD?: any, PERPLEXITY?: any, QWEN?: any, SAMBANOVA?: any, SCALEWAY?: any, SGLANG?: any, SILICONFLOW?: any, SNOWFLAKE?: any, TOGETHER?: any, UPSTAGE?: any, VERCEL_AI_GATEWAY?: any, VERTEX?: any, VLLM?: any, VOYAGE?: any, XAI?: any, ZAI?: any, ZHIPU?: any }, ResolversTypes['ProviderKind']>;

export type MessageRoleResolvers = EnumResolverSignature<{ SYSTEM?: any, USER?: any, ASSISTANT?: any, TOOL?: any }, ResolversTypes['MessageRole']>;

export type OnDisconnectResolvers = EnumResolverSignature<{ CANCEL?: any, DRAIN?: any, KEEP?: any }, ResolversTypes['OnDisconnect']>;

export type CacheUseResolvers = EnumResolverSignature<{ DEFAULT?: any, USE?: any, BYPASS?: any, REFRESH?: any }, ResolversTypes['CacheUse']>;

export type RetentionResolvers = EnumResolverSignature<{ DEFAULT?: any, NONE?: any }, ResolversTypes['Retention']>;

export type CompletionStatusResolvers = EnumResolverSignature<{ RUNNING?: any, SUCCEEDED?: any, FAILED?: any, CANCELLED?: any }, ResolversTypes['CompletionStatus']>;

export type FinishReasonResolvers = EnumResolverSignature<{ STOP?: any, LENGTH?: any, TOOL_CALLS?: any, CONTENT_FILTER?: any, ERROR?: any, CANCELLED?: any, OTHER?: any }, ResolversTypes['FinishReason']>;

export type CacheStatusResolvers = EnumResolverSignature<{ MISS?: any, HIT?: any, SEMANTIC_HIT?: any, BYPASS?: any, COALESCED?: any }, ResolversTypes['CacheStatus']>;

export type CompletionResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Completion'] = ResolversParentTypes['Completion'], FederationReferenceType extends FederationReferenceTypes['Completion'] = FederationReferenceTypes['Completion']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['Completion']> | FederationReferenceType, FederationReferenceType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  status?: Resolver<ResolversTypes['CompletionStatus'], ParentType, ContextType>;
  text?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  json?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
  reasoning?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  reasoningBlocks?: Resolver<ReadonlyArray<ResolversTypes['Reasoning']>, ParentType, ContextType>;
  refusal?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  audio?: Resolver<Maybe<ResolversTypes['Audio']>, ParentType, ContextType>;
  citations?: Resolver<ReadonlyArray<ResolversTypes['JSON']>, ParentType, ContextType>;
  providerBlocks?: Resolver<ReadonlyArray<ResolversTypes['ProviderBlock']>, ParentType, ContextType>;
  outline?: Resolver<ReadonlyArray<ResolversTypes['OutlineItem']>, ParentType, ContextType>;
  logprobs?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
  alternatives?: Resolver<ReadonlyArray<ResolversTypes['Alternative']>, ParentType, ContextType>;
  dropped?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  limits?: Resolver<ReadonlyArray<ResolversTypes['CallLimit']>, ParentType, ContextType>;
  guardrailVerdicts?: Resolver<ReadonlyArray<ResolversTypes['GuardrailVerdict']>, ParentType, ContextType>;
  toolCalls?: Resolver<ReadonlyArray<ResolversTypes['ToolCall']>, ParentType, ContextType>;
  finishReason?: Resolver<ResolversTypes['FinishReason'], ParentType, ContextType>;
  finishDetail?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  stopSequence?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  systemFingerprint?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  serviceTier?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  usage?: Resolver<ResolversTypes['TokenUsage'], ParentType, ContextType>;
  cost?: Resolver<ResolversTypes['Decimal'], ParentType, ContextType>;
  cache?: Resolver<ResolversTypes['CacheStatus'], ParentType, ContextType>;
  model?: Resolver<ResolversTypes['Model'], ParentType, ContextType>;
  promptVersion?: Resolver<Maybe<ResolversTypes['PromptVersion']>, ParentType, ContextType>;
  attempts?: Resolver<ReadonlyArray<ResolversTypes['Attempt']>, ParentType, ContextType>;
  invocation?: Resolver<ResolversTypes['Invocation'], ParentType, ContextType>;
  attachment?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  error?: Resolver<Maybe<ResolversTypes['CompletionError']>, ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  endedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
};

export type OutlineItemResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['OutlineItem'] = ResolversParentTypes['OutlineItem']> = {
  kind?: Resolver<ResolversTypes['OutlineKind'], ParentType, ContextType>;
  index?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type OutlineKindResolvers = EnumResolverSignature<{ TEXT?: any, REASONING?: any, PROVIDER_BLOCK?: any, TOOL_CALL?: any }, ResolversTypes['OutlineKind']>;

export type CompletionErrorResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['CompletionError'] = ResolversParentTypes['CompletionError']> = {
  code?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  retryAfterMs?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
};

export type ProviderBlockResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['ProviderBlock'] = ResolversParentTypes['ProviderBlock']> = {
  format?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  content?: Resolver<ResolversTypes['JSON'], ParentType, ContextType>;
  textOffset?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type ReasoningResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Reasoning'] = ResolversParentTypes['Reasoning']> = {
  text?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  signature?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  redacted?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  toolCallId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  details?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
  provider?: Resolver<ResolversTypes['ProviderKind'], ParentType, ContextType>;
};

export type AudioResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Audio'] = ResolversParentTypes['Audio']> = {
  id?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  data?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  transcript?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  expiresAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
};

export type AlternativeResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Alternative'] = ResolversParentTypes['Alternative']> = {
  index?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  text?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  reasoning?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  refusal?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  toolCalls?: Resolver<ReadonlyArray<ResolversTypes['ToolCall']>, ParentType, ContextType>;
  logprobs?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
  finishReason?: Resolver<ResolversTypes['FinishReason'], ParentType, ContextType>;
};

export type ToolCallResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['ToolCall'] = ResolversParentTypes['ToolCall']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  arguments?: Resolver<ResolversTypes['JSON'], ParentType, ContextType>;
  argumentsText?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  providerOptions?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
};

export type TokenCountResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['TokenCount'] = ResolversParentTypes['TokenCount']> = {
  inputTokens?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  isEstimated?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type TokenUsageResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['TokenUsage'] = ResolversParentTypes['TokenUsage']> = {
  inputTokens?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  outputTokens?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  totalTokens?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  cachedInputTokens?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  cacheWriteTokens?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  cacheWrite1hTokens?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  reasoningTokens?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type AttemptResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Attempt'] = ResolversParentTypes['Attempt']> = {
  model?: Resolver<ResolversTypes['Model'], ParentType, ContextType>;
  startedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  durationMs?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  outcome?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  error?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  usage?: Resolver<Maybe<ResolversTypes['TokenUsage']>, ParentType, ContextType>;
  usageEstimated?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  cost?: Resolver<ResolversTypes['Decimal'], ParentType, ContextType>;
  guardrail?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type CompletionEventResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['CompletionEvent'] = ResolversParentTypes['CompletionEvent']> = {
  __resolveType: TypeResolveFn<'CompletionStarted' | 'TextDelta' | 'ReasoningDelta' | 'ReasoningFinished' | 'RefusalDelta' | 'CitationAdded' | 'AudioDelta' | 'ProviderBlockAdded' | 'ProviderBlockChanged' | 'AlternativeFinished' | 'LogprobsDelta' | 'ToolCallDelta' | 'CompletionRestarted' | 'CompletionFinished' | 'CompletionFailed', ParentType, ContextType>;
};

export type CompletionStartedResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['CompletionStarted'] = ResolversParentTypes['CompletionStarted']> = {
  completionId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  sequence?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  model?: Resolver<ResolversTypes['Model'], ParentType, ContextType>;
  dropped?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  promptVersion?: Resolver<Maybe<ResolversTypes['PromptVersion']>, ParentType, ContextType>;
  guardrailVerdicts?: Resolver<ReadonlyArray<ResolversTypes['GuardrailVerdict']>, ParentType, ContextType>;
  usage?: Resolver<ResolversTypes['TokenUsage'], ParentType, ContextType>;
  limits?: Resolver<ReadonlyArray<ResolversTypes['CallLimit']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type TextDeltaResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['TextDelta'] = ResolversParentTypes['TextDelta']> = {
  completionId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  sequence?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  alternative?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  text?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type ReasoningDeltaResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['ReasoningDelta'] = ResolversParentTypes['ReasoningDelta']> = {
  completionId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  sequence?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  alternative?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  text?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type ReasoningFinishedResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['ReasoningFinished'] = ResolversParentTypes['ReasoningFinished']> = {
  completionId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  sequence?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  block?: Resolver<ResolversTypes['Reasoning'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type RefusalDeltaResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['RefusalDelta'] = ResolversParentTypes['RefusalDelta']> = {
  completionId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  sequence?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  alternative?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  text?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type CitationAddedResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['CitationAdded'] = ResolversParentTypes['CitationAdded']> = {
  completionId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  sequence?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  citation?: Resolver<ResolversTypes['JSON'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type AudioDeltaResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['AudioDelta'] = ResolversParentTypes['AudioDelta']> = {
  completionId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  sequence?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  audioId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  data?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  transcript?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  expiresAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type ProviderBlockAddedResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['ProviderBlockAdded'] = ResolversParentTypes['ProviderBlockAdded']> = {
  completionId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  sequence?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  format?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  content?: Resolver<ResolversTypes['JSON'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type ProviderBlockChangedResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['ProviderBlockChanged'] = ResolversParentTypes['ProviderBlockChanged']> = {
  completionId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  sequence?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  format?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  content?: Resolver<ResolversTypes['JSON'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type AlternativeFinishedResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['AlternativeFinished'] = ResolversParentTypes['AlternativeFinished']> = {
  completionId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  sequence?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  alternative?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  finishReason?: Resolver<ResolversTypes['FinishReason'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type LogprobsDeltaResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['LogprobsDelta'] = ResolversParentTypes['LogprobsDelta']> = {
  completionId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  sequence?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  alternative?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  tokens?: Resolver<ReadonlyArray<ResolversTypes['JSON']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type ToolCallDeltaResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['ToolCallDelta'] = ResolversParentTypes['ToolCallDelta']> = {
  completionId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  sequence?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  alternative?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  index?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  id?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  name?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  argumentsDelta?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  providerOptions?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type CompletionRestartedResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['CompletionRestarted'] = ResolversParentTypes['CompletionRestarted']> = {
  completionId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  sequence?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  reason?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  model?: Resolver<ResolversTypes['Model'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type CompletionFinishedResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['CompletionFinished'] = ResolversParentTypes['CompletionFinished']> = {
  completionId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  sequence?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  completion?: Resolver<ResolversTypes['Completion'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type CompletionFailedResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['CompletionFailed'] = ResolversParentTypes['CompletionFailed']> = {
  completionId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  sequence?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  code?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  retryAfterMs?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  completion?: Resolver<ResolversTypes['Completion'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type EmbeddingsResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Embeddings'] = ResolversParentTypes['Embeddings']> = {
  vectors?: Resolver<ReadonlyArray<ReadonlyArray<ResolversTypes['Float']>>, ParentType, ContextType>;
  usage?: Resolver<ResolversTypes['TokenUsage'], ParentType, ContextType>;
  cost?: Resolver<ResolversTypes['Decimal'], ParentType, ContextType>;
  model?: Resolver<ResolversTypes['Model'], ParentType, ContextType>;
  limits?: Resolver<ReadonlyArray<ResolversTypes['CallLimit']>, ParentType, ContextType>;
  guardrailVerdicts?: Resolver<ReadonlyArray<ResolversTypes['GuardrailVerdict']>, ParentType, ContextType>;
  invocation?: Resolver<ResolversTypes['Invocation'], ParentType, ContextType>;
};

export type CallLimitResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['CallLimit'] = ResolversParentTypes['CallLimit']> = {
  subject?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  meter?: Resolver<ResolversTypes['Meter'], ParentType, ContextType>;
  window?: Resolver<ResolversTypes['LimitWindow'], ParentType, ContextType>;
  limit?: Resolver<ResolversTypes['Decimal'], ParentType, ContextType>;
  remaining?: Resolver<ResolversTypes['Decimal'], ParentType, ContextType>;
  resetsAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
};

export type LimitWindowResolvers = EnumResolverSignature<{ SECOND?: any, MINUTE?: any, HOUR?: any, DAY?: any, MONTH?: any, INFLIGHT?: any }, ResolversTypes['LimitWindow']>;

export type CircuitStateResolvers = EnumResolverSignature<{ CLOSED?: any, OPEN?: any, HALF_OPEN?: any }, ResolversTypes['CircuitState']>;

export type ProviderHealthResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['ProviderHealth'] = ResolversParentTypes['ProviderHealth']> = {
  circuit?: Resolver<ResolversTypes['CircuitState'], ParentType, ContextType>;
  successRate?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  latencyMsP50?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  latencyMsP95?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  timeToFirstTokenMsP50?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  checkedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
};

export type ProviderResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Provider'] = ResolversParentTypes['Provider'], FederationReferenceType extends FederationReferenceTypes['Provider'] = FederationReferenceTypes['Provider']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['Provider']> | FederationReferenceType, FederationReferenceType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  health?: Resolver<ResolversTypes['ProviderHealth'], ParentType, ContextType>;
};

export type ModelResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Model'] = ResolversParentTypes['Model']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
};

export type PromptVersionResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['PromptVersion'] = ResolversParentTypes['PromptVersion']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
};

export type InvocationResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Invocation'] = ResolversParentTypes['Invocation'], FederationReferenceType extends FederationReferenceTypes['Invocation'] = FederationReferenceTypes['Invocation']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['Invocation']> | FederationReferenceType, FederationReferenceType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  request?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
  response?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
  attemptPayloads?: Resolver<ReadonlyArray<ResolversTypes['AttemptPayload']>, ParentType, ContextType>;
  ratingComment?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  payloadState?: Resolver<ResolversTypes['PayloadState'], ParentType, ContextType>;
  payloadCut?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type AttemptPayloadResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['AttemptPayload'] = ResolversParentTypes['AttemptPayload']> = {
  request?: Resolver<ResolversTypes['JSON'], ParentType, ContextType>;
  response?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
};

export type PayloadPageResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['PayloadPage'] = ResolversParentTypes['PayloadPage']> = {
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Invocation']>, ParentType, ContextType>;
  searched?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  unreadable?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  searchedFrom?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  next?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type PayloadStateResolvers = EnumResolverSignature<{ KEPT?: any, RUNNING?: any, NOT_LOGGED?: any, DROPPED?: any, EXPIRED?: any, DELETED?: any, UNREADABLE?: any, FOREIGN?: any }, ResolversTypes['PayloadState']>;

export type GuardrailActionResolvers = EnumResolverSignature<{ BLOCK?: any, MASK?: any, REDACT?: any, RETRY?: any, REROUTE?: any, WARN?: any, LOG?: any }, ResolversTypes['GuardrailAction']>;

export type GuardrailTestResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['GuardrailTest'] = ResolversParentTypes['GuardrailTest']> = {
  allowed?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  text?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  verdicts?: Resolver<ReadonlyArray<ResolversTypes['GuardrailVerdict']>, ParentType, ContextType>;
};

export type GuardrailVerdictResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['GuardrailVerdict'] = ResolversParentTypes['GuardrailVerdict']> = {
  rule?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  policyId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  policyVersion?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  stage?: Resolver<ResolversTypes['GuardrailStage'], ParentType, ContextType>;
  action?: Resolver<ResolversTypes['GuardrailAction'], ParentType, ContextType>;
  shadow?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  fired?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  failed?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  reason?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  findings?: Resolver<ReadonlyArray<ResolversTypes['GuardrailFindings']>, ParentType, ContextType>;
  spans?: Resolver<ReadonlyArray<ResolversTypes['GuardrailSpan']>, ParentType, ContextType>;
  durationMs?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
};

export type GuardrailFindingsResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['GuardrailFindings'] = ResolversParentTypes['GuardrailFindings']> = {
  kind?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  count?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type GuardrailSpanResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['GuardrailSpan'] = ResolversParentTypes['GuardrailSpan']> = {
  start?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  end?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  kind?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type MeterResolvers = EnumResolverSignature<{ REQUESTS?: any, TOKENS?: any, COST?: any, CONCURRENCY?: any, READS?: any }, ResolversTypes['Meter']>;

export type CacheScopeResolvers = EnumResolverSignature<{ CALLER?: any, APP?: any, TENANT?: any, PUBLIC?: any }, ResolversTypes['CacheScope']>;

export type CacheMatchResolvers = EnumResolverSignature<{ EXACT?: any, SEMANTIC?: any }, ResolversTypes['CacheMatch']>;

export type GuardrailStageResolvers = EnumResolverSignature<{ INPUT?: any, RETRIEVED?: any, TOOL_OUTPUT?: any, OUTPUT?: any, TOOL_INPUT?: any }, ResolversTypes['GuardrailStage']>;

export type Resolvers<ContextType = context.SubgraphContext> = {
  DateTime?: GraphQLScalarType;
  JSON?: GraphQLScalarType;
  Decimal?: GraphQLScalarType;
  Query?: QueryResolvers<ContextType>;
  Mutation?: MutationResolvers<ContextType>;
  Subscription?: SubscriptionResolvers<ContextType>;
  ProviderKind?: ProviderKindResolvers;
  MessageRole?: MessageRoleResolvers;
  OnDisconnect?: OnDisconnectResolvers;
  CacheUse?: CacheUseResolvers;
  Retention?: RetentionResolvers;
  CompletionStatus?: CompletionStatusResolvers;
  FinishReason?: FinishReasonResolvers;
  CacheStatus?: CacheStatusResolvers;
  Completion?: CompletionResolvers<ContextType>;
  OutlineItem?: OutlineItemResolvers<ContextType>;
  OutlineKind?: OutlineKindResolvers;
  CompletionError?: CompletionErrorResolvers<ContextType>;
  ProviderBlock?: ProviderBlockResolvers<ContextType>;
  Reasoning?: ReasoningResolvers<ContextType>;
  Audio?: AudioResolvers<ContextType>;
  Alternative?: AlternativeResolvers<ContextType>;
  ToolCall?: ToolCallResolvers<ContextType>;
  TokenCount?: TokenCountResolvers<ContextType>;
  TokenUsage?: TokenUsageResolvers<ContextType>;
  Attempt?: AttemptResolvers<ContextType>;
  CompletionEvent?: CompletionEventResolvers<ContextType>;
  CompletionStarted?: CompletionStartedResolvers<ContextType>;
  TextDelta?: TextDeltaResolvers<ContextType>;
  ReasoningDelta?: ReasoningDeltaResolvers<ContextType>;
  ReasoningFinished?: ReasoningFinishedResolvers<ContextType>;
  RefusalDelta?: RefusalDeltaResolvers<ContextType>;
  CitationAdded?: CitationAddedResolvers<ContextType>;
  AudioDelta?: AudioDeltaResolvers<ContextType>;
  ProviderBlockAdded?: ProviderBlockAddedResolvers<ContextType>;
  ProviderBlockChanged?: ProviderBlockChangedResolvers<ContextType>;
  AlternativeFinished?: AlternativeFinishedResolvers<ContextType>;
  LogprobsDelta?: LogprobsDeltaResolvers<ContextType>;
  ToolCallDelta?: ToolCallDeltaResolvers<ContextType>;
  CompletionRestarted?: CompletionRestartedResolvers<ContextType>;
  CompletionFinished?: CompletionFinishedResolvers<ContextType>;
  CompletionFailed?: CompletionFailedResolvers<ContextType>;
  Embeddings?: EmbeddingsResolvers<ContextType>;
  CallLimit?: CallLimitResolvers<ContextType>;
  LimitWindow?: LimitWindowResolvers;
  CircuitState?: CircuitStateResolvers;
  ProviderHealth?: ProviderHealthResolvers<ContextType>;
  Provider?: ProviderResolvers<ContextType>;
  Model?: ModelResolvers<ContextType>;
  PromptVersion?: PromptVersionResolvers<ContextType>;
  Invocation?: InvocationResolvers<ContextType>;
  AttemptPayload?: AttemptPayloadResolvers<ContextType>;
  PayloadPage?: PayloadPageResolvers<ContextType>;
  PayloadState?: PayloadStateResolvers;
  GuardrailAction?: GuardrailActionResolvers;
  GuardrailTest?: GuardrailTestResolvers<ContextType>;
  GuardrailVerdict?: GuardrailVerdictResolvers<ContextType>;
  GuardrailFindings?: GuardrailFindingsResolvers<ContextType>;
  GuardrailSpan?: GuardrailSpanResolvers<ContextType>;
  Meter?: MeterResolvers;
  CacheScope?: CacheScopeResolvers;
  CacheMatch?: CacheMatchResolvers;
  GuardrailStage?: GuardrailStageResolvers;
};


