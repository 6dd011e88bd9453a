// Generated from the SDL by `npm run schema:compose`: do not edit.

import type * as connection from '../runtime/connection.ts';
import type * as context from '../runtime/context.ts';
import type * as models from '#mongo/models.ts';
import type * as providerCredentials from '#mongo/provider-credentials.ts';
import type * as providers from '#mongo/providers.ts';
import type * as routes from '#mongo/routes.ts';
import type { ProviderKind } from '#core/graph-enums.generated.ts';
import type { CredentialState } from '#core/graph-enums.generated.ts';
import type { Modality } from '#core/graph-enums.generated.ts';
import type { Capability } from '#core/graph-enums.generated.ts';
import type { Lifecycle } from '#core/graph-enums.generated.ts';
import type { AccessState } from '#core/graph-enums.generated.ts';
import type { RouteStrategy } from '#core/graph-enums.generated.ts';
import type { ListOrder } from '#core/graph-enums.generated.ts';
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
  Decimal: { input: string; output: string | bigint; }
  _FieldSet: { input: string; output: string; }
};

export type Query = {
  readonly models: ModelConnection;
  readonly model: Maybe<Model>;
  readonly providers: ReadonlyArray<Provider>;
  readonly provider: Maybe<Provider>;
  readonly providerCredentials: ProviderCredentialConnection;
  readonly routes: ReadonlyArray<Route>;
  readonly route: Maybe<Route>;
  readonly explainModel: ModelExplanation;
  readonly modelAliases: ReadonlyArray<ModelAlias>;
  readonly modelAlias: Maybe<ModelAlias>;
};


export type QueryModelsArgs = {
  filter?: InputMaybe<ModelFilter>;
  orderBy?: InputMaybe<ListOrder>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
};


export type QueryModelArgs = {
  id: Scalars['ID']['input'];
};


export type QueryProvidersArgs = {
  filter?: InputMaybe<ProviderFilter>;
  orderBy?: InputMaybe<ListOrder>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['ID']['input']>;
};


export type QueryProviderArgs = {
  id: Scalars['ID']['input'];
};


export type QueryProviderCredentialsArgs = {
  filter?: InputMaybe<ProviderCredentialFilter>;
  orderBy?: InputMaybe<ListOrder>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
};


export type QueryRoutesArgs = {
  filter?: InputMaybe<RouteFilter>;
  orderBy?: InputMaybe<ListOrder>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['ID']['input']>;
};


export type QueryRouteArgs = {
  alias: Scalars['ID']['input'];
};


export type QueryExplainModelArgs = {
  name: Scalars['ID']['input'];
};


export type QueryModelAliasesArgs = {
  tenantId?: InputMaybe<Scalars['ID']['input']>;
};


export type QueryModelAliasArgs = {
  name: Scalars['ID']['input'];
  tenantId?: InputMaybe<Scalars['ID']['input']>;
};

export type Mutation = {
  readonly createProvider: Provider;
  readonly updateProvider: Provider;
  readonly addProviderCredential: ProviderCredential;
  readonly updateProviderCredential: ProviderCredential;
  readonly rotateProviderCredential: ProviderCredential;
  readonly removeProviderCredential: Scalars['ID']['output'];
  readonly createModel: Model;
  readonly updateModel: Model;
  readonly deprecateModel: Model;
  readonly retireModel: Model;
  readonly activateModel: Model;
  readonly saveRoute: Route;
  readonly deleteModel: Scalars['ID']['output'];
  readonly deleteProvider: Scalars['ID']['output'];
  readonly deleteRoute: Scalars['ID']['output'];
  readonly saveModelAlias: ModelAlias;
  readonly deleteModelAlias: Scalars['ID']['output'];
};


export type MutationCreateProviderArgs = {
  input: CreateProviderInput;
};


export type MutationUpdateProviderArgs = {
  id: Scalars['ID']['input'];
  input: UpdateProviderInput;
};


export type MutationAddProviderCredentialArgs = {
  providerId: Scalars['ID']['input'];
  label: Scalars['String']['input'];
  secret: Scalars['String']['input'];
  weight?: InputMaybe<Scalars['Int']['input']>;
};


export type MutationUpdateProviderCredentialArgs = {
  id: Scalars['ID']['input'];
  input: UpdateProviderCredentialInput;
};


export type MutationRotateProviderCredentialArgs = {
  id: Scalars['ID']['input'];
  secret: Scalars['String']['input'];
  overlapSeconds?: InputMaybe<Scalars['Int']['input']>;
};


export type MutationRemoveProviderCredentialArgs = {
  id: Scalars['ID']['input'];
};


export type MutationCreateModelArgs = {
  input: CreateModelInput;
};


export type MutationUpdateModelArgs = {
  id: Scalars['ID']['input'];
  input: UpdateModelInput;
};


export type MutationDeprecateModelArgs = {
  id: Scalars['ID']['input'];
  replacedBy?: InputMaybe<Scalars['ID']['input']>;
};


