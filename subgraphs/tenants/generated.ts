// Generated from the SDL by `npm run schema:compose`: do not edit.

import type * as connection from '../runtime/connection.ts';
import type * as context from '../runtime/context.ts';
import type * as caller from '#core/caller.ts';
import type * as accessGrants from '#mongo/access-grants.ts';
import type * as apiKeys from '#mongo/api-keys.ts';
import type * as apps from '#mongo/apps.ts';
import type * as budgets from '#mongo/budgets.ts';
import type * as consents from '#mongo/consents.ts';
import type * as erasures from '#mongo/erasures.ts';
import type * as legalHolds from '#mongo/legal-holds.ts';
import type * as guardrailPolicies from '#mongo/guardrail-policies.ts';
import type * as invitations from '#mongo/invitations.ts';
import type * as issuers from '#mongo/issuers.ts';
import type * as memberGroups from '#mongo/member-groups.ts';
import type * as members from '#mongo/members.ts';
import type * as plans from '#mongo/plans.ts';
import type * as teams from '#mongo/teams.ts';
import type * as tenants from '#mongo/tenants.ts';
import type * as webhookDeliveries from '#mongo/webhook-deliveries.ts';
import type * as webhooks from '#mongo/webhooks.ts';
import type * as shownRole from '../tenants/roles/shown-role.ts';
import type * as trustedDocuments from '#mongo/trusted-documents.ts';
import type { OnRevoke } from '#core/graph-enums.generated.ts';
import type { PayloadLogging } from '#core/graph-enums.generated.ts';
import type { TrustedDocumentsMode } from '#core/graph-enums.generated.ts';
import type { ApiKeyOwnerKind } from '#core/graph-enums.generated.ts';
import type { InvitationStatus } from '#core/graph-enums.generated.ts';
import type { InvitationMail } from '#core/graph-enums.generated.ts';
import type { LegalHoldStatus } from '#core/graph-enums.generated.ts';
import type { WebhookFormat } from '#core/graph-enums.generated.ts';
import type { WebhookDeliveryState } from '#core/graph-enums.generated.ts';
import type { LogLevel } from '#core/graph-enums.generated.ts';
import type { ErasureKind } from '#core/graph-enums.generated.ts';
import type { ErasureStatus } from '#core/graph-enums.generated.ts';
import type { MemberRole } from '#core/graph-enums.generated.ts';
import type { LimitWindow } from '#core/graph-enums.generated.ts';
import type { LimitSetter } from '#core/graph-enums.generated.ts';
import type { AccessStatus } from '#core/graph-enums.generated.ts';
import type { ListOrder } from '#core/graph-enums.generated.ts';
import type { TimeOrder } from '#core/graph-enums.generated.ts';
import type { PlanOrder } from '#core/graph-enums.generated.ts';
import type { GuardrailMode } from '#core/graph-enums.generated.ts';
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
  readonly me: Caller;
  readonly tenant: Maybe<Tenant>;
  readonly tenants: TenantConnection;
  readonly plans: ReadonlyArray<Plan>;
  readonly plan: Maybe<Plan>;
  readonly teams: TeamConnection;
  readonly team: Maybe<Team>;
  readonly apps: AppConnection;
  readonly app: Maybe<App>;
  readonly apiKeys: ApiKeyConnection;
  readonly apiKey: Maybe<ApiKey>;
  readonly members: MemberConnection;
  readonly member: Maybe<Member>;
  readonly provisionedMembers: ProvisionedMemberPage;
  readonly provisionedMember: Maybe<ProvisionedMember>;
  readonly memberGroups: MemberGroupPage;
  readonly memberGroup: Maybe<MemberGroup>;
  readonly invitations: InvitationConnection;
  readonly erasures: ErasureConnection;
  readonly erasure: Maybe<Erasure>;
  readonly legalHolds: LegalHoldConnection;
  readonly roles: ReadonlyArray<Role>;
  readonly policy: ReadonlyArray<FieldPolicy>;
  readonly guardrailPolicies: ReadonlyArray<GuardrailPolicy>;
  readonly consents: ConsentConnection;
  readonly webhooks: ReadonlyArray<Webhook>;
  readonly webhookDeliveries: WebhookDeliveryConnection;
  readonly guardrailPolicy: Maybe<GuardrailPolicy>;
  readonly budgets: BudgetConnection;
  readonly budget: Maybe<Budget>;
  readonly accessGrants: AccessGrantConnection;
  readonly issuers: IssuerConnection;
  readonly trustedDocuments: TrustedDocumentConnection;
  readonly _trustedDocument: Maybe<Scalars['String']['output']>;
  readonly _caller: Maybe<Scalars['JSON']['output']>;
};


export type QueryTenantArgs = {
  id?: InputMaybe<Scalars['ID']['input']>;
};


export type QueryTenantsArgs = {
  filter?: InputMaybe<TenantFilter>;
  orderBy?: InputMaybe<ListOrder>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
};


export type QueryPlansArgs = {
  filter?: InputMaybe<PlanFilter>;
  orderBy?: InputMaybe<PlanOrder>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['ID']['input']>;
};


export type QueryPlanArgs = {
  id: Scalars['ID']['input'];
};


export type QueryTeamsArgs = {
  filter?: InputMaybe<TeamFilter>;
  orderBy?: InputMaybe<ListOrder>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
};


export type QueryTeamArgs = {
  id: Scalars['ID']['input'];
};


export type QueryAppsArgs = {
  filter?: InputMaybe<AppFilter>;
  orderBy?: InputMaybe<ListOrder>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
};


export type QueryAppArgs = {
  id: Scalars['ID']['input'];
};


export type QueryApiKeysArgs = {
  filter?: InputMaybe<ApiKeyFilter>;
  orderBy?: InputMaybe<ListOrder>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
};


export type QueryApiKeyArgs = {
  id: Scalars['ID']['input'];
};


export type QueryMembersArgs = {
  filter?: InputMaybe<MemberFilter>;
  orderBy?: InputMaybe<ListOrder>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
};


export type QueryMemberArgs = {
  id: Scalars['ID']['input'];
};


export type QueryProvisionedMembersArgs = {
  anyOf?: InputMaybe<ReadonlyArray<ProvisionedMemberCondition>>;
  offset?: InputMaybe<Scalars['Int']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
};


export type QueryProvisionedMemberArgs = {
  id: Scalars['ID']['input'];
};


export type QueryMemberGroupsArgs = {
  anyOf?: InputMaybe<ReadonlyArray<MemberGroupCondition>>;
  offset?: InputMaybe<Scalars['Int']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
};


export type QueryMemberGroupArgs = {
  id: Scalars['ID']['input'];
};


export type QueryInvitationsArgs = {
  filter?: InputMaybe<InvitationFilter>;
  orderBy?: InputMaybe<TimeOrder>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
};


export type QueryErasuresArgs = {
  filter?: InputMaybe<ErasureFilter>;
  orderBy?: InputMaybe<TimeOrder>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
};


export type QueryErasureArgs = {
  id: Scalars['ID']['input'];
};


export type QueryLegalHoldsArgs = {
  filter?: InputMaybe<LegalHoldFilter>;
  orderBy?: InputMaybe<TimeOrder>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
};


export type QueryRolesArgs = {
  filter?: InputMaybe<RoleFilter>;
};


export type QueryPolicyArgs = {
  as?: InputMaybe<Scalars['ID']['input']>;
  issuerId?: InputMaybe<Scalars['ID']['input']>;
};


export type QueryGuardrailPoliciesArgs = {
  tenantId?: InputMaybe<Scalars['ID']['input']>;
};


export type QueryConsentsArgs = {
  filter?: InputMaybe<ConsentFilter>;
  orderBy?: InputMaybe<TimeOrder>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
};


export type QueryWebhooksArgs = {
  tenantId?: InputMaybe<Scalars['ID']['input']>;
};


export type QueryWebhookDeliveriesArgs = {
  filter?: InputMaybe<WebhookDeliveryFilter>;
  orderBy?: InputMaybe<TimeOrder>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
};


export type QueryGuardrailPolicyArgs = {
  id: Scalars['ID']['input'];
};


export type QueryBudgetsArgs = {
  filter?: InputMaybe<BudgetFilter>;
  orderBy?: InputMaybe<TimeOrder>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
};


export type QueryBudgetArgs = {
  id: Scalars['ID']['input'];
};


export type QueryAccessGrantsArgs = {
  filter?: InputMaybe<AccessGrantFilter>;
  orderBy?: InputMaybe<TimeOrder>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
};


export type QueryIssuersArgs = {
  filter?: InputMaybe<IssuerFilter>;
  orderBy?: InputMaybe<ListOrder>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
};


export type QueryTrustedDocumentsArgs = {
  filter?: InputMaybe<TrustedDocumentFilter>;
  orderBy?: InputMaybe<TimeOrder>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
};


export type Query_TrustedDocumentArgs = {
  tenantId?: InputMaybe<Scalars['ID']['input']>;
  name: Scalars['String']['input'];
};


export type Query_CallerArgs = {
  keyHash: Scalars['String']['input'];
  token?: InputMaybe<Scalars['String']['input']>;
};

export type Mutation = {
  readonly _audit: Scalars['Int']['output'];
  readonly _startSession: Scalars['JSON']['output'];
  readonly _beginSignIn: Maybe<Scalars['JSON']['output']>;
  readonly _finishSignIn: Scalars['JSON']['output'];
  readonly _beginInvitation: Maybe<Scalars['JSON']['output']>;
  readonly _acceptInvitation: Maybe<Scalars['JSON']['output']>;
  readonly _endSession: Maybe<Scalars['String']['output']>;
  readonly createTenant: Tenant;
  readonly updateTenant: Tenant;
  readonly archiveTenant: Scalars['ID']['output'];
  readonly restoreTenant: Tenant;
  readonly eraseEndUser: Erasure;
  readonly eraseTenant: Erasure;
  readonly saveLegalHold: LegalHold;
  readonly releaseLegalHold: LegalHold;
  readonly setLogLevel: LogLevelSetting;
  readonly createTeam: Team;
  readonly updateTeam: Team;
  readonly archiveTeam: Scalars['ID']['output'];
  readonly restoreTeam: Team;
  readonly createApp: App;
  readonly updateApp: App;
  readonly archiveApp: Scalars['ID']['output'];
  readonly restoreApp: App;
  readonly createApiKey: CreatedApiKey;
  readonly updateApiKey: ApiKey;
  readonly createPageToken: PageToken;
  readonly rotateApiKey: CreatedApiKey;
  readonly revokeApiKey: ApiKey;
  readonly revokeApiKeys: ReadonlyArray<Scalars['ID']['output']>;
  readonly saveMember: Member;
  readonly removeMember: Scalars['ID']['output'];
  readonly deactivateMember: Member;
  readonly reactivateMember: Member;
  readonly saveProvisioning: Provisioning;
  readonly deleteProvisioning: Scalars['ID']['output'];
  readonly provisionMember: ProvisionedMember;
  readonly updateProvisionedMember: ProvisionedMember;
  readonly removeProvisionedMember: Scalars['ID']['output'];
  readonly saveMemberGroup: MemberGroup;
  readonly deleteMemberGroup: Scalars['ID']['output'];
  readonly inviteMember: CreatedInvitation;
  readonly resendInvitation: CreatedInvitation;
  readonly revokeInvitation: Invitation;
  readonly saveRole: Role;
  readonly deleteRole: Scalars['ID']['output'];
  readonly savePlan: Plan;
  readonly deletePlan: Scalars['ID']['output'];
  readonly assignPlan: Tenant;
  readonly saveIssuer: Issuer;
  readonly deleteIssuer: Scalars['ID']['output'];
  readonly saveGuardrailPolicy: GuardrailPolicy;
  readonly rollbackGuardrailPolicy: GuardrailPolicy;
  readonly deleteGuardrailPolicy: Scalars['ID']['output'];
  readonly saveConsent: Consent;
  readonly withdrawConsent: Consent;
  readonly saveConsentSource: ConsentSource;
  readonly deleteConsentSource: Scalars['ID']['output'];
  readonly saveWebhook: Webhook;
  readonly deleteWebhook: Scalars['ID']['output'];
  readonly testWebhook: WebhookDelivery;
  readonly replayWebhook: WebhookReplay;
  readonly saveBudget: Budget;
  readonly deleteBudget: Scalars['ID']['output'];
  readonly saveTrustedDocuments: SavedTrustedDocuments;
  readonly deleteTrustedDocuments: ReadonlyArray<Scalars['ID']['output']>;
  readonly requestAccess: AccessGrant;
  readonly decideAccess: AccessGrant;
  readonly withdrawAccess: Scalars['ID']['output'];
};


export type Mutation_AuditArgs = {
  refusals: Scalars['JSON']['input'];
  throttled?: InputMaybe<Scalars['JSON']['input']>;
  refusedLimits?: InputMaybe<Scalars['JSON']['input']>;
  misusedKeys?: InputMaybe<Scalars['JSON']['input']>;
};


export type Mutation_BeginSignInArgs = {
  redirectUri: Scalars['String']['input'];
  returnPath: Scalars['String']['input'];
  tenantId?: InputMaybe<Scalars['ID']['input']>;
  issuerId?: InputMaybe<Scalars['ID']['input']>;
  emailDomain?: InputMaybe<Scalars['String']['input']>;
};


export type Mutation_FinishSignInArgs = {
  querySecret: Scalars['String']['input'];
  stateSecret: Scalars['String']['input'];
  redirectUri: Scalars['String']['input'];
};


export type Mutation_BeginInvitationArgs = {
  invitationSecret: Scalars['String']['input'];
  redirectUri: Scalars['String']['input'];
};


export type Mutation_AcceptInvitationArgs = {
  stateSecret: Scalars['String']['input'];
};


export type Mutation_EndSessionArgs = {
  everywhere: Scalars['Boolean']['input'];
};


export type MutationCreateTenantArgs = {
  input: CreateTenantInput;
};


export type MutationUpdateTenantArgs = {
  id: Scalars['ID']['input'];
  input: UpdateTenantInput;
};


export type MutationArchiveTenantArgs = {
  id: Scalars['ID']['input'];
};


export type MutationRestoreTenantArgs = {
  id: Scalars['ID']['input'];
};


export type MutationEraseEndUserArgs = {
  input: EraseEndUserInput;
};


export type MutationEraseTenantArgs = {
  input: EraseTenantInput;
};


export type MutationSaveLegalHoldArgs = {
  input: LegalHoldInput;
};


export type MutationReleaseLegalHoldArgs = {
  id: Scalars['ID']['input'];
};


export type MutationSetLogLevelArgs = {
  input: SetLogLevelInput;
};


export type MutationCreateTeamArgs = {
  input: CreateTeamInput;
};


export type MutationUpdateTeamArgs = {
  id: Scalars['ID']['input'];
  input: UpdateTeamInput;
};


export type MutationArchiveTeamArgs = {
  id: Scalars['ID']['input'];
};


export type MutationRestoreTeamArgs = {
  id: Scalars['ID']['input'];
};


export type MutationCreateAppArgs = {
  input: CreateAppInput;
};


export type MutationUpdateAppArgs = {
  id: Scalars['ID']['input'];
  input: UpdateAppInput;
};


export type MutationArchiveAppArgs = {
  id: Scalars['ID']['input'];
};


export type MutationRestoreAppArgs = {
  id: Scalars['ID']['input'];
};


export type MutationCreateApiKeyArgs = {
  input: CreateApiKeyInput;
};


export type MutationUpdateApiKeyArgs = {
  id: Scalars['ID']['input'];
  input: UpdateApiKeyInput;
};


export type MutationCreatePageTokenArgs = {
  input: PageTokenInput;
};


export type MutationRotateApiKeyArgs = {
  id: Scalars['ID']['input'];
  overlapSeconds?: InputMaybe<Scalars['Int']['input']>;
};


export type MutationRevokeApiKeyArgs = {
  id: Scalars['ID']['input'];
};


export type MutationRevokeApiKeysArgs = {
  filter: ApiKeyFilter;
};


export type MutationSaveMemberArgs = {
  input: MemberInput;
};


export type MutationRemoveMemberArgs = {
  id: Scalars['ID']['input'];
  revokeKeysMade?: InputMaybe<Scalars['Boolean']['input']>;
};


export type MutationDeactivateMemberArgs = {
  id: Scalars['ID']['input'];
  revokeKeysMade?: InputMaybe<Scalars['Boolean']['input']>;
};


export type MutationReactivateMemberArgs = {
  id: Scalars['ID']['input'];
};


export type MutationSaveProvisioningArgs = {
  input: ProvisioningInput;
};


export type MutationDeleteProvisioningArgs = {
  tenantId?: InputMaybe<Scalars['ID']['input']>;
};


export type MutationProvisionMemberArgs = {
  input: ProvisionMemberInput;
};


export type MutationUpdateProvisionedMemberArgs = {
  id: Scalars['ID']['input'];
  input: UpdateProvisionedMemberInput;
};


export type MutationRemoveProvisionedMemberArgs = {
  id: Scalars['ID']['input'];
  ifVersion?: InputMaybe<Scalars['String']['input']>;
};


