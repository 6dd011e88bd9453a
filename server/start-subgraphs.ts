import { resolve } from 'node:path';
import type { Connection } from 'mongoose';
import { parseCountLimits } from '#core/count-limits.ts';
import { createEgress } from '#core/egress.ts';
import { type SubgraphName, subgraphNames } from '#core/subgraph-names.ts';
import type { SendEvent, SendEventServices } from '#deliveries/send-event.ts';
import { type KeyPepper, noPepper } from '#mongo/key-pepper.ts';
import type { Keyring } from '#mongo/keyring/keyring.ts';
import type { State } from '#state/open-state.ts';
import type { Quota } from '#state/quota/quota.ts';
import { parseLimits } from '#subgraphs/tenants/limits/default-limits.ts';
import type { Subgraph } from '#transport/executor.ts';
import { readTrustedDocumentsMode } from './config.ts';
import { openMailer } from './mail/open-mailer.ts';
import type { MeshOptions, NewAdminKey } from './mesh.ts';
import { type MeshStore, prepareMeshStore } from './mesh-store.ts';
import { openNewAdminKeyFile } from './secrets/new-admin-key-file.ts';
import type { SubgraphParts } from './subgraph-modules.ts';
import type { ProcessObservers } from './traces/start-observing.ts';

/** What the subgraphs of this process share, and what they are opened with. */
export interface SubgraphResources {
  /** What is stored is sealed with its keys. */
  readonly keyring: Keyring;
  readonly pepper: KeyPepper;
  readonly store: MeshStore;
  readonly state: State;
  readonly quota: Quota;
  /** Undefined: nothing is measured. */
  readonly metrics?: ProcessObservers | undefined;
  /** The authorities of HEDDLE_TLS_CA as of now. */
  readonly ca?: (() => string) | undefined;
}

export interface StartedSubgraphs {
  readonly subgraphs: ReadonlyMap<SubgraphName, Subgraph>;
  readonly newAdminKey: NewAdminKey | null;
}

/** Of calls to identity providers: few, short, and small. */
const outboundBounds = { callsMax: 64, connectTimeoutMs: 5_000, responseBytesMax: 1024 * 1024 };

/**
 * Starts the subgraphs of this process on the store. The owner of a collection sees to its first start: tenants makes the
 * admin key, models registers the demo provider and those of the environment.
 */
export async function startSubgraphs(
  { environment, parts, providerEnvironment, log, seat }: MeshOptions,
  { keyring, pepper: chosenPepper, store, state, quota, metrics, ca }: SubgraphResources,
  starting: AsyncDisposableStack,
): Promise<StartedSubgraphs> {
  const names = subgraphNames.filter((name) => parts.includes(name));
  const { createAuditLog, createEventLog, createHttpFetch, loadSubgraph, openCatalog } = await import(
    './subgraph-modules.ts'
  );
  const makers = await Promise.all(names.map(loadSubgraph));
  const { connection, isAlone } = store;
  const { secrets, payloads } = keyring;
  const isKeyNamed = environment.HEDDLE_ENCRYPTION_KEY !== undefined;
  const isRootKeyNamed = isKeyNamed || environment.HEDDLE_ROOT_KEY !== undefined;
  const isElsewhere = seat === undefined && names.includes('models') !== names.includes('inference');
  if (isElsewhere && !isRootKeyNamed) {
    log.warn(
      'HEDDLE_ENCRYPTION_KEY is not set: models and inference need one data directory, or the same key',
    );
  }
  // The first of several processes on a machine has the meters, and the store.
  const sumsLedger = names.includes(seat === undefined ? 'inference' : 'usage');
  await prepareMeshStore(store, { names, sumsLedger, keyring, log }, starting);

  // A key file of one's own is certainly that of every process only where there is no other process.
  const pepper = isKeyNamed || isAlone || seat !== undefined ? chosenPepper : noPepper;
  const audit = createAuditLog(connection);
  const egress = createEgress(environment.HEDDLE_EGRESS_ALLOW);
  const outbound = starting.use(createHttpFetch({ egress, ...outboundBounds }));
  const events = createEventLog(connection, {
    notify: () => state.bus.publish('events.recorded', {}),
    log,
    onPublished: (type) => metrics?.store?.eventPublished(type),
  });
  if (names.includes('tenants')) {
    const { keepAuditLog } = await import('./audit/audit-upkeep.ts');
    starting.use(keepAuditLog(connection, { environment, secrets, events, fetch: outbound.fetch, log }));
  }
  const first = { bus: state.bus, secrets, egress, audit, pepper };
  const newAdminKey = names.includes('tenants')
    ? await makeAdminKey(connection, { environment, log }, first)
    : null;
  if (names.includes('tenants')) await keepFirstIssuer(connection, environment, first);
  const environmentProviders = names.includes('models')
    ? await registerProviders(connection, providerEnvironment, first)
    : [];
  const catalog = starting.use(await openCatalog(connection, { bus: state.bus, log }));

  const mailer = names.includes('tenants') ? await openMailer(environment, ca, starting) : undefined;
  const sending = names.includes('tenants')
    ? await openSending({ secrets, egress, mailer, ca: ca?.(), now: Date.now }, starting)
    : undefined;
  const shared: SubgraphParts = {
    log,
    observer: metrics?.inference,
    queues: metrics?.queues,
    bus: state.bus,
    quota,
    audit,
    events,
    counts: parseCountLimits(environment.HEDDLE_COUNT_LIMITS),
    connection,
    catalog,
    secrets,
    payloads,
    pepper,
    egress,
    outboundFetch: outbound.fetch,
    environmentProviders,
    cache: state.cache,
    streams: state.streams,
    isAlone,
    defaultLimits: {
      key: parseLimits(environment.HEDDLE_KEY_LIMITS, 'HEDDLE_KEY_LIMITS'),
      tenant: parseLimits(environment.HEDDLE_TENANT_LIMITS, 'HEDDLE_TENANT_LIMITS'),
    },
    signInClient:
      environment.HEDDLE_OIDC_CLIENT_ID === undefined
        ? undefined
        : {
            issuerId: 'default',
            clientId: environment.HEDDLE_OIDC_CLIENT_ID,
            clientSecret: environment.HEDDLE_OIDC_CLIENT_SECRET,
          },
    mailer,
    sendEvent: sending?.send,
    publicUrl: environment.HEDDLE_PUBLIC_URL,
    sessionLifetimes: {
      idleMs: environment.HEDDLE_SESSION_IDLE_MINUTES * 60_000,
      absoluteMs: environment.HEDDLE_SESSION_HOURS * 3_600_000,
    },
    trustedDocuments: readTrustedDocumentsMode(environment),
    guardrails: environment.HEDDLE_GUARDRAILS,
    unpricedModels: environment.HEDDLE_UNPRICED_MODELS,
    tracesProviders: environment.HEDDLE_TRACES_TO_PROVIDERS === 'on',
  };
  const subgraphs = new Map<SubgraphName, Subgraph>();
  for (const make of makers) {
    const subgraph = starting.use(await make(shared));
    subgraphs.set(subgraph.name, subgraph);
  }
  if (sending !== undefined) {
    const { keepDelivering } = await import('#deliveries/keep-delivering.ts');
    const services = { ...shared, send: sending.send, observer: metrics?.delivery };
    starting.use(await keepDelivering({ ...services, now: Date.now, random: Math.random }));
  }
  if (names.includes('tenants')) {
    const { reportSchema } = await import('#subgraphs/tenants/report-schema.ts');
    await reportSchema(connection, shared.events);
  }
  const { keepErasing } = await import('./erasure/keep-erasing.ts');
  starting.use(await keepErasing(shared, { names }));
  if (names.includes('inference')) {
    const { keepHoldingCalls } = await import('#inference/holding/hold-calls.ts');
    const onError = (err: unknown) =>
      log.warn({ err }, 'legal holds could not be carried out; they are tried again');
    starting.use(keepHoldingCalls({ connection, events: shared.events, onError }));
  }
  return { subgraphs, newAdminKey };
}

