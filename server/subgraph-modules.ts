import type { Connection } from 'mongoose';
import type { Catalog } from '#catalog/catalog.ts';
import type { Egress } from '#core/egress.ts';
import type { TrustedDocumentsMode } from '#core/graph-enums.generated.ts';
import type { Mailer } from '#core/mail/mailer.ts';
import type { InferenceObserver } from '#core/observers/inference-observer.ts';
import type { QueueObserver } from '#core/observers/queue-observer.ts';
import type { OwnerBoxes } from '#core/secrets/owner-boxes.ts';
import type { SubgraphName } from '#core/subgraph-names.ts';
import type { SendEvent } from '#deliveries/send-event.ts';
import type { KeyPepper } from '#mongo/key-pepper.ts';
import type { Cache } from '#state/cache/cache.ts';
import type { StreamLogs } from '#state/streams/stream-log.ts';
import type { SubgraphServices } from '#subgraphs/runtime/subgraph.ts';
import type { OutboundFetch } from '#subgraphs/tenants/identity/issuer-documents.ts';
import type { DefaultLimits } from '#subgraphs/tenants/limits/default-limits.ts';
import type { SessionLifetimes } from '#subgraphs/tenants/sessions/session-lifetimes.ts';
import type { SignInClient } from '#subgraphs/tenants/sign-in/sign-in-client.ts';
import type { Subgraph } from '#transport/executor.ts';

export { openCatalog } from '#catalog/catalog.ts';
export { recordChainStart } from '#mongo/audit/genesis.ts';
export { createAuditLog } from '#mongo/audit/log.ts';
export { createEventLog } from '#mongo/events.ts';
export { createMeterHistory, keepHoursSummed } from '#mongo/meter-history.ts';
export { keepUsageSummed } from '#mongo/usage/keep-summed.ts';
export { createHttpFetch } from '#providers/http/http-fetch.ts';

/** Everything that a subgraph may be made of; each takes what it needs. */
export interface SubgraphParts extends SubgraphServices {
  /** For the engine of inference; undefined: nothing is measured. */
  readonly observer: InferenceObserver | undefined;
  /** Gets the queues of threads; undefined: nothing is measured. */
  readonly queues: QueueObserver | undefined;
  readonly connection: Connection;
  readonly catalog: Catalog;
  /** For the keys of providers, and secrets of the mesh. */
  readonly secrets: OwnerBoxes;
  /** For what clients and AI models write. */
  readonly payloads: OwnerBoxes;
  /** For the admin key that an operator has chosen. */
  readonly pepper: KeyPepper;
  /** HEDDLE_EGRESS_ALLOW. */
  readonly egress: Egress;
  /** Calls to identity providers, within the rules of egress. */
  readonly outboundFetch: OutboundFetch;
  /** The ids of the providers that the environment makes. */
  readonly environmentProviders: readonly string[];
  readonly cache: Cache;
  readonly streams: StreamLogs;
  /** No other process uses the database. */
  readonly isAlone: boolean;
  /** HEDDLE_KEY_LIMITS and HEDDLE_TENANT_LIMITS. */
  readonly defaultLimits: DefaultLimits;
  /** HEDDLE_OIDC_CLIENT_ID and HEDDLE_OIDC_CLIENT_SECRET. */
  readonly signInClient: SignInClient | undefined;
  /** Sends events to webhooks; undefined where the process does not run tenants. */
  readonly sendEvent: SendEvent | undefined;
  /** HEDDLE_SMTP_URL; undefined: no mail is sent. */
  readonly mailer: Mailer | undefined;
  /** HEDDLE_PUBLIC_URL. */
  readonly publicUrl: string | undefined;
  /** HEDDLE_SESSION_IDLE_MINUTES and HEDDLE_SESSION_HOURS. */
  readonly sessionLifetimes: SessionLifetimes;
  /** HEDDLE_TRUSTED_DOCUMENTS. */
  readonly trustedDocuments: TrustedDocumentsMode;
  /** HEDDLE_GUARDRAILS. */
  readonly guardrails: string;
  /** HEDDLE_UNPRICED_MODELS. */
  readonly unpricedModels: 'refuse' | 'allow';
  readonly tracesProviders: boolean;
}

export type MakeSubgraph = (parts: SubgraphParts) => Subgraph | Promise<Subgraph>;

/** Each subgraph's code is loaded where it runs, and its collections are defined by loading it. */
const modules: Readonly<Record<SubgraphName, () => Promise<MakeSubgraph>>> = {
  models: async () => (await import('#subgraphs/models/subgraph.ts')).createModelsSubgraph,
  prompts: async () => (await import('#subgraphs/prompts/subgraph.ts')).createPromptsSubgraph,
  tenants: async () => (await import('#subgraphs/tenants/subgraph.ts')).createTenantsSubgraph,
  usage: async () => (await import('#subgraphs/usage/subgraph.ts')).createUsageSubgraph,
  inference: async () => (await import('#subgraphs/inference/subgraph.ts')).createInferenceSubgraph,
};

export const loadSubgraph = (name: SubgraphName): Promise<MakeSubgraph> => modules[name]();
