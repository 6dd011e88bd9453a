// Generated from the SDL by `npm run schema:compose`: do not edit.

import type * as connection from '../runtime/connection.ts';
import type * as context from '../runtime/context.ts';
import type * as entity from '../runtime/entity.ts';
import type * as alertActions from '#mongo/alert-actions.ts';
import type * as alertEpisodes from '#mongo/alert-episodes.ts';
import type * as alerts from '#mongo/alerts.ts';
import type * as log from '#mongo/audit/log.ts';
import type * as events from '#mongo/events.ts';
import type * as invocations from '#mongo/invocations.ts';
import type * as usageExports from '#mongo/usage-exports.ts';
import type { MessageRole } from '#core/graph-enums.generated.ts';
import type { CompletionStatus } from '#core/graph-enums.generated.ts';
import type { CacheStatus } from '#core/graph-enums.generated.ts';
import type { TimeOrder } from '#core/graph-enums.generated.ts';
import type { UsageInterval } from '#core/graph-enums.generated.ts';
import type { UsageDimension } from '#core/graph-enums.generated.ts';
import type { UsageExportFormat } from '#core/graph-enums.generated.ts';
import type { UsageExportStatus } from '#core/graph-enums.generated.ts';
import type { AlertOrder } from '#core/graph-enums.generated.ts';
import type { UsageOrder } from '#core/graph-enums.generated.ts';
import type { AlertMetric } from '#core/graph-enums.generated.ts';
import type { AlertCondition } from '#core/graph-enums.generated.ts';
import type { AlertSide } from '#core/graph-enums.generated.ts';
import type { SecurityPattern } from '#core/graph-enums.generated.ts';
import type { AlertAction } from '#core/graph-enums.generated.ts';
import type { AlertActionState } from '#core/graph-enums.generated.ts';
import type { AlertEndReason } from '#core/graph-enums.generated.ts';
import type { LimitWindow } from '#core/graph-enums.generated.ts';
import type { AuditOutcome } from '#core/graph-enums.generated.ts';
import type { GuardrailAction } from '#core/graph-enums.generated.ts';
import type { Meter } from '#core/graph-enums.generated.ts';
import type { CacheScope } from '#core/graph-enums.generated.ts';
import type { CacheMatch } from '#core/graph-enums.generated.ts';
import type { GuardrailStage } from '#core/graph-enums.generated.ts';
import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
export type Maybe<T> = T | null | Promise<T | null>;
export type InputMaybe<T> = T | null;
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

export type Node = {
  readonly id: Scalars['ID']['output'];
};

export type Query = {
  readonly node: Maybe<Node>;
  readonly nodes: ReadonlyArray<Maybe<Node>>;
  readonly usage: ReadonlyArray<UsageBucket>;
  readonly costForecast: CostForecast;
  readonly usageExport: Maybe<UsageExport>;
  readonly usageExports: ReadonlyArray<UsageExport>;
  readonly invocations: InvocationConnection;
  readonly invocation: Maybe<Invocation>;
  readonly auditLog: AuditConnection;
  readonly events: EventConnection;
  readonly alerts: AlertConnection;
  readonly alert: Maybe<Alert>;
  readonly alertEpisodes: AlertEpisodeConnection;
  readonly alertActions: AlertActionRunConnection;
};


export type QueryNodeArgs = {
  id: Scalars['ID']['input'];
};


export type QueryNodesArgs = {
  ids: ReadonlyArray<Scalars['ID']['input']>;
};


export type QueryUsageArgs = {
  from: Scalars['DateTime']['input'];
  to: Scalars['DateTime']['input'];
  interval: UsageInterval;
  by: ReadonlyArray<UsageDimension>;
  filter?: InputMaybe<UsageFilter>;
  orderBy?: InputMaybe<UsageOrder>;
  top?: InputMaybe<Scalars['Int']['input']>;
};


export type QueryCostForecastArgs = {
  filter?: InputMaybe<UsageFilter>;
};


export type QueryUsageExportArgs = {
  id: Scalars['ID']['input'];
};


export type QueryInvocationsArgs = {
  filter?: InputMaybe<InvocationFilter>;
  orderBy?: InputMaybe<TimeOrder>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
};


export type QueryInvocationArgs = {
  id: Scalars['ID']['input'];
};


export type QueryAuditLogArgs = {
  filter?: InputMaybe<AuditFilter>;
  orderBy?: InputMaybe<TimeOrder>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
};


export type QueryEventsArgs = {
  filter?: InputMaybe<EventFilter>;
  orderBy?: InputMaybe<TimeOrder>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
};


export type QueryAlertsArgs = {
  filter?: InputMaybe<AlertFilter>;
  orderBy?: InputMaybe<AlertOrder>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
};


export type QueryAlertArgs = {
  id: Scalars['ID']['input'];
};


export type QueryAlertEpisodesArgs = {
  filter?: InputMaybe<AlertEpisodeFilter>;
  orderBy?: InputMaybe<TimeOrder>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
};


export type QueryAlertActionsArgs = {
  filter?: InputMaybe<AlertActionFilter>;
  orderBy?: InputMaybe<TimeOrder>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
};

export type Mutation = {
  readonly saveAlert: Alert;
  readonly deleteAlert: Scalars['ID']['output'];
  readonly startUsageExport: UsageExport;
  readonly deleteUsageExport: Scalars['ID']['output'];
  readonly undoAlertAction: AlertActionRun;
};


export type MutationSaveAlertArgs = {
  input: AlertInput;
};


export type MutationDeleteAlertArgs = {
  id: Scalars['ID']['input'];
};


export type MutationStartUsageExportArgs = {
  input: UsageExportInput;
};


export type MutationDeleteUsageExportArgs = {
  id: Scalars['ID']['input'];
};


export type MutationUndoAlertActionArgs = {
  id: Scalars['ID']['input'];
};

export type Subscription = {
  readonly events: MeshEvent;
};


export type SubscriptionEventsArgs = {
  types?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  after?: InputMaybe<Scalars['ID']['input']>;
};

export type Invocation = Node & {
  readonly id: Scalars['ID']['output'];
  readonly kind: Scalars['String']['output'];
  readonly status: CompletionStatus;
  readonly tenant: Tenant;
  readonly app: Maybe<App>;
  readonly keyId: Maybe<Scalars['ID']['output']>;
  readonly model: Maybe<Model>;
  readonly promptVersion: Maybe<PromptVersion>;
  readonly usage: TokenUsage;
  readonly cost: Scalars['Decimal']['output'];
  readonly unpriced: Scalars['Boolean']['output'];
  readonly usageEstimated: Scalars['Boolean']['output'];
  readonly cache: CacheStatus;
  readonly latencyMs: Maybe<Scalars['Int']['output']>;
  readonly timeToFirstTokenMs: Maybe<Scalars['Int']['output']>;
  readonly errorCode: Maybe<Scalars['String']['output']>;
  readonly error: Maybe<Scalars['String']['output']>;
  readonly attempts: ReadonlyArray<Attempt>;
  readonly guardrailVerdicts: ReadonlyArray<GuardrailVerdict>;
  readonly sizes: Maybe<CallSizes>;
  readonly requestId: Maybe<Scalars['String']['output']>;
  readonly clientRequestId: Maybe<Scalars['String']['output']>;
  readonly traceId: Maybe<Scalars['String']['output']>;
  readonly endUserId: Maybe<Scalars['String']['output']>;
  readonly conversationId: Maybe<Scalars['String']['output']>;
  readonly tags: ReadonlyArray<Scalars['String']['output']>;
  readonly rating: Maybe<Scalars['Int']['output']>;
  readonly startedAt: Scalars['DateTime']['output'];
  readonly endedAt: Maybe<Scalars['DateTime']['output']>;
  readonly explanation: Scalars['String']['output'];
};

export type CallSizes = {
  readonly input: ReadonlyArray<InputSize>;
  readonly tools: Scalars['Int']['output'];
  readonly textCharacters: Maybe<Scalars['Int']['output']>;
  readonly reasoningCharacters: Maybe<Scalars['Int']['output']>;
  readonly toolCalls: Maybe<Scalars['Int']['output']>;
};

