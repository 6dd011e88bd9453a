import { join, resolve } from 'node:path';
import { makeDirectory } from '@heddle/embedded-store/make-directory';
import type { Connection } from 'mongoose';
import type { Logger } from 'pino';
import { parseCountLimits } from '#core/count-limits.ts';
import { createEgress } from '#core/egress.ts';
import type { SecretBox } from '#core/secrets/secret-box.ts';
import type { SubgraphName } from '#core/subgraph-names.ts';
import { noPepper } from '#mongo/key-pepper.ts';
import type { State } from '#state/open-state.ts';
import type { Quota } from '#state/quota/quota.ts';
import type { FirstTenantOptions } from '#subgraphs/tenants/keys/first-start.ts';
import { parseLimits } from '#subgraphs/tenants/limits/default-limits.ts';
import type { Subgraph } from '#transport/executor.ts';
import { dataDirectory } from './config.ts';
import type { MeshOptions } from './mesh-options.ts';
import { keepRepairing } from './repairs.ts';
import { openNewAdminKeyFile } from './secrets/new-admin-key-file.ts';
import type { SecretBoxes } from './secrets/secret-boxes.ts';
import { readCa } from './secrets/tls-files.ts';

/** An admin key that this start has made: its text, or the file that holds it. */
export type NewAdminKey = { readonly text: string } | { readonly file: string };

export interface StartedSubgraphs {
  readonly subgraphs: ReadonlyMap<SubgraphName, Subgraph>;
  readonly newAdminKey: NewAdminKey | null;
  /** The meters of this process; null where no subgraph runs here. */
  readonly quota: Quota | null;
  /** What keeps a call from being served: the store cannot be written, or the shared state cannot be reached. */
  problems(): Promise<readonly string[]>;
}

/**
 * Opens the database and starts the named subgraphs on it. The owner of a collection sees to its first start:
 * tenants makes the admin key, models registers the demo provider and those of the environment.
 */
