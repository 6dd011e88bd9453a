import type { Connection } from 'mongoose';
import { deletedModels, type ModelRecord, models } from '#mongo/models.ts';
import { catalogChanged, type ModelsContext, type ModelsDeps, readNow } from '../deps.ts';
import { requireChangeable } from '../owners/owner.ts';
import { findModelDependants, requireUnused } from '../routes/dependants.ts';
import { checkRoom, countOthers, withCatalog } from '../with-catalog.ts';

/** Deletes a model and returns its id; the ledger still refers to it. CONFLICT where something depends on it. */
export async function deleteModel(id: string, context: ModelsContext, deps: ModelsDeps): Promise<string> {
  const before = await withCatalog(deps, async () => {
    const found = await models(deps.connection).findById(id).lean();
    const record = requireChangeable(found, { what: 'model', id }, context.caller);
    await context.auditTarget({ tenantId: record.tenantId ?? null, type: 'Model', id });
    await deleteUnused(`model ${JSON.stringify(id)}`, [record], context, deps);
    return record;
  });
  context.audit({ tenantId: before.tenantId ?? null, type: 'Model', id, before });
  await catalogChanged(deps, 'models');
  return id;
}

/** Remembers models as deleted, then deletes them. */
export async function moveToDeleted(
  records: readonly ModelRecord[],
  deletedAt: Date,
  connection: Connection,
): Promise<void> {
  if (records.length === 0) return;
  await deletedModels(connection).bulkWrite(
    records.map((record) => ({
      replaceOne: { filter: { _id: record._id }, replacement: { ...record, deletedAt }, upsert: true },
    })),
  );
  await models(connection).deleteMany({ _id: { $in: records.map(({ _id }) => _id) } });
}

/**
 * Moves models to the deleted ones. What depends on them is looked for before and after: a prompt that is published
 * meanwhile either finds its model gone, or is found here and the models are put back.
 */
export async function deleteUnused(
  what: string,
  records: readonly ModelRecord[],
  context: ModelsContext,
  deps: ModelsDeps,
): Promise<void> {
  if (records.length === 0) return;
  const { connection } = deps;
  const ids = records.map(({ _id }) => _id);
  requireUnused(what, await findModelDependants(ids, context, deps));
  const deleted = deletedModels(connection);
  await checkRoom(
    deps,
    'deletedModels',
    countOthers((filter) => deleted.countDocuments(filter), ids),
    records.length,
  );
  await moveToDeleted(records, readNow(deps), connection);
  try {
    requireUnused(what, await findModelDependants(ids, context, deps));
  } catch (error) {
    await models(connection).insertMany(records);
    await deleted.deleteMany({ _id: { $in: ids } });
    throw error;
  }
}
