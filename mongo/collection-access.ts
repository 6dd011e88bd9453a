/** Who may use the records of a collection: files, or folders with all that is in them. */
export interface CollectionAccess {
  /** May change records, and read them. */
  readonly writers: readonly string[];
  /** May only read records. */
  readonly readers: readonly string[];
}

/** `node(id:)` and the check for ids that are in use find records of every type. */
const nodeRecords = 'mongo/node-records.ts';

const ofTenants: CollectionAccess = { writers: ['subgraphs/tenants/'], readers: [nodeRecords] };
const ofModels: CollectionAccess = { writers: ['subgraphs/models/'], readers: ['catalog/', nodeRecords] };
/** Keys of providers are tried, and certificates of issuers looked at. */
const doctor = 'cli/doctor/';
const ofPrompts: CollectionAccess = {
  writers: ['subgraphs/prompts/'],
  readers: ['catalog/', 'mongo/prompt-uses.ts', nodeRecords],
};
const ofInference: CollectionAccess = { writers: ['inference/'], readers: [] };

/** The writers and readers of each collection, by the path of its file in `mongo/`. A test compares them with the imports. */
export const collectionAccess: Readonly<Record<string, CollectionAccess>> = {
  'access-grants': ofTenants,
  alerts: { writers: ['subgraphs/usage/'], readers: [nodeRecords, 'subgraphs/tenants/'] },
  'alert-actions': {
    writers: ['subgraphs/usage/', 'subgraphs/tenants/', 'mongo/alert-action-events.ts', 'inference/holding/'],
    readers: ['catalog/'],
  },
  'alert-episodes': { writers: ['subgraphs/usage/', 'inference/holding/'], readers: [] },
  'alert-sightings': { writers: ['subgraphs/usage/'], readers: [] },
  'api-keys': { ...ofTenants, readers: [...ofTenants.readers, 'subgraphs/usage/'] },
  apps: ofTenants,
  budgets: { ...ofTenants, readers: [...ofTenants.readers, 'subgraphs/usage/'] },
  members: { ...ofTenants, writers: [...ofTenants.writers, 'mongo/upgrade-members.ts'] },
  plans: ofTenants,
  teams: ofTenants,
  tenants: {
    writers: [...ofTenants.writers, 'mongo/upgrade-tenants.ts'],
    // Calls query the consent source of their tenant.
    readers: [...ofTenants.readers, 'inference/guarding/'],
  },
  'legal-holds': {
    writers: ['subgraphs/tenants/', 'inference/holding/'],
    readers: ['server/erasure/', 'subgraphs/inference/', 'mongo/events.ts', 'mongo/audit/retention.ts'],
  },
  erasures: { writers: ['subgraphs/tenants/', 'server/erasure/'], readers: [] },
  invitations: { writers: ['subgraphs/tenants/'], readers: [] },
  'member-groups': { writers: ['subgraphs/tenants/'], readers: [] },
  issuers: { writers: ['subgraphs/tenants/'], readers: ['mongo/upgrade-members.ts', doctor] },
  roles: { writers: ['subgraphs/tenants/'], readers: [] },
  'guardrail-policies': { writers: ['subgraphs/tenants/'], readers: ['catalog/', nodeRecords] },
  consents: { writers: ['subgraphs/tenants/'], readers: ['inference/guarding/'] },
  'trusted-documents': { writers: ['subgraphs/tenants/'], readers: [] },
  'page-tokens': { writers: ['subgraphs/tenants/'], readers: [] },
  sessions: { writers: ['subgraphs/tenants/'], readers: [] },
  models: ofModels,
  'model-aliases': {
    writers: ['subgraphs/models/'],
    readers: ['catalog/', 'subgraphs/prompts/', 'subgraphs/tenants/'],
  },
  providers: { ...ofModels, readers: [...ofModels.readers, doctor] },
  routes: { ...ofModels, readers: [...ofModels.readers, 'subgraphs/usage/alerts/', 'subgraphs/tenants/'] },
  // The check of the encryption key counts the credentials that it cannot open.
  'provider-credentials': {
    ...ofModels,
    readers: [...ofModels.readers, 'mongo/encryption-check.ts', doctor],
  },
  'catalog-revisions': {
    writers: ['subgraphs/models/', 'subgraphs/tenants/', 'subgraphs/usage/'],
    readers: ['catalog/'],
  },
  'encryption-check': {
    writers: ['cli/commands/reseal.ts', 'server/secrets/'],
    readers: ['mongo/keyring/', doctor],
  },
  prompts: ofPrompts,
  'prompt-versions': ofPrompts,
  invocations: {
    writers: ['inference/'],
    readers: [
      'subgraphs/usage/',
      'mongo/meter-rollup.ts',
      'mongo/usage/',
      'cli/support-bundle/',
      nodeRecords,
    ],
  },
  'budget-alerts': ofInference,
  outages: ofInference,
  completions: ofInference,
  'idempotency-keys': ofInference,
  payloads: ofInference,
  owners: ofInference,
  'meter-hours': { writers: ['mongo/meter-rollup.ts'], readers: ['mongo/meter-history.ts'] },
  'usage-exports': { writers: ['subgraphs/usage/'], readers: [] },
  'usage-export-parts': { writers: ['subgraphs/usage/'], readers: [] },
  'usage/usage-blocks': { writers: ['mongo/usage/'], readers: ['mongo/usage-rollups.ts'] },
  'usage/usage-progress': {
    writers: ['inference/', 'mongo/usage/fold.ts'],
    readers: ['mongo/usage-rollups.ts', 'mongo/usage/block-writer.ts', 'mongo/usage/usage-eraser.ts'],
  },
  // Every subgraph writes its changes through the audit log that the server makes.
  'audit/log': {
    writers: [
      'server/repairs.ts',
      'server/subgraph-modules.ts',
      'server/audit/audit-upkeep.ts',
      'cli/record-command.ts',
      'mongo/audit/erase.ts',
      'mongo/audit/genesis.ts',
      'mongo/audit/retention.ts',
    ],
    readers: [
      'subgraphs/usage/',
      'server/erasure/',
      'mongo/audit/anchors.ts',
      'mongo/audit/erased.ts',
      'mongo/audit/verify.ts',
      'cli/audit/',
      nodeRecords,
    ],
  },
  'audit/starts': {
    writers: ['mongo/audit/log.ts', 'mongo/audit/retention.ts'],
    readers: ['mongo/audit/anchors.ts', 'mongo/audit/genesis.ts', 'mongo/audit/verify.ts'],
  },
  // Every part records its events through the event log that the server makes.
  events: {
    writers: [
      'server/repairs.ts',
      'server/subgraph-modules.ts',
      'subgraphs/tenants/erasure/',
      'cli/commands/reseal.ts',
    ],
    readers: ['subgraphs/usage/', 'subgraphs/tenants/', 'deliveries/'],
  },
  webhooks: { writers: ['subgraphs/tenants/', 'deliveries/'], readers: [] },
  'webhook-deliveries': {
    writers: ['subgraphs/tenants/', 'deliveries/', 'inference/holding/'],
    readers: [],
  },
  'audit/keys': {
    writers: ['server/audit/audit-upkeep.ts', 'cli/commands/reseal.ts', 'mongo/audit/erase.ts'],
    readers: ['mongo/', 'cli/audit/'],
  },
  'audit/checkpoints': { writers: ['mongo/audit/retention.ts'], readers: ['cli/audit/'] },
  'audit/turns': {
    writers: ['mongo/audit/anchors.ts', 'server/audit/audit-upkeep.ts', 'inference/holding/'],
    readers: [],
  },
  'tenant-keys': {
    writers: ['mongo/keyring/', 'subgraphs/tenants/erasure/'],
    readers: ['mongo/keyring/', 'server/secrets/'],
  },
  locks: {
    writers: [
      'subgraphs/runtime/',
      'subgraphs/models/',
      'subgraphs/prompts/',
      'subgraphs/tenants/',
      'mongo/audit/genesis.ts',
      'server/mesh-store.ts',
    ],
    readers: [],
  },
};