export type MutationRetireModelArgs = {
  id: Scalars['ID']['input'];
};


export type MutationActivateModelArgs = {
  id: Scalars['ID']['input'];
};


export type MutationSaveRouteArgs = {
  input: RouteInput;
};


export type MutationDeleteModelArgs = {
  id: Scalars['ID']['input'];
};


export type MutationDeleteProviderArgs = {
  id: Scalars['ID']['input'];
};


export type MutationDeleteRouteArgs = {
  alias: Scalars['ID']['input'];
};


export type MutationSaveModelAliasArgs = {
  input: ModelAliasInput;
};


export type MutationDeleteModelAliasArgs = {
  name: Scalars['ID']['input'];
  tenantId?: InputMaybe<Scalars['ID']['input']>;
};

export type Provider = {
  readonly id: Scalars['ID']['output'];
  readonly name: Scalars['String']['output'];
  readonly tenantId: Maybe<Scalars['ID']['output']>;
  readonly offeredTo: Maybe<ProviderOffer>;
  readonly kind: ProviderKind;
  readonly baseUrl: Maybe<Scalars['String']['output']>;
  readonly region: Maybe<Scalars['String']['output']>;
  readonly enabled: Scalars['Boolean']['output'];
  readonly problem: Maybe<Scalars['String']['output']>;
  readonly deletedAt: Maybe<Scalars['DateTime']['output']>;
  readonly credentials: ReadonlyArray<ProviderCredential>;
};

export type ProviderOffer = {
  readonly plans: ReadonlyArray<Scalars['ID']['output']>;
  readonly tenants: ReadonlyArray<Scalars['ID']['output']>;
};

export type ProviderCredential = {
  readonly id: Scalars['ID']['output'];
  readonly provider: Provider;
  readonly label: Scalars['String']['output'];
  readonly hint: Scalars['String']['output'];
  readonly weight: Scalars['Int']['output'];
  readonly enabled: Scalars['Boolean']['output'];
  readonly state: CredentialState;
  readonly reason: Maybe<Scalars['String']['output']>;
  readonly rotatedAt: Maybe<Scalars['DateTime']['output']>;
  readonly previousHint: Maybe<Scalars['String']['output']>;
  readonly previousEndsAt: Maybe<Scalars['DateTime']['output']>;
};

export type ProviderCredentialConnection = {
  readonly edges: ReadonlyArray<ProviderCredentialEdge>;
  readonly pageInfo: PageInfo;
  readonly totalCount: Scalars['Int']['output'];
};

export type ProviderCredentialEdge = {
  readonly cursor: Scalars['String']['output'];
  readonly node: ProviderCredential;
};

export type Model = {
  readonly id: Scalars['ID']['output'];
  readonly name: Scalars['String']['output'];
  readonly callName: Scalars['String']['output'];
  readonly tenantId: Maybe<Scalars['ID']['output']>;
  readonly provider: Provider;
  readonly capabilities: ReadonlyArray<Capability>;
  readonly inputModalities: ReadonlyArray<Modality>;
  readonly outputModalities: ReadonlyArray<Modality>;
  readonly contextTokens: Maybe<Scalars['Int']['output']>;
  readonly maxOutputTokens: Maybe<Scalars['Int']['output']>;
  readonly price: Maybe<ModelPrice>;
  readonly priceHistory: ReadonlyArray<ModelPrice>;
  readonly requiresApproval: Scalars['Boolean']['output'];
  readonly access: AccessState;
  readonly lifecycle: Lifecycle;
  readonly replacedBy: Maybe<Model>;
  readonly deletedAt: Maybe<Scalars['DateTime']['output']>;
};

export type ModelPrice = {
  readonly input: Scalars['Decimal']['output'];
  readonly output: Scalars['Decimal']['output'];
  readonly cachedInput: Maybe<Scalars['Decimal']['output']>;
  readonly cacheWrite: Maybe<Scalars['Decimal']['output']>;
  readonly cacheWrite1h: Maybe<Scalars['Decimal']['output']>;
  readonly effectiveFrom: Maybe<Scalars['DateTime']['output']>;
};

export type ModelConnection = {
  readonly edges: ReadonlyArray<ModelEdge>;
  readonly pageInfo: PageInfo;
  readonly totalCount: Scalars['Int']['output'];
};

export type ModelEdge = {
  readonly node: Model;
  readonly cursor: Scalars['String']['output'];
};

export type PageInfo = {
  readonly hasNextPage: Scalars['Boolean']['output'];
  readonly hasPreviousPage: Scalars['Boolean']['output'];
  readonly startCursor: Maybe<Scalars['String']['output']>;
  readonly endCursor: Maybe<Scalars['String']['output']>;
};

export type Route = {
  readonly id: Scalars['ID']['output'];
  readonly alias: Scalars['ID']['output'];
  readonly tenantId: Maybe<Scalars['ID']['output']>;
  readonly strategy: RouteStrategy;
  readonly targets: ReadonlyArray<RouteTarget>;
  readonly timeouts: RouteTimeouts;
  readonly maxAttempts: Scalars['Int']['output'];
  readonly requiresApproval: Scalars['Boolean']['output'];
  readonly access: AccessState;
};

