import type { SubgraphName } from '#core/subgraph-names.ts';

/** By module, from the root of the checkout: the TypeScript type behind each type of the graph. */
type Mappers = Readonly<Record<string, Readonly<Record<string, string>>>>;

/**
 * What resolvers return for a type of the graph, and what the resolvers of its fields receive, where that is not the type
 * itself. Connections follow from the type of their nodes, and references to types of other subgraphs are EntityReference.
 */
export const mappers: Readonly<Record<SubgraphName, Mappers>> = {
  models: {
    'mongo/models.ts': { Model: 'MaybeDeletedModel' },
    'mongo/provider-credentials.ts': { ProviderCredential: 'ProviderCredentialRecord' },
    'mongo/providers.ts': { Provider: 'MaybeDeletedProvider' },
    'mongo/routes.ts': { Route: 'RouteRecord', RouteTarget: 'RouteTargetRecord' },
  },
  prompts: {
    'mongo/prompt-versions.ts': {
      PromptVariable: 'PromptVariableRecord',
      PromptVersion: 'PromptVersionRecord',
    },
    'mongo/prompts.ts': { Prompt: 'PromptRecord' },
    'subgraphs/prompts/loaders.ts': { PromptLabel: 'LabelledVersion' },
  },
  tenants: {
    'core/caller.ts': { Caller: 'Caller' },
    'mongo/access-grants.ts': { AccessGrant: 'AccessGrantRecord' },
    'mongo/api-keys.ts': { ApiKey: 'ApiKeyRecord', ApiKeyOwner: 'ApiKeyRecord' },
    'mongo/apps.ts': { App: 'AppRecord' },
    'mongo/budgets.ts': { Budget: 'BudgetRecord' },
    'mongo/consents.ts': { Consent: 'ConsentRecord' },
    'mongo/erasures.ts': { Erasure: 'ErasureRecord' },
    'mongo/legal-holds.ts': { LegalHold: 'LegalHoldRecord' },
    'mongo/guardrail-policies.ts': {
      GuardrailPolicy: 'PresentGuardrailPolicy',
      GuardrailPolicyVersion: 'GuardrailVersionRecord',
      GuardrailRule: 'GuardrailRuleRecord',
    },
    'mongo/invitations.ts': { Invitation: 'InvitationRecord' },
    'mongo/issuers.ts': {
      Issuer: 'IssuerRecord',
      IssuerClaims: 'IssuerClaims',
      IssuerRule: 'IssuerRule',
      IssuerSignIn: 'IssuerSignIn',
    },
    'mongo/member-groups.ts': { MemberGroup: 'MemberGroupRecord' },
    'mongo/members.ts': { Member: 'MemberRecord', ProvisionedMember: 'ProvisionedMemberRecord' },
    'mongo/plans.ts': { Plan: 'PlanRecord' },
    'mongo/teams.ts': { Team: 'TeamRecord' },
    'mongo/tenants.ts': {
      ConsentSource: 'ConsentSourceRecord',
      GroupRole: 'GroupRole',
      Provisioning: 'TenantProvisioning',
      Tenant: 'TenantRecord',
    },
    'mongo/webhook-deliveries.ts': { WebhookDelivery: 'WebhookDeliveryRecord' },
    'mongo/webhooks.ts': { Webhook: 'WebhookRecord' },
    'subgraphs/tenants/roles/shown-role.ts': { Role: 'ShownRole' },
    'mongo/trusted-documents.ts': { TrustedDocument: 'TrustedDocumentRecord' },
  },
  usage: {
    'mongo/alert-actions.ts': { AlertActionRun: 'AlertActionRecord' },
    'mongo/alert-episodes.ts': { AlertEpisode: 'AlertEpisodeRecord' },
    'mongo/alerts.ts': { Alert: 'AlertRecord' },
    'mongo/audit/log.ts': { AuditRecord: 'AuditRecord', AuditActor: "AuditRecord['actor']" },
    'mongo/events.ts': { MeshEvent: 'EventRecord' },
    'mongo/invocations.ts': {
      Attempt: 'AttemptRecord',
      GuardrailVerdict: 'GuardrailVerdictRecord',
      Invocation: 'InvocationRecord',
      TokenUsage: 'UsageRecord',
    },
    'mongo/usage-exports.ts': { UsageExport: 'UsageExportRecord' },
    'subgraphs/runtime/entity.ts': {
      App: 'EntityReference',
      Budget: 'EntityReference',
      Model: 'EntityReference',
      Node: 'TypedReference',
      Prompt: 'EntityReference',
      Tenant: 'EntityReference',
    },
  },
  inference: {
    'inference/completion.ts': { Attempt: 'AttemptData', Completion: 'CompletionData' },
    'inference/guarding/verdict-records.ts': { GuardrailVerdict: 'ShownVerdict' },
    'inference/execution/embedding.ts': { Embeddings: 'EmbeddingsData' },
    'inference/payloads/search-payloads.ts': { PayloadPage: 'PayloadMatches' },
    'inference/routing/health.ts': { ProviderHealth: 'Health' },
    'inference/streams/completion-events.ts': {
      CompletionEvent: 'CompletionEvent',
      CompletionFailed: "CompletionEvent<'CompletionFailed'>",
      CompletionFinished: "CompletionEvent<'CompletionFinished'>",
      CompletionRestarted: "CompletionEvent<'CompletionRestarted'>",
      CompletionStarted: "CompletionEvent<'CompletionStarted'>",
      AlternativeFinished: "CompletionEvent<'AlternativeFinished'>",
      AudioDelta: "CompletionEvent<'AudioDelta'>",
      CitationAdded: "CompletionEvent<'CitationAdded'>",
      LogprobsDelta: "CompletionEvent<'LogprobsDelta'>",
      ProviderBlockAdded: "CompletionEvent<'ProviderBlockAdded'>",
      ProviderBlockChanged: "CompletionEvent<'ProviderBlockChanged'>",
      ReasoningDelta: "CompletionEvent<'ReasoningDelta'>",
      ReasoningFinished: "CompletionEvent<'ReasoningFinished'>",
      RefusalDelta: "CompletionEvent<'RefusalDelta'>",
      TextDelta: "CompletionEvent<'TextDelta'>",
      ToolCallDelta: "CompletionEvent<'ToolCallDelta'>",
    },
    'providers/audio.ts': { Audio: 'AudioAnswer' },
    'providers/provider.ts': {
      Alternative: 'AlternativeAnswer',
      ProviderBlock: 'ProviderBlock',
      Reasoning: 'ReasoningBlock',
      TokenUsage: 'ProviderUsage',
      ToolCall: 'ToolCall',
    },
    'state/quota/call-limits.ts': { CallLimit: 'CallLimit' },
    'subgraphs/runtime/entity.ts': { Invocation: 'EntityReference', Provider: 'EntityReference' },
  },
};
