import type { Connection as Database } from 'mongoose';
import { hasScope } from '#core/caller.ts';
import { seesTenant } from '#core/tenant-reach.ts';
import { type LegalHoldRecord, legalHolds } from '#mongo/legal-holds.ts';
import { type Connection, findPage } from '../../runtime/connection.ts';
import { given, timeSort } from '../../runtime/list-input.ts';
import type { QueryLegalHoldsArgs } from '../generated.ts';
import type { TenantsContext } from '../loaders.ts';

/** The holds of the caller's tenant; with tenants:admin those of the tenant it names, or all. */
export function listLegalHolds(
  { filter, orderBy, ...page }: QueryLegalHoldsArgs,
  { caller }: Pick<TenantsContext, 'caller'>,
  database: Database,
): Promise<Connection<LegalHoldRecord>> {
  const { tenantId, status } = filter ?? {};
  const isOwn = tenantId == null || tenantId === caller.tenantId;
  const visible = hasScope(caller, 'tenants:admin')
    ? given({ tenantId })
    : { tenantId: isOwn && caller.tenantId !== null ? caller.tenantId : { $in: [] } };
  const where = { ...visible, ...given({ status }) };
  return findPage(legalHolds(database), where, timeSort(orderBy ?? 'NEWEST_FIRST', 'createdAt'), page);
}

/** The hold, if the caller may see its tenant; otherwise null. */
export async function findLegalHold(
  id: string,
  { caller }: Pick<TenantsContext, 'caller'>,
  database: Database,
): Promise<LegalHoldRecord | null> {
  const found = await legalHolds(database).findById(id).lean<LegalHoldRecord>();
  return found !== null && seesTenant(caller, found.tenantId) ? found : null;
}