export async function startSubgraphs(
  { environment, providerEnvironment, log }: MeshOptions,
  names: readonly SubgraphName[],
  state: State,
  boxes: SecretBoxes | undefined,
  starting: AsyncDisposableStack,
): Promise<StartedSubgraphs> {
  const subgraphs = new Map<SubgraphName, Subgraph>();
  const stateProblem = () => problemOf('the shared state cannot be reached', state.ping(), log);
  if (boxes === undefined) {
    return { subgraphs, newAdminKey: null, quota: null, problems: stateProblem };
  }

  // The store starts in its own thread while this one loads the subgraphs' code.
  const dir = dataDirectory(environment);
  await makeDirectory(dir);
  const [{ openDatabase, ensureIndexes }, { freeLocks }, { createWriteProbe }] = await Promise.all([
    import('#mongo/connect.ts'),
    import('#mongo/locks.ts'),
    import('#mongo/write-probe.ts'),
  ]);
  const url = environment.MONGO_URL ?? `embedded:${join(dir, 'store')}`;
  const opening = openDatabase(url, { ca: readCa(environment) });
  const modules = import('./subgraph-modules.ts');
  const database = starting.use(await opening);
  const { connection } = database;
  const { createAuditLog, createMeterHistory, keepHoursSummed, loadSubgraph, openCatalog } = await modules;
  const makers = await Promise.all(names.map(loadSubgraph));
  if (url.startsWith('embedded:')) await freeLocks(connection);
  await ensureIndexes(connection);
  starting.use(await keepRepairing(connection, { names, log, isAlone: url.startsWith('embedded:') }));

  const history = createMeterHistory(connection);
  if (names.includes('inference')) starting.use(keepHoursSummed(history, log));
  const quota = starting.use(state.openQuota(history));
  const counts = parseCountLimits(environment.HEDDLE_COUNT_LIMITS);
  const services = { log, bus: state.bus, quota, audit: createAuditLog(connection), counts };
  const opensElsewhere = names.includes('models') !== names.includes('inference');
  if (opensElsewhere && environment.HEDDLE_ENCRYPTION_KEY === undefined) {
    log.warn(
      'HEDDLE_ENCRYPTION_KEY is not set: models and inference need one data directory, or the same key',
    );
  }
  const { secrets: secretBox, payloads } = boxes;
  // A key file of one's own is certainly that of every process only where there is no other process.
  const isShared = environment.HEDDLE_ENCRYPTION_KEY !== undefined || url.startsWith('embedded:');
  const pepper = isShared ? boxes.pepper : noPepper;
  await checkKey(connection, secretBox, log);
  const egress = createEgress(environment.HEDDLE_EGRESS_ALLOW);

  const newAdminKey = names.includes('tenants')
    ? await startTenants(connection, { environment, pepper, audit: services.audit, log })
    : null;
  let environmentProviders: readonly string[] = [];
  if (names.includes('models')) {
    const [{ registerEnvironmentProviders }, { bindOlderCredentials }] = await Promise.all([
      import('#subgraphs/models/providers/register-provider.ts'),
      import('#subgraphs/models/providers/reseal-credentials.ts'),
    ]);
    environmentProviders = await registerEnvironmentProviders(connection, providerEnvironment, {
      bus: state.bus,
      secretBox,
      egress,
      audit: services.audit,
    });
    await bindOlderCredentials(connection, secretBox);
  }
  const catalog = starting.use(await openCatalog(connection, { bus: state.bus, log }));
  for (const make of makers) {
    const subgraph = starting.use(
      await make({
        ...services,
        connection,
        catalog,
        secretBox,
        payloads,
        pepper,
        egress,
        environmentProviders,
        cache: state.cache,
        streams: state.streams,
        // The embedded store has one owner.
        isAlone: url.startsWith('embedded:'),
        defaultLimits: {
          key: parseLimits(environment.HEDDLE_KEY_LIMITS, 'HEDDLE_KEY_LIMITS'),
          tenant: parseLimits(environment.HEDDLE_TENANT_LIMITS, 'HEDDLE_TENANT_LIMITS'),
        },
        guardrails: environment.HEDDLE_GUARDRAILS,
        unpricedModels: environment.HEDDLE_UNPRICED_MODELS,
      }),
    );
    subgraphs.set(subgraph.name, subgraph);
  }
  const probe = createWriteProbe(connection);
  const problems = async () => {
    const found = [problemOf('the store cannot be written', probe(), log), stateProblem()];
    return (await Promise.all(found)).flat();
  };
  return { subgraphs, newAdminKey, quota, problems };
}

/** The first tenant and its admin key; what a new admin key is shown by, once. */
async function startTenants(
  connection: Connection,
  {
    environment,
    pepper,
    audit,
    log,
  }: Pick<MeshOptions, 'environment' | 'log'> & Required<Pick<FirstTenantOptions, 'pepper' | 'audit'>>,
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

/** Reports an encryption key that is not the one the store's secrets are sealed with. */
async function checkKey(connection: Connection, box: SecretBox, log: Logger): Promise<void> {
  const { checkEncryptionKey } = await import('#mongo/encryption-check.ts');
  const { key, unreadable } = await checkEncryptionKey(connection, box);
  const about = { event: 'encryption_key', key, unreadable };
  if (key === 'OTHER' || unreadable > 0) {
    log.error(
      about,
      'the encryption key is not the one that stored provider keys are sealed with: calls that need them fail, and no other key can be stored; restore HEDDLE_ENCRYPTION_KEY or encryption.key, or give the keys up with `heddle reseal --discard`',
    );
  } else if (key === 'PREVIOUS') {
    log.warn(about, 'stored provider keys are sealed with a previous encryption key: run `heddle reseal`');
  }
}

/** The problem, when the check fails. */
async function problemOf(problem: string, check: Promise<unknown>, log: Logger): Promise<readonly string[]> {
  try {
    await check;
    return [];
  } catch (error) {
    log.warn({ err: error }, `not ready: ${problem}`);
    return [problem];
  }
}
