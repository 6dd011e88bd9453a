import { badInput } from '#core/input.ts';
import { matchesLists } from '#core/name-patterns.ts';
import { toCallName } from '#core/owned-id.ts';
import { type ModelAliasRecord, modelAliases, toAliasId } from '#mongo/model-aliases.ts';
import { catalogChanged, type ModelsContext, type ModelsDeps, readNow } from '../deps.ts';
import type { ModelAliasInput } from '../generated.ts';
import { checkedModelName } from '../inputs.ts';
import { findVisibleModel, findVisibleRoute } from '../owners/visible.ts';
import { checkRoom, withCatalog } from '../with-catalog.ts';
import { findAliasTenant, requireLiveAliasTenant } from './alias-tenant.ts';

/** Creates an alias of the tenant or changes its target. BAD_USER_INPUT for a target that the caller may not call, CONFLICT for an archived tenant. */
export async function saveModelAlias(
  input: ModelAliasInput,
  context: ModelsContext,
  deps: ModelsDeps,
): Promise<ModelAliasRecord> {
  const tenantId = await findAliasTenant(input.tenantId, context.caller, deps);
  const name = checkedModelName(input.name, 'input.name');
  const { target } = input;
  if (target === name) badInput('input.target', 'must differ from input.name.');
  const _id = toAliasId(tenantId, name);
  const now = readNow(deps);
  const collection = modelAliases(deps.connection);
  await context.auditTarget({ tenantId, type: 'ModelAlias', id: _id });
  const { before, after } = await withCatalog(deps, async () => {
    await requireLiveAliasTenant(tenantId, context.caller, deps);
    await checkTarget(target, tenantId, context);
    const before = await collection.findById(_id).lean();
    if (before === null) {
      await checkRoom(deps, 'modelAliasesPerTenant', collection.countDocuments({ tenantId }).exec());
      await checkRoom(deps, 'modelAliases', collection.countDocuments().exec());
    }
    const after = await collection
      .findOneAndUpdate(
        { _id },
        { $set: { tenantId, name, target, updatedAt: now }, $setOnInsert: { createdAt: now } },
        { returnDocument: 'after', upsert: true },
      )
      .lean();
    return { before, after };
  });
  context.audit({ tenantId, type: 'ModelAlias', id: _id, before: before ?? undefined, after });
  await catalogChanged(deps, 'modelAliases');
  return after;
}

/** One message for a target that is missing and one that is not allowed: the caller learns nothing of what it may not call. */
async function checkTarget(
  target: string,
  tenantId: string,
  { caller, loaders }: ModelsContext,
): Promise<void> {
  const viewer = tenantId === caller.tenantId ? caller : { ...caller, tenantId };
  const isAllowed = matchesLists(caller.modelLists, toCallName(target));
  const [model, route] = isAllowed
    ? await Promise.all([
        findVisibleModel(target, viewer, loaders),
        findVisibleRoute(target, viewer, loaders),
      ])
    : [null, null];
  if (model === null && route === null) {
    badInput(
      'input.target',
      `names no AI model and no route that you may call: ${JSON.stringify(target.slice(0, 200))}.`,
    );
  }
  if (model?.lifecycle === 'RETIRED')
    badInput('input.target', `names an AI model that is retired: ${target}.`);
}
