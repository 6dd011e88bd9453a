import type { ErasureKind } from '#core/graph-enums.generated.ts';
import type { SubgraphName } from '#core/subgraph-names.ts';

/** A step of an erasure, and the part of the mesh that writes its collections. */
export interface ErasureStep {
  readonly name: string;
  readonly part: SubgraphName;
}

/**
 * All steps before it are done in rounds, until one has found nothing and copies outside of the store have expired: what they erase may come
 * again while calls end.
 */
export const expiryStep = 'expiry';
/** The last step: the report is made, and its proof recorded. */
export const reportStep = 'report';

/** The steps of each kind of erasure, in their order. */
export const erasureSteps: Readonly<Record<ErasureKind, readonly ErasureStep[]>> = {
  TENANT: [
    // The keys first, so that calls end; what rows refer to after the rows.
    { name: 'api_keys', part: 'tenants' },
    { name: 'provider_credentials', part: 'models' },
    { name: 'alerts', part: 'usage' },
    { name: 'alertActions', part: 'usage' },
    { name: 'alertEpisodes', part: 'usage' },
    { name: 'alertSightings', part: 'usage' },
    { name: 'usage_exports', part: 'usage' },
    { name: 'usage_export_parts', part: 'usage' },
    { name: 'invocations', part: 'inference' },
    { name: 'usage_blocks', part: 'inference' },
    { name: 'meterHours', part: 'inference' },
    { name: 'meterRollups', part: 'inference' },
    { name: 'modelAliases', part: 'models' },
    { name: 'routes', part: 'models' },
    { name: 'models', part: 'models' },
    { name: 'providers', part: 'models' },
    { name: 'deleted_models', part: 'models' },
    { name: 'deleted_providers', part: 'models' },
    { name: 'prompt_versions', part: 'prompts' },
    { name: 'prompts', part: 'prompts' },
    ...[
      ...[
        'pageTokens',
        'sessions',
        'trustedDocuments',
        'guardrail_policies',
        'consents',
        'access_grants',
        'budgets',
        'invitations',
        'members',
        'member_groups',
      ],
      ...['roles', 'teams', 'apps', 'issuers', 'legal_holds', 'webhooks', 'events', 'webhook_deliveries'],
      expiryStep,
      ...['audit_log', 'tenants', 'tenant_keys'],
      reportStep,
    ].map((name) => ({ name, part: 'tenants' as const })),
  ],
  END_USER: [
    { name: 'pageTokens', part: 'tenants' },
    { name: 'sessions', part: 'tenants' },
    { name: 'consents', part: 'tenants' },
    { name: 'invocations', part: 'inference' },
    { name: 'usage_blocks', part: 'inference' },
    { name: 'usage_exports', part: 'usage' },
    { name: 'usage_export_parts', part: 'usage' },
    { name: expiryStep, part: 'tenants' },
    { name: reportStep, part: 'tenants' },
  ],
};

/** What becomes of the records of a collection: they are deleted, or lose what identifies people, in a step; or they are kept. */
export type ErasureRule =
  | { readonly how: 'DELETED' | 'REDACTED'; readonly step: string }
  | { readonly how: 'KEPT'; readonly why: string };

const deleted = (step: string) => ({ how: 'DELETED', step }) as const;
const redacted = (step: string) => ({ how: 'REDACTED', step }) as const;
const kept = (why: string) => ({ how: 'KEPT', why }) as const;

const ofTenant = kept('configuration of the tenant, which names no end user');
const ofMesh = kept('of the mesh, without data of people');
const ofAudit = kept('hashes and signatures');