export type RouteTarget = {
  readonly model: Model;
  readonly weight: Scalars['Int']['output'];
  readonly regions: Maybe<ReadonlyArray<Scalars['String']['output']>>;
};

export type RouteTimeouts = {
  readonly connectMs: Scalars['Int']['output'];
  readonly firstTokenMs: Scalars['Int']['output'];
  readonly interTokenMs: Scalars['Int']['output'];
  readonly totalMs: Scalars['Int']['output'];
};

export type ProviderCredentialFilter = {
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly providerId?: InputMaybe<Scalars['ID']['input']>;
  readonly enabled?: InputMaybe<Scalars['Boolean']['input']>;
  readonly rotating?: InputMaybe<Scalars['Boolean']['input']>;
  readonly search?: InputMaybe<Scalars['String']['input']>;
};

export type ProviderFilter = {
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly kind?: InputMaybe<ProviderKind>;
  readonly enabled?: InputMaybe<Scalars['Boolean']['input']>;
  readonly region?: InputMaybe<Scalars['String']['input']>;
  readonly search?: InputMaybe<Scalars['String']['input']>;
};

export type RouteFilter = {
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly model?: InputMaybe<Scalars['ID']['input']>;
  readonly strategy?: InputMaybe<RouteStrategy>;
  readonly search?: InputMaybe<Scalars['String']['input']>;
};

export type ModelFilter = {
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly providerId?: InputMaybe<Scalars['ID']['input']>;
  readonly capability?: InputMaybe<Capability>;
  readonly lifecycle?: InputMaybe<Lifecycle>;
  readonly search?: InputMaybe<Scalars['String']['input']>;
};

export type CreateProviderInput = {
  readonly id: Scalars['ID']['input'];
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly offeredTo?: InputMaybe<ProviderOfferInput>;
  readonly kind: ProviderKind;
  readonly baseUrl?: InputMaybe<Scalars['String']['input']>;
  readonly apiKey?: InputMaybe<Scalars['String']['input']>;
  readonly region?: InputMaybe<Scalars['String']['input']>;
  readonly enabled?: InputMaybe<Scalars['Boolean']['input']>;
  readonly registerModels?: InputMaybe<Scalars['Boolean']['input']>;
};

export type ProviderOfferInput = {
  readonly plans?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>;
  readonly tenants?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>;
};

export type UpdateProviderInput = {
  readonly offeredTo?: InputMaybe<ProviderOfferInput>;
  readonly baseUrl?: InputMaybe<Scalars['String']['input']>;
  readonly region?: InputMaybe<Scalars['String']['input']>;
  readonly enabled?: InputMaybe<Scalars['Boolean']['input']>;
};

export type UpdateProviderCredentialInput = {
  readonly label?: InputMaybe<Scalars['String']['input']>;
  readonly weight?: InputMaybe<Scalars['Int']['input']>;
  readonly enabled?: InputMaybe<Scalars['Boolean']['input']>;
  readonly secret?: InputMaybe<Scalars['String']['input']>;
};

export type CreateModelInput = {
  readonly providerId: Scalars['ID']['input'];
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly name: Scalars['String']['input'];
  readonly capabilities?: InputMaybe<ReadonlyArray<Capability>>;
  readonly inputModalities?: InputMaybe<ReadonlyArray<Modality>>;
  readonly outputModalities?: InputMaybe<ReadonlyArray<Modality>>;
  readonly contextTokens?: InputMaybe<Scalars['Int']['input']>;
  readonly maxOutputTokens?: InputMaybe<Scalars['Int']['input']>;
  readonly price?: InputMaybe<ModelPriceInput>;
  readonly requiresApproval?: InputMaybe<Scalars['Boolean']['input']>;
};

export type UpdateModelInput = {
  readonly capabilities?: InputMaybe<ReadonlyArray<Capability>>;
  readonly inputModalities?: InputMaybe<ReadonlyArray<Modality>>;
  readonly outputModalities?: InputMaybe<ReadonlyArray<Modality>>;
  readonly contextTokens?: InputMaybe<Scalars['Int']['input']>;
  readonly maxOutputTokens?: InputMaybe<Scalars['Int']['input']>;
  readonly price?: InputMaybe<ModelPriceInput>;
  readonly requiresApproval?: InputMaybe<Scalars['Boolean']['input']>;
};

export type ModelPriceInput = {
  readonly input: Scalars['Decimal']['input'];
  readonly output: Scalars['Decimal']['input'];
  readonly cachedInput?: InputMaybe<Scalars['Decimal']['input']>;
  readonly cacheWrite?: InputMaybe<Scalars['Decimal']['input']>;
  readonly cacheWrite1h?: InputMaybe<Scalars['Decimal']['input']>;
};