/** What sends events to webhooks, within the rules of egress. */
async function openSending(
  services: SendEventServices,
  starting: AsyncDisposableStack,
): Promise<{ readonly send: SendEvent }> {
  const { createSendEvent } = await import('#deliveries/send-event.ts');
  return starting.use(createSendEvent(services));
}

/** What first starts are made with. */
type FirstStart = Pick<SubgraphParts, 'bus' | 'secrets' | 'egress' | 'audit' | 'pepper'>;

/** The first tenant and its admin key; what a new admin key is shown by, once. */
async function makeAdminKey(
  connection: Connection,
  { environment, log }: Pick<MeshOptions, 'environment' | 'log'>,
  { pepper, audit }: FirstStart,
): Promise<NewAdminKey | null> {
  const { ensureFirstTenant } = await import('#subgraphs/tenants/keys/first-start.ts');
  const { HEDDLE_ADMIN_KEY: adminKey, HEDDLE_NEW_ADMIN_KEY_FILE: path } = environment;
  const newAdminKeyFile = path === undefined ? undefined : openNewAdminKeyFile(resolve(path));
  await newAdminKeyFile?.removeDrafts();
  const { newAdminKey } = await ensureFirstTenant(connection, { adminKey, pepper, newAdminKeyFile, audit });
  if (newAdminKey === null) return null;
  if (newAdminKeyFile === undefined) return { text: newAdminKey };
  const { path: file } = newAdminKeyFile;
  log.info({ event: 'admin_key_created', file }, 'the admin key of this first start is in the file');
  return { file };
}

/** The issuer of HEDDLE_OIDC_ISSUER, which is not called: it may be down while the mesh starts. */
async function keepFirstIssuer(
  connection: Connection,
  { HEDDLE_OIDC_ISSUER: issuer, HEDDLE_OIDC_AUDIENCE: audience }: MeshOptions['environment'],
  { audit, bus }: FirstStart,
): Promise<void> {
  const { ensureFirstIssuer } = await import('#subgraphs/tenants/identity/first-issuer.ts');
  const audiences = audience.split(',').map((one) => one.trim());
  await ensureFirstIssuer(connection, { issuer, audience: audiences, audit, bus });
}

/** The demo provider and those of the environment; their ids. */
async function registerProviders(
  connection: Connection,
  providerEnvironment: MeshOptions['providerEnvironment'],
  { bus, secrets, egress, audit }: FirstStart,
): Promise<readonly string[]> {
  const [{ registerEnvironmentProviders }, { bindOlderCredentials }] = await Promise.all([
    import('#subgraphs/models/providers/register-provider.ts'),
    import('#subgraphs/models/providers/reseal-credentials.ts'),
  ]);
  const services = { bus, secrets, egress, audit };
  const ids = await registerEnvironmentProviders(connection, providerEnvironment, services);
  await bindOlderCredentials(connection, secrets);
  return ids;
}
