import { badInput, notFound } from '#core/input.ts';
import { readOwnerId } from '#core/owned-id.ts';
import { type ModelRecord, models } from '#mongo/models.ts';
import { catalogChanged, type ModelsContext, type ModelsDeps, readNow } from '../deps.ts';
import type { MutationDeprecateModelArgs } from '../generated.ts';
import { requireEditable } from '../owners/owner.ts';
import { findVisibleModel } from '../owners/visible.ts';
import { withCatalog } from '../with-catalog.ts';

/** Marks a model as one to move away from, to `replacedBy` where set, which must be another one that is in use. */
export async function deprecateModel(
  { id, replacedBy = null }: MutationDeprecateModelArgs,
  context: ModelsContext,
  deps: ModelsDeps,
): Promise<ModelRecord> {
  if (replacedBy === id) badInput('replacedBy', 'must be another model.');
  const change = { lifecycle: 'DEPRECATED', replacedById: replacedBy } as const;
  if (replacedBy === null) return setLifecycle(id, change, context, deps);
  return withCatalog(deps, async () => {
    const replacement = await findReplacement(id, replacedBy, context, deps);
    if (replacement.lifecycle === 'RETIRED') badInput('replacedBy', 'is retired itself.');
    return setLifecycle(id, { ...change, replacedById: replacement._id }, context, deps);
  });
}

/** A model that callers of the deprecated one may call: of the same owner, or of the mesh. NOT_FOUND without it. */
async function findReplacement(
  id: string,
  replacedBy: string,
  { loaders, caller }: ModelsContext,
  { connection }: ModelsDeps,
): Promise<ModelRecord> {
  const owner = readOwnerId(id);
  const found = await findVisibleModel(replacedBy, { ...caller, tenantId: owner }, loaders);
  const present = found && (await models(connection).findById(found._id).lean());
  return present ?? notFound('model', replacedBy);
}

/** Takes a model out of use. */
export async function retireModel(
  id: string,
  context: ModelsContext,
  deps: ModelsDeps,
): Promise<ModelRecord> {
  return setLifecycle(id, { lifecycle: 'RETIRED' }, context, deps);
}

/** Puts a model back into use. */
export async function activateModel(
  id: string,
  context: ModelsContext,
  deps: ModelsDeps,
): Promise<ModelRecord> {
  return setLifecycle(id, { lifecycle: 'ACTIVE', replacedById: null }, context, deps);
}

async function setLifecycle(
  id: string,
  change: Partial<Pick<ModelRecord, 'lifecycle' | 'replacedById'>>,
  context: ModelsContext,
  deps: ModelsDeps,
): Promise<ModelRecord> {
  const collection = models(deps.connection);
  const named = { what: 'model', id };
  const before = await requireEditable(await collection.findById(id).lean(), named, context, deps);
  const { tenantId = null } = before;
  await context.auditTarget({ tenantId, type: 'Model', id });
  const after = await collection
    .findOneAndUpdate(
      { _id: id },
      { $set: { ...change, updatedAt: readNow(deps) } },
      { returnDocument: 'after' },
    )
    .lean();
  if (after === null) return notFound('model', id);
  context.audit({ tenantId, type: 'Model', id, before, after });
  await catalogChanged(deps, 'models');
  return after;
}
