import { notFound } from '#core/input.ts';
import { type ModelAliasRecord, modelAliases, toAliasId } from '#mongo/model-aliases.ts';
import { findPromptUses } from '#mongo/prompt-uses.ts';
import { catalogChanged, type ModelsContext, type ModelsDeps } from '../deps.ts';
import type { MutationDeleteModelAliasArgs } from '../generated.ts';
import { candidateIds } from '../owners/visible.ts';
import { findExisting, requireUnused } from '../routes/dependants.ts';
import { withCatalog } from '../with-catalog.ts';
import { findAliasTenant } from './alias-tenant.ts';

/** Deletes an alias of the tenant and returns its name. NOT_FOUND when the tenant has none of that name, CONFLICT where a prompt calls it. */
export async function deleteModelAlias(
  { name, tenantId: wanted }: MutationDeleteModelAliasArgs,
  context: ModelsContext,
  deps: ModelsDeps,
): Promise<string> {
  const tenantId = await findAliasTenant(wanted, context.caller, deps);
  const _id = toAliasId(tenantId, name);
  await context.auditTarget({ tenantId, type: 'ModelAlias', id: _id });
  const before = await withCatalog(deps, () => deleteUnused(_id, name, deps));
  context.audit({ tenantId, type: 'ModelAlias', id: _id, before });
  await catalogChanged(deps, 'modelAliases');
  return name;
}

/** Looks for prompts before and after, as the deletion of a model does. */
async function deleteUnused(_id: string, name: string, deps: ModelsDeps): Promise<ModelAliasRecord> {
  const collection = modelAliases(deps.connection);
  const alias = await collection.findById(_id).lean();
  if (alias === null) return notFound('alias', name);
  await requireNoPrompt(alias, deps);
  await collection.deleteOne({ _id });
  try {
    await requireNoPrompt(alias, deps);
  } catch (error) {
    await collection.create(alias);
    throw error;
  }
  return alias;
}

/** CONFLICT where prompts of the tenant call the alias, unless there is an AI model or a route that has the same name. */
async function requireNoPrompt(
  { tenantId, name }: ModelAliasRecord,
  { connection }: ModelsDeps,
): Promise<void> {
  if ((await findExisting(candidateIds(name, { tenantId }), connection)).size > 0) return;
  const uses = await findPromptUses(connection, [name]);
  const named = uses
    .filter((use) => use.tenantId === tenantId)
    .map((use) => `the prompt ${JSON.stringify(use.name)}`);
  requireUnused(`alias ${JSON.stringify(name)}`, { named, unnamed: 0 });
}
