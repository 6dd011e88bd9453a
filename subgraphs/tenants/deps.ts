import type { Connection } from 'mongoose';
import type { KeyPepper } from '#mongo/key-pepper.ts';
import type { SubgraphContext } from '../shared/context.ts';
import type { SubgraphServices } from '../shared/subgraph.ts';
import type { DefaultLimits } from './default-limits.ts';
import type { TenantsLoaders } from './loaders.ts';

export interface TenantsDeps extends SubgraphServices {
  readonly connection: Connection;
  readonly defaultLimits: DefaultLimits;
  /** Hashes HEDDLE_ADMIN_KEY; left out: plain SHA-256. */
  readonly pepper?: KeyPepper;
  readonly now?: () => number;
}

export { nowOf } from '../shared/context.ts';

export type TenantsContext = SubgraphContext<TenantsLoaders>;

/** Tells every process to forget what it remembers of the callers of this tenant (null: of all). */
export async function callersChanged(deps: TenantsDeps, tenantId: string | null): Promise<void> {
  await deps.bus.publish('callers.changed', { tenantId });
}
