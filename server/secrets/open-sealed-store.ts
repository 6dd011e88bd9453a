import type { QueueObserver } from '#core/observers/queue-observer.ts';
import type { StoreObserver } from '#core/observers/store-observer.ts';
import type { Bus } from '#state/bus/bus.ts';
import type { MeshOptions } from '../mesh.ts';
import { openMeshStore } from '../mesh-store.ts';
import type { SubgraphResources } from '../start-subgraphs.ts';
import { openKeyring, openOperatorKeys, shareDestroyedKeys } from './secret-boxes.ts';

/** Opens the store of the process, and the keys that what is stored is sealed with. */
export async function openSealedStore(
  { environment, log, seat }: MeshOptions,
  reached: {
    readonly ca: SubgraphResources['ca'];
    readonly observer: StoreObserver | undefined;
    readonly queues: QueueObserver | undefined;
  },
  starting: AsyncDisposableStack,
) {
  const keys = starting.use(await openOperatorKeys(environment));
  const store = await openMeshStore(environment, { ...reached, groupWrites: seat?.groupWrites }, starting);
  const keyring = starting.use(await openKeyring(store.connection, keys, log));
  return {
    store,
    keyring,
    pepper: keys.pepper,
    /** Keys that one process destroys are forgotten by all. */
    shareDestroyedKeys: (bus: Bus) => shareDestroyedKeys(store.connection, keyring, bus),
  };
}