export type ModelAlias = {
  readonly tenantId: Scalars['ID']['output'];
  readonly name: Scalars['ID']['output'];
  readonly target: Scalars['ID']['output'];
  readonly createdAt: Scalars['DateTime']['output'];
  readonly updatedAt: Scalars['DateTime']['output'];
};

export type ModelExplanation = {
  readonly name: Scalars['ID']['output'];
  readonly aliasOf: Maybe<Scalars['ID']['output']>;
  readonly resolvedId: Maybe<Scalars['ID']['output']>;
  readonly candidates: ReadonlyArray<ModelCandidate>;
};

export type ModelCandidate = {
  readonly id: Scalars['ID']['output'];
  readonly tenantId: Maybe<Scalars['ID']['output']>;
  readonly chosen: Scalars['Boolean']['output'];
  readonly reason: Scalars['String']['output'];
};

export type ModelAliasInput = {
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly name: Scalars['ID']['input'];
  readonly target: Scalars['ID']['input'];
};

export type RouteInput = {
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly alias: Scalars['ID']['input'];
  readonly strategy: RouteStrategy;
  readonly targets: ReadonlyArray<RouteTargetInput>;
  readonly timeouts?: InputMaybe<RouteTimeoutsInput>;
  readonly maxAttempts?: InputMaybe<Scalars['Int']['input']>;
  readonly requiresApproval?: InputMaybe<Scalars['Boolean']['input']>;
};

export type RouteTargetInput = {
  readonly model: Scalars['ID']['input'];
  readonly weight?: InputMaybe<Scalars['Int']['input']>;
  readonly regions?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
};

export type RouteTimeoutsInput = {
  readonly connectMs?: InputMaybe<Scalars['Int']['input']>;
  readonly firstTokenMs?: InputMaybe<Scalars['Int']['input']>;
  readonly interTokenMs?: InputMaybe<Scalars['Int']['input']>;
  readonly totalMs?: InputMaybe<Scalars['Int']['input']>;
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
  Provider: Provider;
  ProviderCredential: ProviderCredential;
  Model: Model;
  Route: Route;
};

/** Mapping of federation reference types */
export type FederationReferenceTypes = {
  Provider:
    ( { __typename: 'Provider' }
    & GraphQLRecursivePick<FederationTypes['Provider'], {"id":true}> );
  ProviderCredential:
    ( { __typename: 'ProviderCredential' }
    & GraphQLRecursivePick<FederationTypes['ProviderCredential'], {"id":true}> );
  Model:
    ( { __typename: 'Model' }
    & GraphQLRecursivePick<FederationTypes['Model'], {"id":true}> );
  Route:
    ( { __typename: 'Route' }
    & ( GraphQLRecursivePick<FederationTypes['Route'], {"alias":true}>
        | GraphQLRecursivePick<FederationTypes['Route'], {"id":true}> ) );
};



