import type { Caller } from '#core/caller.ts';
import { matchesLists } from '#core/name-patterns.ts';
import { toCallName } from '#core/owned-id.ts';
import { type ModelAliasRecord, modelAliases, toAliasId } from '#mongo/model-aliases.ts';
import type { ModelsDeps } from '../deps.ts';
import type { QueryModelAliasArgs } from '../generated.ts';
import { findAliasTenant, seesEveryTarget } from './alias-tenant.ts';

/** The aliases of the tenant by name, as far as the caller may see their targets. */
export async function listModelAliases(
  wanted: string | null | undefined,
  caller: Caller,
  deps: ModelsDeps,
): Promise<readonly ModelAliasRecord[]> {
  // A caller of no tenant has no aliases.
  if (wanted == null && caller.tenantId === null) return [];
  const tenantId = await findAliasTenant(wanted, caller, deps);
  const found = await modelAliases(deps.connection).find({ tenantId }).sort({ name: 1 }).lean();
  return found.filter((alias) => seesAlias(alias, caller));
}

/** One alias of the tenant; null if there is none that the caller may see. */
export async function findModelAlias(
  { name, tenantId: wanted }: QueryModelAliasArgs,
  caller: Caller,
  deps: ModelsDeps,
): Promise<ModelAliasRecord | null> {
  if (wanted == null && caller.tenantId === null) return null;
  const tenantId = await findAliasTenant(wanted, caller, deps);
  const found = await modelAliases(deps.connection).findById(toAliasId(tenantId, name)).lean();
  return found !== null && seesAlias(found, caller) ? found : null;
}

function seesAlias({ target }: ModelAliasRecord, caller: Caller): boolean {
  return seesEveryTarget(caller) || matchesLists(caller.modelLists, toCallName(target));
}
