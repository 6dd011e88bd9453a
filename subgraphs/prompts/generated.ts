// Generated from the SDL by `npm run schema:compose`: do not edit.

import type * as connection from '../runtime/connection.ts';
import type * as context from '../runtime/context.ts';
import type * as entity from '../runtime/entity.ts';
import type * as promptVersions from '#mongo/prompt-versions.ts';
import type * as prompts from '#mongo/prompts.ts';
import type * as loaders from '../prompts/loaders.ts';
import type { AccessState } from '#core/graph-enums.generated.ts';
import type { ListOrder } from '#core/graph-enums.generated.ts';
import type { TimeOrder } from '#core/graph-enums.generated.ts';
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
  _FieldSet: { input: string; output: string; }
};

export type Query = {
  readonly prompts: PromptConnection;
  readonly prompt: Maybe<Prompt>;
  readonly explainPrompt: PromptExplanation;
};


export type QueryPromptsArgs = {
  filter?: InputMaybe<PromptFilter>;
  orderBy?: InputMaybe<ListOrder>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
};


export type QueryPromptArgs = {
  id?: InputMaybe<Scalars['ID']['input']>;
  name?: InputMaybe<Scalars['String']['input']>;
};


export type QueryExplainPromptArgs = {
  name: Scalars['String']['input'];
};

export type Mutation = {
  readonly createPrompt: Prompt;
  readonly updatePrompt: Prompt;
  readonly copyPrompt: Prompt;
  readonly archivePrompt: Scalars['ID']['output'];
  readonly restorePrompt: Prompt;
  readonly publishPromptVersion: PromptVersion;
  readonly labelPromptVersion: Prompt;
  readonly removePromptLabel: Prompt;
};


export type MutationCreatePromptArgs = {
  input: CreatePromptInput;
};


export type MutationUpdatePromptArgs = {
  id: Scalars['ID']['input'];
  input: UpdatePromptInput;
};


export type MutationCopyPromptArgs = {
  id: Scalars['ID']['input'];
  tenantId?: InputMaybe<Scalars['ID']['input']>;
  name?: InputMaybe<Scalars['String']['input']>;
};


export type MutationArchivePromptArgs = {
  id: Scalars['ID']['input'];
};


export type MutationRestorePromptArgs = {
  id: Scalars['ID']['input'];
};


export type MutationPublishPromptVersionArgs = {
  promptId: Scalars['ID']['input'];
  input: PromptVersionInput;
};


export type MutationLabelPromptVersionArgs = {
  promptId: Scalars['ID']['input'];
  label: Scalars['String']['input'];
  number: Scalars['Int']['input'];
};


export type MutationRemovePromptLabelArgs = {
  promptId: Scalars['ID']['input'];
  label: Scalars['String']['input'];
};

export type Prompt = {
  readonly id: Scalars['ID']['output'];
  readonly name: Scalars['String']['output'];
  readonly description: Maybe<Scalars['String']['output']>;
  readonly requiresApproval: Scalars['Boolean']['output'];
  readonly access: AccessState;
  readonly tenantId: Maybe<Scalars['ID']['output']>;
  readonly owner: Maybe<Tenant>;
  readonly tenant: Tenant;
  readonly offeredTo: Maybe<PromptOffer>;
  readonly versions: PromptVersionConnection;
  readonly version: Maybe<PromptVersion>;
  readonly labels: ReadonlyArray<PromptLabel>;
  readonly createdAt: Scalars['DateTime']['output'];
  readonly archivedAt: Maybe<Scalars['DateTime']['output']>;
};


export type PromptVersionsArgs = {
  orderBy?: InputMaybe<TimeOrder>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
};


export type PromptVersionArgs = {
  number?: InputMaybe<Scalars['Int']['input']>;
  label?: InputMaybe<Scalars['String']['input']>;
};

export type PromptVersion = {
  readonly id: Scalars['ID']['output'];
  readonly number: Scalars['Int']['output'];
  readonly runnable: Scalars['Boolean']['output'];
  readonly structured: Scalars['Boolean']['output'];
  readonly prompt: Prompt;
  readonly model: Scalars['String']['output'];
  readonly system: Maybe<Scalars['String']['output']>;
  readonly template: Scalars['String']['output'];
  readonly variables: ReadonlyArray<PromptVariable>;
  readonly outputSchema: Maybe<Scalars['JSON']['output']>;
  readonly parameters: Maybe<Scalars['JSON']['output']>;
  readonly note: Maybe<Scalars['String']['output']>;
  readonly createdAt: Scalars['DateTime']['output'];
  readonly createdBy: Scalars['String']['output'];
  readonly createdByIssuerId: Maybe<Scalars['ID']['output']>;
};