/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  DateTime: ResolverTypeWrapper<Scalars['DateTime']['output']>;
  Decimal: ResolverTypeWrapper<Scalars['Decimal']['output']>;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  Mutation: ResolverTypeWrapper<Record<PropertyKey, never>>;
  ProviderKind: ProviderKind;
  Provider: ResolverTypeWrapper<providers.MaybeDeletedProvider>;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  ProviderOffer: ResolverTypeWrapper<ProviderOffer>;
  ProviderCredential: ResolverTypeWrapper<providerCredentials.ProviderCredentialRecord>;
  ProviderCredentialConnection: ResolverTypeWrapper<connection.Connection<providerCredentials.ProviderCredentialRecord>>;
  ProviderCredentialEdge: ResolverTypeWrapper<connection.Connection<providerCredentials.ProviderCredentialRecord>['edges'][number]>;
  CredentialState: CredentialState;
  Modality: Modality;
  Capability: Capability;
  Lifecycle: Lifecycle;
  Model: ResolverTypeWrapper<models.MaybeDeletedModel>;
  AccessState: AccessState;
  ModelPrice: ResolverTypeWrapper<ModelPrice>;
  ModelConnection: ResolverTypeWrapper<connection.Connection<models.MaybeDeletedModel>>;
  ModelEdge: ResolverTypeWrapper<connection.Connection<models.MaybeDeletedModel>['edges'][number]>;
  PageInfo: ResolverTypeWrapper<PageInfo>;
  RouteStrategy: RouteStrategy;
  Route: ResolverTypeWrapper<routes.RouteRecord>;
  RouteTarget: ResolverTypeWrapper<routes.RouteTargetRecord>;
  RouteTimeouts: ResolverTypeWrapper<RouteTimeouts>;
  ListOrder: ListOrder;
  ProviderCredentialFilter: ProviderCredentialFilter;
  ProviderFilter: ProviderFilter;
  RouteFilter: RouteFilter;
  ModelFilter: ModelFilter;
  CreateProviderInput: CreateProviderInput;
  ProviderOfferInput: ProviderOfferInput;
  UpdateProviderInput: UpdateProviderInput;
  UpdateProviderCredentialInput: UpdateProviderCredentialInput;
  CreateModelInput: CreateModelInput;
  UpdateModelInput: UpdateModelInput;
  ModelPriceInput: ModelPriceInput;
  ModelAlias: ResolverTypeWrapper<ModelAlias>;
  ModelExplanation: ResolverTypeWrapper<ModelExplanation>;
  ModelCandidate: ResolverTypeWrapper<ModelCandidate>;
  ModelAliasInput: ModelAliasInput;
  RouteInput: RouteInput;
  RouteTargetInput: RouteTargetInput;
  RouteTimeoutsInput: RouteTimeoutsInput;
  Meter: Meter;
  CacheScope: CacheScope;
  CacheMatch: CacheMatch;
  GuardrailStage: GuardrailStage;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  DateTime: Scalars['DateTime']['output'];
  Decimal: Scalars['Decimal']['output'];
  Query: Record<PropertyKey, never>;
  Int: Scalars['Int']['output'];
  String: Scalars['String']['output'];
  ID: Scalars['ID']['output'];
  Mutation: Record<PropertyKey, never>;
  Provider: providers.MaybeDeletedProvider;
  Boolean: Scalars['Boolean']['output'];
  ProviderOffer: ProviderOffer;
  ProviderCredential: providerCredentials.ProviderCredentialRecord;
  ProviderCredentialConnection: connection.Connection<providerCredentials.ProviderCredentialRecord>;
  ProviderCredentialEdge: connection.Connection<providerCredentials.ProviderCredentialRecord>['edges'][number];
  Model: models.MaybeDeletedModel;
  ModelPrice: ModelPrice;
  ModelConnection: connection.Connection<models.MaybeDeletedModel>;
  ModelEdge: connection.Connection<models.MaybeDeletedModel>['edges'][number];
  PageInfo: PageInfo;
  Route: routes.RouteRecord;
  RouteTarget: routes.RouteTargetRecord;
  RouteTimeouts: RouteTimeouts;
  ProviderCredentialFilter: ProviderCredentialFilter;
  ProviderFilter: ProviderFilter;
  RouteFilter: RouteFilter;
  ModelFilter: ModelFilter;
  CreateProviderInput: CreateProviderInput;
  ProviderOfferInput: ProviderOfferInput;
  UpdateProviderInput: UpdateProviderInput;
  UpdateProviderCredentialInput: UpdateProviderCredentialInput;
  CreateModelInput: CreateModelInput;
  UpdateModelInput: UpdateModelInput;
  ModelPriceInput: ModelPriceInput;
  ModelAlias: ModelAlias;
  ModelExplanation: ModelExplanation;
  ModelCandidate: ModelCandidate;
  ModelAliasInput: ModelAliasInput;
  RouteInput: RouteInput;
  RouteTargetInput: RouteTargetInput;
  RouteTimeoutsInput: RouteTimeoutsInput;
};

export interface DateTimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['DateTime'], any> {
  name: 'DateTime';
}

export interface DecimalScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['Decimal'], any> {
  name: 'Decimal';
}

export type QueryResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query']> = {
  models?: Resolver<ResolversTypes['ModelConnection'], ParentType, ContextType, RequireFields<QueryModelsArgs, 'orderBy'>>;
  model?: Resolver<Maybe<ResolversTypes['Model']>, ParentType, ContextType, RequireFields<QueryModelArgs, 'id'>>;
  providers?: Resolver<ReadonlyArray<ResolversTypes['Provider']>, ParentType, ContextType, RequireFields<QueryProvidersArgs, 'orderBy'>>;
  provider?: Resolver<Maybe<ResolversTypes['Provider']>, ParentType, ContextType, RequireFields<QueryProviderArgs, 'id'>>;
  providerCredentials?: Resolver<ResolversTypes['ProviderCredentialConnection'], ParentType, ContextType, RequireFields<QueryProviderCredentialsArgs, 'orderBy'>>;
  routes?: Resolver<ReadonlyArray<ResolversTypes['Route']>, ParentType, ContextType, RequireFields<QueryRoutesArgs, 'orderBy'>>;
  route?: Resolver<Maybe<ResolversTypes['Route']>, ParentType, ContextType, RequireFields<QueryRouteArgs, 'alias'>>;
  explainModel?: Resolver<ResolversTypes['ModelExplanation'], ParentType, ContextType, RequireFields<QueryExplainModelArgs, 'name'>>;
  modelAliases?: Resolver<ReadonlyArray<ResolversTypes['ModelAlias']>, ParentType, ContextType, Partial<QueryModelAliasesArgs>>;
  modelAlias?: Resolver<Maybe<ResolversTypes['ModelAlias']>, ParentType, ContextType, RequireFields<QueryModelAliasArgs, 'name'>>;
};