/** What the erasure of an end user does to each collection of the store. A test compares the table with the collections. */
export const endUserRules: Readonly<Record<string, ErasureRule>> = {
  access_grants: ofTenant,
  alertActions: kept('no action names an end user'),
  alertEpisodes: kept('no episode names an end user'),
  alertSightings: kept('networks and AI models of API keys'),
  alerts: ofTenant,
  api_keys: ofTenant,
  apps: ofTenant,
  audit_anchors: ofAudit,
  audit_checkpoints: ofAudit,
  audit_keys: ofAudit,
  audit_log: kept('IDs of end users and conversations, tags and experiments are not recorded'),
  audit_starts: ofAudit,
  budgetAlerts: ofTenant,
  budgets: ofTenant,
  catalog_revisions: ofMesh,
  completions: deleted('invocations'),
  consents: deleted('consents'),
  deleted_models: ofTenant,
  deleted_providers: ofTenant,
  encryption_checks: ofMesh,
  erasures: redacted(reportStep),
  events: kept('no event names an end user'),
  guardrail_policies: ofTenant,
  idempotencyKeys: deleted('invocations'),
  invitations: ofTenant,
  invocations: redacted('invocations'),
  issuers: ofTenant,
  legal_holds: kept('erasures wait while one is in force, and a released one names no end user'),
  locks: ofMesh,
  member_groups: ofTenant,
  members: kept('people who manage the tenant: see removeMember'),
  meterHours: kept('sums of apps and API keys'),
  meterRollups: kept('sums of apps and API keys'),
  modelAliases: ofTenant,
  models: ofTenant,
  outages: ofTenant,
  owners: ofMesh,
  pageTokens: deleted('pageTokens'),
  payloads: deleted('invocations'),
  plans: ofMesh,
  prompt_versions: ofTenant,
  prompts: ofTenant,
  provider_credentials: ofTenant,
  providers: ofTenant,
  roles: ofTenant,
  routes: ofTenant,
  sessions: deleted('sessions'),
  stale_usage_hours: ofMesh,
  teams: ofTenant,
  tenant_keys: kept('the key of the whole tenant'),
  tenants: ofTenant,
  trustedDocuments: ofTenant,
  usage_blocks: deleted('usage_blocks'),
  usage_export_parts: deleted('usage_export_parts'),
  usage_exports: deleted('usage_exports'),
  usage_progress: ofMesh,
  webhook_deliveries: kept('no event names an end user'),
  webhooks: ofTenant,
};

/** What the erasure of a tenant does to each collection of the store. */
export const tenantRules: Readonly<Record<string, ErasureRule>> = {
  access_grants: deleted('access_grants'),
  alertActions: deleted('alertActions'),
  alertEpisodes: deleted('alertEpisodes'),
  alertSightings: deleted('alertSightings'),
  alerts: deleted('alerts'),
  api_keys: deleted('api_keys'),
  apps: deleted('apps'),
  audit_anchors: ofAudit,
  audit_checkpoints: ofAudit,
  audit_keys: ofAudit,
  audit_log: redacted('audit_log'),
  audit_starts: ofAudit,
  budgetAlerts: kept('IDs of budgets, which expire'),
  budgets: deleted('budgets'),
  catalog_revisions: ofMesh,
  completions: deleted('invocations'),
  consents: deleted('consents'),
  deleted_models: deleted('deleted_models'),
  deleted_providers: deleted('deleted_providers'),
  encryption_checks: ofMesh,
  erasures: kept('the report, and hashes of the end users that were erased before'),
  events: deleted('events'),
  guardrail_policies: deleted('guardrail_policies'),
  idempotencyKeys: deleted('invocations'),
  invitations: deleted('invitations'),
  invocations: redacted('invocations'),
  issuers: deleted('issuers'),
  legal_holds: deleted('legal_holds'),
  locks: ofMesh,
  member_groups: deleted('member_groups'),
  members: deleted('members'),
  meterHours: deleted('meterHours'),
  meterRollups: deleted('meterRollups'),
  modelAliases: deleted('modelAliases'),
  models: deleted('models'),
  outages: kept('IDs of AI models and providers, which expire'),
  owners: ofMesh,
  pageTokens: deleted('pageTokens'),
  payloads: deleted('invocations'),
  plans: ofMesh,
  prompt_versions: deleted('prompt_versions'),
  prompts: deleted('prompts'),
  provider_credentials: deleted('provider_credentials'),
  providers: deleted('providers'),
  roles: deleted('roles'),
  routes: deleted('routes'),
  sessions: deleted('sessions'),
  stale_usage_hours: ofMesh,
  teams: deleted('teams'),
  tenant_keys: redacted('tenant_keys'),
  tenants: redacted('tenants'),
  trustedDocuments: deleted('trustedDocuments'),
  usage_blocks: deleted('usage_blocks'),
  usage_export_parts: deleted('usage_export_parts'),
  usage_exports: deleted('usage_exports'),
  usage_progress: ofMesh,
  webhook_deliveries: deleted('webhook_deliveries'),
  webhooks: deleted('webhooks'),
};
