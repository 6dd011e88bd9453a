import type { Connection } from 'mongoose';
import type { Caller } from '#schema/caller.ts';
import { hasScope, ownTenantId, type SubgraphContext } from '../shared/context.ts';
import type { SubgraphServices } from '../shared/subgraph.ts';
import type { UsageLoaders } from './loaders.ts';

/** What the usage subgraph is given. It writes nothing. */
export interface UsageDeps extends SubgraphServices {
  readonly connection: Connection;
}

export type UsageContext = SubgraphContext<UsageLoaders>;

/** The rows of the ledger, or of the audit log, that the caller may see: its tenant's; all with `tenants:admin`. */
export function visibleRows(caller: Caller): { readonly tenantId?: string } {
  return hasScope(caller, 'tenants:admin') ? {} : { tenantId: ownTenantId(caller) };
}
