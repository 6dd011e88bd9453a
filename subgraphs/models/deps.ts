import type { Connection } from 'mongoose';
import type { Egress } from '#core/egress.ts';
import type { OwnerBoxes } from '#core/secrets/owner-boxes.ts';
import { bumpCatalogRevision } from '#mongo/catalog-revisions.ts';
import type { SubgraphContext } from '../runtime/context.ts';
import type { SubgraphServices } from '../runtime/subgraph.ts';
import type { ModelsLoaders } from './loaders.ts';

/** Dependencies of the models subgraph. */
export interface ModelsDeps extends SubgraphServices {
  readonly connection: Connection;
  /** Seal and open the keys of providers. */
  readonly secrets: OwnerBoxes;
  /** Where providers may be; absent: every destination is allowed. */
  readonly egress?: Egress;
  /** The ids of the providers that this process's start has made or found, and the next one would make again. */
  readonly environmentProviders?: readonly string[];
  readonly now?: () => number;
}

export { readNow } from '../runtime/context.ts';

export type ModelsContext = SubgraphContext<ModelsLoaders>;

/** Notifies every catalog that something it holds has changed; resolves when those of this process have read it. */
export async function catalogChanged(
  { bus, connection }: Pick<ModelsDeps, 'bus' | 'connection'>,
  collection: string,
): Promise<void> {
  await bumpCatalogRevision(connection);
  await bus.publish('catalog.changed', { collection });
}