/** The users of the other modules of `mongo/`, which read or write through the collections above. */
export const helperUsers: Readonly<Record<string, readonly string[]>> = {
  'alert-action-events': ['subgraphs/usage/alerts/', 'subgraphs/tenants/alert-actions/'],
  'audit/anchors': ['cli/audit/', 'server/audit/'],
  'audit/chain': ['mongo/', 'cli/audit/', 'server/erasure/'],
  'audit/genesis': [
    'cli/record-command.ts',
    'mongo/audit/erase.ts',
    'mongo/audit/verify.ts',
    'server/subgraph-modules.ts',
  ],
  'audit/erase': ['subgraphs/tenants/erasure/'],
  'audit/erased': ['mongo/audit/'],
  'audit/retention': ['server/audit/audit-upkeep.ts'],
  'audit/verify': ['cli/audit/'],
  'checked-offer': ['subgraphs/models/', 'subgraphs/prompts/'],
  connect: [
    'cli/open-store.ts',
    'cli/record-command.ts',
    'cli/commands/',
    'mongo/find-in-turns.ts',
    'server/mesh-store.ts',
  ],
  'credential-secret': ['inference/', 'mongo/encryption-check.ts', 'subgraphs/models/', doctor],
  eraser: ['subgraphs/', 'mongo/', 'inference/erasure/'],
  'erasure-rules': ['server/erasure/', 'subgraphs/tenants/', 'cli/support-bundle/'],
  'finished-jobs': ['cli/commands/reseal.ts', 'inference/holding/', 'server/', 'subgraphs/usage/'],
  'keyring/data-keys': ['mongo/keyring/', 'server/secrets/'],
  'keyring/keyring': ['server/'],
  'keyring/rotate': ['cli/commands/reseal.ts'],
  'key-pepper': ['server/', 'subgraphs/tenants/'],
  'consent-source-secret': ['inference/guarding/', 'subgraphs/tenants/consents/'],
  'webhook-target': ['deliveries/', 'subgraphs/tenants/webhooks/'],
  'guardrail-secrets': ['inference/', 'subgraphs/tenants/guardrails/'],
  'event-reports': ['inference/', 'subgraphs/tenants/keys/'],
  'find-in-turns': ['catalog/', 'mongo/usage-rollups.ts', 'mongo/usage/'],
  'group-writes': ['inference/', 'mongo/connect.ts', 'server/mesh-store.ts'],
  limit: ['mongo/', 'subgraphs/tenants/'],
  'meter-history': ['server/subgraph-modules.ts'],
  'meter-rollup': ['inference/', 'mongo/meter-history.ts', 'subgraphs/inference/'],
  'node-records': [
    'mongo/',
    'subgraphs/models/',
    'subgraphs/prompts/',
    'subgraphs/tenants/',
    'subgraphs/usage/',
  ],
  'prompt-uses': ['subgraphs/models/'],
  'store-time': ['inference/routing/', 'subgraphs/usage/'],
  'usage-rollups': ['subgraphs/usage/'],
  'usage/block-writer': ['mongo/usage/'],
  'usage/buckets': ['mongo/usage-rollups.ts', 'subgraphs/usage/'],
  'usage/cube': ['mongo/'],
  'usage/dimensions': ['mongo/', 'subgraphs/usage/'],
  'usage/fold': ['mongo/'],
  'usage/keep-summed': ['server/subgraph-modules.ts'],
  'usage/latency-sketch': ['mongo/', 'subgraphs/usage/'],
  'usage/ledger-rows': ['mongo/'],
  'usage/row-numbers': ['mongo/usage/'],
  'usage/slice-cubes': ['mongo/'],
  'usage/slices': ['mongo/'],
  'usage/tuple-index': ['mongo/usage/'],
  'usage/usage-eraser': ['subgraphs/inference/'],
  'usage/varints': ['mongo/usage/'],
  'upgrade-members': ['server/mesh-store.ts'],
  'upgrade-tenants': ['server/mesh-store.ts'],
  'write-probe': ['server/mesh-store.ts', doctor],
};
