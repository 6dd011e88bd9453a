import type { Connection } from 'mongoose';
import { type Caller, hasScope, type Scope } from '#core/caller.ts';
import { readableRows } from '#core/ledger-reach.ts';
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

/** The scopes with which all rows of the tenant may be read. */
export const ledgerScopes = ['usage:read', 'completions:read'] as const satisfies Scope[];

/** The rows of the ledger that the caller may read. */
export function visibleRows(caller: Caller): ReturnType<typeof readableRows> {
  return readableRows(caller, ledgerScopes);
}