export type MutationSaveMemberGroupArgs = {
  input: MemberGroupInput;
};


export type MutationDeleteMemberGroupArgs = {
  id: Scalars['ID']['input'];
  ifRevision?: InputMaybe<Scalars['Int']['input']>;
};


export type MutationInviteMemberArgs = {
  input: InviteMemberInput;
};


export type MutationResendInvitationArgs = {
  id: Scalars['ID']['input'];
  sendMail?: InputMaybe<Scalars['Boolean']['input']>;
};


export type MutationRevokeInvitationArgs = {
  id: Scalars['ID']['input'];
};


export type MutationSaveRoleArgs = {
  input: RoleInput;
};


export type MutationDeleteRoleArgs = {
  name: Scalars['ID']['input'];
  tenantId?: InputMaybe<Scalars['ID']['input']>;
};


export type MutationSavePlanArgs = {
  input: PlanInput;
};


export type MutationDeletePlanArgs = {
  id: Scalars['ID']['input'];
};


export type MutationAssignPlanArgs = {
  tenantId: Scalars['ID']['input'];
  planId: Scalars['ID']['input'];
};


export type MutationSaveIssuerArgs = {
  input: IssuerInput;
};


export type MutationDeleteIssuerArgs = {
  id: Scalars['ID']['input'];
};


export type MutationSaveGuardrailPolicyArgs = {
  input: GuardrailPolicyInput;
};


export type MutationRollbackGuardrailPolicyArgs = {
  id: Scalars['ID']['input'];
  version: Scalars['Int']['input'];
};


export type MutationDeleteGuardrailPolicyArgs = {
  id: Scalars['ID']['input'];
};


export type MutationSaveConsentArgs = {
  input: SaveConsentInput;
};


export type MutationWithdrawConsentArgs = {
  input: WithdrawConsentInput;
};


export type MutationSaveConsentSourceArgs = {
  input: SaveConsentSourceInput;
};


export type MutationDeleteConsentSourceArgs = {
  tenantId?: InputMaybe<Scalars['ID']['input']>;
};


export type MutationSaveWebhookArgs = {
  input: WebhookInput;
};


export type MutationDeleteWebhookArgs = {
  id: Scalars['ID']['input'];
};


export type MutationTestWebhookArgs = {
  id: Scalars['ID']['input'];
};


export type MutationReplayWebhookArgs = {
  input: ReplayWebhookInput;
};


export type MutationSaveBudgetArgs = {
  input: BudgetInput;
};


export type MutationDeleteBudgetArgs = {
  id: Scalars['ID']['input'];
};


export type MutationSaveTrustedDocumentsArgs = {
  input: TrustedDocumentsInput;
};


export type MutationDeleteTrustedDocumentsArgs = {
  ids: ReadonlyArray<Scalars['ID']['input']>;
};


export type MutationRequestAccessArgs = {
  resource: Scalars['String']['input'];
  reason?: InputMaybe<Scalars['String']['input']>;
};


export type MutationDecideAccessArgs = {
  id: Scalars['ID']['input'];
  approve: Scalars['Boolean']['input'];
  reason?: InputMaybe<Scalars['String']['input']>;
  expiresAt?: InputMaybe<Scalars['DateTime']['input']>;
};


export type MutationWithdrawAccessArgs = {
  id: Scalars['ID']['input'];
};

export type Caller = {
  readonly kind: Scalars['String']['output'];
  readonly tenant: Maybe<Tenant>;
  readonly app: Maybe<App>;
  readonly keyId: Maybe<Scalars['ID']['output']>;
  readonly endUserId: Maybe<Scalars['String']['output']>;
  readonly subject: Maybe<Scalars['String']['output']>;
  readonly email: Maybe<Scalars['String']['output']>;
  readonly issuerId: Maybe<Scalars['ID']['output']>;
  readonly role: Maybe<Scalars['String']['output']>;
  readonly scopes: ReadonlyArray<Scalars['String']['output']>;
  readonly limits: ReadonlyArray<LimitStatus>;
};

export type LimitStatus = {
  readonly subject: Scalars['String']['output'];
  readonly meter: Meter;
  readonly window: LimitWindow;
  readonly amount: Scalars['Decimal']['output'];
  readonly used: Scalars['Decimal']['output'];
  readonly reserved: Scalars['Decimal']['output'];
  readonly remaining: Scalars['Decimal']['output'];
  readonly resetsAt: Maybe<Scalars['DateTime']['output']>;
  readonly hard: Scalars['Boolean']['output'];
};

export type Tenant = {
  readonly id: Scalars['ID']['output'];
  readonly name: Scalars['String']['output'];
  readonly plan: Plan;
  readonly apps: ReadonlyArray<App>;
  readonly provisioning: Maybe<Provisioning>;
  readonly consentSource: Maybe<ConsentSource>;
  readonly members: ReadonlyArray<Member>;
  readonly budgets: ReadonlyArray<Budget>;
  readonly allowedRegions: Maybe<ReadonlyArray<Scalars['String']['output']>>;
  readonly payloadLogging: PayloadLogging;
  readonly payloadDays: Scalars['Int']['output'];
  readonly cacheByDefault: Scalars['Boolean']['output'];
  readonly cacheScope: Maybe<CacheScope>;
  readonly onRevoke: OnRevoke;
  readonly createdAt: Scalars['DateTime']['output'];
  readonly archivedAt: Maybe<Scalars['DateTime']['output']>;
  readonly erasedAt: Maybe<Scalars['DateTime']['output']>;
};


export type TenantAppsArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
};


export type TenantMembersArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
};


export type TenantBudgetsArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
};

export type TenantConnection = {
  readonly edges: ReadonlyArray<TenantEdge>;
  readonly pageInfo: PageInfo;
  readonly totalCount: Scalars['Int']['output'];
};

export type TenantEdge = {
  readonly cursor: Scalars['String']['output'];
  readonly node: Tenant;
};

export type PageInfo = {
  readonly hasNextPage: Scalars['Boolean']['output'];
  readonly hasPreviousPage: Scalars['Boolean']['output'];
  readonly startCursor: Maybe<Scalars['String']['output']>;
  readonly endCursor: Maybe<Scalars['String']['output']>;
};

export type Team = {
  readonly id: Scalars['ID']['output'];
  readonly name: Scalars['String']['output'];
  readonly tenant: Tenant;
  readonly apps: ReadonlyArray<App>;
  readonly limits: ReadonlyArray<Limit>;
  readonly createdAt: Scalars['DateTime']['output'];
  readonly archivedAt: Maybe<Scalars['DateTime']['output']>;
};


export type TeamAppsArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
};

export type App = {
  readonly id: Scalars['ID']['output'];
  readonly name: Scalars['String']['output'];
  readonly tenant: Tenant;
  readonly team: Maybe<Team>;
  readonly keys: ReadonlyArray<ApiKey>;
  readonly apiKeys: ApiKeyConnection;
  readonly limits: ReadonlyArray<Limit>;
  readonly cacheByDefault: Maybe<Scalars['Boolean']['output']>;
  readonly cacheScope: Maybe<CacheScope>;
  readonly models: Maybe<ReadonlyArray<Scalars['String']['output']>>;
  readonly prompts: Maybe<ReadonlyArray<Scalars['String']['output']>>;
  readonly trustedDocuments: Maybe<TrustedDocumentsMode>;
  readonly createdAt: Scalars['DateTime']['output'];
  readonly archivedAt: Maybe<Scalars['DateTime']['output']>;
};


export type AppKeysArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
};


export type AppApiKeysArgs = {
  filter?: InputMaybe<ApiKeyFilter>;
  orderBy?: InputMaybe<ListOrder>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
};

export type TrustedDocument = {
  readonly id: Scalars['ID']['output'];
  readonly tenantId: Maybe<Scalars['ID']['output']>;
  readonly client: Scalars['String']['output'];
  readonly documentId: Scalars['String']['output'];
  readonly sha256: Scalars['String']['output'];
  readonly name: Maybe<Scalars['String']['output']>;
  readonly body: Scalars['String']['output'];
  readonly createdAt: Scalars['DateTime']['output'];
};

export type TrustedDocumentConnection = {
  readonly edges: ReadonlyArray<TrustedDocumentEdge>;
  readonly pageInfo: PageInfo;
  readonly totalCount: Scalars['Int']['output'];
};

export type TrustedDocumentEdge = {
  readonly cursor: Scalars['String']['output'];
  readonly node: TrustedDocument;
};

export type SavedTrustedDocuments = {
  readonly saved: Scalars['Int']['output'];
  readonly unchanged: Scalars['Int']['output'];
};

export type ApiKey = {
  readonly id: Scalars['ID']['output'];
  readonly app: App;
  readonly owner: ApiKeyOwner;
  readonly label: Scalars['String']['output'];
  readonly hint: Scalars['String']['output'];
  readonly scopes: ReadonlyArray<Scalars['String']['output']>;
  readonly limits: ReadonlyArray<Limit>;
  readonly budgets: ReadonlyArray<Budget>;
  readonly allowedIps: Maybe<ReadonlyArray<Scalars['String']['output']>>;
  readonly expiresAt: Maybe<Scalars['DateTime']['output']>;
  readonly rotateEveryDays: Maybe<Scalars['Int']['output']>;
  readonly rotationOverlapSeconds: Maybe<Scalars['Int']['output']>;
  readonly rotationDueAt: Maybe<Scalars['DateTime']['output']>;
  readonly models: Maybe<ReadonlyArray<Scalars['String']['output']>>;
  readonly prompts: Maybe<ReadonlyArray<Scalars['String']['output']>>;
  readonly lastUsedAt: Maybe<Scalars['DateTime']['output']>;
  readonly lastUsedFrom: Maybe<Scalars['String']['output']>;
  readonly revokedAt: Maybe<Scalars['DateTime']['output']>;
  readonly createdAt: Scalars['DateTime']['output'];
};

export type ApiKeyOwner = {
  readonly kind: ApiKeyOwnerKind;
  readonly member: Maybe<Member>;
  readonly service: Maybe<Scalars['ID']['output']>;
};

export type CreatedApiKey = {
  readonly key: ApiKey;
  readonly secret: Scalars['String']['output'];
};

export type PageToken = {
  readonly token: Scalars['String']['output'];
  readonly expiresAt: Scalars['DateTime']['output'];
};

export type Member = {
  readonly id: Scalars['ID']['output'];
  readonly issuerId: Scalars['ID']['output'];
  readonly issuer: Maybe<Scalars['String']['output']>;
  readonly subject: Scalars['String']['output'];
  readonly email: Maybe<Scalars['String']['output']>;
  readonly role: MemberRole;
  readonly customRole: Maybe<Scalars['String']['output']>;
  readonly tenant: Tenant;
  readonly provisioned: Maybe<ProvisionedMember>;
  readonly deactivatedAt: Maybe<Scalars['DateTime']['output']>;
  readonly keys: ApiKeyConnection;
  readonly keysMade: ApiKeyConnection;
  readonly createdAt: Scalars['DateTime']['output'];
};


export type MemberKeysArgs = {
  filter?: InputMaybe<ApiKeyFilter>;
  orderBy?: InputMaybe<ListOrder>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
};


export type MemberKeysMadeArgs = {
  filter?: InputMaybe<ApiKeyFilter>;
  orderBy?: InputMaybe<ListOrder>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
};

export type ProvisionedMember = {
  readonly id: Scalars['ID']['output'];
  readonly externalId: Scalars['String']['output'];
  readonly userName: Scalars['String']['output'];
  readonly displayName: Maybe<Scalars['String']['output']>;
  readonly givenName: Maybe<Scalars['String']['output']>;
  readonly familyName: Maybe<Scalars['String']['output']>;
  readonly email: Maybe<Scalars['String']['output']>;
  readonly active: Scalars['Boolean']['output'];
  readonly groups: ReadonlyArray<MemberGroup>;
  readonly createdAt: Scalars['DateTime']['output'];
  readonly modifiedAt: Scalars['DateTime']['output'];
  readonly version: Scalars['String']['output'];
};

export type ProvisionedMemberPage = {
  readonly totalCount: Scalars['Int']['output'];
  readonly nodes: ReadonlyArray<ProvisionedMember>;
};

export type MemberGroup = {
  readonly id: Scalars['ID']['output'];
  readonly displayName: Scalars['String']['output'];
  readonly externalId: Maybe<Scalars['String']['output']>;
  readonly role: Maybe<MemberRole>;
  readonly customRole: Maybe<Scalars['String']['output']>;
  readonly memberIds: ReadonlyArray<Scalars['ID']['output']>;
  readonly revision: Scalars['Int']['output'];
  readonly createdAt: Scalars['DateTime']['output'];
  readonly modifiedAt: Scalars['DateTime']['output'];
};

export type MemberGroupPage = {
  readonly totalCount: Scalars['Int']['output'];
  readonly nodes: ReadonlyArray<MemberGroup>;
};

export type Provisioning = {
  readonly tenantId: Scalars['ID']['output'];
  readonly issuerId: Scalars['ID']['output'];
  readonly role: MemberRole;
  readonly customRole: Maybe<Scalars['String']['output']>;
  readonly groupRoles: ReadonlyArray<GroupRole>;
  readonly revokeKeysMade: Scalars['Boolean']['output'];
  readonly departuresMax: Scalars['Int']['output'];
  readonly departuresLeft: Scalars['Int']['output'];
  readonly departuresMaxUntil: Maybe<Scalars['DateTime']['output']>;
};

export type GroupRole = {
  readonly group: MemberGroup;
  readonly role: MemberRole;
  readonly customRole: Maybe<Scalars['String']['output']>;
};

export type Invitation = {
  readonly id: Scalars['ID']['output'];
  readonly tenant: Tenant;
  readonly email: Scalars['String']['output'];
  readonly role: MemberRole;
  readonly customRole: Maybe<Scalars['String']['output']>;
  readonly anyEmail: Scalars['Boolean']['output'];
  readonly message: Maybe<Scalars['String']['output']>;
  readonly status: InvitationStatus;
  readonly invitedBy: Maybe<Scalars['String']['output']>;
  readonly invitedByIssuerId: Maybe<Scalars['ID']['output']>;
  readonly member: Maybe<Member>;
  readonly createdAt: Scalars['DateTime']['output'];
  readonly expiresAt: Scalars['DateTime']['output'];
  readonly acceptedAt: Maybe<Scalars['DateTime']['output']>;
  readonly mail: InvitationMail;
  readonly mailSentAt: Maybe<Scalars['DateTime']['output']>;
  readonly mailError: Maybe<Scalars['String']['output']>;
  readonly revokedAt: Maybe<Scalars['DateTime']['output']>;
};

export type CreatedInvitation = {
  readonly invitation: Invitation;
  readonly link: Scalars['String']['output'];
};

export type InvitationConnection = {
  readonly edges: ReadonlyArray<InvitationEdge>;
  readonly pageInfo: PageInfo;
  readonly totalCount: Scalars['Int']['output'];
};

export type InvitationEdge = {
  readonly node: Invitation;
  readonly cursor: Scalars['String']['output'];
};

export type LegalHold = {
  readonly id: Scalars['ID']['output'];
  readonly tenantId: Scalars['ID']['output'];
  readonly appId: Maybe<Scalars['ID']['output']>;
  readonly endUserId: Maybe<Scalars['String']['output']>;
  readonly from: Maybe<Scalars['DateTime']['output']>;
  readonly to: Maybe<Scalars['DateTime']['output']>;
  readonly reason: Scalars['String']['output'];
  readonly byOperator: Scalars['Boolean']['output'];
  readonly status: LegalHoldStatus;
  readonly createdAt: Scalars['DateTime']['output'];
  readonly releasedAt: Maybe<Scalars['DateTime']['output']>;
  readonly coveredAt: Maybe<Scalars['DateTime']['output']>;
};

export type LegalHoldInput = {
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly appId?: InputMaybe<Scalars['ID']['input']>;
  readonly endUserId?: InputMaybe<Scalars['String']['input']>;
  readonly from?: InputMaybe<Scalars['DateTime']['input']>;
  readonly to?: InputMaybe<Scalars['DateTime']['input']>;
  readonly reason: Scalars['String']['input'];
};

export type LegalHoldFilter = {
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly status?: InputMaybe<LegalHoldStatus>;
};

export type LegalHoldConnection = {
  readonly edges: ReadonlyArray<LegalHoldEdge>;
  readonly pageInfo: PageInfo;
  readonly totalCount: Scalars['Int']['output'];
};

export type LegalHoldEdge = {
  readonly node: LegalHold;
  readonly cursor: Scalars['String']['output'];
};

export type Webhook = {
  readonly id: Scalars['ID']['output'];
  readonly name: Scalars['String']['output'];
  readonly tenant: Maybe<Tenant>;
  readonly format: WebhookFormat;
  readonly address: Scalars['String']['output'];
  readonly types: ReadonlyArray<Scalars['String']['output']>;
  readonly enabled: Scalars['Boolean']['output'];
  readonly disabledReason: Maybe<Scalars['String']['output']>;
  readonly secretHint: Maybe<Scalars['String']['output']>;
  readonly formerSecretUntil: Maybe<Scalars['DateTime']['output']>;
  readonly deliveredAt: Maybe<Scalars['DateTime']['output']>;
  readonly failingSince: Maybe<Scalars['DateTime']['output']>;
  readonly createdAt: Scalars['DateTime']['output'];
  readonly updatedAt: Scalars['DateTime']['output'];
};

