import { join } from 'node:path';
import { makeDirectory } from '@heddle/embedded-store/make-directory';
import type { Connection } from 'mongoose';
import type { Logger } from 'pino';
import type { QueueObserver } from '#core/observers/queue-observer.ts';
import type { StoreObserver } from '#core/observers/store-observer.ts';
import type { SubgraphName } from '#core/subgraph-names.ts';
import type { GroupChannel } from '#mongo/group-writes.ts';
import type { Keyring } from '#mongo/keyring/keyring.ts';
import type { LedgerHistory } from '#mongo/meter-history.ts';
import { dataDirectory, type Environment } from './config.ts';
import type { OwnStore } from './mesh.ts';
import { keepRepairing } from './repairs.ts';
import { checkRootKey } from './secrets/secret-boxes.ts';

/** The store of record, as the subgraphs of this process share it. */
export interface MeshStore {
  readonly connection: Connection;
  /** No other process uses it: the embedded store has one owner. */
  readonly isAlone: boolean;
  /** Undefined: the store is not that of this process. */
  readonly own: OwnStore | undefined;
  /** The ledger, as meters read it. */
  readonly history: LedgerHistory;
  /** Rejects while nothing durable can be written. */
  checkWritable(): Promise<void>;
}

/** Opens the database of MONGO_URL, or the embedded store in the data directory. */
export async function openMeshStore(
  environment: Environment,
  {
    ca,
    observer,
    queues,
    groupWrites,
  }: {
    readonly ca: (() => string) | undefined;
    readonly observer?: StoreObserver | undefined;
    /** Gets the queue of a store in this process. */
    readonly queues?: QueueObserver | undefined;
    /** To an embedded store of another process, past the driver. */
    readonly groupWrites?: GroupChannel | undefined;
  },
  starting: AsyncDisposableStack,
): Promise<MeshStore> {
  const dir = dataDirectory(environment);
  await makeDirectory(dir);
  const [{ openDatabase }, { createWriteProbe }] = await Promise.all([
    import('#mongo/connect.ts'),
    import('#mongo/write-probe.ts'),
  ]);
  const url = environment.MONGO_URL ?? `embedded:${join(dir, 'store')}`;
  const opening = openDatabase(url, { ca, observer, groupWrites });
  // The store starts in its own thread while this one loads the code that works on it.
  const loading = import('./subgraph-modules.ts');
  const { connection, own } = starting.use(await opening);
  const [{ createMeterHistory }, { countGroupsWaiting }] = await Promise.all([
    loading,
    import('#mongo/group-writes.ts'),
  ]);
  starting.use(queues?.watchQueue('store', () => countGroupsWaiting(connection)));
  return {
    connection,
    own,
    isAlone: url.startsWith('embedded:'),
    history: createMeterHistory(connection),
    checkWritable: createWriteProbe(connection),
  };
}

/** What the store is made ready for. */
export interface StoreUse {
  /** The subgraphs of this process; their code is loaded, and with it their collections defined. */
  readonly names: readonly SubgraphName[];
  /** Whether this process sums the ledger: of the processes of one machine, one does. */
  readonly sumsLedger: boolean;
  readonly keyring: Keyring;
  readonly log: Logger;
}

/** Makes the indexes, repairs what killed processes have left, and keeps doing so; keeps the ledger summed. */
export async function prepareMeshStore(
  { connection, isAlone, history }: MeshStore,
  { names, sumsLedger, keyring, log }: StoreUse,
  starting: AsyncDisposableStack,
): Promise<void> {
  const [
    { ensureIndexes },
    { freeLocks },
    { createAuditLog, keepHoursSummed, keepUsageSummed, recordChainStart },
  ] = await Promise.all([
    import('#mongo/connect.ts'),
    import('#mongo/locks.ts'),
    import('./subgraph-modules.ts'),
  ]);
  if (isAlone) await freeLocks(connection);
  await ensureIndexes(connection);
  if (names.includes('tenants')) {
    const [{ upgradeMembers }, { upgradeTenants }] = await Promise.all([
      import('#mongo/upgrade-members.ts'),
      import('#mongo/upgrade-tenants.ts'),
    ]);
    await upgradeMembers(connection);
    await upgradeTenants(connection);
  }
  await recordChainStart(connection, createAuditLog(connection), new Date());
  starting.use(await keepRepairing(connection, { names, log, isAlone }));
  if (sumsLedger) {
    starting.use(keepHoursSummed(history, log));
    starting.use(keepUsageSummed(connection, { log, isAlone }));
  }
  await checkRootKey(connection, keyring, log);
}
