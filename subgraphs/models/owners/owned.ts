import { type Caller, hasScope } from '#core/caller.ts';
import { seesTenant } from '#core/tenant-reach.ts';

/** What belongs to a tenant, or to the mesh: null or absent. */
export interface Owned {
  readonly tenantId?: string | null;
}

/** May the caller, with the scopes of the field, change what has this owner? */
export function isChangeable({ tenantId }: Owned, caller: Caller): boolean {
  return tenantId == null ? hasScope(caller, 'models:write') : seesTenant(caller, tenantId);
}
