import { badInput, notFound } from '#core/input.ts';
import { type ModelRecord, models } from '#mongo/models.ts';
import { catalogChanged, type ModelsContext, type ModelsDeps, readNow } from '../deps.ts';
import type { MutationDeprecateModelArgs } from '../generated.ts';
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
    const replacement = await models(deps.connection).findById(replacedBy).lean();
    if (replacement === null) return notFound('model', replacedBy);
    if (replacement.lifecycle === 'RETIRED') badInput('replacedBy', 'is retired itself.');
    return setLifecycle(id, change, context, deps);
  });
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
  await context.auditTarget({ tenantId: null, type: 'Model', id });
  const before = await collection.findById(id).lean();
  const after = await collection
    .findOneAndUpdate(
      { _id: id },
      { $set: { ...change, updatedAt: readNow(deps) } },
      { returnDocument: 'after' },
    )
    .lean();
  if (before === null || after === null) return notFound('model', id);
  context.audit({ tenantId: null, type: 'Model', id, before, after });
  await catalogChanged(deps, 'models');
  return after;
}
