import type { Connection as Database } from 'mongoose';
import { type Caller, hasScope } from '#core/caller.ts';
import { findArchivedTenantIds, findNodeRecords } from '#mongo/node-records.ts';
import { type PromptRecord, prompts } from '#mongo/prompts.ts';
import { type Connection, findPage } from '../runtime/connection.ts';
import { containing, listSort, matchingLists } from '../runtime/list-input.ts';
import type { PromptFilter, QueryPromptsArgs } from './generated.ts';
import { isOperator } from './sees-prompt.ts';

/** As labels are named; no other text is part of a path into a record. */
const labelName = /^[A-Za-z][A-Za-z0-9_-]*$/;

/**
 * The prompts that match every specified field, of the caller's tenant and of the mesh as far as they are offered to it; every one with
 * tenants:admin. Those that are archived, or whose tenant is, where the filter requests them, otherwise the others. Without
 * `prompts:read` those that the caller may run by their names.
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
    ...(isNoLabel ? none : {}),
    ...(search == null ? {} : { name: inName(search) }),
    ...(label == null || isNoLabel ? {} : { [`labels.${label}`]: { $exists: true } }),
  };
  return findPage(prompts(database), where, listSort(orderBy ?? 'CREATED_AT_DESC'), page);
}

type Filter = Readonly<Record<string, unknown>>;
type Place = Pick<PromptFilter, 'tenantId' | 'ofMesh' | 'archived'>;

const none: Filter = { _id: { $in: [] } };

/** As `seesPrompt`, as a filter. */
async function readVisible(place: Place, caller: Caller, database: Database): Promise<Filter> {
  if (!hasScope(caller, 'prompts:read')) {
    if (place.archived === true) return none;
    return { ...readAtHand(place, caller), ...matchingLists(caller.promptLists, 'name') };
  }
  return isOperator(caller) ? readPlace(place, database) : readAtHand(place, caller);
}

/** What the caller's tenant owns, and what of the mesh is offered to it. The tenant of a caller is not archived. */
function readAtHand({ tenantId, ofMesh, archived }: Place, caller: Caller): Filter {
  const own = caller.tenantId;
  const isOwn = own !== null && ofMesh !== true && (tenantId == null || tenantId === own);
  const isMesh = ofMesh !== false && tenantId == null && archived !== true;
  const either = [
    ...(isOwn ? [{ tenantId: own, archivedAt: archived === true ? { $ne: null } : null }] : []),
    ...(isMesh ? [{ tenantId: null, archivedAt: null, offeredTo: null }, ...readOffers(caller)] : []),
  ];
  return either.length === 0 ? none : { $or: either };
}

/** Prompts of the mesh that are offered to the caller's plan or tenant. */
function readOffers({ tenantId, planId }: Caller): readonly Filter[] {
  const ofMesh = { tenantId: null, archivedAt: null };
  return [
    ...(tenantId === null ? [] : [{ ...ofMesh, 'offeredTo.tenants': tenantId }]),
    ...(planId === undefined ? [] : [{ ...ofMesh, 'offeredTo.plans': planId }]),
  ];
}

/** For operators: the owners of the prompts, and whether archived ones are meant. */
async function readPlace({ tenantId, ofMesh, archived }: Place, database: Database): Promise<Filter> {
  const ownState = { archivedAt: archived === true ? { $ne: null } : null };
  if (tenantId != null) {
    if (ofMesh === true) return none;
    const [tenant] = await findNodeRecords(database, 'Tenant', [tenantId]);
    if (tenant === undefined || tenant.archivedAt === null) return { tenantId, ...ownState };
    return archived === true ? { tenantId } : none;
  }
  if (ofMesh === true) return { tenantId: null, ...ownState };
  const ids = await findArchivedTenantIds(database);
  const others = ofMesh === false ? [...ids, null] : ids;
  if (archived !== true) return { ...ownState, tenantId: { $nin: others } };
  return {
    $or: [
      { ...ownState, ...(ofMesh === false ? { tenantId: { $ne: null } } : {}) },
      { tenantId: { $in: ids } },
    ],
  };
}

/** Behind the space stands the id of an archived prompt, which is no part of its name. */
function inName(search: string) {
  const { $regex, $options } = containing(search);
  return { $regex: `^[^ ]*${$regex}`, $options };
}
