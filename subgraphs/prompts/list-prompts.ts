import type { Connection as Database } from 'mongoose';
import { type Caller, hasScope } from '#core/caller.ts';
import { ownTenantId } from '#core/tenant-reach.ts';
import { findArchivedTenantIds, findNodeRecords } from '#mongo/node-records.ts';
import { type PromptRecord, prompts } from '#mongo/prompts.ts';
import { type Connection, findPage } from '../runtime/connection.ts';
import { containing, listSort, matchingLists } from '../runtime/list-input.ts';
import type { PromptFilter, QueryPromptsArgs } from './generated.ts';

/** As labels are named; no other text is part of a path into a record. */
const labelName = /^[A-Za-z][A-Za-z0-9_-]*$/;

/**
 * The prompts that match every specified field, of the caller's tenant; of every tenant with tenants:admin. Those that are archived,
 * or whose tenant is, where the filter requests them, otherwise the others. Without `prompts:read` those of the own tenant
 * that the caller may run by their names.
 */
export async function listPrompts(
  { filter, orderBy, ...page }: QueryPromptsArgs,
  caller: Caller,
  database: Database,
): Promise<Connection<PromptRecord>> {
  const { search, label } = filter ?? {};
  const isNoLabel = label != null && !labelName.test(label);
  const where = {
    $and: [await readVisible(filter ?? {}, caller, database)],
    ...(isNoLabel ? { _id: { $in: [] } } : {}),
    ...(search == null ? {} : { name: inName(search) }),
    ...(label == null || isNoLabel ? {} : { [`labels.${label}`]: { $exists: true } }),
  };
  return findPage(prompts(database), where, listSort(orderBy ?? 'CREATED_AT_DESC'), page);
}

/** As `seesPrompt`, as a filter. */
async function readVisible(
  filter: Pick<PromptFilter, 'tenantId' | 'archived'>,
  caller: Caller,
  database: Database,
): Promise<Readonly<Record<string, unknown>>> {
  if (hasScope(caller, 'prompts:read')) return readPlace(filter, caller, database);
  const isOwn = filter.tenantId == null || filter.tenantId === caller.tenantId;
  if (!isOwn || filter.archived === true) return { _id: { $in: [] } };
  return { tenantId: ownTenantId(caller), archivedAt: null, ...matchingLists(caller.promptLists, 'name') };
}

/** The tenant of the prompts, and whether archived ones are meant. The tenant of a caller is not archived. */
async function readPlace(
  { tenantId, archived }: Pick<PromptFilter, 'tenantId' | 'archived'>,
  caller: Caller,
  database: Database,
): Promise<Readonly<Record<string, unknown>>> {
  const ownState = { archivedAt: archived === true ? { $ne: null } : null };
  if (!hasScope(caller, 'tenants:admin')) {
    const own = ownTenantId(caller);
    return { tenantId: tenantId == null || tenantId === own ? own : { $in: [] }, ...ownState };
  }
  if (tenantId != null) {
    const [tenant] = await findNodeRecords(database, 'Tenant', [tenantId]);
    if (tenant === undefined || tenant.archivedAt === null) return { tenantId, ...ownState };
    return { tenantId: archived === true ? tenantId : { $in: [] } };
  }
  const ids = await findArchivedTenantIds(database);
  if (ids.length === 0) return ownState;
  return archived === true
    ? { $or: [ownState, { tenantId: { $in: ids } }] }
    : { ...ownState, tenantId: { $nin: ids } };
}

/** Behind the space stands the id of an archived prompt, which is no part of its name. */
function inName(search: string) {
  const { $regex, $options } = containing(search);
  return { $regex: `^[^ ]*${$regex}`, $options };
}