export type InputSize = {
  readonly role: MessageRole;
  readonly characters: Scalars['Int']['output'];
  readonly parts: Scalars['Int']['output'];
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

export type InvocationConnection = {
  readonly edges: ReadonlyArray<InvocationEdge>;
  readonly pageInfo: PageInfo;
  readonly totalCount: Scalars['Int']['output'];
};

export type InvocationEdge = {
  readonly node: Invocation;
  readonly cursor: Scalars['String']['output'];
};

export type InvocationFilter = {
  readonly from?: InputMaybe<Scalars['DateTime']['input']>;
  readonly to?: InputMaybe<Scalars['DateTime']['input']>;
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly appId?: InputMaybe<Scalars['ID']['input']>;
  readonly keyId?: InputMaybe<Scalars['ID']['input']>;
  readonly model?: InputMaybe<Scalars['ID']['input']>;
  readonly promptId?: InputMaybe<Scalars['ID']['input']>;
  readonly status?: InputMaybe<CompletionStatus>;
  readonly kind?: InputMaybe<Scalars['String']['input']>;
  readonly errorCode?: InputMaybe<Scalars['String']['input']>;
  readonly endUserId?: InputMaybe<Scalars['String']['input']>;
  readonly conversationId?: InputMaybe<Scalars['String']['input']>;
  readonly tag?: InputMaybe<Scalars['String']['input']>;
  readonly rating?: InputMaybe<Scalars['Int']['input']>;
  readonly requestId?: InputMaybe<Scalars['String']['input']>;
};

export type AuditFilter = {
  readonly from?: InputMaybe<Scalars['DateTime']['input']>;
  readonly to?: InputMaybe<Scalars['DateTime']['input']>;
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly action?: InputMaybe<Scalars['String']['input']>;
  readonly outcome?: InputMaybe<AuditOutcome>;
  readonly keyId?: InputMaybe<Scalars['ID']['input']>;
  readonly appId?: InputMaybe<Scalars['ID']['input']>;
  readonly subject?: InputMaybe<Scalars['String']['input']>;
  readonly issuerId?: InputMaybe<Scalars['ID']['input']>;
  readonly memberId?: InputMaybe<Scalars['ID']['input']>;
  readonly service?: InputMaybe<Scalars['ID']['input']>;
  readonly targetType?: InputMaybe<Scalars['String']['input']>;
  readonly targetId?: InputMaybe<Scalars['ID']['input']>;
  readonly requestId?: InputMaybe<Scalars['String']['input']>;
};

export type UsageFilter = {
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly teamId?: InputMaybe<Scalars['ID']['input']>;
  readonly appId?: InputMaybe<Scalars['ID']['input']>;
  readonly keyId?: InputMaybe<Scalars['ID']['input']>;
  readonly model?: InputMaybe<Scalars['ID']['input']>;
  readonly providerId?: InputMaybe<Scalars['ID']['input']>;
  readonly promptId?: InputMaybe<Scalars['ID']['input']>;
  readonly status?: InputMaybe<CompletionStatus>;
  readonly kind?: InputMaybe<Scalars['String']['input']>;
  readonly endUserId?: InputMaybe<Scalars['String']['input']>;
  readonly conversationId?: InputMaybe<Scalars['String']['input']>;
  readonly tag?: InputMaybe<Scalars['String']['input']>;
  readonly experiment?: InputMaybe<Scalars['String']['input']>;
  readonly cache?: InputMaybe<CacheStatus>;
  readonly guardrail?: InputMaybe<Scalars['String']['input']>;
  readonly rating?: InputMaybe<Scalars['Int']['input']>;
};

export type UsageExport = {
  readonly id: Scalars['ID']['output'];
  readonly tenant: Maybe<Tenant>;
  readonly format: UsageExportFormat;
  readonly from: Scalars['DateTime']['output'];
  readonly to: Scalars['DateTime']['output'];
  readonly interval: UsageInterval;
  readonly by: ReadonlyArray<UsageDimension>;
  readonly status: UsageExportStatus;
  readonly until: Scalars['DateTime']['output'];
  readonly rows: Scalars['Int']['output'];
  readonly bytes: Scalars['Int']['output'];
  readonly parts: Scalars['Int']['output'];
  readonly part: Maybe<Scalars['String']['output']>;
  readonly errorCode: Maybe<Scalars['String']['output']>;
  readonly error: Maybe<Scalars['String']['output']>;
  readonly createdAt: Scalars['DateTime']['output'];
  readonly finishedAt: Maybe<Scalars['DateTime']['output']>;
  readonly expiresAt: Scalars['DateTime']['output'];
};


export type UsageExportPartArgs = {
  number: Scalars['Int']['input'];
};

export type UsageExportInput = {
  readonly from: Scalars['DateTime']['input'];
  readonly to: Scalars['DateTime']['input'];
  readonly format: UsageExportFormat;
  readonly interval: UsageInterval;
  readonly by: ReadonlyArray<UsageDimension>;
  readonly filter?: InputMaybe<UsageFilter>;
};

export type CostForecast = {
  readonly from: Scalars['DateTime']['output'];
  readonly to: Scalars['DateTime']['output'];
  readonly spent: Scalars['Decimal']['output'];
  readonly expected: Maybe<Scalars['Decimal']['output']>;
};

export type BudgetForecast = {
  readonly from: Scalars['DateTime']['output'];
  readonly to: Scalars['DateTime']['output'];
  readonly spent: Scalars['Decimal']['output'];
  readonly expected: Scalars['Decimal']['output'];
  readonly exhaustedAt: Maybe<Scalars['DateTime']['output']>;
};

export type UsageBucket = {
  readonly start: Maybe<Scalars['DateTime']['output']>;
  readonly keys: Scalars['JSON']['output'];
  readonly requests: Scalars['Int']['output'];
  readonly failures: Scalars['Int']['output'];
  readonly cacheHits: Scalars['Int']['output'];
  readonly inputTokens: Scalars['Decimal']['output'];
  readonly outputTokens: Scalars['Decimal']['output'];
  readonly cost: Scalars['Decimal']['output'];
  readonly unpricedRequests: Scalars['Int']['output'];
  readonly savedByCache: Scalars['Decimal']['output'];
  readonly savedByRouting: Scalars['Decimal']['output'];
  readonly latencyMsP50: Maybe<Scalars['Float']['output']>;
  readonly latencyMsP95: Maybe<Scalars['Float']['output']>;
  readonly rated: RatedUsage;
  readonly previous: Maybe<PreviousUsage>;
};

export type RatedUsage = {
  readonly requests: Scalars['Int']['output'];
  readonly mean: Maybe<Scalars['Float']['output']>;
  readonly cost: Scalars['Decimal']['output'];
};

export type PreviousUsage = {
  readonly start: Maybe<Scalars['DateTime']['output']>;
  readonly requests: Scalars['Int']['output'];
  readonly failures: Scalars['Int']['output'];
  readonly cacheHits: Scalars['Int']['output'];
  readonly inputTokens: Scalars['Decimal']['output'];
  readonly outputTokens: Scalars['Decimal']['output'];
  readonly cost: Scalars['Decimal']['output'];
  readonly unpricedRequests: Scalars['Int']['output'];
  readonly savedByCache: Scalars['Decimal']['output'];
  readonly savedByRouting: Scalars['Decimal']['output'];
  readonly latencyMsP50: Maybe<Scalars['Float']['output']>;
  readonly latencyMsP95: Maybe<Scalars['Float']['output']>;
};

export type AuditConnection = {
  readonly edges: ReadonlyArray<AuditEdge>;
  readonly pageInfo: PageInfo;
  readonly totalCount: Scalars['Int']['output'];
};

export type AuditEdge = {
  readonly node: AuditRecord;
  readonly cursor: Scalars['String']['output'];
};

export type MeshEvent = {
  readonly id: Scalars['ID']['output'];
  readonly type: Scalars['String']['output'];
  readonly at: Scalars['DateTime']['output'];
  readonly tenant: Maybe<Tenant>;
  readonly subject: Maybe<Scalars['String']['output']>;
  readonly data: Scalars['JSON']['output'];
};

export type EventConnection = {
  readonly edges: ReadonlyArray<EventEdge>;
  readonly pageInfo: PageInfo;
  readonly totalCount: Scalars['Int']['output'];
};

export type EventEdge = {
  readonly node: MeshEvent;
  readonly cursor: Scalars['String']['output'];
};

export type EventFilter = {
  readonly from?: InputMaybe<Scalars['DateTime']['input']>;
  readonly to?: InputMaybe<Scalars['DateTime']['input']>;
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly types?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  readonly subject?: InputMaybe<Scalars['String']['input']>;
};

export type Alert = Node & {
  readonly id: Scalars['ID']['output'];
  readonly tenant: Maybe<Tenant>;
  readonly metric: AlertMetric;
  readonly condition: AlertCondition;
  readonly threshold: Maybe<Scalars['Float']['output']>;
  readonly window: LimitWindow;
  readonly by: ReadonlyArray<UsageDimension>;
  readonly app: Maybe<App>;
  readonly keyId: Maybe<Scalars['ID']['output']>;
  readonly model: Maybe<Model>;
  readonly budgetId: Maybe<Scalars['ID']['output']>;
  readonly perRequest: Scalars['Boolean']['output'];
  readonly requestsMin: Scalars['Int']['output'];
  readonly side: AlertSide;
  readonly patterns: ReadonlyArray<SecurityPattern>;
  readonly action: AlertAction;
  readonly actionLimit: Maybe<AlertLimit>;
  readonly actionRouteId: Maybe<Scalars['ID']['output']>;
  readonly actionModelId: Maybe<Scalars['ID']['output']>;
  readonly enabled: Scalars['Boolean']['output'];
  readonly createdAt: Scalars['DateTime']['output'];
  readonly updatedAt: Scalars['DateTime']['output'];
  readonly evaluatedAt: Maybe<Scalars['DateTime']['output']>;
  readonly problem: Maybe<Scalars['String']['output']>;
};

export type AlertConnection = {
  readonly edges: ReadonlyArray<AlertEdge>;
  readonly pageInfo: PageInfo;
  readonly totalCount: Scalars['Int']['output'];
};

export type AlertEdge = {
  readonly node: Alert;
  readonly cursor: Scalars['String']['output'];
};

export type AlertFilter = {
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly condition?: InputMaybe<AlertCondition>;
  readonly enabled?: InputMaybe<Scalars['Boolean']['input']>;
};

export type AlertEpisode = {
  readonly id: Scalars['ID']['output'];
  readonly alertId: Scalars['ID']['output'];
  readonly tenant: Maybe<Tenant>;
  readonly metric: AlertMetric;
  readonly condition: AlertCondition;
  readonly pattern: Maybe<SecurityPattern>;
  readonly keys: Scalars['JSON']['output'];
  readonly startedAt: Scalars['DateTime']['output'];
  readonly endedAt: Maybe<Scalars['DateTime']['output']>;
  readonly endReason: Maybe<AlertEndReason>;
  readonly reason: Scalars['String']['output'];
  readonly value: Maybe<Scalars['Float']['output']>;
  readonly peakValue: Maybe<Scalars['Float']['output']>;
  readonly lastValue: Maybe<Scalars['Float']['output']>;
  readonly bound: Maybe<Scalars['Float']['output']>;
  readonly baseline: Maybe<Scalars['Float']['output']>;
  readonly action: Maybe<AlertActionRun>;
  readonly callsUrl: Scalars['String']['output'];
};

export type AlertEpisodeConnection = {
  readonly edges: ReadonlyArray<AlertEpisodeEdge>;
  readonly pageInfo: PageInfo;
  readonly totalCount: Scalars['Int']['output'];
};

export type AlertEpisodeEdge = {
  readonly node: AlertEpisode;
  readonly cursor: Scalars['String']['output'];
};

export type AlertEpisodeFilter = {
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly alertId?: InputMaybe<Scalars['ID']['input']>;
  readonly open?: InputMaybe<Scalars['Boolean']['input']>;
  readonly from?: InputMaybe<Scalars['DateTime']['input']>;
  readonly to?: InputMaybe<Scalars['DateTime']['input']>;
};

export type AlertInput = {
  readonly id: Scalars['ID']['input'];
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly metric: AlertMetric;
  readonly condition: AlertCondition;
  readonly threshold?: InputMaybe<Scalars['Float']['input']>;
  readonly window: LimitWindow;
  readonly by?: InputMaybe<ReadonlyArray<UsageDimension>>;
  readonly appId?: InputMaybe<Scalars['ID']['input']>;
  readonly keyId?: InputMaybe<Scalars['ID']['input']>;
  readonly modelId?: InputMaybe<Scalars['ID']['input']>;
  readonly budgetId?: InputMaybe<Scalars['ID']['input']>;
  readonly perRequest?: InputMaybe<Scalars['Boolean']['input']>;
  readonly requestsMin?: InputMaybe<Scalars['Int']['input']>;
  readonly side?: InputMaybe<AlertSide>;
  readonly patterns?: InputMaybe<ReadonlyArray<SecurityPattern>>;
  readonly action?: InputMaybe<AlertAction>;
  readonly actionLimit?: InputMaybe<LimitInput>;
  readonly actionRouteId?: InputMaybe<Scalars['ID']['input']>;
  readonly actionModelId?: InputMaybe<Scalars['ID']['input']>;
  readonly enabled?: InputMaybe<Scalars['Boolean']['input']>;
};

export type AlertActionRun = {
  readonly id: Scalars['ID']['output'];
  readonly alertId: Scalars['ID']['output'];
  readonly tenant: Maybe<Tenant>;
  readonly action: AlertAction;
  readonly state: AlertActionState;
  readonly target: Maybe<Scalars['String']['output']>;
  readonly limit: Maybe<AlertLimit>;
  readonly routeId: Maybe<Scalars['ID']['output']>;
  readonly modelId: Maybe<Scalars['ID']['output']>;
  readonly reason: Maybe<Scalars['String']['output']>;
  readonly requestedAt: Scalars['DateTime']['output'];
  readonly decidedAt: Maybe<Scalars['DateTime']['output']>;
  readonly undoneAt: Maybe<Scalars['DateTime']['output']>;
};

export type AlertActionRunConnection = {
  readonly edges: ReadonlyArray<AlertActionRunEdge>;
  readonly pageInfo: PageInfo;
  readonly totalCount: Scalars['Int']['output'];
};

export type AlertActionRunEdge = {
  readonly node: AlertActionRun;
  readonly cursor: Scalars['String']['output'];
};

export type AlertActionFilter = {
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly alertId?: InputMaybe<Scalars['ID']['input']>;
  readonly state?: InputMaybe<AlertActionState>;
};

export type AlertLimit = {
  readonly meter: Meter;
  readonly window: LimitWindow;
  readonly amount: Scalars['Decimal']['output'];
};

export type LimitInput = {
  readonly meter: Meter;
  readonly window: LimitWindow;
  readonly amount: Scalars['Decimal']['input'];
};

export type AuditRecord = Node & {
  readonly id: Scalars['ID']['output'];
  readonly at: Scalars['DateTime']['output'];
  readonly tenant: Maybe<Tenant>;
  readonly action: Scalars['String']['output'];
  readonly outcome: AuditOutcome;
  readonly errorCode: Maybe<Scalars['String']['output']>;
  readonly actor: AuditActor;
  readonly targetType: Maybe<Scalars['String']['output']>;
  readonly targetId: Maybe<Scalars['ID']['output']>;
  readonly arguments: Maybe<Scalars['JSON']['output']>;
  readonly before: Maybe<Scalars['JSON']['output']>;
  readonly after: Maybe<Scalars['JSON']['output']>;
  readonly requestId: Scalars['String']['output'];
  readonly clientRequestId: Maybe<Scalars['String']['output']>;
  readonly count: Scalars['Int']['output'];
  readonly lastAt: Scalars['DateTime']['output'];
  readonly expiresAt: Maybe<Scalars['DateTime']['output']>;
  readonly clientAddress: Maybe<Scalars['String']['output']>;
  readonly sequence: Scalars['Int']['output'];
  readonly hash: Scalars['String']['output'];
  readonly previousHash: Scalars['String']['output'];
};

export type AuditActor = {
  readonly kind: Scalars['String']['output'];
  readonly app: Maybe<App>;
  readonly keyId: Maybe<Scalars['ID']['output']>;
  readonly subject: Maybe<Scalars['String']['output']>;
  readonly issuerId: Maybe<Scalars['ID']['output']>;
  readonly memberId: Maybe<Scalars['ID']['output']>;
  readonly service: Maybe<Scalars['ID']['output']>;
};

export type PageInfo = {
  readonly hasNextPage: Scalars['Boolean']['output'];
  readonly hasPreviousPage: Scalars['Boolean']['output'];
  readonly startCursor: Maybe<Scalars['String']['output']>;
  readonly endCursor: Maybe<Scalars['String']['output']>;
};

export type Tenant = Node & {
  readonly id: Scalars['ID']['output'];
  readonly usage: ReadonlyArray<UsageBucket>;
};


export type TenantUsageArgs = {
  from: Scalars['DateTime']['input'];
  to: Scalars['DateTime']['input'];
  interval: UsageInterval;
  by: ReadonlyArray<UsageDimension>;
  filter?: InputMaybe<UsageFilter>;
};

export type App = Node & {
  readonly id: Scalars['ID']['output'];
  readonly usage: ReadonlyArray<UsageBucket>;
};


export type AppUsageArgs = {
  from: Scalars['DateTime']['input'];
  to: Scalars['DateTime']['input'];
  interval: UsageInterval;
  by: ReadonlyArray<UsageDimension>;
  filter?: InputMaybe<UsageFilter>;
};

export type Model = Node & {
  readonly id: Scalars['ID']['output'];
  readonly usage: ReadonlyArray<UsageBucket>;
};


export type ModelUsageArgs = {
  from: Scalars['DateTime']['input'];
  to: Scalars['DateTime']['input'];
  interval: UsageInterval;
  by: ReadonlyArray<UsageDimension>;
  filter?: InputMaybe<UsageFilter>;
};

export type Prompt = Node & {
  readonly id: Scalars['ID']['output'];
  readonly usage: ReadonlyArray<UsageBucket>;
};


export type PromptUsageArgs = {
  from: Scalars['DateTime']['input'];
  to: Scalars['DateTime']['input'];
  interval: UsageInterval;
  by: ReadonlyArray<UsageDimension>;
  filter?: InputMaybe<UsageFilter>;
};

export type PromptVersion = Node & {
  readonly id: Scalars['ID']['output'];
};

export type Completion = Node & {
  readonly id: Scalars['ID']['output'];
};

export type Provider = Node & {
  readonly id: Scalars['ID']['output'];
};

export type ProviderCredential = Node & {
  readonly id: Scalars['ID']['output'];
};

export type Route = Node & {
  readonly id: Scalars['ID']['output'];
};

export type ApiKey = Node & {
  readonly id: Scalars['ID']['output'];
};

export type Member = Node & {
  readonly id: Scalars['ID']['output'];
};

export type Plan = Node & {
  readonly id: Scalars['ID']['output'];
};

export type Team = Node & {
  readonly id: Scalars['ID']['output'];
};

export type Budget = Node & {
  readonly id: Scalars['ID']['output'];
  readonly forecast: Maybe<BudgetForecast>;
};

export type AccessGrant = Node & {
  readonly id: Scalars['ID']['output'];
};

export type GuardrailPolicy = Node & {
  readonly id: Scalars['ID']['output'];
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
  Invocation: Invocation;
  Alert: Alert;
  Tenant: Tenant;
  App: App;
  Model: Model;
  Prompt: Prompt;
  Budget: Budget;
};

/** Mapping of federation reference types */
export type FederationReferenceTypes = {
  Invocation:
    ( { __typename: 'Invocation' }
    & GraphQLRecursivePick<FederationTypes['Invocation'], {"id":true}> );
  Alert:
    ( { __typename: 'Alert' }
    & GraphQLRecursivePick<FederationTypes['Alert'], {"id":true}> );
  Tenant:
    ( { __typename: 'Tenant' }
    & GraphQLRecursivePick<FederationTypes['Tenant'], {"id":true}> );
  App:
    ( { __typename: 'App' }
    & GraphQLRecursivePick<FederationTypes['App'], {"id":true}> );
  Model:
    ( { __typename: 'Model' }
    & GraphQLRecursivePick<FederationTypes['Model'], {"id":true}> );
  Prompt:
    ( { __typename: 'Prompt' }
    & GraphQLRecursivePick<FederationTypes['Prompt'], {"id":true}> );
  Budget:
    ( { __typename: 'Budget' }
    & GraphQLRecursivePick<FederationTypes['Budget'], {"id":true}> );
};



/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  DateTime: ResolverTypeWrapper<Scalars['DateTime']['output']>;
  JSON: ResolverTypeWrapper<Scalars['JSON']['output']>;
  Decimal: ResolverTypeWrapper<Scalars['Decimal']['output']>;
  Node: ResolverTypeWrapper<entity.TypedReference>;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
  Mutation: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Subscription: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Invocation: ResolverTypeWrapper<invocations.InvocationRecord>;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  CallSizes: ResolverTypeWrapper<CallSizes>;
  InputSize: ResolverTypeWrapper<InputSize>;
  MessageRole: MessageRole;
  CompletionStatus: CompletionStatus;
  CacheStatus: CacheStatus;
  TokenUsage: ResolverTypeWrapper<invocations.UsageRecord>;
  Attempt: ResolverTypeWrapper<invocations.AttemptRecord>;
  InvocationConnection: ResolverTypeWrapper<connection.Connection<invocations.InvocationRecord>>;
  InvocationEdge: ResolverTypeWrapper<connection.Connection<invocations.InvocationRecord>['edges'][number]>;
  InvocationFilter: InvocationFilter;
  TimeOrder: TimeOrder;
  AuditFilter: AuditFilter;
  UsageFilter: UsageFilter;
  UsageInterval: UsageInterval;
  UsageDimension: UsageDimension;
  UsageExportFormat: UsageExportFormat;
  UsageExportStatus: UsageExportStatus;
  UsageExport: ResolverTypeWrapper<usageExports.UsageExportRecord>;
  UsageExportInput: UsageExportInput;
  AlertOrder: AlertOrder;
  UsageOrder: UsageOrder;
  CostForecast: ResolverTypeWrapper<CostForecast>;
  BudgetForecast: ResolverTypeWrapper<BudgetForecast>;
  UsageBucket: ResolverTypeWrapper<UsageBucket>;
  Float: ResolverTypeWrapper<Scalars['Float']['output']>;
  RatedUsage: ResolverTypeWrapper<RatedUsage>;
  PreviousUsage: ResolverTypeWrapper<PreviousUsage>;
  AuditConnection: ResolverTypeWrapper<connection.Connection<log.AuditRecord>>;
  AuditEdge: ResolverTypeWrapper<connection.Connection<log.AuditRecord>['edges'][number]>;
  MeshEvent: ResolverTypeWrapper<events.EventRecord>;
  EventConnection: ResolverTypeWrapper<connection.Connection<events.EventRecord>>;
  EventEdge: ResolverTypeWrapper<connection.Connection<events.EventRecord>['edges'][number]>;
  EventFilter: EventFilter;
  Alert: ResolverTypeWrapper<alerts.AlertRecord>;
  AlertConnection: ResolverTypeWrapper<connection.Connection<alerts.AlertRecord>>;
  AlertEdge: ResolverTypeWrapper<connection.Connection<alerts.AlertRecord>['edges'][number]>;
  AlertFilter: AlertFilter;
  AlertEpisode: ResolverTypeWrapper<alertEpisodes.AlertEpisodeRecord>;
  AlertEpisodeConnection: ResolverTypeWrapper<connection.Connection<alertEpisodes.AlertEpisodeRecord>>;
  AlertEpisodeEdge: ResolverTypeWrapper<connection.Connection<alertEpisodes.AlertEpisodeRecord>['edges'][number]>;
  AlertEpisodeFilter: AlertEpisodeFilter;
  AlertInput: AlertInput;
  AlertMetric: AlertMetric;
  AlertCondition: AlertCondition;
  AlertSide: AlertSide;
  SecurityPattern: SecurityPattern;
  AlertAction: AlertAction;
  AlertActionState: AlertActionState;
  AlertActionRun: ResolverTypeWrapper<alertActions.AlertActionRecord>;
  AlertActionRunConnection: ResolverTypeWrapper<connection.Connection<alertActions.AlertActionRecord>>;
  AlertActionRunEdge: ResolverTypeWrapper<connection.Connection<alertActions.AlertActionRecord>['edges'][number]>;
  AlertActionFilter: AlertActionFilter;
  AlertLimit: ResolverTypeWrapper<AlertLimit>;
  LimitInput: LimitInput;
  AlertEndReason: AlertEndReason;
  LimitWindow: LimitWindow;
  AuditOutcome: AuditOutcome;
  AuditRecord: ResolverTypeWrapper<log.AuditRecord>;
  AuditActor: ResolverTypeWrapper<log.AuditRecord['actor']>;
  PageInfo: ResolverTypeWrapper<PageInfo>;
  Tenant: ResolverTypeWrapper<entity.EntityReference>;
  App: ResolverTypeWrapper<entity.EntityReference>;
  Model: ResolverTypeWrapper<entity.EntityReference>;
  Prompt: ResolverTypeWrapper<entity.EntityReference>;
  PromptVersion: ResolverTypeWrapper<entity.EntityReference>;
  Completion: ResolverTypeWrapper<entity.EntityReference>;
  Provider: ResolverTypeWrapper<entity.EntityReference>;
  ProviderCredential: ResolverTypeWrapper<entity.EntityReference>;
  Route: ResolverTypeWrapper<entity.EntityReference>;
  ApiKey: ResolverTypeWrapper<entity.EntityReference>;
  Member: ResolverTypeWrapper<entity.EntityReference>;
  Plan: ResolverTypeWrapper<entity.EntityReference>;
  Team: ResolverTypeWrapper<entity.EntityReference>;
  Budget: ResolverTypeWrapper<entity.EntityReference>;
  AccessGrant: ResolverTypeWrapper<entity.EntityReference>;
  GuardrailPolicy: ResolverTypeWrapper<entity.EntityReference>;
  GuardrailAction: GuardrailAction;
  GuardrailVerdict: ResolverTypeWrapper<invocations.GuardrailVerdictRecord>;
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
  Node: entity.TypedReference;
  ID: Scalars['ID']['output'];
  Query: Record<PropertyKey, never>;
  Int: Scalars['Int']['output'];
  String: Scalars['String']['output'];
  Mutation: Record<PropertyKey, never>;
  Subscription: Record<PropertyKey, never>;
  Invocation: invocations.InvocationRecord;
  Boolean: Scalars['Boolean']['output'];
  CallSizes: CallSizes;
  InputSize: InputSize;
  TokenUsage: invocations.UsageRecord;
  Attempt: invocations.AttemptRecord;
  InvocationConnection: connection.Connection<invocations.InvocationRecord>;
  InvocationEdge: connection.Connection<invocations.InvocationRecord>['edges'][number];
  InvocationFilter: InvocationFilter;
  AuditFilter: AuditFilter;
  UsageFilter: UsageFilter;
  UsageExport: usageExports.UsageExportRecord;
  UsageExportInput: UsageExportInput;
  CostForecast: CostForecast;
  BudgetForecast: BudgetForecast;
  UsageBucket: UsageBucket;
  Float: Scalars['Float']['output'];
  RatedUsage: RatedUsage;
  PreviousUsage: PreviousUsage;
  AuditConnection: connection.Connection<log.AuditRecord>;
  AuditEdge: connection.Connection<log.AuditRecord>['edges'][number];
  MeshEvent: events.EventRecord;
  EventConnection: connection.Connection<events.EventRecord>;
  EventEdge: connection.Connection<events.EventRecord>['edges'][number];
  EventFilter: EventFilter;
  Alert: alerts.AlertRecord;
  AlertConnection: connection.Connection<alerts.AlertRecord>;
  AlertEdge: connection.Connection<alerts.AlertRecord>['edges'][number];
  AlertFilter: AlertFilter;
  AlertEpisode: alertEpisodes.AlertEpisodeRecord;
  AlertEpisodeConnection: connection.Connection<alertEpisodes.AlertEpisodeRecord>;
  AlertEpisodeEdge: connection.Connection<alertEpisodes.AlertEpisodeRecord>['edges'][number];
  AlertEpisodeFilter: AlertEpisodeFilter;
  AlertInput: AlertInput;
  AlertActionRun: alertActions.AlertActionRecord;
  AlertActionRunConnection: connection.Connection<alertActions.AlertActionRecord>;
  AlertActionRunEdge: connection.Connection<alertActions.AlertActionRecord>['edges'][number];
  AlertActionFilter: AlertActionFilter;
  AlertLimit: AlertLimit;
  LimitInput: LimitInput;
  AuditRecord: log.AuditRecord;
  AuditActor: log.AuditRecord['actor'];
  PageInfo: PageInfo;
  Tenant: entity.EntityReference;
  App: entity.EntityReference;
  Model: entity.EntityReference;
  Prompt: entity.EntityReference;
  PromptVersion: entity.EntityReference;
  Completion: entity.EntityReference;
  Provider: entity.EntityReference;
  ProviderCredential: entity.EntityReference;
  Route: entity.EntityReference;
  ApiKey: entity.EntityReference;
  Member: entity.EntityReference;
  Plan: entity.EntityReference;
  Team: entity.EntityReference;
  Budget: entity.EntityReference;
  AccessGrant: entity.EntityReference;
  GuardrailPolicy: entity.EntityReference;
  GuardrailVerdict: invocations.GuardrailVerdictRecord;
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

export type NodeResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Node'] = ResolversParentTypes['Node']> = {
  __resolveType: TypeResolveFn<'Invocation' | 'Alert' | 'AuditRecord' | 'Tenant' | 'App' | 'Model' | 'Prompt' | 'PromptVersion' | 'Completion' | 'Provider' | 'ProviderCredential' | 'Route' | 'ApiKey' | 'Member' | 'Plan' | 'Team' | 'Budget' | 'AccessGrant' | 'GuardrailPolicy', ParentType, ContextType>;
};

