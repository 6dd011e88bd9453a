import { type Caller, hasScope } from './caller.ts';
import { HeddleError } from './errors.ts';

/** May the caller read data of this tenant? Its own; every tenant's with `tenants:admin`. Call it before answering any record. */
export function seesTenant(caller: Caller, tenantId: string | null): boolean {
  return tenantId !== null && (caller.tenantId === tenantId || hasScope(caller, 'tenants:admin'));
}

/** The caller's own tenant; FORBIDDEN for a caller that belongs to none. */
export function ownTenantId(caller: Caller): string {
  if (caller.tenantId === null) {
    throw new HeddleError(
      'FORBIDDEN',
      'This caller belongs to no tenant: use a key of the tenant that is meant.',
    );
  }
  return caller.tenantId;
}
