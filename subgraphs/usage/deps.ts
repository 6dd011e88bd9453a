import type { Connection } from 'mongoose';
import { type Caller, hasScope } from '#core/caller.ts';
import { ownTenantId } from '#core/tenant-reach.ts';
import type { SubgraphServices } from '../runtime/subgraph.ts';

/** Dependencies of the usage subgraph. It writes nothing. */
export interface UsageDeps extends SubgraphServices {
  readonly connection: Connection;
}

/** The records of the audit log that the caller may see: its tenant's; all with `tenants:admin`. */
export function visibleRecords(caller: Caller): { readonly tenantId?: string } {
  return hasScope(caller, 'tenants:admin') ? {} : { tenantId: ownTenantId(caller) };
}