export type WebhookInput = {
  readonly id: Scalars['ID']['input'];
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly url: Scalars['String']['input'];
  readonly types: ReadonlyArray<Scalars['String']['input']>;
  readonly secret?: InputMaybe<Scalars['String']['input']>;
  readonly format?: InputMaybe<WebhookFormat>;
  readonly enabled?: InputMaybe<Scalars['Boolean']['input']>;
};

export type WebhookDelivery = {
  readonly id: Scalars['ID']['output'];
  readonly webhookId: Scalars['ID']['output'];
  readonly tenant: Maybe<Tenant>;
  readonly eventId: Scalars['ID']['output'];
  readonly eventType: Scalars['String']['output'];
  readonly eventAt: Scalars['DateTime']['output'];
  readonly subject: Maybe<Scalars['String']['output']>;
  readonly state: WebhookDeliveryState;
  readonly attempts: Scalars['Int']['output'];
  readonly nextAttemptAt: Maybe<Scalars['DateTime']['output']>;
  readonly lastAttemptAt: Maybe<Scalars['DateTime']['output']>;
  readonly lastStatus: Maybe<Scalars['Int']['output']>;
  readonly lastError: Maybe<Scalars['String']['output']>;
  readonly createdAt: Scalars['DateTime']['output'];
};

export type WebhookDeliveryFilter = {
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly webhookId?: InputMaybe<Scalars['ID']['input']>;
  readonly state?: InputMaybe<WebhookDeliveryState>;
  readonly eventId?: InputMaybe<Scalars['ID']['input']>;
};

export type WebhookDeliveryConnection = {
  readonly edges: ReadonlyArray<WebhookDeliveryEdge>;
  readonly pageInfo: PageInfo;
  readonly totalCount: Scalars['Int']['output'];
};

export type WebhookDeliveryEdge = {
  readonly node: WebhookDelivery;
  readonly cursor: Scalars['String']['output'];
};

export type ReplayWebhookInput = {
  readonly id: Scalars['ID']['input'];
  readonly from?: InputMaybe<Scalars['DateTime']['input']>;
  readonly eventIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>;
};

export type WebhookReplay = {
  readonly replayed: Scalars['Int']['output'];
};

export type LogLevelSetting = {
  readonly level: Maybe<LogLevel>;
  readonly until: Maybe<Scalars['DateTime']['output']>;
};

export type Erasure = {
  readonly id: Scalars['ID']['output'];
  readonly kind: ErasureKind;
  readonly tenantId: Scalars['ID']['output'];
  readonly status: ErasureStatus;
  readonly step: Maybe<Scalars['String']['output']>;
  readonly waitsUntil: Maybe<Scalars['DateTime']['output']>;
  readonly counts: ReadonlyArray<ErasureCount>;
  readonly requestedAt: Scalars['DateTime']['output'];
  readonly finishedAt: Maybe<Scalars['DateTime']['output']>;
  readonly subjectHash: Maybe<Scalars['String']['output']>;
  readonly proof: Maybe<Scalars['String']['output']>;
};

export type ErasureCount = {
  readonly collection: Scalars['String']['output'];
  readonly records: Scalars['Int']['output'];
};

export type ErasureConnection = {
  readonly edges: ReadonlyArray<ErasureEdge>;
  readonly pageInfo: PageInfo;
  readonly totalCount: Scalars['Int']['output'];
};

export type ErasureEdge = {
  readonly node: Erasure;
  readonly cursor: Scalars['String']['output'];
};

export type Role = {
  readonly name: Scalars['String']['output'];
  readonly scopes: ReadonlyArray<Scalars['String']['output']>;
  readonly builtIn: Scalars['Boolean']['output'];
  readonly tenant: Maybe<Tenant>;
};

export type Issuer = {
  readonly id: Scalars['ID']['output'];
  readonly issuer: Scalars['String']['output'];
  readonly audience: ReadonlyArray<Scalars['String']['output']>;
  readonly jwksUrl: Maybe<Scalars['String']['output']>;
  readonly claims: IssuerClaims;
  readonly rules: ReadonlyArray<IssuerRule>;
  readonly tenantIds: Maybe<ReadonlyArray<Scalars['ID']['output']>>;
  readonly signIn: Maybe<IssuerSignIn>;
  readonly createdAt: Scalars['DateTime']['output'];
};

export type IssuerSignIn = {
  readonly clientId: Scalars['String']['output'];
  readonly hasClientSecret: Scalars['Boolean']['output'];
  readonly name: Scalars['String']['output'];
  readonly emailDomains: ReadonlyArray<Scalars['String']['output']>;
};

export type IssuerClaims = {
  readonly subject: Scalars['String']['output'];
  readonly email: Scalars['String']['output'];
  readonly tenant: Maybe<Scalars['String']['output']>;
  readonly role: Maybe<Scalars['String']['output']>;
  readonly groups: Scalars['String']['output'];
  readonly scopes: Scalars['String']['output'];
  readonly endUser: Maybe<Scalars['String']['output']>;
};

export type IssuerRule = {
  readonly claim: Scalars['String']['output'];
  readonly value: Scalars['String']['output'];
  readonly tenant: Maybe<Tenant>;
  readonly role: Scalars['String']['output'];
  readonly app: Maybe<App>;
};

export type IssuerConnection = {
  readonly edges: ReadonlyArray<IssuerEdge>;
  readonly pageInfo: PageInfo;
  readonly totalCount: Scalars['Int']['output'];
};

export type IssuerEdge = {
  readonly node: Issuer;
  readonly cursor: Scalars['String']['output'];
};

export type FieldPolicy = {
  readonly coordinate: Scalars['String']['output'];
  readonly authenticated: Scalars['Boolean']['output'];
  readonly scopes: ReadonlyArray<ReadonlyArray<Scalars['String']['output']>>;
  readonly policies: ReadonlyArray<ReadonlyArray<Scalars['String']['output']>>;
  readonly meters: ReadonlyArray<Meter>;
  readonly audited: Maybe<Scalars['String']['output']>;
  readonly guarded: ReadonlyArray<GuardrailStage>;
  readonly allowed: Scalars['Boolean']['output'];
  readonly reason: Maybe<Scalars['String']['output']>;
};

export type Plan = {
  readonly id: Scalars['ID']['output'];
  readonly name: Scalars['String']['output'];
  readonly limits: ReadonlyArray<Limit>;
  readonly models: Maybe<ReadonlyArray<Scalars['String']['output']>>;
  readonly requiresApproval: Scalars['Boolean']['output'];
};

export type Limit = {
  readonly meter: Meter;
  readonly window: LimitWindow;
  readonly amount: Scalars['Decimal']['output'];
  readonly setBy: LimitSetter;
};

export type Budget = {
  readonly id: Scalars['ID']['output'];
  readonly amount: Scalars['Decimal']['output'];
  readonly window: LimitWindow;
  readonly spent: Scalars['Decimal']['output'];
  readonly reserved: Scalars['Decimal']['output'];
  readonly alertAt: ReadonlyArray<Scalars['Float']['output']>;
  readonly hard: Scalars['Boolean']['output'];
  readonly setBy: LimitSetter;
  readonly team: Maybe<Team>;
  readonly key: Maybe<ApiKey>;
  readonly app: Maybe<App>;
};

export type AccessGrant = {
  readonly id: Scalars['ID']['output'];
  readonly app: App;
  readonly resource: Scalars['String']['output'];
  readonly status: AccessStatus;
  readonly reason: Maybe<Scalars['String']['output']>;
  readonly decidedBy: Maybe<Scalars['String']['output']>;
  readonly decidedByIssuerId: Maybe<Scalars['ID']['output']>;
  readonly decidedAt: Maybe<Scalars['DateTime']['output']>;
  readonly expiresAt: Maybe<Scalars['DateTime']['output']>;
  readonly requestedBy: Maybe<Scalars['String']['output']>;
  readonly requestedByIssuerId: Maybe<Scalars['ID']['output']>;
  readonly requestedAt: Scalars['DateTime']['output'];
  readonly createdAt: Scalars['DateTime']['output'];
};

export type GuardrailPolicy = {
  readonly id: Scalars['ID']['output'];
  readonly name: Scalars['String']['output'];
  readonly tenantId: Maybe<Scalars['ID']['output']>;
  readonly app: Maybe<App>;
  readonly promptId: Maybe<Scalars['ID']['output']>;
  readonly model: Maybe<Scalars['String']['output']>;
  readonly version: Scalars['Int']['output'];
  readonly mode: GuardrailMode;
  readonly rules: ReadonlyArray<GuardrailRule>;
  readonly versions: ReadonlyArray<GuardrailPolicyVersion>;
  readonly createdAt: Scalars['DateTime']['output'];
  readonly updatedAt: Scalars['DateTime']['output'];
};


export type GuardrailPolicyVersionsArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['Int']['input']>;
};

export type GuardrailRule = {
  readonly rule: Scalars['String']['output'];
  readonly stages: ReadonlyArray<GuardrailStage>;
  readonly action: GuardrailAction;
  readonly options: Maybe<Scalars['JSON']['output']>;
  readonly sample: Scalars['Float']['output'];
  readonly note: Maybe<Scalars['String']['output']>;
  readonly reroute: Maybe<Scalars['String']['output']>;
  readonly unlessConsent: Maybe<Scalars['String']['output']>;
};