export type QueryResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query']> = {
  node?: Resolver<Maybe<ResolversTypes['Node']>, ParentType, ContextType, RequireFields<QueryNodeArgs, 'id'>>;
  nodes?: Resolver<ReadonlyArray<Maybe<ResolversTypes['Node']>>, ParentType, ContextType, RequireFields<QueryNodesArgs, 'ids'>>;
  usage?: Resolver<ReadonlyArray<ResolversTypes['UsageBucket']>, ParentType, ContextType, RequireFields<QueryUsageArgs, 'from' | 'to' | 'interval' | 'by' | 'orderBy'>>;
  costForecast?: Resolver<ResolversTypes['CostForecast'], ParentType, ContextType, Partial<QueryCostForecastArgs>>;
  usageExport?: Resolver<Maybe<ResolversTypes['UsageExport']>, ParentType, ContextType, RequireFields<QueryUsageExportArgs, 'id'>>;
  usageExports?: Resolver<ReadonlyArray<ResolversTypes['UsageExport']>, ParentType, ContextType>;
  invocations?: Resolver<ResolversTypes['InvocationConnection'], ParentType, ContextType, RequireFields<QueryInvocationsArgs, 'orderBy'>>;
  invocation?: Resolver<Maybe<ResolversTypes['Invocation']>, ParentType, ContextType, RequireFields<QueryInvocationArgs, 'id'>>;
  auditLog?: Resolver<ResolversTypes['AuditConnection'], ParentType, ContextType, RequireFields<QueryAuditLogArgs, 'orderBy'>>;
  events?: Resolver<ResolversTypes['EventConnection'], ParentType, ContextType, RequireFields<QueryEventsArgs, 'orderBy'>>;
  alerts?: Resolver<ResolversTypes['AlertConnection'], ParentType, ContextType, RequireFields<QueryAlertsArgs, 'orderBy'>>;
  alert?: Resolver<Maybe<ResolversTypes['Alert']>, ParentType, ContextType, RequireFields<QueryAlertArgs, 'id'>>;
  alertEpisodes?: Resolver<ResolversTypes['AlertEpisodeConnection'], ParentType, ContextType, RequireFields<QueryAlertEpisodesArgs, 'orderBy'>>;
  alertActions?: Resolver<ResolversTypes['AlertActionRunConnection'], ParentType, ContextType, RequireFields<QueryAlertActionsArgs, 'orderBy'>>;
};