export type MutationResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Mutation'] = ResolversParentTypes['Mutation']> = {
  createProvider?: Resolver<ResolversTypes['Provider'], ParentType, ContextType, RequireFields<MutationCreateProviderArgs, 'input'>>;
  updateProvider?: Resolver<ResolversTypes['Provider'], ParentType, ContextType, RequireFields<MutationUpdateProviderArgs, 'id' | 'input'>>;
  addProviderCredential?: Resolver<ResolversTypes['ProviderCredential'], ParentType, ContextType, RequireFields<MutationAddProviderCredentialArgs, 'providerId' | 'label' | 'secret'>>;
  updateProviderCredential?: Resolver<ResolversTypes['ProviderCredential'], ParentType, ContextType, RequireFields<MutationUpdateProviderCredentialArgs, 'id' | 'input'>>;
  rotateProviderCredential?: Resolver<ResolversTypes['ProviderCredential'], ParentType, ContextType, RequireFields<MutationRotateProviderCredentialArgs, 'id' | 'secret' | 'overlapSeconds'>>;
  removeProviderCredential?: Resolver<ResolversTypes['ID'], ParentType, ContextType, RequireFields<MutationRemoveProviderCredentialArgs, 'id'>>;
  createModel?: Resolver<ResolversTypes['Model'], ParentType, ContextType, RequireFields<MutationCreateModelArgs, 'input'>>;
  updateModel?: Resolver<ResolversTypes['Model'], ParentType, ContextType, RequireFields<MutationUpdateModelArgs, 'id' | 'input'>>;
  deprecateModel?: Resolver<ResolversTypes['Model'], ParentType, ContextType, RequireFields<MutationDeprecateModelArgs, 'id'>>;
  retireModel?: Resolver<ResolversTypes['Model'], ParentType, ContextType, RequireFields<MutationRetireModelArgs, 'id'>>;
  activateModel?: Resolver<ResolversTypes['Model'], ParentType, ContextType, RequireFields<MutationActivateModelArgs, 'id'>>;
  saveRoute?: Resolver<ResolversTypes['Route'], ParentType, ContextType, RequireFields<MutationSaveRouteArgs, 'input'>>;
  deleteModel?: Resolver<ResolversTypes['ID'], ParentType, ContextType, RequireFields<MutationDeleteModelArgs, 'id'>>;
  deleteProvider?: Resolver<ResolversTypes['ID'], ParentType, ContextType, RequireFields<MutationDeleteProviderArgs, 'id'>>;
  deleteRoute?: Resolver<ResolversTypes['ID'], ParentType, ContextType, RequireFields<MutationDeleteRouteArgs, 'alias'>>;
  saveModelAlias?: Resolver<ResolversTypes['ModelAlias'], ParentType, ContextType, RequireFields<MutationSaveModelAliasArgs, 'input'>>;
  deleteModelAlias?: Resolver<ResolversTypes['ID'], ParentType, ContextType, RequireFields<MutationDeleteModelAliasArgs, 'name'>>;
};

export type ProviderKindResolvers = EnumResolverSignature<{ AI21?: any, ANTHROPIC?: any, AZURE_CONTENT_SAFETY?: any, AZURE_OPENAI?: any, BASETEN?: any, BEDROCK?: any, CEREBRAS?: any, CLOUDFLARE?: any, COHERE?: any, DATABRICKS?: any, DEEPINFRA?: any, DEEPSEEK?: any, DEMO?: any, FIREWORKS?: any, GITHUB_MODELS?: any, GOOGLE?: any, GROQ?: any, HUGGING_FACE?: any, HYPERBOLIC?: any, INFERENCE_NET?: any, JINA?: any, LITELLM?: any, LLAMA_CPP?: any, LM_STUDIO?: any, MINIMAX?: any, MISTRAL?: any, MOONSHOT?: any, NEBIUS?: any, NOVITA?: any, NVIDIA?: any, OLLAMA?: any, OPENAI?: any, OPENAI_COMPATIBLE?: any, OPENROUTER?: any, OVHCLOUD?: any, PERPLEXITY?: any, QWEN?: any, SAMBANOVA?: any, SCALEWAY?: any, SGLANG?: any, SILICONFLOW?: any, SNOWFLAKE?: any, TOGETHER?: any, UPSTAGE?: any, VERCEL_AI_GATEWAY?: any, VERTEX?: any, VLLM?: any, VOYAGE?: any, XAI?: any, ZAI?: any, ZHIPU?: any }, ResolversTypes['ProviderKind']>;

export type ProviderResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Provider'] = ResolversParentTypes['Provider'], FederationReferenceType extends FederationReferenceTypes['Provider'] = FederationReferenceTypes['Provider']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['Provider']> | FederationReferenceType, FederationReferenceType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  tenantId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  offeredTo?: Resolver<Maybe<ResolversTypes['ProviderOffer']>, ParentType, ContextType>;
  kind?: Resolver<ResolversTypes['ProviderKind'], ParentType, ContextType>;
  baseUrl?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  region?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  enabled?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  problem?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  deletedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  credentials?: Resolver<ReadonlyArray<ResolversTypes['ProviderCredential']>, ParentType, ContextType>;
};