export type GuardrailPolicyVersion = {
  readonly version: Scalars['Int']['output'];
  readonly appId: Maybe<Scalars['ID']['output']>;
  readonly promptId: Maybe<Scalars['ID']['output']>;
  readonly model: Maybe<Scalars['String']['output']>;
  readonly mode: GuardrailMode;
  readonly rules: ReadonlyArray<GuardrailRule>;
  readonly restored: Maybe<Scalars['Int']['output']>;
  readonly createdAt: Scalars['DateTime']['output'];
  readonly createdBy: Scalars['String']['output'];
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

export type GuardrailPolicyInput = {
  readonly id: Scalars['ID']['input'];
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly appId?: InputMaybe<Scalars['ID']['input']>;
  readonly promptId?: InputMaybe<Scalars['ID']['input']>;
  readonly model?: InputMaybe<Scalars['String']['input']>;
  readonly mode?: InputMaybe<GuardrailMode>;
  readonly rules: ReadonlyArray<GuardrailRuleInput>;
};

export type Consent = {
  readonly id: Scalars['ID']['output'];
  readonly tenantId: Scalars['ID']['output'];
  readonly endUserId: Scalars['String']['output'];
  readonly purposes: ReadonlyArray<Scalars['String']['output']>;
  readonly withdrawn: ReadonlyArray<Scalars['String']['output']>;
  readonly withdrawnAll: Scalars['Boolean']['output'];
  readonly expiresAt: Maybe<Scalars['DateTime']['output']>;
  readonly createdAt: Scalars['DateTime']['output'];
  readonly updatedAt: Scalars['DateTime']['output'];
};

export type ConsentSource = {
  readonly url: Scalars['String']['output'];
  readonly region: Maybe<Scalars['String']['output']>;
  readonly timeoutMs: Scalars['Int']['output'];
  readonly updatedAt: Scalars['DateTime']['output'];
};

export type ConsentConnection = {
  readonly edges: ReadonlyArray<ConsentEdge>;
  readonly pageInfo: PageInfo;
  readonly totalCount: Scalars['Int']['output'];
};

export type ConsentEdge = {
  readonly node: Consent;
  readonly cursor: Scalars['String']['output'];
};

export type ConsentFilter = {
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly endUserId?: InputMaybe<Scalars['String']['input']>;
  readonly purpose?: InputMaybe<Scalars['String']['input']>;
};

export type SaveConsentInput = {
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly endUserId: Scalars['String']['input'];
  readonly purposes: ReadonlyArray<Scalars['String']['input']>;
  readonly expiresAt?: InputMaybe<Scalars['DateTime']['input']>;
};

export type SaveConsentSourceInput = {
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly url: Scalars['String']['input'];
  readonly region?: InputMaybe<Scalars['String']['input']>;
  readonly secret?: InputMaybe<Scalars['String']['input']>;
  readonly timeoutMs?: InputMaybe<Scalars['Int']['input']>;
};

export type WithdrawConsentInput = {
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly endUserId: Scalars['String']['input'];
  readonly purposes?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
};

export type TeamConnection = {
  readonly edges: ReadonlyArray<TeamEdge>;
  readonly pageInfo: PageInfo;
  readonly totalCount: Scalars['Int']['output'];
};

export type TeamEdge = {
  readonly node: Team;
  readonly cursor: Scalars['String']['output'];
};

export type AppConnection = {
  readonly edges: ReadonlyArray<AppEdge>;
  readonly pageInfo: PageInfo;
  readonly totalCount: Scalars['Int']['output'];
};

export type AppEdge = {
  readonly node: App;
  readonly cursor: Scalars['String']['output'];
};

export type ApiKeyConnection = {
  readonly edges: ReadonlyArray<ApiKeyEdge>;
  readonly pageInfo: PageInfo;
  readonly totalCount: Scalars['Int']['output'];
};

export type ApiKeyEdge = {
  readonly node: ApiKey;
  readonly cursor: Scalars['String']['output'];
};

export type MemberConnection = {
  readonly edges: ReadonlyArray<MemberEdge>;
  readonly pageInfo: PageInfo;
  readonly totalCount: Scalars['Int']['output'];
};

export type MemberEdge = {
  readonly node: Member;
  readonly cursor: Scalars['String']['output'];
};

export type BudgetConnection = {
  readonly edges: ReadonlyArray<BudgetEdge>;
  readonly pageInfo: PageInfo;
  readonly totalCount: Scalars['Int']['output'];
};

export type BudgetEdge = {
  readonly node: Budget;
  readonly cursor: Scalars['String']['output'];
};

export type AccessGrantConnection = {
  readonly edges: ReadonlyArray<AccessGrantEdge>;
  readonly pageInfo: PageInfo;
  readonly totalCount: Scalars['Int']['output'];
};

export type AccessGrantEdge = {
  readonly node: AccessGrant;
  readonly cursor: Scalars['String']['output'];
};

export type TenantFilter = {
  readonly planId?: InputMaybe<Scalars['ID']['input']>;
  readonly search?: InputMaybe<Scalars['String']['input']>;
  readonly archived?: InputMaybe<Scalars['Boolean']['input']>;
};

export type PlanFilter = {
  readonly search?: InputMaybe<Scalars['String']['input']>;
};

export type TeamFilter = {
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly search?: InputMaybe<Scalars['String']['input']>;
  readonly archived?: InputMaybe<Scalars['Boolean']['input']>;
};

export type AppFilter = {
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly teamId?: InputMaybe<Scalars['ID']['input']>;
  readonly search?: InputMaybe<Scalars['String']['input']>;
  readonly archived?: InputMaybe<Scalars['Boolean']['input']>;
};

export type ApiKeyFilter = {
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly appId?: InputMaybe<Scalars['ID']['input']>;
  readonly active?: InputMaybe<Scalars['Boolean']['input']>;
  readonly search?: InputMaybe<Scalars['String']['input']>;
  readonly unusedSince?: InputMaybe<Scalars['DateTime']['input']>;
  readonly expiresBefore?: InputMaybe<Scalars['DateTime']['input']>;
  readonly rotationDueBefore?: InputMaybe<Scalars['DateTime']['input']>;
  readonly ownerKind?: InputMaybe<ApiKeyOwnerKind>;
  readonly ownerMemberId?: InputMaybe<Scalars['ID']['input']>;
  readonly service?: InputMaybe<Scalars['ID']['input']>;
  readonly madeByMemberId?: InputMaybe<Scalars['ID']['input']>;
  readonly archived?: InputMaybe<Scalars['Boolean']['input']>;
};

export type MemberFilter = {
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly role?: InputMaybe<MemberRole>;
  readonly issuerId?: InputMaybe<Scalars['ID']['input']>;
  readonly active?: InputMaybe<Scalars['Boolean']['input']>;
  readonly search?: InputMaybe<Scalars['String']['input']>;
  readonly archived?: InputMaybe<Scalars['Boolean']['input']>;
};

export type InvitationFilter = {
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly status?: InputMaybe<InvitationStatus>;
  readonly search?: InputMaybe<Scalars['String']['input']>;
  readonly archived?: InputMaybe<Scalars['Boolean']['input']>;
};

export type ErasureFilter = {
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly kind?: InputMaybe<ErasureKind>;
  readonly status?: InputMaybe<ErasureStatus>;
};

export type RoleFilter = {
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly builtIn?: InputMaybe<Scalars['Boolean']['input']>;
  readonly search?: InputMaybe<Scalars['String']['input']>;
};

export type BudgetFilter = {
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly teamId?: InputMaybe<Scalars['ID']['input']>;
  readonly appId?: InputMaybe<Scalars['ID']['input']>;
  readonly keyId?: InputMaybe<Scalars['ID']['input']>;
  readonly window?: InputMaybe<LimitWindow>;
  readonly hard?: InputMaybe<Scalars['Boolean']['input']>;
  readonly archived?: InputMaybe<Scalars['Boolean']['input']>;
};

export type AccessGrantFilter = {
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly appId?: InputMaybe<Scalars['ID']['input']>;
  readonly status?: InputMaybe<AccessStatus>;
  readonly resource?: InputMaybe<Scalars['String']['input']>;
  readonly search?: InputMaybe<Scalars['String']['input']>;
  readonly requestedBy?: InputMaybe<Scalars['String']['input']>;
  readonly requestedByIssuerId?: InputMaybe<Scalars['ID']['input']>;
  readonly expiresBefore?: InputMaybe<Scalars['DateTime']['input']>;
  readonly archived?: InputMaybe<Scalars['Boolean']['input']>;
};

export type TrustedDocumentFilter = {
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly forMesh?: InputMaybe<Scalars['Boolean']['input']>;
  readonly client?: InputMaybe<Scalars['String']['input']>;
  readonly documentId?: InputMaybe<Scalars['String']['input']>;
  readonly name?: InputMaybe<Scalars['String']['input']>;
};

export type TrustedDocumentsInput = {
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly forMesh?: InputMaybe<Scalars['Boolean']['input']>;
  readonly client?: InputMaybe<Scalars['String']['input']>;
  readonly documents: ReadonlyArray<TrustedDocumentInput>;
};

export type TrustedDocumentInput = {
  readonly id: Scalars['String']['input'];
  readonly name?: InputMaybe<Scalars['String']['input']>;
  readonly body: Scalars['String']['input'];
};

export type CreateTenantInput = {
  readonly name: Scalars['String']['input'];
  readonly planId?: InputMaybe<Scalars['ID']['input']>;
  readonly allowedRegions?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  readonly payloadLogging?: InputMaybe<PayloadLogging>;
  readonly payloadDays?: InputMaybe<Scalars['Int']['input']>;
  readonly cacheByDefault?: InputMaybe<Scalars['Boolean']['input']>;
  readonly cacheScope?: InputMaybe<CacheScope>;
  readonly onRevoke?: InputMaybe<OnRevoke>;
};

export type UpdateTenantInput = {
  readonly name?: InputMaybe<Scalars['String']['input']>;
  readonly allowedRegions?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  readonly payloadLogging?: InputMaybe<PayloadLogging>;
  readonly payloadDays?: InputMaybe<Scalars['Int']['input']>;
  readonly cacheByDefault?: InputMaybe<Scalars['Boolean']['input']>;
  readonly cacheScope?: InputMaybe<CacheScope>;
  readonly onRevoke?: InputMaybe<OnRevoke>;
};

export type CreateTeamInput = {
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly name: Scalars['String']['input'];
  readonly limits?: InputMaybe<ReadonlyArray<LimitInput>>;
};

export type UpdateTeamInput = {
  readonly name?: InputMaybe<Scalars['String']['input']>;
  readonly limits?: InputMaybe<ReadonlyArray<LimitInput>>;
};

export type CreateAppInput = {
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly name: Scalars['String']['input'];
  readonly teamId?: InputMaybe<Scalars['ID']['input']>;
  readonly limits?: InputMaybe<ReadonlyArray<LimitInput>>;
  readonly cacheByDefault?: InputMaybe<Scalars['Boolean']['input']>;
  readonly cacheScope?: InputMaybe<CacheScope>;
  readonly models?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  readonly prompts?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  readonly trustedDocuments?: InputMaybe<TrustedDocumentsMode>;
};

export type UpdateAppInput = {
  readonly name?: InputMaybe<Scalars['String']['input']>;
  readonly teamId?: InputMaybe<Scalars['ID']['input']>;
  readonly limits?: InputMaybe<ReadonlyArray<LimitInput>>;
  readonly cacheByDefault?: InputMaybe<Scalars['Boolean']['input']>;
  readonly cacheScope?: InputMaybe<CacheScope>;
  readonly models?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  readonly prompts?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  readonly trustedDocuments?: InputMaybe<TrustedDocumentsMode>;
};

export type CreateApiKeyInput = {
  readonly appId: Scalars['ID']['input'];
  readonly ownerMemberId?: InputMaybe<Scalars['ID']['input']>;
  readonly service?: InputMaybe<Scalars['ID']['input']>;
  readonly label?: InputMaybe<Scalars['String']['input']>;
  readonly scopes?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  readonly limits?: InputMaybe<ReadonlyArray<LimitInput>>;
  readonly allowedIps?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  readonly expiresAt?: InputMaybe<Scalars['DateTime']['input']>;
  readonly rotateEveryDays?: InputMaybe<Scalars['Int']['input']>;
  readonly rotationOverlapSeconds?: InputMaybe<Scalars['Int']['input']>;
  readonly models?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  readonly prompts?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
};

export type SetLogLevelInput = {
  readonly level?: InputMaybe<LogLevel>;
  readonly minutes?: InputMaybe<Scalars['Int']['input']>;
};

export type EraseTenantInput = {
  readonly id: Scalars['ID']['input'];
  readonly name: Scalars['String']['input'];
};

export type EraseEndUserInput = {
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly endUserId: Scalars['String']['input'];
};

export type PageTokenInput = {
  readonly endUserId: Scalars['String']['input'];
  readonly expiresInSeconds?: InputMaybe<Scalars['Int']['input']>;
  readonly scopes?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  readonly models?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  readonly prompts?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
};

export type UpdateApiKeyInput = {
  readonly label?: InputMaybe<Scalars['String']['input']>;
  readonly scopes?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  readonly limits?: InputMaybe<ReadonlyArray<LimitInput>>;
  readonly allowedIps?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  readonly expiresAt?: InputMaybe<Scalars['DateTime']['input']>;
  readonly rotateEveryDays?: InputMaybe<Scalars['Int']['input']>;
  readonly rotationOverlapSeconds?: InputMaybe<Scalars['Int']['input']>;
  readonly models?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  readonly prompts?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
};

export type MemberInput = {
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly subject: Scalars['String']['input'];
  readonly issuerId?: InputMaybe<Scalars['ID']['input']>;
  readonly email?: InputMaybe<Scalars['String']['input']>;
  readonly role: MemberRole;
  readonly customRole?: InputMaybe<Scalars['String']['input']>;
};

export type ProvisionedMemberCondition = {
  readonly id?: InputMaybe<Scalars['ID']['input']>;
  readonly externalId?: InputMaybe<Scalars['String']['input']>;
  readonly userName?: InputMaybe<Scalars['String']['input']>;
  readonly email?: InputMaybe<Scalars['String']['input']>;
  readonly active?: InputMaybe<Scalars['Boolean']['input']>;
};

export type MemberGroupCondition = {
  readonly id?: InputMaybe<Scalars['ID']['input']>;
  readonly externalId?: InputMaybe<Scalars['String']['input']>;
  readonly displayName?: InputMaybe<Scalars['String']['input']>;
  readonly memberId?: InputMaybe<Scalars['ID']['input']>;
};

export type ProvisioningInput = {
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly issuerId?: InputMaybe<Scalars['ID']['input']>;
  readonly role?: InputMaybe<MemberRole>;
  readonly customRole?: InputMaybe<Scalars['String']['input']>;
  readonly groupRoles?: InputMaybe<ReadonlyArray<GroupRoleInput>>;
  readonly revokeKeysMade?: InputMaybe<Scalars['Boolean']['input']>;
  readonly departuresMax?: InputMaybe<Scalars['Int']['input']>;
  readonly departuresMaxUntil?: InputMaybe<Scalars['DateTime']['input']>;
};

export type GroupRoleInput = {
  readonly groupId: Scalars['ID']['input'];
  readonly role: MemberRole;
  readonly customRole?: InputMaybe<Scalars['String']['input']>;
};

export type ProvisionMemberInput = {
  readonly externalId: Scalars['String']['input'];
  readonly userName: Scalars['String']['input'];
  readonly displayName?: InputMaybe<Scalars['String']['input']>;
  readonly givenName?: InputMaybe<Scalars['String']['input']>;
  readonly familyName?: InputMaybe<Scalars['String']['input']>;
  readonly email?: InputMaybe<Scalars['String']['input']>;
  readonly active?: InputMaybe<Scalars['Boolean']['input']>;
};

export type UpdateProvisionedMemberInput = {
  readonly externalId?: InputMaybe<Scalars['String']['input']>;
  readonly userName?: InputMaybe<Scalars['String']['input']>;
  readonly displayName?: InputMaybe<Scalars['String']['input']>;
  readonly givenName?: InputMaybe<Scalars['String']['input']>;
  readonly familyName?: InputMaybe<Scalars['String']['input']>;
  readonly email?: InputMaybe<Scalars['String']['input']>;
  readonly active?: InputMaybe<Scalars['Boolean']['input']>;
  readonly ifVersion?: InputMaybe<Scalars['String']['input']>;
};

export type MemberGroupInput = {
  readonly id?: InputMaybe<Scalars['ID']['input']>;
  readonly displayName?: InputMaybe<Scalars['String']['input']>;
  readonly externalId?: InputMaybe<Scalars['String']['input']>;
  readonly memberIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>;
  readonly addMemberIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>;
  readonly removeMemberIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>;
  readonly ifRevision?: InputMaybe<Scalars['Int']['input']>;
};

export type InviteMemberInput = {
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly email: Scalars['String']['input'];
  readonly role: MemberRole;
  readonly customRole?: InputMaybe<Scalars['String']['input']>;
  readonly expiresInDays?: InputMaybe<Scalars['Int']['input']>;
  readonly message?: InputMaybe<Scalars['String']['input']>;
  readonly anyEmail?: InputMaybe<Scalars['Boolean']['input']>;
  readonly sendMail?: InputMaybe<Scalars['Boolean']['input']>;
};

export type RoleInput = {
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly name: Scalars['String']['input'];
  readonly scopes: ReadonlyArray<Scalars['String']['input']>;
};

export type LimitInput = {
  readonly meter: Meter;
  readonly window: LimitWindow;
  readonly amount: Scalars['Decimal']['input'];
};

export type IssuerFilter = {
  readonly search?: InputMaybe<Scalars['String']['input']>;
};

export type IssuerInput = {
  readonly id: Scalars['ID']['input'];
  readonly issuer: Scalars['String']['input'];
  readonly audience: ReadonlyArray<Scalars['String']['input']>;
  readonly jwksUrl?: InputMaybe<Scalars['String']['input']>;
  readonly claims?: InputMaybe<IssuerClaimsInput>;
  readonly rules?: InputMaybe<ReadonlyArray<IssuerRuleInput>>;
  readonly tenantIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>;
  readonly signIn?: InputMaybe<IssuerSignInInput>;
  readonly adoptMembers?: InputMaybe<Scalars['Boolean']['input']>;
};

export type IssuerSignInInput = {
  readonly clientId: Scalars['String']['input'];
  readonly clientSecret?: InputMaybe<Scalars['String']['input']>;
  readonly name?: InputMaybe<Scalars['String']['input']>;
  readonly emailDomains?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
};

export type IssuerClaimsInput = {
  readonly subject?: InputMaybe<Scalars['String']['input']>;
  readonly email?: InputMaybe<Scalars['String']['input']>;
  readonly tenant?: InputMaybe<Scalars['String']['input']>;
  readonly role?: InputMaybe<Scalars['String']['input']>;
  readonly groups?: InputMaybe<Scalars['String']['input']>;
  readonly scopes?: InputMaybe<Scalars['String']['input']>;
  readonly endUser?: InputMaybe<Scalars['String']['input']>;
};

export type IssuerRuleInput = {
  readonly claim: Scalars['String']['input'];
  readonly value: Scalars['String']['input'];
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly role: Scalars['String']['input'];
  readonly appId?: InputMaybe<Scalars['ID']['input']>;
};

export type PlanInput = {
  readonly id: Scalars['ID']['input'];
  readonly name: Scalars['String']['input'];
  readonly limits: ReadonlyArray<LimitInput>;
  readonly models?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  readonly requiresApproval?: InputMaybe<Scalars['Boolean']['input']>;
};

export type BudgetInput = {
  readonly id?: InputMaybe<Scalars['ID']['input']>;
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly teamId?: InputMaybe<Scalars['ID']['input']>;
  readonly appId?: InputMaybe<Scalars['ID']['input']>;
  readonly keyId?: InputMaybe<Scalars['ID']['input']>;
  readonly amount: Scalars['Decimal']['input'];
  readonly window: LimitWindow;
  readonly alertAt?: InputMaybe<ReadonlyArray<Scalars['Float']['input']>>;
  readonly hard?: InputMaybe<Scalars['Boolean']['input']>;
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
  Tenant: Tenant;
  Team: Team;
  App: App;
  ApiKey: ApiKey;
  Member: Member;
  Plan: Plan;
  Budget: Budget;
  AccessGrant: AccessGrant;
  GuardrailPolicy: GuardrailPolicy;
};

/** Mapping of federation reference types */
export type FederationReferenceTypes = {
  Tenant:
    ( { __typename: 'Tenant' }
    & GraphQLRecursivePick<FederationTypes['Tenant'], {"id":true}> );
  Team:
    ( { __typename: 'Team' }
    & GraphQLRecursivePick<FederationTypes['Team'], {"id":true}> );
  App:
    ( { __typename: 'App' }
    & GraphQLRecursivePick<FederationTypes['App'], {"id":true}> );
  ApiKey:
    ( { __typename: 'ApiKey' }
    & GraphQLRecursivePick<FederationTypes['ApiKey'], {"id":true}> );
  Member:
    ( { __typename: 'Member' }
    & GraphQLRecursivePick<FederationTypes['Member'], {"id":true}> );
  Plan:
    ( { __typename: 'Plan' }
    & GraphQLRecursivePick<FederationTypes['Plan'], {"id":true}> );
  Budget:
    ( { __typename: 'Budget' }
    & GraphQLRecursivePick<FederationTypes['Budget'], {"id":true}> );
  AccessGrant:
    ( { __typename: 'AccessGrant' }
    & GraphQLRecursivePick<FederationTypes['AccessGrant'], {"id":true}> );
  GuardrailPolicy:
    ( { __typename: 'GuardrailPolicy' }
    & GraphQLRecursivePick<FederationTypes['GuardrailPolicy'], {"id":true}> );
};



/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  DateTime: ResolverTypeWrapper<Scalars['DateTime']['output']>;
  JSON: ResolverTypeWrapper<Scalars['JSON']['output']>;
  Decimal: ResolverTypeWrapper<Scalars['Decimal']['output']>;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
  Mutation: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  Caller: ResolverTypeWrapper<caller.Caller>;
  LimitStatus: ResolverTypeWrapper<LimitStatus>;
  Tenant: ResolverTypeWrapper<tenants.TenantRecord>;
  OnRevoke: OnRevoke;
  PayloadLogging: PayloadLogging;
  TenantConnection: ResolverTypeWrapper<connection.Connection<tenants.TenantRecord>>;
  TenantEdge: ResolverTypeWrapper<connection.Connection<tenants.TenantRecord>['edges'][number]>;
  PageInfo: ResolverTypeWrapper<PageInfo>;
  Team: ResolverTypeWrapper<teams.TeamRecord>;
  App: ResolverTypeWrapper<apps.AppRecord>;
  TrustedDocumentsMode: TrustedDocumentsMode;
  TrustedDocument: ResolverTypeWrapper<trustedDocuments.TrustedDocumentRecord>;
  TrustedDocumentConnection: ResolverTypeWrapper<connection.Connection<trustedDocuments.TrustedDocumentRecord>>;
  TrustedDocumentEdge: ResolverTypeWrapper<connection.Connection<trustedDocuments.TrustedDocumentRecord>['edges'][number]>;
  SavedTrustedDocuments: ResolverTypeWrapper<SavedTrustedDocuments>;
  ApiKey: ResolverTypeWrapper<apiKeys.ApiKeyRecord>;
  ApiKeyOwner: ResolverTypeWrapper<apiKeys.ApiKeyRecord>;
  ApiKeyOwnerKind: ApiKeyOwnerKind;
  CreatedApiKey: ResolverTypeWrapper<Omit<CreatedApiKey, 'key'> & { key: ResolversTypes['ApiKey'] }>;
  PageToken: ResolverTypeWrapper<PageToken>;
  Member: ResolverTypeWrapper<members.MemberRecord>;
  ProvisionedMember: ResolverTypeWrapper<members.ProvisionedMemberRecord>;
  ProvisionedMemberPage: ResolverTypeWrapper<Omit<ProvisionedMemberPage, 'nodes'> & { nodes: ReadonlyArray<ResolversTypes['ProvisionedMember']> }>;
  MemberGroup: ResolverTypeWrapper<memberGroups.MemberGroupRecord>;
  MemberGroupPage: ResolverTypeWrapper<Omit<MemberGroupPage, 'nodes'> & { nodes: ReadonlyArray<ResolversTypes['MemberGroup']> }>;
  Provisioning: ResolverTypeWrapper<tenants.TenantProvisioning>;
  GroupRole: ResolverTypeWrapper<tenants.GroupRole>;
  Invitation: ResolverTypeWrapper<invitations.InvitationRecord>;
  InvitationStatus: InvitationStatus;
  InvitationMail: InvitationMail;
  CreatedInvitation: ResolverTypeWrapper<Omit<CreatedInvitation, 'invitation'> & { invitation: ResolversTypes['Invitation'] }>;
  InvitationConnection: ResolverTypeWrapper<connection.Connection<invitations.InvitationRecord>>;
  InvitationEdge: ResolverTypeWrapper<connection.Connection<invitations.InvitationRecord>['edges'][number]>;
  LegalHold: ResolverTypeWrapper<legalHolds.LegalHoldRecord>;
  LegalHoldStatus: LegalHoldStatus;
  LegalHoldInput: LegalHoldInput;
  LegalHoldFilter: LegalHoldFilter;
  LegalHoldConnection: ResolverTypeWrapper<connection.Connection<legalHolds.LegalHoldRecord>>;
  LegalHoldEdge: ResolverTypeWrapper<connection.Connection<legalHolds.LegalHoldRecord>['edges'][number]>;
  Webhook: ResolverTypeWrapper<webhooks.WebhookRecord>;
  WebhookFormat: WebhookFormat;
  WebhookInput: WebhookInput;
  WebhookDelivery: ResolverTypeWrapper<webhookDeliveries.WebhookDeliveryRecord>;
  WebhookDeliveryState: WebhookDeliveryState;
  WebhookDeliveryFilter: WebhookDeliveryFilter;
  WebhookDeliveryConnection: ResolverTypeWrapper<connection.Connection<webhookDeliveries.WebhookDeliveryRecord>>;
  WebhookDeliveryEdge: ResolverTypeWrapper<connection.Connection<webhookDeliveries.WebhookDeliveryRecord>['edges'][number]>;
  ReplayWebhookInput: ReplayWebhookInput;
  WebhookReplay: ResolverTypeWrapper<WebhookReplay>;
  LogLevelSetting: ResolverTypeWrapper<LogLevelSetting>;
  LogLevel: LogLevel;
  Erasure: ResolverTypeWrapper<erasures.ErasureRecord>;
  ErasureKind: ErasureKind;
  ErasureStatus: ErasureStatus;
  ErasureCount: ResolverTypeWrapper<ErasureCount>;
  ErasureConnection: ResolverTypeWrapper<connection.Connection<erasures.ErasureRecord>>;
  ErasureEdge: ResolverTypeWrapper<connection.Connection<erasures.ErasureRecord>['edges'][number]>;
  MemberRole: MemberRole;
  Role: ResolverTypeWrapper<shownRole.ShownRole>;
  Issuer: ResolverTypeWrapper<issuers.IssuerRecord>;
  IssuerSignIn: ResolverTypeWrapper<issuers.IssuerSignIn>;
  IssuerClaims: ResolverTypeWrapper<issuers.IssuerClaims>;
  IssuerRule: ResolverTypeWrapper<issuers.IssuerRule>;
  IssuerConnection: ResolverTypeWrapper<connection.Connection<issuers.IssuerRecord>>;
  IssuerEdge: ResolverTypeWrapper<connection.Connection<issuers.IssuerRecord>['edges'][number]>;
  FieldPolicy: ResolverTypeWrapper<FieldPolicy>;
  Plan: ResolverTypeWrapper<plans.PlanRecord>;
  LimitWindow: LimitWindow;
  LimitSetter: LimitSetter;
  Limit: ResolverTypeWrapper<Limit>;
  Budget: ResolverTypeWrapper<budgets.BudgetRecord>;
  Float: ResolverTypeWrapper<Scalars['Float']['output']>;
  AccessStatus: AccessStatus;
  AccessGrant: ResolverTypeWrapper<accessGrants.AccessGrantRecord>;
  ListOrder: ListOrder;
  TimeOrder: TimeOrder;
  PlanOrder: PlanOrder;
  GuardrailMode: GuardrailMode;
  GuardrailAction: GuardrailAction;
  GuardrailPolicy: ResolverTypeWrapper<guardrailPolicies.PresentGuardrailPolicy>;
  GuardrailRule: ResolverTypeWrapper<guardrailPolicies.GuardrailRuleRecord>;
  GuardrailPolicyVersion: ResolverTypeWrapper<guardrailPolicies.GuardrailVersionRecord>;
  GuardrailRuleInput: GuardrailRuleInput;
  GuardrailPolicyInput: GuardrailPolicyInput;
  Consent: ResolverTypeWrapper<consents.ConsentRecord>;
  ConsentSource: ResolverTypeWrapper<tenants.ConsentSourceRecord>;
  ConsentConnection: ResolverTypeWrapper<connection.Connection<consents.ConsentRecord>>;
  ConsentEdge: ResolverTypeWrapper<connection.Connection<consents.ConsentRecord>['edges'][number]>;
  ConsentFilter: ConsentFilter;
  SaveConsentInput: SaveConsentInput;
  SaveConsentSourceInput: SaveConsentSourceInput;
  WithdrawConsentInput: WithdrawConsentInput;
  TeamConnection: ResolverTypeWrapper<connection.Connection<teams.TeamRecord>>;
  TeamEdge: ResolverTypeWrapper<connection.Connection<teams.TeamRecord>['edges'][number]>;
  AppConnection: ResolverTypeWrapper<connection.Connection<apps.AppRecord>>;
  AppEdge: ResolverTypeWrapper<connection.Connection<apps.AppRecord>['edges'][number]>;
  ApiKeyConnection: ResolverTypeWrapper<connection.Connection<apiKeys.ApiKeyRecord>>;
  ApiKeyEdge: ResolverTypeWrapper<connection.Connection<apiKeys.ApiKeyRecord>['edges'][number]>;
  MemberConnection: ResolverTypeWrapper<connection.Connection<members.MemberRecord>>;
  MemberEdge: ResolverTypeWrapper<connection.Connection<members.MemberRecord>['edges'][number]>;
  BudgetConnection: ResolverTypeWrapper<connection.Connection<budgets.BudgetRecord>>;
  BudgetEdge: ResolverTypeWrapper<connection.Connection<budgets.BudgetRecord>['edges'][number]>;
  AccessGrantConnection: ResolverTypeWrapper<connection.Connection<accessGrants.AccessGrantRecord>>;
  AccessGrantEdge: ResolverTypeWrapper<connection.Connection<accessGrants.AccessGrantRecord>['edges'][number]>;
  TenantFilter: TenantFilter;
  PlanFilter: PlanFilter;
  TeamFilter: TeamFilter;
  AppFilter: AppFilter;
  ApiKeyFilter: ApiKeyFilter;
  MemberFilter: MemberFilter;
  InvitationFilter: InvitationFilter;
  ErasureFilter: ErasureFilter;
  RoleFilter: RoleFilter;
  BudgetFilter: BudgetFilter;
  AccessGrantFilter: AccessGrantFilter;
  TrustedDocumentFilter: TrustedDocumentFilter;
  TrustedDocumentsInput: TrustedDocumentsInput;
  TrustedDocumentInput: TrustedDocumentInput;
  CreateTenantInput: CreateTenantInput;
  UpdateTenantInput: UpdateTenantInput;
  CreateTeamInput: CreateTeamInput;
  UpdateTeamInput: UpdateTeamInput;
  CreateAppInput: CreateAppInput;
  UpdateAppInput: UpdateAppInput;
  CreateApiKeyInput: CreateApiKeyInput;
  SetLogLevelInput: SetLogLevelInput;
  EraseTenantInput: EraseTenantInput;
  EraseEndUserInput: EraseEndUserInput;
  PageTokenInput: PageTokenInput;
  UpdateApiKeyInput: UpdateApiKeyInput;
  MemberInput: MemberInput;
  ProvisionedMemberCondition: ProvisionedMemberCondition;
  MemberGroupCondition: MemberGroupCondition;
  ProvisioningInput: ProvisioningInput;
  GroupRoleInput: GroupRoleInput;
  ProvisionMemberInput: ProvisionMemberInput;
  UpdateProvisionedMemberInput: UpdateProvisionedMemberInput;
  MemberGroupInput: MemberGroupInput;
  InviteMemberInput: InviteMemberInput;
  RoleInput: RoleInput;
  LimitInput: LimitInput;
  IssuerFilter: IssuerFilter;
  IssuerInput: IssuerInput;
  IssuerSignInInput: IssuerSignInInput;
  IssuerClaimsInput: IssuerClaimsInput;
  IssuerRuleInput: IssuerRuleInput;
  PlanInput: PlanInput;
  BudgetInput: BudgetInput;
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
  Int: Scalars['Int']['output'];
  String: Scalars['String']['output'];
  Mutation: Record<PropertyKey, never>;
  Boolean: Scalars['Boolean']['output'];
  Caller: caller.Caller;
  LimitStatus: LimitStatus;
  Tenant: tenants.TenantRecord;
  TenantConnection: connection.Connection<tenants.TenantRecord>;
  TenantEdge: connection.Connection<tenants.TenantRecord>['edges'][number];
  PageInfo: PageInfo;
  Team: teams.TeamRecord;
  App: apps.AppRecord;
  TrustedDocument: trustedDocuments.TrustedDocumentRecord;
  TrustedDocumentConnection: connection.Connection<trustedDocuments.TrustedDocumentRecord>;
  TrustedDocumentEdge: connection.Connection<trustedDocuments.TrustedDocumentRecord>['edges'][number];
  SavedTrustedDocuments: SavedTrustedDocuments;
  ApiKey: apiKeys.ApiKeyRecord;
  ApiKeyOwner: apiKeys.ApiKeyRecord;
  CreatedApiKey: Omit<CreatedApiKey, 'key'> & { key: ResolversParentTypes['ApiKey'] };
  PageToken: PageToken;
  Member: members.MemberRecord;
  ProvisionedMember: members.ProvisionedMemberRecord;
  ProvisionedMemberPage: Omit<ProvisionedMemberPage, 'nodes'> & { nodes: ReadonlyArray<ResolversParentTypes['ProvisionedMember']> };
  MemberGroup: memberGroups.MemberGroupRecord;
  MemberGroupPage: Omit<MemberGroupPage, 'nodes'> & { nodes: ReadonlyArray<ResolversParentTypes['MemberGroup']> };
  Provisioning: tenants.TenantProvisioning;
  GroupRole: tenants.GroupRole;
  Invitation: invitations.InvitationRecord;
  CreatedInvitation: Omit<CreatedInvitation, 'invitation'> & { invitation: ResolversParentTypes['Invitation'] };
  InvitationConnection: connection.Connection<invitations.InvitationRecord>;
  InvitationEdge: connection.Connection<invitations.InvitationRecord>['edges'][number];
  LegalHold: legalHolds.LegalHoldRecord;
  LegalHoldInput: LegalHoldInput;
  LegalHoldFilter: LegalHoldFilter;
  LegalHoldConnection: connection.Connection<legalHolds.LegalHoldRecord>;
  LegalHoldEdge: connection.Connection<legalHolds.LegalHoldRecord>['edges'][number];
  Webhook: webhooks.WebhookRecord;
  WebhookInput: WebhookInput;
  WebhookDelivery: webhookDeliveries.WebhookDeliveryRecord;
  WebhookDeliveryFilter: WebhookDeliveryFilter;
  WebhookDeliveryConnection: connection.Connection<webhookDeliveries.WebhookDeliveryRecord>;
  WebhookDeliveryEdge: connection.Connection<webhookDeliveries.WebhookDeliveryRecord>['edges'][number];
  ReplayWebhookInput: ReplayWebhookInput;
  WebhookReplay: WebhookReplay;
  LogLevelSetting: LogLevelSetting;
  Erasure: erasures.ErasureRecord;
  ErasureCount: ErasureCount;
  ErasureConnection: connection.Connection<erasures.ErasureRecord>;
  ErasureEdge: connection.Connection<erasures.ErasureRecord>['edges'][number];
  Role: shownRole.ShownRole;
  Issuer: issuers.IssuerRecord;
  IssuerSignIn: issuers.IssuerSignIn;
  IssuerClaims: issuers.IssuerClaims;
  IssuerRule: issuers.IssuerRule;
  IssuerConnection: connection.Connection<issuers.IssuerRecord>;
  IssuerEdge: connection.Connection<issuers.IssuerRecord>['edges'][number];
  FieldPolicy: FieldPolicy;
  Plan: plans.PlanRecord;
  Limit: Limit;
  Budget: budgets.BudgetRecord;
  Float: Scalars['Float']['output'];
  AccessGrant: accessGrants.AccessGrantRecord;
  GuardrailPolicy: guardrailPolicies.PresentGuardrailPolicy;
  GuardrailRule: guardrailPolicies.GuardrailRuleRecord;
  GuardrailPolicyVersion: guardrailPolicies.GuardrailVersionRecord;
  GuardrailRuleInput: GuardrailRuleInput;
  GuardrailPolicyInput: GuardrailPolicyInput;
  Consent: consents.ConsentRecord;
  ConsentSource: tenants.ConsentSourceRecord;
  ConsentConnection: connection.Connection<consents.ConsentRecord>;
  ConsentEdge: connection.Connection<consents.ConsentRecord>['edges'][number];
  ConsentFilter: ConsentFilter;
  SaveConsentInput: SaveConsentInput;
  SaveConsentSourceInput: SaveConsentSourceInput;
  WithdrawConsentInput: WithdrawConsentInput;
  TeamConnection: connection.Connection<teams.TeamRecord>;
  TeamEdge: connection.Connection<teams.TeamRecord>['edges'][number];
  AppConnection: connection.Connection<apps.AppRecord>;
  AppEdge: connection.Connection<apps.AppRecord>['edges'][number];
  ApiKeyConnection: connection.Connection<apiKeys.ApiKeyRecord>;
  ApiKeyEdge: connection.Connection<apiKeys.ApiKeyRecord>['edges'][number];
  MemberConnection: connection.Connection<members.MemberRecord>;
  MemberEdge: connection.Connection<members.MemberRecord>['edges'][number];
  BudgetConnection: connection.Connection<budgets.BudgetRecord>;
  BudgetEdge: connection.Connection<budgets.BudgetRecord>['edges'][number];
  AccessGrantConnection: connection.Connection<accessGrants.AccessGrantRecord>;
  AccessGrantEdge: connection.Connection<accessGrants.AccessGrantRecord>['edges'][number];
  TenantFilter: TenantFilter;
  PlanFilter: PlanFilter;
  TeamFilter: TeamFilter;
  AppFilter: AppFilter;
  ApiKeyFilter: ApiKeyFilter;
  MemberFilter: MemberFilter;
  InvitationFilter: InvitationFilter;
  ErasureFilter: ErasureFilter;
  RoleFilter: RoleFilter;
  BudgetFilter: BudgetFilter;
  AccessGrantFilter: AccessGrantFilter;
  TrustedDocumentFilter: TrustedDocumentFilter;
  TrustedDocumentsInput: TrustedDocumentsInput;
  TrustedDocumentInput: TrustedDocumentInput;
  CreateTenantInput: CreateTenantInput;
  UpdateTenantInput: UpdateTenantInput;
  CreateTeamInput: CreateTeamInput;
  UpdateTeamInput: UpdateTeamInput;
  CreateAppInput: CreateAppInput;
  UpdateAppInput: UpdateAppInput;
  CreateApiKeyInput: CreateApiKeyInput;
  SetLogLevelInput: SetLogLevelInput;
  EraseTenantInput: EraseTenantInput;
  EraseEndUserInput: EraseEndUserInput;
  PageTokenInput: PageTokenInput;
  UpdateApiKeyInput: UpdateApiKeyInput;
  MemberInput: MemberInput;
  ProvisionedMemberCondition: ProvisionedMemberCondition;
  MemberGroupCondition: MemberGroupCondition;
  ProvisioningInput: ProvisioningInput;
  GroupRoleInput: GroupRoleInput;
  ProvisionMemberInput: ProvisionMemberInput;
  UpdateProvisionedMemberInput: UpdateProvisionedMemberInput;
  MemberGroupInput: MemberGroupInput;
  InviteMemberInput: InviteMemberInput;
  RoleInput: RoleInput;
  LimitInput: LimitInput;
  IssuerFilter: IssuerFilter;
  IssuerInput: IssuerInput;
  IssuerSignInInput: IssuerSignInInput;
  IssuerClaimsInput: IssuerClaimsInput;
  IssuerRuleInput: IssuerRuleInput;
  PlanInput: PlanInput;
  BudgetInput: BudgetInput;
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
  me?: Resolver<ResolversTypes['Caller'], ParentType, ContextType>;
  tenant?: Resolver<Maybe<ResolversTypes['Tenant']>, ParentType, ContextType, Partial<QueryTenantArgs>>;
  tenants?: Resolver<ResolversTypes['TenantConnection'], ParentType, ContextType, RequireFields<QueryTenantsArgs, 'orderBy'>>;
  plans?: Resolver<ReadonlyArray<ResolversTypes['Plan']>, ParentType, ContextType, RequireFields<QueryPlansArgs, 'orderBy'>>;
  plan?: Resolver<Maybe<ResolversTypes['Plan']>, ParentType, ContextType, RequireFields<QueryPlanArgs, 'id'>>;
  teams?: Resolver<ResolversTypes['TeamConnection'], ParentType, ContextType, RequireFields<QueryTeamsArgs, 'orderBy'>>;
  team?: Resolver<Maybe<ResolversTypes['Team']>, ParentType, ContextType, RequireFields<QueryTeamArgs, 'id'>>;
  apps?: Resolver<ResolversTypes['AppConnection'], ParentType, ContextType, RequireFields<QueryAppsArgs, 'orderBy'>>;
  app?: Resolver<Maybe<ResolversTypes['App']>, ParentType, ContextType, RequireFields<QueryAppArgs, 'id'>>;
  apiKeys?: Resolver<ResolversTypes['ApiKeyConnection'], ParentType, ContextType, RequireFields<QueryApiKeysArgs, 'orderBy'>>;
  apiKey?: Resolver<Maybe<ResolversTypes['ApiKey']>, ParentType, ContextType, RequireFields<QueryApiKeyArgs, 'id'>>;
  members?: Resolver<ResolversTypes['MemberConnection'], ParentType, ContextType, RequireFields<QueryMembersArgs, 'orderBy'>>;
  member?: Resolver<Maybe<ResolversTypes['Member']>, ParentType, ContextType, RequireFields<QueryMemberArgs, 'id'>>;
  provisionedMembers?: Resolver<ResolversTypes['ProvisionedMemberPage'], ParentType, ContextType, RequireFields<QueryProvisionedMembersArgs, 'offset' | 'first'>>;
  provisionedMember?: Resolver<Maybe<ResolversTypes['ProvisionedMember']>, ParentType, ContextType, RequireFields<QueryProvisionedMemberArgs, 'id'>>;
  memberGroups?: Resolver<ResolversTypes['MemberGroupPage'], ParentType, ContextType, RequireFields<QueryMemberGroupsArgs, 'offset' | 'first'>>;
  memberGroup?: Resolver<Maybe<ResolversTypes['MemberGroup']>, ParentType, ContextType, RequireFields<QueryMemberGroupArgs, 'id'>>;
  invitations?: Resolver<ResolversTypes['InvitationConnection'], ParentType, ContextType, RequireFields<QueryInvitationsArgs, 'orderBy'>>;
  erasures?: Resolver<ResolversTypes['ErasureConnection'], ParentType, ContextType, RequireFields<QueryErasuresArgs, 'orderBy'>>;
  erasure?: Resolver<Maybe<ResolversTypes['Erasure']>, ParentType, ContextType, RequireFields<QueryErasureArgs, 'id'>>;
  legalHolds?: Resolver<ResolversTypes['LegalHoldConnection'], ParentType, ContextType, RequireFields<QueryLegalHoldsArgs, 'orderBy'>>;
  roles?: Resolver<ReadonlyArray<ResolversTypes['Role']>, ParentType, ContextType, Partial<QueryRolesArgs>>;
  policy?: Resolver<ReadonlyArray<ResolversTypes['FieldPolicy']>, ParentType, ContextType, Partial<QueryPolicyArgs>>;
  guardrailPolicies?: Resolver<ReadonlyArray<ResolversTypes['GuardrailPolicy']>, ParentType, ContextType, Partial<QueryGuardrailPoliciesArgs>>;
  consents?: Resolver<ResolversTypes['ConsentConnection'], ParentType, ContextType, RequireFields<QueryConsentsArgs, 'orderBy'>>;
  webhooks?: Resolver<ReadonlyArray<ResolversTypes['Webhook']>, ParentType, ContextType, Partial<QueryWebhooksArgs>>;
  webhookDeliveries?: Resolver<ResolversTypes['WebhookDeliveryConnection'], ParentType, ContextType, RequireFields<QueryWebhookDeliveriesArgs, 'orderBy'>>;
  guardrailPolicy?: Resolver<Maybe<ResolversTypes['GuardrailPolicy']>, ParentType, ContextType, RequireFields<QueryGuardrailPolicyArgs, 'id'>>;
  budgets?: Resolver<ResolversTypes['BudgetConnection'], ParentType, ContextType, RequireFields<QueryBudgetsArgs, 'orderBy'>>;
  budget?: Resolver<Maybe<ResolversTypes['Budget']>, ParentType, ContextType, RequireFields<QueryBudgetArgs, 'id'>>;
  accessGrants?: Resolver<ResolversTypes['AccessGrantConnection'], ParentType, ContextType, RequireFields<QueryAccessGrantsArgs, 'orderBy'>>;
  issuers?: Resolver<ResolversTypes['IssuerConnection'], ParentType, ContextType, RequireFields<QueryIssuersArgs, 'orderBy'>>;
  trustedDocuments?: Resolver<ResolversTypes['TrustedDocumentConnection'], ParentType, ContextType, RequireFields<QueryTrustedDocumentsArgs, 'orderBy'>>;
  _trustedDocument?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType, RequireFields<Query_TrustedDocumentArgs, 'name'>>;
  _caller?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType, RequireFields<Query_CallerArgs, 'keyHash'>>;
};