export type MutationResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Mutation'] = ResolversParentTypes['Mutation']> = {
  saveAlert?: Resolver<ResolversTypes['Alert'], ParentType, ContextType, RequireFields<MutationSaveAlertArgs, 'input'>>;
  deleteAlert?: Resolver<ResolversTypes['ID'], ParentType, ContextType, RequireFields<MutationDeleteAlertArgs, 'id'>>;
  startUsageExport?: Resolver<ResolversTypes['UsageExport'], ParentType, ContextType, RequireFields<MutationStartUsageExportArgs, 'input'>>;
  deleteUsageExport?: Resolver<ResolversTypes['ID'], ParentType, ContextType, RequireFields<MutationDeleteUsageExportArgs, 'id'>>;
  undoAlertAction?: Resolver<ResolversTypes['AlertActionRun'], ParentType, ContextType, RequireFields<MutationUndoAlertActionArgs, 'id'>>;
};

export type SubscriptionResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Subscription'] = ResolversParentTypes['Subscription']> = {
  events?: SubscriptionResolver<ResolversTypes['MeshEvent'], "events", ParentType, ContextType, Partial<SubscriptionEventsArgs>>;
};

export type InvocationResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Invocation'] = ResolversParentTypes['Invocation'], FederationReferenceType extends FederationReferenceTypes['Invocation'] = FederationReferenceTypes['Invocation']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['Invocation']> | FederationReferenceType, FederationReferenceType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  kind?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  status?: Resolver<ResolversTypes['CompletionStatus'], ParentType, ContextType>;
  tenant?: Resolver<ResolversTypes['Tenant'], ParentType, ContextType>;
  app?: Resolver<Maybe<ResolversTypes['App']>, ParentType, ContextType>;
  keyId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  model?: Resolver<Maybe<ResolversTypes['Model']>, ParentType, ContextType>;
  promptVersion?: Resolver<Maybe<ResolversTypes['PromptVersion']>, ParentType, ContextType>;
  usage?: Resolver<ResolversTypes['TokenUsage'], ParentType, ContextType>;
  cost?: Resolver<ResolversTypes['Decimal'], ParentType, ContextType>;
  unpriced?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  usageEstimated?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  cache?: Resolver<ResolversTypes['CacheStatus'], ParentType, ContextType>;
  latencyMs?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  timeToFirstTokenMs?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  errorCode?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  error?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  attempts?: Resolver<ReadonlyArray<ResolversTypes['Attempt']>, ParentType, ContextType>;
  guardrailVerdicts?: Resolver<ReadonlyArray<ResolversTypes['GuardrailVerdict']>, ParentType, ContextType>;
  sizes?: Resolver<Maybe<ResolversTypes['CallSizes']>, ParentType, ContextType>;
  requestId?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  clientRequestId?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  traceId?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  endUserId?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  conversationId?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  tags?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  rating?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  startedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  endedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  explanation?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type CallSizesResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['CallSizes'] = ResolversParentTypes['CallSizes']> = {
  input?: Resolver<ReadonlyArray<ResolversTypes['InputSize']>, ParentType, ContextType>;
  tools?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  textCharacters?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  reasoningCharacters?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  toolCalls?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
};