export type PromptOffer = {
  readonly plans: ReadonlyArray<Scalars['ID']['output']>;
  readonly tenants: ReadonlyArray<Scalars['ID']['output']>;
};

export type PromptExplanation = {
  readonly name: Scalars['String']['output'];
  readonly resolvedId: Maybe<Scalars['ID']['output']>;
  readonly candidates: ReadonlyArray<PromptCandidate>;
};

export type PromptCandidate = {
  readonly id: Scalars['ID']['output'];
  readonly tenantId: Maybe<Scalars['ID']['output']>;
  readonly chosen: Scalars['Boolean']['output'];
  readonly reason: Scalars['String']['output'];
};

export type PromptVariable = {
  readonly name: Scalars['String']['output'];
  readonly required: Scalars['Boolean']['output'];
  readonly description: Maybe<Scalars['String']['output']>;
};

export type PromptLabel = {
  readonly name: Scalars['String']['output'];
  readonly version: PromptVersion;
};

export type PromptConnection = {
  readonly edges: ReadonlyArray<PromptEdge>;
  readonly pageInfo: PageInfo;
  readonly totalCount: Scalars['Int']['output'];
};

export type PromptEdge = {
  readonly node: Prompt;
  readonly cursor: Scalars['String']['output'];
};

export type PromptVersionConnection = {
  readonly edges: ReadonlyArray<PromptVersionEdge>;
  readonly pageInfo: PageInfo;
  readonly totalCount: Scalars['Int']['output'];
};

export type PromptVersionEdge = {
  readonly node: PromptVersion;
  readonly cursor: Scalars['String']['output'];
};

export type PageInfo = {
  readonly hasNextPage: Scalars['Boolean']['output'];
  readonly hasPreviousPage: Scalars['Boolean']['output'];
  readonly startCursor: Maybe<Scalars['String']['output']>;
  readonly endCursor: Maybe<Scalars['String']['output']>;
};

export type Tenant = {
  readonly id: Scalars['ID']['output'];
};

export type PromptFilter = {
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly ofMesh?: InputMaybe<Scalars['Boolean']['input']>;
  readonly search?: InputMaybe<Scalars['String']['input']>;
  readonly label?: InputMaybe<Scalars['String']['input']>;
  readonly archived?: InputMaybe<Scalars['Boolean']['input']>;
};

export type CreatePromptInput = {
  readonly name: Scalars['String']['input'];
  readonly description?: InputMaybe<Scalars['String']['input']>;
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly offeredTo?: InputMaybe<PromptOfferInput>;
  readonly version?: InputMaybe<PromptVersionInput>;
  readonly requiresApproval?: InputMaybe<Scalars['Boolean']['input']>;
};

export type UpdatePromptInput = {
  readonly name?: InputMaybe<Scalars['String']['input']>;
  readonly offeredTo?: InputMaybe<PromptOfferInput>;
  readonly description?: InputMaybe<Scalars['String']['input']>;
  readonly requiresApproval?: InputMaybe<Scalars['Boolean']['input']>;
};

export type PromptOfferInput = {
  readonly plans?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>;
  readonly tenants?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>;
};

export type PromptVersionInput = {
  readonly model: Scalars['String']['input'];
  readonly system?: InputMaybe<Scalars['String']['input']>;
  readonly template: Scalars['String']['input'];
  readonly variables?: InputMaybe<ReadonlyArray<PromptVariableInput>>;
  readonly outputSchema?: InputMaybe<Scalars['JSON']['input']>;
  readonly parameters?: InputMaybe<Scalars['JSON']['input']>;
  readonly note?: InputMaybe<Scalars['String']['input']>;
  readonly label?: InputMaybe<Scalars['String']['input']>;
};

export type PromptVariableInput = {
  readonly name: Scalars['String']['input'];
  readonly description?: InputMaybe<Scalars['String']['input']>;
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
  Prompt: Prompt;
  PromptVersion: PromptVersion;
};