export type MutationResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Mutation'] = ResolversParentTypes['Mutation']> = {
  _audit?: Resolver<ResolversTypes['Int'], ParentType, ContextType, RequireFields<Mutation_AuditArgs, 'refusals'>>;
  _startSession?: Resolver<ResolversTypes['JSON'], ParentType, ContextType>;
  _beginSignIn?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType, RequireFields<Mutation_BeginSignInArgs, 'redirectUri' | 'returnPath'>>;
  _finishSignIn?: Resolver<ResolversTypes['JSON'], ParentType, ContextType, RequireFields<Mutation_FinishSignInArgs, 'querySecret' | 'stateSecret' | 'redirectUri'>>;
  _beginInvitation?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType, RequireFields<Mutation_BeginInvitationArgs, 'invitationSecret' | 'redirectUri'>>;
  _acceptInvitation?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType, RequireFields<Mutation_AcceptInvitationArgs, 'stateSecret'>>;
  _endSession?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType, RequireFields<Mutation_EndSessionArgs, 'everywhere'>>;
  createTenant?: Resolver<ResolversTypes['Tenant'], ParentType, ContextType, RequireFields<MutationCreateTenantArgs, 'input'>>;
  updateTenant?: Resolver<ResolversTypes['Tenant'], ParentType, ContextType, RequireFields<MutationUpdateTenantArgs, 'id' | 'input'>>;
  archiveTenant?: Resolver<ResolversTypes['ID'], ParentType, ContextType, RequireFields<MutationArchiveTenantArgs, 'id'>>;
  restoreTenant?: Resolver<ResolversTypes['Tenant'], ParentType, ContextType, RequireFields<MutationRestoreTenantArgs, 'id'>>;
  eraseEndUser?: Resolver<ResolversTypes['Erasure'], ParentType, ContextType, RequireFields<MutationEraseEndUserArgs, 'input'>>;
  eraseTenant?: Resolver<ResolversTypes['Erasure'], ParentType, ContextType, RequireFields<MutationEraseTenantArgs, 'input'>>;
  saveLegalHold?: Resolver<ResolversTypes['LegalHold'], ParentType, ContextType, RequireFields<MutationSaveLegalHoldArgs, 'input'>>;
  releaseLegalHold?: Resolver<ResolversTypes['LegalHold'], ParentType, ContextType, RequireFields<MutationReleaseLegalHoldArgs, 'id'>>;
  setLogLevel?: Resolver<ResolversTypes['LogLevelSetting'], ParentType, ContextType, RequireFields<MutationSetLogLevelArgs, 'input'>>;
  createTeam?: Resolver<ResolversTypes['Team'], ParentType, ContextType, RequireFields<MutationCreateTeamArgs, 'input'>>;
  updateTeam?: Resolver<ResolversTypes['Team'], ParentType, ContextType, RequireFields<MutationUpdateTeamArgs, 'id' | 'input'>>;
  archiveTeam?: Resolver<ResolversTypes['ID'], ParentType, ContextType, RequireFields<MutationArchiveTeamArgs, 'id'>>;
  restoreTeam?: Resolver<ResolversTypes['Team'], ParentType, ContextType, RequireFields<MutationRestoreTeamArgs, 'id'>>;
  createApp?: Resolver<ResolversTypes['App'], ParentType, ContextType, RequireFields<MutationCreateAppArgs, 'input'>>;
  updateApp?: Resolver<ResolversTypes['App'], ParentType, ContextType, RequireFields<MutationUpdateAppArgs, 'id' | 'input'>>;
  archiveApp?: Resolver<ResolversTypes['ID'], ParentType, ContextType, RequireFields<MutationArchiveAppArgs, 'id'>>;
  restoreApp?: Resolver<ResolversTypes['App'], ParentType, ContextType, RequireFields<MutationRestoreAppArgs, 'id'>>;
  createApiKey?: Resolver<ResolversTypes['CreatedApiKey'], ParentType, ContextType, RequireFields<MutationCreateApiKeyArgs, 'input'>>;
  updateApiKey?: Resolver<ResolversTypes['ApiKey'], ParentType, ContextType, RequireFields<MutationUpdateApiKeyArgs, 'id' | 'input'>>;
  createPageToken?: Resolver<ResolversTypes['PageToken'], ParentType, ContextType, RequireFields<MutationCreatePageTokenArgs, 'input'>>;
  rotateApiKey?: Resolver<ResolversTypes['CreatedApiKey'], ParentType, ContextType, RequireFields<MutationRotateApiKeyArgs, 'id'>>;
  revokeApiKey?: Resolver<ResolversTypes['ApiKey'], ParentType, ContextType, RequireFields<MutationRevokeApiKeyArgs, 'id'>>;
  revokeApiKeys?: Resolver<ReadonlyArray<ResolversTypes['ID']>, ParentType, ContextType, RequireFields<MutationRevokeApiKeysArgs, 'filter'>>;
  saveMember?: Resolver<ResolversTypes['Member'], ParentType, ContextType, RequireFields<MutationSaveMemberArgs, 'input'>>;
  removeMember?: Resolver<ResolversTypes['ID'], ParentType, ContextType, RequireFields<MutationRemoveMemberArgs, 'id' | 'revokeKeysMade'>>;
  deactivateMember?: Resolver<ResolversTypes['Member'], ParentType, ContextType, RequireFields<MutationDeactivateMemberArgs, 'id' | 'revokeKeysMade'>>;
  reactivateMember?: Resolver<ResolversTypes['Member'], ParentType, ContextType, RequireFields<MutationReactivateMemberArgs, 'id'>>;
  saveProvisioning?: Resolver<ResolversTypes['Provisioning'], ParentType, ContextType, RequireFields<MutationSaveProvisioningArgs, 'input'>>;
  deleteProvisioning?: Resolver<ResolversTypes['ID'], ParentType, ContextType, Partial<MutationDeleteProvisioningArgs>>;
  provisionMember?: Resolver<ResolversTypes['ProvisionedMember'], ParentType, ContextType, RequireFields<MutationProvisionMemberArgs, 'input'>>;
  updateProvisionedMember?: Resolver<ResolversTypes['ProvisionedMember'], ParentType, ContextType, RequireFields<MutationUpdateProvisionedMemberArgs, 'id' | 'input'>>;
  removeProvisionedMember?: Resolver<ResolversTypes['ID'], ParentType, ContextType, RequireFields<MutationRemoveProvisionedMemberArgs, 'id'>>;
  saveMemberGroup?: Resolver<ResolversTypes['MemberGroup'], ParentType, ContextType, RequireFields<MutationSaveMemberGroupArgs, 'input'>>;
  deleteMemberGroup?: Resolver<ResolversTypes['ID'], ParentType, ContextType, RequireFields<MutationDeleteMemberGroupArgs, 'id'>>;
  inviteMember?: Resolver<ResolversTypes['CreatedInvitation'], ParentType, ContextType, RequireFields<MutationInviteMemberArgs, 'input'>>;
  resendInvitation?: Resolver<ResolversTypes['CreatedInvitation'], ParentType, ContextType, RequireFields<MutationResendInvitationArgs, 'id' | 'sendMail'>>;
  revokeInvitation?: Resolver<ResolversTypes['Invitation'], ParentType, ContextType, RequireFields<MutationRevokeInvitationArgs, 'id'>>;
  saveRole?: Resolver<ResolversTypes['Role'], ParentType, ContextType, RequireFields<MutationSaveRoleArgs, 'input'>>;
  deleteRole?: Resolver<ResolversTypes['ID'], ParentType, ContextType, RequireFields<MutationDeleteRoleArgs, 'name'>>;
  savePlan?: Resolver<ResolversTypes['Plan'], ParentType, ContextType, RequireFields<MutationSavePlanArgs, 'input'>>;
  deletePlan?: Resolver<ResolversTypes['ID'], ParentType, ContextType, RequireFields<MutationDeletePlanArgs, 'id'>>;
  assignPlan?: Resolver<ResolversTypes['Tenant'], ParentType, ContextType, RequireFields<MutationAssignPlanArgs, 'tenantId' | 'planId'>>;
  saveIssuer?: Resolver<ResolversTypes['Issuer'], ParentType, ContextType, RequireFields<MutationSaveIssuerArgs, 'input'>>;
  deleteIssuer?: Resolver<ResolversTypes['ID'], ParentType, ContextType, RequireFields<MutationDeleteIssuerArgs, 'id'>>;
  saveGuardrailPolicy?: Resolver<ResolversTypes['GuardrailPolicy'], ParentType, ContextType, RequireFields<MutationSaveGuardrailPolicyArgs, 'input'>>;
  rollbackGuardrailPolicy?: Resolver<ResolversTypes['GuardrailPolicy'], ParentType, ContextType, RequireFields<MutationRollbackGuardrailPolicyArgs, 'id' | 'version'>>;
  deleteGuardrailPolicy?: Resolver<ResolversTypes['ID'], ParentType, ContextType, RequireFields<MutationDeleteGuardrailPolicyArgs, 'id'>>;
  saveConsent?: Resolver<ResolversTypes['Consent'], ParentType, ContextType, RequireFields<MutationSaveConsentArgs, 'input'>>;
  withdrawConsent?: Resolver<ResolversTypes['Consent'], ParentType, ContextType, RequireFields<MutationWithdrawConsentArgs, 'input'>>;
  saveConsentSource?: Resolver<ResolversTypes['ConsentSource'], ParentType, ContextType, RequireFields<MutationSaveConsentSourceArgs, 'input'>>;
  deleteConsentSource?: Resolver<ResolversTypes['ID'], ParentType, ContextType, Partial<MutationDeleteConsentSourceArgs>>;
  saveWebhook?: Resolver<ResolversTypes['Webhook'], ParentType, ContextType, RequireFields<MutationSaveWebhookArgs, 'input'>>;
  deleteWebhook?: Resolver<ResolversTypes['ID'], ParentType, ContextType, RequireFields<MutationDeleteWebhookArgs, 'id'>>;
  testWebhook?: Resolver<ResolversTypes['WebhookDelivery'], ParentType, ContextType, RequireFields<MutationTestWebhookArgs, 'id'>>;
  replayWebhook?: Resolver<ResolversTypes['WebhookReplay'], ParentType, ContextType, RequireFields<MutationReplayWebhookArgs, 'input'>>;
  saveBudget?: Resolver<ResolversTypes['Budget'], ParentType, ContextType, RequireFields<MutationSaveBudgetArgs, 'input'>>;
  deleteBudget?: Resolver<ResolversTypes['ID'], ParentType, ContextType, RequireFields<MutationDeleteBudgetArgs, 'id'>>;
  saveTrustedDocuments?: Resolver<ResolversTypes['SavedTrustedDocuments'], ParentType, ContextType, RequireFields<MutationSaveTrustedDocumentsArgs, 'input'>>;
  deleteTrustedDocuments?: Resolver<ReadonlyArray<ResolversTypes['ID']>, ParentType, ContextType, RequireFields<MutationDeleteTrustedDocumentsArgs, 'ids'>>;
  requestAccess?: Resolver<ResolversTypes['AccessGrant'], ParentType, ContextType, RequireFields<MutationRequestAccessArgs, 'resource'>>;
  decideAccess?: Resolver<ResolversTypes['AccessGrant'], ParentType, ContextType, RequireFields<MutationDecideAccessArgs, 'id' | 'approve'>>;
  withdrawAccess?: Resolver<ResolversTypes['ID'], ParentType, ContextType, RequireFields<MutationWithdrawAccessArgs, 'id'>>;
};

