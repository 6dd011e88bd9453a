import type { Connection as Database } from 'mongoose';
import { hasScope } from '#core/caller.ts';
import { seesTenant } from '#core/tenant-reach.ts';
import { type ErasureRecord, erasures } from '#mongo/erasures.ts';
import { type Connection, findPage } from '../../runtime/connection.ts';
import { given, timeSort } from '../../runtime/list-input.ts';
import type { QueryErasuresArgs } from '../generated.ts';
import type { TenantsContext } from '../loaders.ts';

/** The erasures of the caller's tenant; with tenants:admin those of the tenant it names, or all. */
export function listErasures(
  { filter, orderBy, ...page }: QueryErasuresArgs,
  { caller }: Pick<TenantsContext, 'caller'>,
  database: Database,
): Promise<Connection<ErasureRecord>> {
  const { tenantId, ...equal } = filter ?? {};
  const isOwn = tenantId == null || tenantId === caller.tenantId;
  const visible = hasScope(caller, 'tenants:admin')
    ? given({ tenantId })
    : { tenantId: isOwn && caller.tenantId !== null ? caller.tenantId : { $in: [] } };
  const where = { ...visible, ...given({ ...equal }) };
  return findPage(erasures(database), where, timeSort(orderBy ?? 'NEWEST_FIRST', 'requestedAt'), page);
}

/** The erasure, if the caller may see its tenant; otherwise null. */
export async function findErasure(
  id: string,
  { caller }: Pick<TenantsContext, 'caller'>,
  database: Database,
): Promise<ErasureRecord | null> {
  const found = await erasures(database).findById(id).lean<ErasureRecord>();
  return found !== null && seesTenant(caller, found.tenantId) ? found : null;
}

/** The number of erased records by collection, in the order of the collections. */
export function listErasureCounts({ counts }: Pick<ErasureRecord, 'counts'>) {
  return Object.entries(counts)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([collection, records]) => ({ collection, records }));
}