/** Mapping of federation reference types */
export type FederationReferenceTypes = {
  Prompt:
    ( { __typename: 'Prompt' }
    & GraphQLRecursivePick<FederationTypes['Prompt'], {"id":true}> );
  PromptVersion:
    ( { __typename: 'PromptVersion' }
    & GraphQLRecursivePick<FederationTypes['PromptVersion'], {"id":true}> );
};



/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  DateTime: ResolverTypeWrapper<Scalars['DateTime']['output']>;
  JSON: ResolverTypeWrapper<Scalars['JSON']['output']>;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  Mutation: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Prompt: ResolverTypeWrapper<prompts.PromptRecord>;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  PromptVersion: ResolverTypeWrapper<promptVersions.PromptVersionRecord>;
  PromptOffer: ResolverTypeWrapper<PromptOffer>;
  PromptExplanation: ResolverTypeWrapper<PromptExplanation>;
  PromptCandidate: ResolverTypeWrapper<PromptCandidate>;
  PromptVariable: ResolverTypeWrapper<promptVersions.PromptVariableRecord>;
  PromptLabel: ResolverTypeWrapper<loaders.LabelledVersion>;
  PromptConnection: ResolverTypeWrapper<connection.Connection<prompts.PromptRecord>>;
  PromptEdge: ResolverTypeWrapper<connection.Connection<prompts.PromptRecord>['edges'][number]>;
  PromptVersionConnection: ResolverTypeWrapper<connection.Connection<promptVersions.PromptVersionRecord>>;
  PromptVersionEdge: ResolverTypeWrapper<connection.Connection<promptVersions.PromptVersionRecord>['edges'][number]>;
  PageInfo: ResolverTypeWrapper<PageInfo>;
  Tenant: ResolverTypeWrapper<entity.EntityReference>;
  AccessState: AccessState;
  ListOrder: ListOrder;
  TimeOrder: TimeOrder;
  PromptFilter: PromptFilter;
  CreatePromptInput: CreatePromptInput;
  UpdatePromptInput: UpdatePromptInput;
  PromptOfferInput: PromptOfferInput;
  PromptVersionInput: PromptVersionInput;
  PromptVariableInput: PromptVariableInput;
  Meter: Meter;
  CacheScope: CacheScope;
  CacheMatch: CacheMatch;
  GuardrailStage: GuardrailStage;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  DateTime: Scalars['DateTime']['output'];
  JSON: Scalars['JSON']['output'];
  Query: Record<PropertyKey, never>;
  Int: Scalars['Int']['output'];
  String: Scalars['String']['output'];
  ID: Scalars['ID']['output'];
  Mutation: Record<PropertyKey, never>;
  Prompt: prompts.PromptRecord;
  Boolean: Scalars['Boolean']['output'];
  PromptVersion: promptVersions.PromptVersionRecord;
  PromptOffer: PromptOffer;
  PromptExplanation: PromptExplanation;
  PromptCandidate: PromptCandidate;
  PromptVariable: promptVersions.PromptVariableRecord;
  PromptLabel: loaders.LabelledVersion;
  PromptConnection: connection.Connection<prompts.PromptRecord>;
  PromptEdge: connection.Connection<prompts.PromptRecord>['edges'][number];
  PromptVersionConnection: connection.Connection<promptVersions.PromptVersionRecord>;
  PromptVersionEdge: connection.Connection<promptVersions.PromptVersionRecord>['edges'][number];
  PageInfo: PageInfo;
  Tenant: entity.EntityReference;
  PromptFilter: PromptFilter;
  CreatePromptInput: CreatePromptInput;
  UpdatePromptInput: UpdatePromptInput;
  PromptOfferInput: PromptOfferInput;
  PromptVersionInput: PromptVersionInput;
  PromptVariableInput: PromptVariableInput;
};

export interface DateTimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['DateTime'], any> {
  name: 'DateTime';
}

export interface JsonScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['JSON'], any> {
  name: 'JSON';
}