export type CallerResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Caller'] = ResolversParentTypes['Caller']> = {
  kind?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  tenant?: Resolver<Maybe<ResolversTypes['Tenant']>, ParentType, ContextType>;
  app?: Resolver<Maybe<ResolversTypes['App']>, ParentType, ContextType>;
  keyId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  endUserId?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  subject?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  email?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  issuerId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  role?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  scopes?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  limits?: Resolver<ReadonlyArray<ResolversTypes['LimitStatus']>, ParentType, ContextType>;
};

export type LimitStatusResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['LimitStatus'] = ResolversParentTypes['LimitStatus']> = {
  subject?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  meter?: Resolver<ResolversTypes['Meter'], ParentType, ContextType>;
  window?: Resolver<ResolversTypes['LimitWindow'], ParentType, ContextType>;
  amount?: Resolver<ResolversTypes['Decimal'], ParentType, ContextType>;
  used?: Resolver<ResolversTypes['Decimal'], ParentType, ContextType>;
  reserved?: Resolver<ResolversTypes['Decimal'], ParentType, ContextType>;
  remaining?: Resolver<ResolversTypes['Decimal'], ParentType, ContextType>;
  resetsAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  hard?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type TenantResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Tenant'] = ResolversParentTypes['Tenant'], FederationReferenceType extends FederationReferenceTypes['Tenant'] = FederationReferenceTypes['Tenant']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['Tenant']> | FederationReferenceType, FederationReferenceType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  plan?: Resolver<ResolversTypes['Plan'], ParentType, ContextType>;
  apps?: Resolver<ReadonlyArray<ResolversTypes['App']>, ParentType, ContextType, Partial<TenantAppsArgs>>;
  provisioning?: Resolver<Maybe<ResolversTypes['Provisioning']>, ParentType, ContextType>;
  consentSource?: Resolver<Maybe<ResolversTypes['ConsentSource']>, ParentType, ContextType>;
  members?: Resolver<ReadonlyArray<ResolversTypes['Member']>, ParentType, ContextType, Partial<TenantMembersArgs>>;
  budgets?: Resolver<ReadonlyArray<ResolversTypes['Budget']>, ParentType, ContextType, Partial<TenantBudgetsArgs>>;
  allowedRegions?: Resolver<Maybe<ReadonlyArray<ResolversTypes['String']>>, ParentType, ContextType>;
  payloadLogging?: Resolver<ResolversTypes['PayloadLogging'], ParentType, ContextType>;
  payloadDays?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  cacheByDefault?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  cacheScope?: Resolver<Maybe<ResolversTypes['CacheScope']>, ParentType, ContextType>;
  onRevoke?: Resolver<ResolversTypes['OnRevoke'], ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  archivedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  erasedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
};

