import type { Connection as Database } from 'mongoose';
import { type Caller, hasScope } from '#core/caller.ts';
import { ownTenantId } from '#core/tenant-reach.ts';
import { type PromptRecord, prompts } from '#mongo/prompts.ts';
import { type Connection, findPage } from '../runtime/connection.ts';
import { containing, given, listSort } from '../runtime/list-input.ts';
import type { QueryPromptsArgs } from './generated.ts';

/** As labels are named; no other text is part of a path into a record. */
const labelName = /^[A-Za-z][A-Za-z0-9_-]*$/;

/** Prompts that are not archived unless asked for, and fit every field given, of the caller's tenant; of every tenant with tenants:admin. */
export function listPrompts(
  { filter, orderBy, ...page }: QueryPromptsArgs,
  caller: Caller,
  database: Database,
): Promise<Connection<PromptRecord>> {
  const { tenantId, search, label, archived } = filter ?? {};
  const own = hasScope(caller, 'tenants:admin') ? undefined : ownTenantId(caller);
  const isOther = own !== undefined && tenantId != null && tenantId !== own;
  const where = {
    ...given({ tenantId: own ?? tenantId }),
    ...(isOther || (label != null && !labelName.test(label)) ? { _id: { $in: [] } } : {}),
    archivedAt: archived === true ? { $ne: null } : null,
    ...(search == null ? {} : { name: inName(search) }),
    ...(label == null || !labelName.test(label) ? {} : { [`labels.${label}`]: { $exists: true } }),
  };
  return findPage(prompts(database), where, listSort(orderBy ?? 'CREATED_AT_DESC'), page);
}

/** Behind the space stands the id of an archived prompt, which is no part of its name. */
function inName(search: string) {
  const { $regex, $options } = containing(search);
  return { $regex: `^[^ ]*${$regex}`, $options };
}