export type QueryResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query']> = {
  prompts?: Resolver<ResolversTypes['PromptConnection'], ParentType, ContextType, RequireFields<QueryPromptsArgs, 'orderBy'>>;
  prompt?: Resolver<Maybe<ResolversTypes['Prompt']>, ParentType, ContextType, Partial<QueryPromptArgs>>;
  explainPrompt?: Resolver<ResolversTypes['PromptExplanation'], ParentType, ContextType, RequireFields<QueryExplainPromptArgs, 'name'>>;
};

export type MutationResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Mutation'] = ResolversParentTypes['Mutation']> = {
  createPrompt?: Resolver<ResolversTypes['Prompt'], ParentType, ContextType, RequireFields<MutationCreatePromptArgs, 'input'>>;
  updatePrompt?: Resolver<ResolversTypes['Prompt'], ParentType, ContextType, RequireFields<MutationUpdatePromptArgs, 'id' | 'input'>>;
  copyPrompt?: Resolver<ResolversTypes['Prompt'], ParentType, ContextType, RequireFields<MutationCopyPromptArgs, 'id'>>;
  archivePrompt?: Resolver<ResolversTypes['ID'], ParentType, ContextType, RequireFields<MutationArchivePromptArgs, 'id'>>;
  restorePrompt?: Resolver<ResolversTypes['Prompt'], ParentType, ContextType, RequireFields<MutationRestorePromptArgs, 'id'>>;
  publishPromptVersion?: Resolver<ResolversTypes['PromptVersion'], ParentType, ContextType, RequireFields<MutationPublishPromptVersionArgs, 'promptId' | 'input'>>;
  labelPromptVersion?: Resolver<ResolversTypes['Prompt'], ParentType, ContextType, RequireFields<MutationLabelPromptVersionArgs, 'promptId' | 'label' | 'number'>>;
  removePromptLabel?: Resolver<ResolversTypes['Prompt'], ParentType, ContextType, RequireFields<MutationRemovePromptLabelArgs, 'promptId' | 'label'>>;
};

export type PromptResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Prompt'] = ResolversParentTypes['Prompt'], FederationReferenceType extends FederationReferenceTypes['Prompt'] = FederationReferenceTypes['Prompt']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['Prompt']> | FederationReferenceType, FederationReferenceType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  description?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  requiresApproval?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  access?: Resolver<ResolversTypes['AccessState'], ParentType, ContextType>;
  tenantId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  owner?: Resolver<Maybe<ResolversTypes['Tenant']>, ParentType, ContextType>;
  tenant?: Resolver<ResolversTypes['Tenant'], ParentType, ContextType>;
  offeredTo?: Resolver<Maybe<ResolversTypes['PromptOffer']>, ParentType, ContextType>;
  versions?: Resolver<ResolversTypes['PromptVersionConnection'], ParentType, ContextType, RequireFields<PromptVersionsArgs, 'orderBy'>>;
  version?: Resolver<Maybe<ResolversTypes['PromptVersion']>, ParentType, ContextType, Partial<PromptVersionArgs>>;
  labels?: Resolver<ReadonlyArray<ResolversTypes['PromptLabel']>, ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  archivedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
};

export type PromptVersionResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['PromptVersion'] = ResolversParentTypes['PromptVersion'], FederationReferenceType extends FederationReferenceTypes['PromptVersion'] = FederationReferenceTypes['PromptVersion']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['PromptVersion']> | FederationReferenceType, FederationReferenceType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  number?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  runnable?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  structured?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  prompt?: Resolver<ResolversTypes['Prompt'], ParentType, ContextType>;
  model?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  system?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  template?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  variables?: Resolver<ReadonlyArray<ResolversTypes['PromptVariable']>, ParentType, ContextType>;
  outputSchema?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
  parameters?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
  note?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  createdBy?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  createdByIssuerId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
};

export type PromptOfferResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['PromptOffer'] = ResolversParentTypes['PromptOffer']> = {
  plans?: Resolver<ReadonlyArray<ResolversTypes['ID']>, ParentType, ContextType>;
  tenants?: Resolver<ReadonlyArray<ResolversTypes['ID']>, ParentType, ContextType>;
};

export type PromptExplanationResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['PromptExplanation'] = ResolversParentTypes['PromptExplanation']> = {
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  resolvedId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  candidates?: Resolver<ReadonlyArray<ResolversTypes['PromptCandidate']>, ParentType, ContextType>;
};