export type OnRevokeResolvers = EnumResolverSignature<{ END?: any, FINISH?: any }, ResolversTypes['OnRevoke']>;

export type PayloadLoggingResolvers = EnumResolverSignature<{ DEFAULT?: any, NONE?: any, METADATA?: any, FULL?: any }, ResolversTypes['PayloadLogging']>;

export type TenantConnectionResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['TenantConnection'] = ResolversParentTypes['TenantConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['TenantEdge']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type TenantEdgeResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['TenantEdge'] = ResolversParentTypes['TenantEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Tenant'], ParentType, ContextType>;
};

export type PageInfoResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['PageInfo'] = ResolversParentTypes['PageInfo']> = {
  hasNextPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  hasPreviousPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  startCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  endCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type TeamResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Team'] = ResolversParentTypes['Team'], FederationReferenceType extends FederationReferenceTypes['Team'] = FederationReferenceTypes['Team']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['Team']> | FederationReferenceType, FederationReferenceType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  tenant?: Resolver<ResolversTypes['Tenant'], ParentType, ContextType>;
  apps?: Resolver<ReadonlyArray<ResolversTypes['App']>, ParentType, ContextType, Partial<TeamAppsArgs>>;
  limits?: Resolver<ReadonlyArray<ResolversTypes['Limit']>, ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  archivedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
};

export type AppResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['App'] = ResolversParentTypes['App'], FederationReferenceType extends FederationReferenceTypes['App'] = FederationReferenceTypes['App']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['App']> | FederationReferenceType, FederationReferenceType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  tenant?: Resolver<ResolversTypes['Tenant'], ParentType, ContextType>;
  team?: Resolver<Maybe<ResolversTypes['Team']>, ParentType, ContextType>;
  keys?: Resolver<ReadonlyArray<ResolversTypes['ApiKey']>, ParentType, ContextType, Partial<AppKeysArgs>>;
  apiKeys?: Resolver<ResolversTypes['ApiKeyConnection'], ParentType, ContextType, RequireFields<AppApiKeysArgs, 'orderBy'>>;
  limits?: Resolver<ReadonlyArray<ResolversTypes['Limit']>, ParentType, ContextType>;
  cacheByDefault?: Resolver<Maybe<ResolversTypes['Boolean']>, ParentType, ContextType>;
  cacheScope?: Resolver<Maybe<ResolversTypes['CacheScope']>, ParentType, ContextType>;
  models?: Resolver<Maybe<ReadonlyArray<ResolversTypes['String']>>, ParentType, ContextType>;
  prompts?: Resolver<Maybe<ReadonlyArray<ResolversTypes['String']>>, ParentType, ContextType>;
  trustedDocuments?: Resolver<Maybe<ResolversTypes['TrustedDocumentsMode']>, ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  archivedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
};

export type TrustedDocumentsModeResolvers = EnumResolverSignature<{ OFF?: any, LOG?: any, ENFORCE?: any }, ResolversTypes['TrustedDocumentsMode']>;

export type TrustedDocumentResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['TrustedDocument'] = ResolversParentTypes['TrustedDocument']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  tenantId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  client?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  documentId?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  sha256?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  name?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  body?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
};

export type TrustedDocumentConnectionResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['TrustedDocumentConnection'] = ResolversParentTypes['TrustedDocumentConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['TrustedDocumentEdge']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type TrustedDocumentEdgeResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['TrustedDocumentEdge'] = ResolversParentTypes['TrustedDocumentEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['TrustedDocument'], ParentType, ContextType>;
};

export type SavedTrustedDocumentsResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['SavedTrustedDocuments'] = ResolversParentTypes['SavedTrustedDocuments']> = {
  saved?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  unchanged?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type ApiKeyResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['ApiKey'] = ResolversParentTypes['ApiKey'], FederationReferenceType extends FederationReferenceTypes['ApiKey'] = FederationReferenceTypes['ApiKey']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['ApiKey']> | FederationReferenceType, FederationReferenceType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  app?: Resolver<ResolversTypes['App'], ParentType, ContextType>;
  owner?: Resolver<ResolversTypes['ApiKeyOwner'], ParentType, ContextType>;
  label?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  hint?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  scopes?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  limits?: Resolver<ReadonlyArray<ResolversTypes['Limit']>, ParentType, ContextType>;
  budgets?: Resolver<ReadonlyArray<ResolversTypes['Budget']>, ParentType, ContextType>;
  allowedIps?: Resolver<Maybe<ReadonlyArray<ResolversTypes['String']>>, ParentType, ContextType>;
  expiresAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  rotateEveryDays?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  rotationOverlapSeconds?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  rotationDueAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  models?: Resolver<Maybe<ReadonlyArray<ResolversTypes['String']>>, ParentType, ContextType>;
  prompts?: Resolver<Maybe<ReadonlyArray<ResolversTypes['String']>>, ParentType, ContextType>;
  lastUsedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  lastUsedFrom?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  revokedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
};

export type ApiKeyOwnerResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['ApiKeyOwner'] = ResolversParentTypes['ApiKeyOwner']> = {
  kind?: Resolver<ResolversTypes['ApiKeyOwnerKind'], ParentType, ContextType>;
  member?: Resolver<Maybe<ResolversTypes['Member']>, ParentType, ContextType>;
  service?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
};

export type ApiKeyOwnerKindResolvers = EnumResolverSignature<{ APP?: any, MEMBER?: any, SERVICE?: any }, ResolversTypes['ApiKeyOwnerKind']>;

export type CreatedApiKeyResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['CreatedApiKey'] = ResolversParentTypes['CreatedApiKey']> = {
  key?: Resolver<ResolversTypes['ApiKey'], ParentType, ContextType>;
  secret?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type PageTokenResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['PageToken'] = ResolversParentTypes['PageToken']> = {
  token?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  expiresAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
};

export type MemberResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Member'] = ResolversParentTypes['Member'], FederationReferenceType extends FederationReferenceTypes['Member'] = FederationReferenceTypes['Member']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['Member']> | FederationReferenceType, FederationReferenceType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  issuerId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  issuer?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  subject?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  email?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  role?: Resolver<ResolversTypes['MemberRole'], ParentType, ContextType>;
  customRole?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  tenant?: Resolver<ResolversTypes['Tenant'], ParentType, ContextType>;
  provisioned?: Resolver<Maybe<ResolversTypes['ProvisionedMember']>, ParentType, ContextType>;
  deactivatedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  keys?: Resolver<ResolversTypes['ApiKeyConnection'], ParentType, ContextType, RequireFields<MemberKeysArgs, 'orderBy'>>;
  keysMade?: Resolver<ResolversTypes['ApiKeyConnection'], ParentType, ContextType, RequireFields<MemberKeysMadeArgs, 'orderBy'>>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
};

export type ProvisionedMemberResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['ProvisionedMember'] = ResolversParentTypes['ProvisionedMember']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  externalId?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  userName?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  displayName?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  givenName?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  familyName?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  email?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  active?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  groups?: Resolver<ReadonlyArray<ResolversTypes['MemberGroup']>, ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  modifiedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  version?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type ProvisionedMemberPageResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['ProvisionedMemberPage'] = ResolversParentTypes['ProvisionedMemberPage']> = {
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['ProvisionedMember']>, ParentType, ContextType>;
};

export type MemberGroupResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['MemberGroup'] = ResolversParentTypes['MemberGroup']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  displayName?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  externalId?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  role?: Resolver<Maybe<ResolversTypes['MemberRole']>, ParentType, ContextType>;
  customRole?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  memberIds?: Resolver<ReadonlyArray<ResolversTypes['ID']>, ParentType, ContextType>;
  revision?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  modifiedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
};

export type MemberGroupPageResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['MemberGroupPage'] = ResolversParentTypes['MemberGroupPage']> = {
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['MemberGroup']>, ParentType, ContextType>;
};

export type ProvisioningResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Provisioning'] = ResolversParentTypes['Provisioning']> = {
  tenantId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  issuerId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  role?: Resolver<ResolversTypes['MemberRole'], ParentType, ContextType>;
  customRole?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  groupRoles?: Resolver<ReadonlyArray<ResolversTypes['GroupRole']>, ParentType, ContextType>;
  revokeKeysMade?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  departuresMax?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  departuresLeft?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  departuresMaxUntil?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
};

export type GroupRoleResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['GroupRole'] = ResolversParentTypes['GroupRole']> = {
  group?: Resolver<ResolversTypes['MemberGroup'], ParentType, ContextType>;
  role?: Resolver<ResolversTypes['MemberRole'], ParentType, ContextType>;
  customRole?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type InvitationResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Invitation'] = ResolversParentTypes['Invitation']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  tenant?: Resolver<ResolversTypes['Tenant'], ParentType, ContextType>;
  email?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  role?: Resolver<ResolversTypes['MemberRole'], ParentType, ContextType>;
  customRole?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  anyEmail?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  message?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  status?: Resolver<ResolversTypes['InvitationStatus'], ParentType, ContextType>;
  invitedBy?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  invitedByIssuerId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  member?: Resolver<Maybe<ResolversTypes['Member']>, ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  expiresAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  acceptedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  mail?: Resolver<ResolversTypes['InvitationMail'], ParentType, ContextType>;
  mailSentAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  mailError?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  revokedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
};

export type InvitationStatusResolvers = EnumResolverSignature<{ PENDING?: any, ACCEPTED?: any, REVOKED?: any, EXPIRED?: any }, ResolversTypes['InvitationStatus']>;

export type InvitationMailResolvers = EnumResolverSignature<{ NONE?: any, PENDING?: any, SENT?: any, FAILED?: any }, ResolversTypes['InvitationMail']>;

export type CreatedInvitationResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['CreatedInvitation'] = ResolversParentTypes['CreatedInvitation']> = {
  invitation?: Resolver<ResolversTypes['Invitation'], ParentType, ContextType>;
  link?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type InvitationConnectionResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['InvitationConnection'] = ResolversParentTypes['InvitationConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['InvitationEdge']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type InvitationEdgeResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['InvitationEdge'] = ResolversParentTypes['InvitationEdge']> = {
  node?: Resolver<ResolversTypes['Invitation'], ParentType, ContextType>;
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type LegalHoldResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['LegalHold'] = ResolversParentTypes['LegalHold']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  tenantId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  appId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  endUserId?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  from?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  to?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  reason?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  byOperator?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  status?: Resolver<ResolversTypes['LegalHoldStatus'], ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  releasedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  coveredAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
};

export type LegalHoldStatusResolvers = EnumResolverSignature<{ ACTIVE?: any, RELEASING?: any, RELEASED?: any }, ResolversTypes['LegalHoldStatus']>;

export type LegalHoldConnectionResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['LegalHoldConnection'] = ResolversParentTypes['LegalHoldConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['LegalHoldEdge']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type LegalHoldEdgeResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['LegalHoldEdge'] = ResolversParentTypes['LegalHoldEdge']> = {
  node?: Resolver<ResolversTypes['LegalHold'], ParentType, ContextType>;
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type WebhookResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Webhook'] = ResolversParentTypes['Webhook']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  tenant?: Resolver<Maybe<ResolversTypes['Tenant']>, ParentType, ContextType>;
  format?: Resolver<ResolversTypes['WebhookFormat'], ParentType, ContextType>;
  address?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  types?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  enabled?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  disabledReason?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  secretHint?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  formerSecretUntil?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  deliveredAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  failingSince?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  updatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
};

export type WebhookFormatResolvers = EnumResolverSignature<{ STANDARD?: any, SLACK?: any, PAGERDUTY?: any, OCSF?: any, CEF?: any, EMAIL?: any }, ResolversTypes['WebhookFormat']>;

export type WebhookDeliveryResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['WebhookDelivery'] = ResolversParentTypes['WebhookDelivery']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  webhookId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  tenant?: Resolver<Maybe<ResolversTypes['Tenant']>, ParentType, ContextType>;
  eventId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  eventType?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  eventAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  subject?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  state?: Resolver<ResolversTypes['WebhookDeliveryState'], ParentType, ContextType>;
  attempts?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  nextAttemptAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  lastAttemptAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  lastStatus?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  lastError?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
};

export type WebhookDeliveryStateResolvers = EnumResolverSignature<{ PENDING?: any, DELIVERED?: any, DEAD?: any }, ResolversTypes['WebhookDeliveryState']>;

export type WebhookDeliveryConnectionResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['WebhookDeliveryConnection'] = ResolversParentTypes['WebhookDeliveryConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['WebhookDeliveryEdge']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type WebhookDeliveryEdgeResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['WebhookDeliveryEdge'] = ResolversParentTypes['WebhookDeliveryEdge']> = {
  node?: Resolver<ResolversTypes['WebhookDelivery'], ParentType, ContextType>;
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type WebhookReplayResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['WebhookReplay'] = ResolversParentTypes['WebhookReplay']> = {
  replayed?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type LogLevelSettingResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['LogLevelSetting'] = ResolversParentTypes['LogLevelSetting']> = {
  level?: Resolver<Maybe<ResolversTypes['LogLevel']>, ParentType, ContextType>;
  until?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
};

export type LogLevelResolvers = EnumResolverSignature<{ ERROR?: any, WARN?: any, INFO?: any, DEBUG?: any, TRACE?: any }, ResolversTypes['LogLevel']>;

export type ErasureResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Erasure'] = ResolversParentTypes['Erasure']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  kind?: Resolver<ResolversTypes['ErasureKind'], ParentType, ContextType>;
  tenantId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  status?: Resolver<ResolversTypes['ErasureStatus'], ParentType, ContextType>;
  step?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  waitsUntil?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  counts?: Resolver<ReadonlyArray<ResolversTypes['ErasureCount']>, ParentType, ContextType>;
  requestedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  finishedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  subjectHash?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  proof?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type ErasureKindResolvers = EnumResolverSignature<{ TENANT?: any, END_USER?: any }, ResolversTypes['ErasureKind']>;

export type ErasureStatusResolvers = EnumResolverSignature<{ RUNNING?: any, FINISHED?: any }, ResolversTypes['ErasureStatus']>;

export type ErasureCountResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['ErasureCount'] = ResolversParentTypes['ErasureCount']> = {
  collection?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  records?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type ErasureConnectionResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['ErasureConnection'] = ResolversParentTypes['ErasureConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['ErasureEdge']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type ErasureEdgeResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['ErasureEdge'] = ResolversParentTypes['ErasureEdge']> = {
  node?: Resolver<ResolversTypes['Erasure'], ParentType, ContextType>;
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type MemberRoleResolvers = EnumResolverSignature<{ OWNER?: any, ADMIN?: any, DEVELOPER?: any, VIEWER?: any, BILLING?: any, AUDITOR?: any, CUSTOM?: any }, ResolversTypes['MemberRole']>;

export type RoleResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Role'] = ResolversParentTypes['Role']> = {
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  scopes?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  builtIn?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  tenant?: Resolver<Maybe<ResolversTypes['Tenant']>, ParentType, ContextType>;
};

export type IssuerResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Issuer'] = ResolversParentTypes['Issuer']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  issuer?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  audience?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  jwksUrl?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  claims?: Resolver<ResolversTypes['IssuerClaims'], ParentType, ContextType>;
  rules?: Resolver<ReadonlyArray<ResolversTypes['IssuerRule']>, ParentType, ContextType>;
  tenantIds?: Resolver<Maybe<ReadonlyArray<ResolversTypes['ID']>>, ParentType, ContextType>;
  signIn?: Resolver<Maybe<ResolversTypes['IssuerSignIn']>, ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
};

export type IssuerSignInResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['IssuerSignIn'] = ResolversParentTypes['IssuerSignIn']> = {
  clientId?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  hasClientSecret?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  emailDomains?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
};

export type IssuerClaimsResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['IssuerClaims'] = ResolversParentTypes['IssuerClaims']> = {
  subject?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  email?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  tenant?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  role?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  groups?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  scopes?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  endUser?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type IssuerRuleResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['IssuerRule'] = ResolversParentTypes['IssuerRule']> = {
  claim?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  value?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  tenant?: Resolver<Maybe<ResolversTypes['Tenant']>, ParentType, ContextType>;
  role?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  app?: Resolver<Maybe<ResolversTypes['App']>, ParentType, ContextType>;
};

export type IssuerConnectionResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['IssuerConnection'] = ResolversParentTypes['IssuerConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['IssuerEdge']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type IssuerEdgeResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['IssuerEdge'] = ResolversParentTypes['IssuerEdge']> = {
  node?: Resolver<ResolversTypes['Issuer'], ParentType, ContextType>;
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type FieldPolicyResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['FieldPolicy'] = ResolversParentTypes['FieldPolicy']> = {
  coordinate?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  authenticated?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  scopes?: Resolver<ReadonlyArray<ReadonlyArray<ResolversTypes['String']>>, ParentType, ContextType>;
  policies?: Resolver<ReadonlyArray<ReadonlyArray<ResolversTypes['String']>>, ParentType, ContextType>;
  meters?: Resolver<ReadonlyArray<ResolversTypes['Meter']>, ParentType, ContextType>;
  audited?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  guarded?: Resolver<ReadonlyArray<ResolversTypes['GuardrailStage']>, ParentType, ContextType>;
  allowed?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  reason?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type PlanResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Plan'] = ResolversParentTypes['Plan'], FederationReferenceType extends FederationReferenceTypes['Plan'] = FederationReferenceTypes['Plan']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['Plan']> | FederationReferenceType, FederationReferenceType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  limits?: Resolver<ReadonlyArray<ResolversTypes['Limit']>, ParentType, ContextType>;
  models?: Resolver<Maybe<ReadonlyArray<ResolversTypes['String']>>, ParentType, ContextType>;
  requiresApproval?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type LimitWindowResolvers = EnumResolverSignature<{ SECOND?: any, MINUTE?: any, HOUR?: any, DAY?: any, MONTH?: any, INFLIGHT?: any }, ResolversTypes['LimitWindow']>;

export type LimitSetterResolvers = EnumResolverSignature<{ OPERATOR?: any, TENANT?: any }, ResolversTypes['LimitSetter']>;

export type LimitResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Limit'] = ResolversParentTypes['Limit']> = {
  meter?: Resolver<ResolversTypes['Meter'], ParentType, ContextType>;
  window?: Resolver<ResolversTypes['LimitWindow'], ParentType, ContextType>;
  amount?: Resolver<ResolversTypes['Decimal'], ParentType, ContextType>;
  setBy?: Resolver<ResolversTypes['LimitSetter'], ParentType, ContextType>;
};

export type BudgetResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Budget'] = ResolversParentTypes['Budget'], FederationReferenceType extends FederationReferenceTypes['Budget'] = FederationReferenceTypes['Budget']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['Budget']> | FederationReferenceType, FederationReferenceType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  amount?: Resolver<ResolversTypes['Decimal'], ParentType, ContextType>;
  window?: Resolver<ResolversTypes['LimitWindow'], ParentType, ContextType>;
  spent?: Resolver<ResolversTypes['Decimal'], ParentType, ContextType>;
  reserved?: Resolver<ResolversTypes['Decimal'], ParentType, ContextType>;
  alertAt?: Resolver<ReadonlyArray<ResolversTypes['Float']>, ParentType, ContextType>;
  hard?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  setBy?: Resolver<ResolversTypes['LimitSetter'], ParentType, ContextType>;
  team?: Resolver<Maybe<ResolversTypes['Team']>, ParentType, ContextType>;
  key?: Resolver<Maybe<ResolversTypes['ApiKey']>, ParentType, ContextType>;
  app?: Resolver<Maybe<ResolversTypes['App']>, ParentType, ContextType>;
};

export type AccessStatusResolvers = EnumResolverSignature<{ PENDING?: any, APPROVED?: any, DENIED?: any, REVOKED?: any, ENDED?: any }, ResolversTypes['AccessStatus']>;

export type AccessGrantResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['AccessGrant'] = ResolversParentTypes['AccessGrant'], FederationReferenceType extends FederationReferenceTypes['AccessGrant'] = FederationReferenceTypes['AccessGrant']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['AccessGrant']> | FederationReferenceType, FederationReferenceType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  app?: Resolver<ResolversTypes['App'], ParentType, ContextType>;
  resource?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  status?: Resolver<ResolversTypes['AccessStatus'], ParentType, ContextType>;
  reason?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  decidedBy?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  decidedByIssuerId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  decidedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  expiresAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  requestedBy?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  requestedByIssuerId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  requestedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
};

export type ListOrderResolvers = EnumResolverSignature<{ CREATED_AT_ASC?: any, CREATED_AT_DESC?: any, NAME_ASC?: any, NAME_DESC?: any }, ResolversTypes['ListOrder']>;

export type TimeOrderResolvers = EnumResolverSignature<{ NEWEST_FIRST?: any, OLDEST_FIRST?: any }, ResolversTypes['TimeOrder']>;

export type PlanOrderResolvers = EnumResolverSignature<{ ID_ASC?: any, ID_DESC?: any, NAME_ASC?: any, NAME_DESC?: any }, ResolversTypes['PlanOrder']>;

export type GuardrailModeResolvers = EnumResolverSignature<{ ENFORCE?: any, SHADOW?: any, OFF?: any }, ResolversTypes['GuardrailMode']>;

export type GuardrailActionResolvers = EnumResolverSignature<{ BLOCK?: any, MASK?: any, REDACT?: any, RETRY?: any, REROUTE?: any, WARN?: any, LOG?: any }, ResolversTypes['GuardrailAction']>;

export type GuardrailPolicyResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['GuardrailPolicy'] = ResolversParentTypes['GuardrailPolicy'], FederationReferenceType extends FederationReferenceTypes['GuardrailPolicy'] = FederationReferenceTypes['GuardrailPolicy']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['GuardrailPolicy']> | FederationReferenceType, FederationReferenceType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  tenantId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  app?: Resolver<Maybe<ResolversTypes['App']>, ParentType, ContextType>;
  promptId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  model?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  version?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  mode?: Resolver<ResolversTypes['GuardrailMode'], ParentType, ContextType>;
  rules?: Resolver<ReadonlyArray<ResolversTypes['GuardrailRule']>, ParentType, ContextType>;
  versions?: Resolver<ReadonlyArray<ResolversTypes['GuardrailPolicyVersion']>, ParentType, ContextType, RequireFields<GuardrailPolicyVersionsArgs, 'first'>>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  updatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
};

export type GuardrailRuleResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['GuardrailRule'] = ResolversParentTypes['GuardrailRule']> = {
  rule?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  stages?: Resolver<ReadonlyArray<ResolversTypes['GuardrailStage']>, ParentType, ContextType>;
  action?: Resolver<ResolversTypes['GuardrailAction'], ParentType, ContextType>;
  options?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
  sample?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  note?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  reroute?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  unlessConsent?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type GuardrailPolicyVersionResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['GuardrailPolicyVersion'] = ResolversParentTypes['GuardrailPolicyVersion']> = {
  version?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  appId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  promptId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  model?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  mode?: Resolver<ResolversTypes['GuardrailMode'], ParentType, ContextType>;
  rules?: Resolver<ReadonlyArray<ResolversTypes['GuardrailRule']>, ParentType, ContextType>;
  restored?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  createdBy?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type ConsentResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['Consent'] = ResolversParentTypes['Consent']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  tenantId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  endUserId?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  purposes?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  withdrawn?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  withdrawnAll?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  expiresAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  updatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
};

export type ConsentSourceResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['ConsentSource'] = ResolversParentTypes['ConsentSource']> = {
  url?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  region?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  timeoutMs?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  updatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
};

export type ConsentConnectionResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['ConsentConnection'] = ResolversParentTypes['ConsentConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['ConsentEdge']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type ConsentEdgeResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['ConsentEdge'] = ResolversParentTypes['ConsentEdge']> = {
  node?: Resolver<ResolversTypes['Consent'], ParentType, ContextType>;
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type TeamConnectionResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['TeamConnection'] = ResolversParentTypes['TeamConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['TeamEdge']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type TeamEdgeResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['TeamEdge'] = ResolversParentTypes['TeamEdge']> = {
  node?: Resolver<ResolversTypes['Team'], ParentType, ContextType>;
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type AppConnectionResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['AppConnection'] = ResolversParentTypes['AppConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['AppEdge']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type AppEdgeResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['AppEdge'] = ResolversParentTypes['AppEdge']> = {
  node?: Resolver<ResolversTypes['App'], ParentType, ContextType>;
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type ApiKeyConnectionResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['ApiKeyConnection'] = ResolversParentTypes['ApiKeyConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['ApiKeyEdge']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type ApiKeyEdgeResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['ApiKeyEdge'] = ResolversParentTypes['ApiKeyEdge']> = {
  node?: Resolver<ResolversTypes['ApiKey'], ParentType, ContextType>;
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type MemberConnectionResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['MemberConnection'] = ResolversParentTypes['MemberConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['MemberEdge']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type MemberEdgeResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['MemberEdge'] = ResolversParentTypes['MemberEdge']> = {
  node?: Resolver<ResolversTypes['Member'], ParentType, ContextType>;
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type BudgetConnectionResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['BudgetConnection'] = ResolversParentTypes['BudgetConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['BudgetEdge']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type BudgetEdgeResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['BudgetEdge'] = ResolversParentTypes['BudgetEdge']> = {
  node?: Resolver<ResolversTypes['Budget'], ParentType, ContextType>;
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type AccessGrantConnectionResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['AccessGrantConnection'] = ResolversParentTypes['AccessGrantConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['AccessGrantEdge']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type AccessGrantEdgeResolvers<ContextType = context.SubgraphContext, ParentType extends ResolversParentTypes['AccessGrantEdge'] = ResolversParentTypes['AccessGrantEdge']> = {
  node?: Resolver<ResolversTypes['AccessGrant'], ParentType, ContextType>;
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
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
  Caller?: CallerResolvers<ContextType>;
  LimitStatus?: LimitStatusResolvers<ContextType>;
  Tenant?: TenantResolvers<ContextType>;
  OnRevoke?: OnRevokeResolvers;
  PayloadLogging?: PayloadLoggingResolvers;
  TenantConnection?: TenantConnectionResolvers<ContextType>;
  TenantEdge?: TenantEdgeResolvers<ContextType>;
  PageInfo?: PageInfoResolvers<ContextType>;
  Team?: TeamResolvers<ContextType>;
  App?: AppResolvers<ContextType>;
  TrustedDocumentsMode?: TrustedDocumentsModeResolvers;
  TrustedDocument?: TrustedDocumentResolvers<ContextType>;
  TrustedDocumentConnection?: TrustedDocumentConnectionResolvers<ContextType>;
  TrustedDocumentEdge?: TrustedDocumentEdgeResolvers<ContextType>;
  SavedTrustedDocuments?: SavedTrustedDocumentsResolvers<ContextType>;
  ApiKey?: ApiKeyResolvers<ContextType>;
  ApiKeyOwner?: ApiKeyOwnerResolvers<ContextType>;
  ApiKeyOwnerKind?: ApiKeyOwnerKindResolvers;
  CreatedApiKey?: CreatedApiKeyResolvers<ContextType>;
  PageToken?: PageTokenResolvers<ContextType>;
  Member?: MemberResolvers<ContextType>;
  ProvisionedMember?: ProvisionedMemberResolvers<ContextType>;
  ProvisionedMemberPage?: ProvisionedMemberPageResolvers<ContextType>;
  MemberGroup?: MemberGroupResolvers<ContextType>;
  MemberGroupPage?: MemberGroupPageResolvers<ContextType>;
  Provisioning?: ProvisioningResolvers<ContextType>;
  GroupRole?: GroupRoleResolvers<ContextType>;
  Invitation?: InvitationResolvers<ContextType>;
  InvitationStatus?: InvitationStatusResolvers;
  InvitationMail?: InvitationMailResolvers;
  CreatedInvitation?: CreatedInvitationResolvers<ContextType>;
  InvitationConnection?: InvitationConnectionResolvers<ContextType>;
  InvitationEdge?: InvitationEdgeResolvers<ContextType>;
  LegalHold?: LegalHoldResolvers<ContextType>;
  LegalHoldStatus?: LegalHoldStatusResolvers;
  LegalHoldConnection?: LegalHoldConnectionResolvers<ContextType>;
  LegalHoldEdge?: LegalHoldEdgeResolvers<ContextType>;
  Webhook?: WebhookResolvers<ContextType>;
  WebhookFormat?: WebhookFormatResolvers;
  WebhookDelivery?: WebhookDeliveryResolvers<ContextType>;
  WebhookDeliveryState?: WebhookDeliveryStateResolvers;
  WebhookDeliveryConnection?: WebhookDeliveryConnectionResolvers<ContextType>;
  WebhookDeliveryEdge?: WebhookDeliveryEdgeResolvers<ContextType>;
  WebhookReplay?: WebhookReplayResolvers<ContextType>;
  LogLevelSetting?: LogLevelSettingResolvers<ContextType>;
  LogLevel?: LogLevelResolvers;
  Erasure?: ErasureResolvers<ContextType>;
  ErasureKind?: ErasureKindResolvers;
  ErasureStatus?: ErasureStatusResolvers;
  ErasureCount?: ErasureCountResolvers<ContextType>;
  ErasureConnection?: ErasureConnectionResolvers<ContextType>;
  ErasureEdge?: ErasureEdgeResolvers<ContextType>;
  MemberRole?: MemberRoleResolvers;
  Role?: RoleResolvers<ContextType>;
  Issuer?: IssuerResolvers<ContextType>;
  IssuerSignIn?: IssuerSignInResolvers<ContextType>;
  IssuerClaims?: IssuerClaimsResolvers<ContextType>;
  IssuerRule?: IssuerRuleResolvers<ContextType>;
  IssuerConnection?: IssuerConnectionResolvers<ContextType>;
  IssuerEdge?: IssuerEdgeResolvers<ContextType>;
  FieldPolicy?: FieldPolicyResolvers<ContextType>;
  Plan?: PlanResolvers<ContextType>;
  LimitWindow?: LimitWindowResolvers;
  LimitSetter?: LimitSetterResolvers;
  Limit?: LimitResolvers<ContextType>;
  Budget?: BudgetResolvers<ContextType>;
  AccessStatus?: AccessStatusResolvers;
  AccessGrant?: AccessGrantResolvers<ContextType>;
  ListOrder?: ListOrderResolvers;
  TimeOrder?: TimeOrderResolvers;
  PlanOrder?: PlanOrderResolvers;
  GuardrailMode?: GuardrailModeResolvers;
  GuardrailAction?: GuardrailActionResolvers;
  GuardrailPolicy?: GuardrailPolicyResolvers<ContextType>;
  GuardrailRule?: GuardrailRuleResolvers<ContextType>;
  GuardrailPolicyVersion?: GuardrailPolicyVersionResolvers<ContextType>;
  Consent?: ConsentResolvers<ContextType>;
  ConsentSource?: ConsentSourceResolvers<ContextType>;
  ConsentConnection?: ConsentConnectionResolvers<ContextType>;
  ConsentEdge?: ConsentEdgeResolvers<ContextType>;
  TeamConnection?: TeamConnectionResolvers<ContextType>;
  TeamEdge?: TeamEdgeResolvers<ContextType>;
  AppConnection?: AppConnectionResolvers<ContextType>;
  AppEdge?: AppEdgeResolvers<ContextType>;
  ApiKeyConnection?: ApiKeyConnectionResolvers<ContextType>;
  ApiKeyEdge?: ApiKeyEdgeResolvers<ContextType>;
  MemberConnection?: MemberConnectionResolvers<ContextType>;
  MemberEdge?: MemberEdgeResolvers<ContextType>;
  BudgetConnection?: BudgetConnectionResolvers<ContextType>;
  BudgetEdge?: BudgetEdgeResolvers<ContextType>;
  AccessGrantConnection?: AccessGrantConnectionResolvers<ContextType>;
  AccessGrantEdge?: AccessGrantEdgeResolvers<ContextType>;
  Meter?: MeterResolvers;
  CacheScope?: CacheScopeResolvers;
  CacheMatch?: CacheMatchResolvers;
  GuardrailStage?: GuardrailStageResolvers;
};


