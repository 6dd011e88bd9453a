import type { Connection } from 'mongoose';
import { type Caller, hasScope } from '#core/caller.ts';
import { ownTenantId, seesTenant } from '#core/tenant-reach.ts';
import type { SubgraphServices } from '../runtime/subgraph.ts';

/** Dependencies of the usage subgraph. It writes alerts and their episodes alone. */
export interface UsageDeps extends SubgraphServices {
  readonly connection: Connection;
  /** The address under which people reach the gateway, without a slash at its end; left out: links are paths. */
  readonly publicUrl?: string | undefined;
  /** Left out: the clock of the database. */
  readonly now?: () => number;
}

/** The records of the audit log that the caller may see: its tenant's; all with `tenants:admin`. */
export function visibleRecords(caller: Caller): { readonly tenantId?: string } {
  return hasScope(caller, 'tenants:admin') ? {} : { tenantId: ownTenantId(caller) };
}

/** May the caller see the alerts of this owner, and their episodes? Those of the mesh with tenants:admin alone. */
export function seesAlerts(caller: Caller, tenantId: string | null): boolean {
  return tenantId === null ? hasScope(caller, 'tenants:admin') : seesTenant(caller, tenantId);
}
