import { notFound } from '#core/input.ts';
import { modelAliases } from '#mongo/model-aliases.ts';
import { catalogChanged, type ModelsContext, type ModelsDeps } from '../deps.ts';
import type { MutationDeleteModelAliasArgs } from '../generated.ts';
import { findAliasTenant } from './alias-tenant.ts';
import { toAliasId } from './save-model-alias.ts';

/** Deletes an alias of the tenant and returns its name. NOT_FOUND when the tenant has none of that name. */
export async function deleteModelAlias(
  { name, tenantId: wanted }: MutationDeleteModelAliasArgs,
  context: ModelsContext,
  deps: ModelsDeps,
): Promise<string> {
  const tenantId = await findAliasTenant(wanted, context.caller, deps);
  const _id = toAliasId(tenantId, name);
  await context.auditTarget({ tenantId, type: 'ModelAlias', id: _id });
  const before = await modelAliases(deps.connection).findOneAndDelete({ _id }).lean();
  if (before === null) return notFound('alias', name);
  context.audit({ tenantId, type: 'ModelAlias', id: _id, before });
  await catalogChanged(deps, 'modelAliases');
  return name;
}
