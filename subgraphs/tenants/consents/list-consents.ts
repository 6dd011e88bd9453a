import type { Connection as Database } from 'mongoose';
import { hasScope } from '#core/caller.ts';
import { type ConsentRecord, consents, readConsentExpiry } from '#mongo/consents.ts';
import { type Connection, findPage } from '../../runtime/connection.ts';
import { given, timeSort } from '../../runtime/list-input.ts';
import type { QueryConsentsArgs } from '../generated.ts';
import type { TenantsContext } from '../loaders.ts';

/** The consents of end users of the caller's tenant; with tenants:admin of the tenant it names, or of all. */
export function listConsents(
  { filter, orderBy, ...page }: QueryConsentsArgs,
  { caller }: Pick<TenantsContext, 'caller'>,
  database: Database,
): Promise<Connection<ConsentRecord>> {
  const { tenantId, endUserId, purpose } = filter ?? {};
  const isOwn = caller.tenantId !== null && (tenantId == null || tenantId === caller.tenantId);
  const visible = hasScope(caller, 'tenants:admin')
    ? given({ tenantId })
    : { tenantId: isOwn ? caller.tenantId : { $in: [] } };
  const where = { ...visible, ...given({ endUserId, purposes: purpose }) };
  return findPage(consents(database), where, timeSort(orderBy ?? 'NEWEST_FIRST'), page);
}

/** The fields of a consent that are not those of its record. */
export const consentFields = {
  id: ({ _id }: ConsentRecord) => _id,
  expiresAt: readConsentExpiry,
  withdrawn: ({ withdrawn }: ConsentRecord) => withdrawn ?? [],
  withdrawnAll: ({ withdrawnAll }: ConsentRecord) => withdrawnAll ?? false,
};