export type InputSizeResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['InputSize'] = ResolversParentTypes['InputSize']> = {
  role?: Resolver<ResolversTypes['MessageRole'], ParentType, ContextType>;
  characters?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  parts?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type MessageRoleResolvers = EnumResolverSignature<{ SYSTEM?: any, USER?: any, ASSISTANT?: any, TOOL?: any }, ResolversTypes['MessageRole']>;

export type CompletionStatusResolvers = EnumResolverSignature<{ RUNNING?: any, SUCCEEDED?: any, FAILED?: any, CANCELLED?: any }, ResolversTypes['CompletionStatus']>;

export type CacheStatusResolvers = EnumResolverSignature<{ MISS?: any, HIT?: any, SEMANTIC_HIT?: any, BYPASS?: any, COALESCED?: any }, ResolversTypes['CacheStatus']>;

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

export type InvocationConnectionResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['InvocationConnection'] = ResolversParentTypes['InvocationConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['InvocationEdge']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type InvocationEdgeResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['InvocationEdge'] = ResolversParentTypes['InvocationEdge']> = {
  node?: Resolver<ResolversTypes['Invocation'], ParentType, ContextType>;
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type TimeOrderResolvers = EnumResolverSignature<{ NEWEST_FIRST?: any, OLDEST_FIRST?: any }, ResolversTypes['TimeOrder']>;

export type UsageIntervalResolvers = EnumResolverSignature<{ HOUR?: any, DAY?: any, MONTH?: any, ALL?: any }, ResolversTypes['UsageInterval']>;

export type UsageDimensionResolvers = EnumResolverSignature<{ TENANT?: any, TEAM?: any, APP?: any, KEY?: any, MODEL?: any, PROVIDER?: any, PROMPT?: any, END_USER?: any, CONVERSATION?: any, TAG?: any, EXPERIMENT?: any, CACHE?: any, STATUS?: any, KIND?: any, GUARDRAIL?: any, RATING?: any }, ResolversTypes['UsageDimension']>;

export type UsageExportFormatResolvers = EnumResolverSignature<{ CSV?: any, FOCUS?: any }, ResolversTypes['UsageExportFormat']>;

export type UsageExportStatusResolvers = EnumResolverSignature<{ RUNNING?: any, SUCCEEDED?: any, FAILED?: any }, ResolversTypes['UsageExportStatus']>;

export type UsageExportResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['UsageExport'] = ResolversParentTypes['UsageExport']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  tenant?: Resolver<Maybe<ResolversTypes['Tenant']>, ParentType, ContextType>;
  format?: Resolver<ResolversTypes['UsageExportFormat'], ParentType, ContextType>;
  from?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  to?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  interval?: Resolver<ResolversTypes['UsageInterval'], ParentType, ContextType>;
  by?: Resolver<ReadonlyArray<ResolversTypes['UsageDimension']>, ParentType, ContextType>;
  status?: Resolver<ResolversTypes['UsageExportStatus'], ParentType, ContextType>;
  until?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  rows?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  bytes?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  parts?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  part?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType, RequireFields<UsageExportPartArgs, 'number'>>;
  errorCode?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  error?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  finishedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  expiresAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
};

export type AlertOrderResolvers = EnumResolverSignature<{ ID_ASC?: any, ID_DESC?: any }, ResolversTypes['AlertOrder']>;

export type UsageOrderResolvers = EnumResolverSignature<{ KEYS?: any, REQUESTS?: any, FAILURES?: any, TOKENS?: any, COST?: any }, ResolversTypes['UsageOrder']>;

export type CostForecastResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['CostForecast'] = ResolversParentTypes['CostForecast']> = {
  from?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  to?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  spent?: Resolver<ResolversTypes['Decimal'], ParentType, ContextType>;
  expected?: Resolver<Maybe<ResolversTypes['Decimal']>, ParentType, ContextType>;
};

export type BudgetForecastResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['BudgetForecast'] = ResolversParentTypes['BudgetForecast']> = {
  from?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  to?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  spent?: Resolver<ResolversTypes['Decimal'], ParentType, ContextType>;
  expected?: Resolver<ResolversTypes['Decimal'], ParentType, ContextType>;
  exhaustedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
};

export type UsageBucketResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['UsageBucket'] = ResolversParentTypes['UsageBucket']> = {
  start?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  keys?: Resolver<ResolversTypes['JSON'], ParentType, ContextType>;
  requests?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  failures?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  cacheHits?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  inputTokens?: Resolver<ResolversTypes['Decimal'], ParentType, ContextType>;
  outputTokens?: Resolver<ResolversTypes['Decimal'], ParentType, ContextType>;
  cost?: Resolver<ResolversTypes['Decimal'], ParentType, ContextType>;
  unpricedRequests?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  savedByCache?: Resolver<ResolversTypes['Decimal'], ParentType, ContextType>;
  savedByRouting?: Resolver<ResolversTypes['Decimal'], ParentType, ContextType>;
  latencyMsP50?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  latencyMsP95?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  rated?: Resolver<ResolversTypes['RatedUsage'], ParentType, ContextType>;
  previous?: Resolver<Maybe<ResolversTypes['PreviousUsage']>, ParentType, ContextType>;
};

export type RatedUsageResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['RatedUsage'] = ResolversParentTypes['RatedUsage']> = {
  requests?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  mean?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  cost?: Resolver<ResolversTypes['Decimal'], ParentType, ContextType>;
};

export type PreviousUsageResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['PreviousUsage'] = ResolversParentTypes['PreviousUsage']> = {
  start?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  requests?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  failures?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  cacheHits?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  inputTokens?: Resolver<ResolversTypes['Decimal'], ParentType, ContextType>;
  outputTokens?: Resolver<ResolversTypes['Decimal'], ParentType, ContextType>;
  cost?: Resolver<ResolversTypes['Decimal'], ParentType, ContextType>;
  unpricedRequests?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  savedByCache?: Resolver<ResolversTypes['Decimal'], ParentType, ContextType>;
  savedByRouting?: Resolver<ResolversTypes['Decimal'], ParentType, ContextType>;
  latencyMsP50?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  latencyMsP95?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
};

export type AuditConnectionResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['AuditConnection'] = ResolversParentTypes['AuditConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['AuditEdge']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type AuditEdgeResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['AuditEdge'] = ResolversParentTypes['AuditEdge']> = {
  node?: Resolver<ResolversTypes['AuditRecord'], ParentType, ContextType>;
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type MeshEventResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['MeshEvent'] = ResolversParentTypes['MeshEvent']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  type?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  tenant?: Resolver<Maybe<ResolversTypes['Tenant']>, ParentType, ContextType>;
  subject?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  data?: Resolver<ResolversTypes['JSON'], ParentType, ContextType>;
};

export type EventConnectionResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['EventConnection'] = ResolversParentTypes['EventConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['EventEdge']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type EventEdgeResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['EventEdge'] = ResolversParentTypes['EventEdge']> = {
  node?: Resolver<ResolversTypes['MeshEvent'], ParentType, ContextType>;
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type AlertResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Alert'] = ResolversParentTypes['Alert'], FederationReferenceType extends FederationReferenceTypes['Alert'] = FederationReferenceTypes['Alert']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['Alert']> | FederationReferenceType, FederationReferenceType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  tenant?: Resolver<Maybe<ResolversTypes['Tenant']>, ParentType, ContextType>;
  metric?: Resolver<ResolversTypes['AlertMetric'], ParentType, ContextType>;
  condition?: Resolver<ResolversTypes['AlertCondition'], ParentType, ContextType>;
  threshold?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  window?: Resolver<ResolversTypes['LimitWindow'], ParentType, ContextType>;
  by?: Resolver<ReadonlyArray<ResolversTypes['UsageDimension']>, ParentType, ContextType>;
  app?: Resolver<Maybe<ResolversTypes['App']>, ParentType, ContextType>;
  keyId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  model?: Resolver<Maybe<ResolversTypes['Model']>, ParentType, ContextType>;
  budgetId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  perRequest?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  requestsMin?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  side?: Resolver<ResolversTypes['AlertSide'], ParentType, ContextType>;
  patterns?: Resolver<ReadonlyArray<ResolversTypes['SecurityPattern']>, ParentType, ContextType>;
  action?: Resolver<ResolversTypes['AlertAction'], ParentType, ContextType>;
  actionLimit?: Resolver<Maybe<ResolversTypes['AlertLimit']>, ParentType, ContextType>;
  actionRouteId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  actionModelId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  enabled?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  updatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  evaluatedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  problem?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type AlertConnectionResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['AlertConnection'] = ResolversParentTypes['AlertConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['AlertEdge']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type AlertEdgeResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['AlertEdge'] = ResolversParentTypes['AlertEdge']> = {
  node?: Resolver<ResolversTypes['Alert'], ParentType, ContextType>;
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type AlertEpisodeResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['AlertEpisode'] = ResolversParentTypes['AlertEpisode']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  alertId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  tenant?: Resolver<Maybe<ResolversTypes['Tenant']>, ParentType, ContextType>;
  metric?: Resolver<ResolversTypes['AlertMetric'], ParentType, ContextType>;
  condition?: Resolver<ResolversTypes['AlertCondition'], ParentType, ContextType>;
  pattern?: Resolver<Maybe<ResolversTypes['SecurityPattern']>, ParentType, ContextType>;
  keys?: Resolver<ResolversTypes['JSON'], ParentType, ContextType>;
  startedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  endedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  endReason?: Resolver<Maybe<ResolversTypes['AlertEndReason']>, ParentType, ContextType>;
  reason?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  value?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  peakValue?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  lastValue?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  bound?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  baseline?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  action?: Resolver<Maybe<ResolversTypes['AlertActionRun']>, ParentType, ContextType>;
  callsUrl?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type AlertEpisodeConnectionResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['AlertEpisodeConnection'] = ResolversParentTypes['AlertEpisodeConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['AlertEpisodeEdge']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type AlertEpisodeEdgeResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['AlertEpisodeEdge'] = ResolversParentTypes['AlertEpisodeEdge']> = {
  node?: Resolver<ResolversTypes['AlertEpisode'], ParentType, ContextType>;
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type AlertMetricResolvers = EnumResolverSignature<{ COST?: any, TOKENS?: any, REQUESTS?: any, FAILURES?: any, REFUSALS?: any, LATENCY_P95?: any, CACHE_HITS?: any }, ResolversTypes['AlertMetric']>;

export type AlertConditionResolvers = EnumResolverSignature<{ ABOVE?: any, BELOW?: any, BUDGET_SHARE?: any, BURN_RATE?: any, FORECAST?: any, ANOMALY?: any, SECURITY?: any }, ResolversTypes['AlertCondition']>;

export type AlertSideResolvers = EnumResolverSignature<{ HIGH?: any, LOW?: any, BOTH?: any }, ResolversTypes['AlertSide']>;

export type SecurityPatternResolvers = EnumResolverSignature<{ NEW_NETWORK?: any, NEW_MODEL?: any, MANY_REFUSALS?: any, MANY_NETWORKS?: any, VOLUME_BURST?: any, INJECTION?: any }, ResolversTypes['SecurityPattern']>;

export type AlertActionResolvers = EnumResolverSignature<{ NOTIFY?: any, LOWER_LIMIT?: any, SUSPEND_KEY?: any, OPEN_CIRCUIT?: any, MOVE_ROUTE?: any }, ResolversTypes['AlertAction']>;

export type AlertActionStateResolvers = EnumResolverSignature<{ PENDING?: any, ACTIVE?: any, REFUSED?: any, UNDONE?: any }, ResolversTypes['AlertActionState']>;

export type AlertActionRunResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['AlertActionRun'] = ResolversParentTypes['AlertActionRun']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  alertId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  tenant?: Resolver<Maybe<ResolversTypes['Tenant']>, ParentType, ContextType>;
  action?: Resolver<ResolversTypes['AlertAction'], ParentType, ContextType>;
  state?: Resolver<ResolversTypes['AlertActionState'], ParentType, ContextType>;
  target?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  limit?: Resolver<Maybe<ResolversTypes['AlertLimit']>, ParentType, ContextType>;
  routeId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  modelId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  reason?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  requestedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  decidedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  undoneAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
};

export type AlertActionRunConnectionResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['AlertActionRunConnection'] = ResolversParentTypes['AlertActionRunConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['AlertActionRunEdge']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type AlertActionRunEdgeResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['AlertActionRunEdge'] = ResolversParentTypes['AlertActionRunEdge']> = {
  node?: Resolver<ResolversTypes['AlertActionRun'], ParentType, ContextType>;
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type AlertLimitResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['AlertLimit'] = ResolversParentTypes['AlertLimit']> = {
  meter?: Resolver<ResolversTypes['Meter'], ParentType, ContextType>;
  window?: Resolver<ResolversTypes['LimitWindow'], ParentType, ContextType>;
  amount?: Resolver<ResolversTypes['Decimal'], ParentType, ContextType>;
};

export type AlertEndReasonResolvers = EnumResolverSignature<{ RECOVERED?: any, ALERT_CHANGED?: any, ALERT_DELETED?: any }, ResolversTypes['AlertEndReason']>;

export type LimitWindowResolvers = EnumResolverSignature<{ SECOND?: any, MINUTE?: any, HOUR?: any, DAY?: any, MONTH?: any, INFLIGHT?: any }, ResolversTypes['LimitWindow']>;

export type AuditOutcomeResolvers = EnumResolverSignature<{ STARTED?: any, INTERRUPTED?: any, SUCCEEDED?: any, FAILED?: any, REFUSED?: any }, ResolversTypes['AuditOutcome']>;

export type AuditRecordResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['AuditRecord'] = ResolversParentTypes['AuditRecord']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  tenant?: Resolver<Maybe<ResolversTypes['Tenant']>, ParentType, ContextType>;
  action?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  outcome?: Resolver<ResolversTypes['AuditOutcome'], ParentType, ContextType>;
  errorCode?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  actor?: Resolver<ResolversTypes['AuditActor'], ParentType, ContextType>;
  targetType?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  targetId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  arguments?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
  before?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
  after?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
  requestId?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  clientRequestId?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  count?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  lastAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  expiresAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  clientAddress?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  sequence?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  hash?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  previousHash?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type AuditActorResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['AuditActor'] = ResolversParentTypes['AuditActor']> = {
  kind?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  app?: Resolver<Maybe<ResolversTypes['App']>, ParentType, ContextType>;
  keyId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  subject?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  issuerId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  memberId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  service?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
};

export type PageInfoResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['PageInfo'] = ResolversParentTypes['PageInfo']> = {
  hasNextPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  hasPreviousPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  startCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  endCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type TenantResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Tenant'] = ResolversParentTypes['Tenant'], FederationReferenceType extends FederationReferenceTypes['Tenant'] = FederationReferenceTypes['Tenant']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['Tenant']> | FederationReferenceType, FederationReferenceType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  usage?: Resolver<ReadonlyArray<ResolversTypes['UsageBucket']>, ParentType, ContextType, RequireFields<TenantUsageArgs, 'from' | 'to' | 'interval' | 'by'>>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type AppResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['App'] = ResolversParentTypes['App'], FederationReferenceType extends FederationReferenceTypes['App'] = FederationReferenceTypes['App']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['App']> | FederationReferenceType, FederationReferenceType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  usage?: Resolver<ReadonlyArray<ResolversTypes['UsageBucket']>, ParentType, ContextType, RequireFields<AppUsageArgs, 'from' | 'to' | 'interval' | 'by'>>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type ModelResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Model'] = ResolversParentTypes['Model'], FederationReferenceType extends FederationReferenceTypes['Model'] = FederationReferenceTypes['Model']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['Model']> | FederationReferenceType, FederationReferenceType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  usage?: Resolver<ReadonlyArray<ResolversTypes['UsageBucket']>, ParentType, ContextType, RequireFields<ModelUsageArgs, 'from' | 'to' | 'interval' | 'by'>>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type PromptResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Prompt'] = ResolversParentTypes['Prompt'], FederationReferenceType extends FederationReferenceTypes['Prompt'] = FederationReferenceTypes['Prompt']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['Prompt']> | FederationReferenceType, FederationReferenceType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  usage?: Resolver<ReadonlyArray<ResolversTypes['UsageBucket']>, ParentType, ContextType, RequireFields<PromptUsageArgs, 'from' | 'to' | 'interval' | 'by'>>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type PromptVersionResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['PromptVersion'] = ResolversParentTypes['PromptVersion']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type CompletionResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Completion'] = ResolversParentTypes['Completion']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type ProviderResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Provider'] = ResolversParentTypes['Provider']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type ProviderCredentialResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['ProviderCredential'] = ResolversParentTypes['ProviderCredential']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type RouteResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Route'] = ResolversParentTypes['Route']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type ApiKeyResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['ApiKey'] = ResolversParentTypes['ApiKey']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type MemberResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Member'] = ResolversParentTypes['Member']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type PlanResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Plan'] = ResolversParentTypes['Plan']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type TeamResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Team'] = ResolversParentTypes['Team']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type BudgetResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Budget'] = ResolversParentTypes['Budget'], FederationReferenceType extends FederationReferenceTypes['Budget'] = FederationReferenceTypes['Budget']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['Budget']> | FederationReferenceType, FederationReferenceType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  forecast?: Resolver<Maybe<ResolversTypes['BudgetForecast']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type AccessGrantResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['AccessGrant'] = ResolversParentTypes['AccessGrant']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type GuardrailPolicyResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['GuardrailPolicy'] = ResolversParentTypes['GuardrailPolicy']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type GuardrailActionResolvers = EnumResolverSignature<{ BLOCK?: any, MASK?: any, REDACT?: any, RETRY?: any, REROUTE?: any, WARN?: any, LOG?: any }, ResolversTypes['GuardrailAction']>;

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
  Node?: NodeResolvers<ContextType>;
  Query?: QueryResolvers<ContextType>;
  Mutation?: MutationResolvers<ContextType>;
  Subscription?: SubscriptionResolvers<ContextType>;
  Invocation?: InvocationResolvers<ContextType>;
  CallSizes?: CallSizesResolvers<ContextType>;
  InputSize?: InputSizeResolvers<ContextType>;
  MessageRole?: MessageRoleResolvers;
  CompletionStatus?: CompletionStatusResolvers;
  CacheStatus?: CacheStatusResolvers;
  TokenUsage?: TokenUsageResolvers<ContextType>;
  Attempt?: AttemptResolvers<ContextType>;
  InvocationConnection?: InvocationConnectionResolvers<ContextType>;
  InvocationEdge?: InvocationEdgeResolvers<ContextType>;
  TimeOrder?: TimeOrderResolvers;
  UsageInterval?: UsageIntervalResolvers;
  UsageDimension?: UsageDimensionResolvers;
  UsageExportFormat?: UsageExportFormatResolvers;
  UsageExportStatus?: UsageExportStatusResolvers;
  UsageExport?: UsageExportResolvers<ContextType>;
  AlertOrder?: AlertOrderResolvers;
  UsageOrder?: UsageOrderResolvers;
  CostForecast?: CostForecastResolvers<ContextType>;
  BudgetForecast?: BudgetForecastResolvers<ContextType>;
  UsageBucket?: UsageBucketResolvers<ContextType>;
  RatedUsage?: RatedUsageResolvers<ContextType>;
  PreviousUsage?: PreviousUsageResolvers<ContextType>;
  AuditConnection?: AuditConnectionResolvers<ContextType>;
  AuditEdge?: AuditEdgeResolvers<ContextType>;
  MeshEvent?: MeshEventResolvers<ContextType>;
  EventConnection?: EventConnectionResolvers<ContextType>;
  EventEdge?: EventEdgeResolvers<ContextType>;
  Alert?: AlertResolvers<ContextType>;
  AlertConnection?: AlertConnectionResolvers<ContextType>;
  AlertEdge?: AlertEdgeResolvers<ContextType>;
  AlertEpisode?: AlertEpisodeResolvers<ContextType>;
  AlertEpisodeConnection?: AlertEpisodeConnectionResolvers<ContextType>;
  AlertEpisodeEdge?: AlertEpisodeEdgeResolvers<ContextType>;
  AlertMetric?: AlertMetricResolvers;
  AlertCondition?: AlertConditionResolvers;
  AlertSide?: AlertSideResolvers;
  SecurityPattern?: SecurityPatternResolvers;
  AlertAction?: AlertActionResolvers;
  AlertActionState?: AlertActionStateResolvers;
  AlertActionRun?: AlertActionRunResolvers<ContextType>;
  AlertActionRunConnection?: AlertActionRunConnectionResolvers<ContextType>;
  AlertActionRunEdge?: AlertActionRunEdgeResolvers<ContextType>;
  AlertLimit?: AlertLimitResolvers<ContextType>;
  AlertEndReason?: AlertEndReasonResolvers;
  LimitWindow?: LimitWindowResolvers;
  AuditOutcome?: AuditOutcomeResolvers;
  AuditRecord?: AuditRecordResolvers<ContextType>;
  AuditActor?: AuditActorResolvers<ContextType>;
  PageInfo?: PageInfoResolvers<ContextType>;
  Tenant?: TenantResolvers<ContextType>;
  App?: AppResolvers<ContextType>;
  Model?: ModelResolvers<ContextType>;
  Prompt?: PromptResolvers<ContextType>;
  PromptVersion?: PromptVersionResolvers<ContextType>;
  Completion?: CompletionResolvers<ContextType>;
  Provider?: ProviderResolvers<ContextType>;
  ProviderCredential?: ProviderCredentialResolvers<ContextType>;
  Route?: RouteResolvers<ContextType>;
  ApiKey?: ApiKeyResolvers<ContextType>;
  Member?: MemberResolvers<ContextType>;
  Plan?: PlanResolvers<ContextType>;
  Team?: TeamResolvers<ContextType>;
  Budget?: BudgetResolvers<ContextType>;
  AccessGrant?: AccessGrantResolvers<ContextType>;
  GuardrailPolicy?: GuardrailPolicyResolvers<ContextType>;
  GuardrailAction?: GuardrailActionResolvers;
  GuardrailVerdict?: GuardrailVerdictResolvers<ContextType>;
  GuardrailFindings?: GuardrailFindingsResolvers<ContextType>;
  GuardrailSpan?: GuardrailSpanResolvers<ContextType>;
  Meter?: MeterResolvers;
  CacheScope?: CacheScopeResolvers;
  CacheMatch?: CacheMatchResolvers;
  GuardrailStage?: GuardrailStageResolvers;
};