export type ProviderOfferResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['ProviderOffer'] = ResolversParentTypes['ProviderOffer']> = {
  plans?: Resolver<ReadonlyArray<ResolversTypes['ID']>, ParentType, ContextType>;
  tenants?: Resolver<ReadonlyArray<ResolversTypes['ID']>, ParentType, ContextType>;
};

export type ProviderCredentialResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['ProviderCredential'] = ResolversParentTypes['ProviderCredential'], FederationReferenceType extends FederationReferenceTypes['ProviderCredential'] = FederationReferenceTypes['ProviderCredential']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['ProviderCredential']> | FederationReferenceType, FederationReferenceType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  provider?: Resolver<ResolversTypes['Provider'], ParentType, ContextType>;
  label?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  hint?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  weight?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  enabled?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  state?: Resolver<ResolversTypes['CredentialState'], ParentType, ContextType>;
  reason?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  rotatedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  previousHint?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  previousEndsAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
};

export type ProviderCredentialConnectionResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['ProviderCredentialConnection'] = ResolversParentTypes['ProviderCredentialConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['ProviderCredentialEdge']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type ProviderCredentialEdgeResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['ProviderCredentialEdge'] = ResolversParentTypes['ProviderCredentialEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['ProviderCredential'], ParentType, ContextType>;
};

export type CredentialStateResolvers = EnumResolverSignature<{ READY?: any, DISABLED?: any, ORIGIN_CHANGED?: any, UNREADABLE?: any }, ResolversTypes['CredentialState']>;

export type ModalityResolvers = EnumResolverSignature<{ TEXT?: any, IMAGE?: any, AUDIO?: any, VIDEO?: any, EMBEDDING?: any }, ResolversTypes['Modality']>;

export type CapabilityResolvers = EnumResolverSignature<{ CHAT?: any, STREAMING?: any, TOOLS?: any, STRUCTURED_OUTPUT?: any, REASONING?: any, VISION?: any, EMBEDDINGS?: any, IMAGE_GENERATION?: any, SPEECH?: any, TRANSCRIPTION?: any, RERANK?: any, MODERATION?: any }, ResolversTypes['Capability']>;

export type LifecycleResolvers = EnumResolverSignature<{ ACTIVE?: any, DEPRECATED?: any, RETIRED?: any }, ResolversTypes['Lifecycle']>;

export type ModelResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Model'] = ResolversParentTypes['Model'], FederationReferenceType extends FederationReferenceTypes['Model'] = FederationReferenceTypes['Model']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['Model']> | FederationReferenceType, FederationReferenceType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  callName?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  tenantId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  provider?: Resolver<ResolversTypes['Provider'], ParentType, ContextType>;
  capabilities?: Resolver<ReadonlyArray<ResolversTypes['Capability']>, ParentType, ContextType>;
  inputModalities?: Resolver<ReadonlyArray<ResolversTypes['Modality']>, ParentType, ContextType>;
  outputModalities?: Resolver<ReadonlyArray<ResolversTypes['Modality']>, ParentType, ContextType>;
  contextTokens?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  maxOutputTokens?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  price?: Resolver<Maybe<ResolversTypes['ModelPrice']>, ParentType, ContextType>;
  priceHistory?: Resolver<ReadonlyArray<ResolversTypes['ModelPrice']>, ParentType, ContextType>;
  requiresApproval?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  access?: Resolver<ResolversTypes['AccessState'], ParentType, ContextType>;
  lifecycle?: Resolver<ResolversTypes['Lifecycle'], ParentType, ContextType>;
  replacedBy?: Resolver<Maybe<ResolversTypes['Model']>, ParentType, ContextType>;
  deletedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
};

export type AccessStateResolvers = EnumResolverSignature<{ OPEN?: any, APPROVED?: any, PENDING?: any, REQUIRED?: any }, ResolversTypes['AccessState']>;

export type ModelPriceResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['ModelPrice'] = ResolversParentTypes['ModelPrice']> = {
  input?: Resolver<ResolversTypes['Decimal'], ParentType, ContextType>;
  output?: Resolver<ResolversTypes['Decimal'], ParentType, ContextType>;
  cachedInput?: Resolver<Maybe<ResolversTypes['Decimal']>, ParentType, ContextType>;
  cacheWrite?: Resolver<Maybe<ResolversTypes['Decimal']>, ParentType, ContextType>;
  cacheWrite1h?: Resolver<Maybe<ResolversTypes['Decimal']>, ParentType, ContextType>;
  effectiveFrom?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
};