export type PromptCandidateResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['PromptCandidate'] = ResolversParentTypes['PromptCandidate']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  tenantId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  chosen?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  reason?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type PromptVariableResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['PromptVariable'] = ResolversParentTypes['PromptVariable']> = {
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  required?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  description?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type PromptLabelResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['PromptLabel'] = ResolversParentTypes['PromptLabel']> = {
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  version?: Resolver<ResolversTypes['PromptVersion'], ParentType, ContextType>;
};

export type PromptConnectionResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['PromptConnection'] = ResolversParentTypes['PromptConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['PromptEdge']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type PromptEdgeResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['PromptEdge'] = ResolversParentTypes['PromptEdge']> = {
  node?: Resolver<ResolversTypes['Prompt'], ParentType, ContextType>;
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type PromptVersionConnectionResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['PromptVersionConnection'] = ResolversParentTypes['PromptVersionConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['PromptVersionEdge']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type PromptVersionEdgeResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['PromptVersionEdge'] = ResolversParentTypes['PromptVersionEdge']> = {
  node?: Resolver<ResolversTypes['PromptVersion'], ParentType, ContextType>;
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type PageInfoResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['PageInfo'] = ResolversParentTypes['PageInfo']> = {
  hasNextPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  hasPreviousPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  startCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  endCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type TenantResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Tenant'] = ResolversParentTypes['Tenant']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
};

export type AccessStateResolvers = EnumResolverSignature<{ OPEN?: any, APPROVED?: any, PENDING?: any, REQUIRED?: any }, ResolversTypes['AccessState']>;

export type ListOrderResolvers = EnumResolverSignature<{ CREATED_AT_ASC?: any, CREATED_AT_DESC?: any, NAME_ASC?: any, NAME_DESC?: any }, ResolversTypes['ListOrder']>;

export type TimeOrderResolvers = EnumResolverSignature<{ NEWEST_FIRST?: any, OLDEST_FIRST?: any }, ResolversTypes['TimeOrder']>;

export type MeterResolvers = EnumResolverSignature<{ REQUESTS?: any, TOKENS?: any, COST?: any, CONCURRENCY?: any, READS?: any }, ResolversTypes['Meter']>;

export type CacheScopeResolvers = EnumResolverSignature<{ CALLER?: any, APP?: any, TENANT?: any, PUBLIC?: any }, ResolversTypes['CacheScope']>;

export type CacheMatchResolvers = EnumResolverSignature<{ EXACT?: any, SEMANTIC?: any }, ResolversTypes['CacheMatch']>;

export type GuardrailStageResolvers = EnumResolverSignature<{ INPUT?: any, RETRIEVED?: any, TOOL_OUTPUT?: any, OUTPUT?: any, TOOL_INPUT?: any }, ResolversTypes['GuardrailStage']>;

export type Resolvers<ContextType = context.SubgraphContext> = {
  DateTime?: GraphQLScalarType;
  JSON?: GraphQLScalarType;
  Query?: QueryResolvers<ContextType>;
  Mutation?: MutationResolvers<ContextType>;
  Prompt?: PromptResolvers<ContextType>;
  PromptVersion?: PromptVersionResolvers<ContextType>;
  PromptOffer?: PromptOfferResolvers<ContextType>;
  PromptExplanation?: PromptExplanationResolvers<ContextType>;
  PromptCandidate?: PromptCandidateResolvers<ContextType>;
  PromptVariable?: PromptVariableResolvers<ContextType>;
  PromptLabel?: PromptLabelResolvers<ContextType>;
  PromptConnection?: PromptConnectionResolvers<ContextType>;
  PromptEdge?: PromptEdgeResolvers<ContextType>;
  PromptVersionConnection?: PromptVersionConnectionResolvers<ContextType>;
  PromptVersionEdge?: PromptVersionEdgeResolvers<ContextType>;
  PageInfo?: PageInfoResolvers<ContextType>;
  Tenant?: TenantResolvers<ContextType>;
  AccessState?: AccessStateResolvers;
  ListOrder?: ListOrderResolvers;
  TimeOrder?: TimeOrderResolvers;
  Meter?: MeterResolvers;
  CacheScope?: CacheScopeResolvers;
  CacheMatch?: CacheMatchResolvers;
  GuardrailStage?: GuardrailStageResolvers;
};


