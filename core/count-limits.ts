import { HeddleError } from './errors.ts';

/** How many there may be of everything that can be created, with the words for them. HEDDLE_COUNT_LIMITS changes the numbers. */
export const countLimitsTable = {
  tenants: [10_000, 'tenants'],
  archivedTenants: [10_000, 'archived tenants'],
  plans: [1_000, 'plans'],
  issuers: [100, 'issuers'],
  providers: [200, 'providers'],
  credentialsPerProvider: [50, 'credentials of this provider'],
  models: [10_000, 'AI models'],
  routes: [500, 'routes'],
  providersPerTenant: [20, 'providers of this tenant'],
  providersOfTenants: [5_000, 'providers of all tenants'],
  modelsPerTenant: [1_000, 'AI models of this tenant'],
  modelsOfTenants: [50_000, 'AI models of all tenants'],
  routesPerTenant: [50, 'routes of this tenant'],
  routesOfTenants: [5_000, 'routes of all tenants'],
  modelAliases: [10_000, 'aliases of all tenants'],
  modelAliasesPerTenant: [100, 'aliases of this tenant'],
  deletedProviders: [10_000, 'deleted providers that the ledger may refer to'],
  deletedModels: [100_000, 'deleted AI models that the ledger may refer to'],
  teamsPerTenant: [100, 'teams of this tenant'],
  archivedTeamsPerTenant: [1_000, 'archived teams of this tenant'],
  appsPerTenant: [100, 'apps of this tenant'],
  archivedAppsPerTenant: [1_000, 'archived apps of this tenant'],
  keysPerApp: [100, 'API keys in force of this app'],
  alerts: [100, 'alerts of the mesh'],
  alertsPerTenant: [50, 'alerts of this tenant'],
  budgetsPerTenant: [100, 'budgets of this tenant'],
  guardrailPolicies: [100, 'guardrail policies of the mesh'],
  guardrailPoliciesPerTenant: [100, 'guardrail policies of this tenant'],
  webhooks: [20, 'webhooks of the mesh'],
  webhooksPerTenant: [20, 'webhooks of this tenant'],
  consentsPerTenant: [100_000, 'consents of end users of this tenant'],
  membersPerTenant: [1_000, 'members of this tenant'],
  groupsPerTenant: [1_000, 'groups of this tenant'],
  invitationsPerTenant: [1_000, 'open invitations of this tenant'],
  erasuresPerTenant: [1_000, 'erasures of this tenant that have not finished'],
  usageExports: [20, 'exports of all tenants, which are kept for a week'],
  usageExportsPerTenant: [20, 'exports of this tenant, which are kept for a week'],
  legalHoldsPerTenant: [100, 'legal holds of this tenant that are in force'],
  roles: [100, 'roles of all tenants'],
  rolesPerTenant: [100, 'roles of this tenant'],
  accessRequestsPerApp: [100, 'access requests of this app'],
  trustedDocumentsPerTenant: [10_000, 'trusted documents of this tenant'],
  promptsPerTenant: [500, 'prompts of this tenant'],
  archivedPromptsPerTenant: [10_000, 'archived prompts of this tenant'],
  versionsPerPrompt: [1_000, 'versions of this prompt'],
  labelsPerPrompt: [50, 'labels of this prompt'],
  promptBytesPerTenant: [50_000_000, 'bytes of prompt texts of this tenant'],
} as const satisfies Readonly<Record<string, readonly [max: number, what: string]>>;

export type Counted = keyof typeof countLimitsTable;
export type CountLimits = Readonly<Record<Counted, number>>;

const names = Object.keys(countLimitsTable) as Counted[];
const countMax = 1_000_000_000;

/** The limits, some replaced by a text such as `appsPerTenant=500,models=20000`. Throws BAD_USER_INPUT that names what is wrong. */
export function parseCountLimits(text = ''): CountLimits {
  const limits = Object.fromEntries(names.map((name) => [name, countLimitsTable[name][0]])) as Record<
    Counted,
    number
  >;
  for (const entry of text.split(',').filter((part) => part.trim() !== '')) {
    const [, name = '', count = ''] = /^\s*(\w+)\s*=\s*(\d{1,10})\s*$/.exec(entry) ?? [];
    const known = names.find((one) => one === name);
    if (known === undefined || Number(count) < 1 || Number(count) > countMax) {
      throw new HeddleError(
        'BAD_USER_INPUT',
        `must be counts such as appsPerTenant=500, of ${names.join(', ')}; it has ${JSON.stringify(entry.slice(0, 100))}.`,
      );
    }
    limits[known] = Number(count);
  }
  return limits;
}

/** For what is one too many. */
export function noRoomFor(counted: Counted, max: number): HeddleError {
  const [, what] = countLimitsTable[counted];
  return new HeddleError(
    'CONFLICT',
    `There are ${max} ${what} already, the most that are allowed: end some of them, or have an operator raise ${counted}.`,
  );
}