export type ModelConnectionResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['ModelConnection'] = ResolversParentTypes['ModelConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['ModelEdge']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type ModelEdgeResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['ModelEdge'] = ResolversParentTypes['ModelEdge']> = {
  node?: Resolver<ResolversTypes['Model'], ParentType, ContextType>;
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type PageInfoResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['PageInfo'] = ResolversParentTypes['PageInfo']> = {
  hasNextPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  hasPreviousPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  startCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  endCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type RouteStrategyResolvers = EnumResolverSignature<{ PRIORITY?: any, WEIGHTED?: any, CHEAPEST?: any, FASTEST?: any, LEAST_BUSY?: any }, ResolversTypes['RouteStrategy']>;

export type RouteResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Route'] = ResolversParentTypes['Route'], FederationReferenceType extends FederationReferenceTypes['Route'] = FederationReferenceTypes['Route']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['Route']> | FederationReferenceType, FederationReferenceType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  alias?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  tenantId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  strategy?: Resolver<ResolversTypes['RouteStrategy'], ParentType, ContextType>;
  targets?: Resolver<ReadonlyArray<ResolversTypes['RouteTarget']>, ParentType, ContextType>;
  timeouts?: Resolver<ResolversTypes['RouteTimeouts'], ParentType, ContextType>;
  maxAttempts?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  requiresApproval?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  access?: Resolver<ResolversTypes['AccessState'], ParentType, ContextType>;
};

export type RouteTargetResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['RouteTarget'] = ResolversParentTypes['RouteTarget']> = {
  model?: Resolver<ResolversTypes['Model'], ParentType, ContextType>;
  weight?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  regions?: Resolver<Maybe<ReadonlyArray<ResolversTypes['String']>>, ParentType, ContextType>;
};

export type RouteTimeoutsResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['RouteTimeouts'] = ResolversParentTypes['RouteTimeouts']> = {
  connectMs?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  firstTokenMs?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  interTokenMs?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  totalMs?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type ListOrderResolvers = EnumResolverSignature<{ CREATED_AT_ASC?: any, CREATED_AT_DESC?: any, NAME_ASC?: any, NAME_DESC?: any }, ResolversTypes['ListOrder']>;

export type ModelAliasResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['ModelAlias'] = ResolversParentTypes['ModelAlias']> = {
  tenantId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  target?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  updatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
};

export type ModelExplanationResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['ModelExplanation'] = ResolversParentTypes['ModelExplanation']> = {
  name?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  aliasOf?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  resolvedId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  candidates?: Resolver<ReadonlyArray<ResolversTypes['ModelCandidate']>, ParentType, ContextType>;
};

export type ModelCandidateResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['ModelCandidate'] = ResolversParentTypes['ModelCandidate']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  tenantId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  chosen?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  reason?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type MeterResolvers = EnumResolverSignature<{ REQUESTS?: any, TOKENS?: any, COST?: any, CONCURRENCY?: any, READS?: any }, ResolversTypes['Meter']>;

export type CacheScopeResolvers = EnumResolverSignature<{ CALLER?: any, APP?: any, TENANT?: any, PUBLIC?: any }, ResolversTypes['CacheScope']>;

export type CacheMatchResolvers = EnumResolverSignature<{ EXACT?: any, SEMANTIC?: any }, ResolversTypes['CacheMatch']>;

export type GuardrailStageResolvers = EnumResolverSignature<{ INPUT?: any, RETRIEVED?: any, TOOL_OUTPUT?: any, OUTPUT?: any, TOOL_INPUT?: any }, ResolversTypes['GuardrailStage']>;

export type Resolvers<ContextType = context.SubgraphContext> = {
  DateTime?: GraphQLScalarType;
  Decimal?: GraphQLScalarType;
  Query?: QueryResolvers<ContextType>;
  Mutation?: MutationResolvers<ContextType>;
  ProviderKind?: ProviderKindResolvers;
  Provider?: ProviderResolvers<ContextType>;
  ProviderOffer?: ProviderOfferResolvers<ContextType>;
  ProviderCredential?: ProviderCredentialResolvers<ContextType>;
  ProviderCredentialConnection?: ProviderCredentialConnectionResolvers<ContextType>;
  ProviderCredentialEdge?: ProviderCredentialEdgeResolvers<ContextType>;
  CredentialState?: CredentialStateResolvers;
  Modality?: ModalityResolvers;
  Capability?: CapabilityResolvers;
  Lifecycle?: LifecycleResolvers;
  Model?: ModelResolvers<ContextType>;
  AccessState?: AccessStateResolvers;
  ModelPrice?: ModelPriceResolvers<ContextType>;
  ModelConnection?: ModelConnectionResolvers<ContextType>;
  ModelEdge?: ModelEdgeResolvers<ContextType>;
  PageInfo?: PageInfoResolvers<ContextType>;
  RouteStrategy?: RouteStrategyResolvers;
  Route?: RouteResolvers<ContextType>;
  RouteTarget?: RouteTargetResolvers<ContextType>;
  RouteTimeouts?: RouteTimeoutsResolvers<ContextType>;
  ListOrder?: ListOrderResolvers;
  ModelAlias?: ModelAliasResolvers<ContextType>;
  ModelExplanation?: ModelExplanationResolvers<ContextType>;
  ModelCandidate?: ModelCandidateResolvers<ContextType>;
  Meter?: MeterResolvers;
  CacheScope?: CacheScopeResolvers;
  CacheMatch?: CacheMatchResolvers;
  GuardrailStage?: GuardrailStageResolvers;
};


