import { badInput, notFound } from '#core/input.ts';
import { type ModelRecord, models } from '#mongo/models.ts';
import { catalogChanged, type ModelsContext, type ModelsDeps, readNow } from '../deps.ts';
import type { UpdateModelInput } from '../generated.ts';
import { requireEditable } from '../owners/owner.ts';
import { givenFacts } from './create-model.ts';
import { priceRecord } from './prices.ts';

/** Rows of the price history kept at most; the oldest go. */
const pricesMax = 500;

/** Changes the specified fields; a price becomes one more row of the history, in force from now on. NOT_FOUND for an unknown id. */
export async function updateModel(
  id: string,
  input: UpdateModelInput,
  context: ModelsContext,
  deps: ModelsDeps,
): Promise<ModelRecord> {
  if (input.requiresApproval === null) badInput('input.requiresApproval', 'must not be null.');
  const now = readNow(deps);
  const change = {
    ...givenFacts(input),
    ...(input.contextTokens === null ? { contextTokens: null } : {}),
    ...(input.maxOutputTokens === null ? { maxOutputTokens: null } : {}),
    ...(input.requiresApproval == null ? {} : { requiresApproval: input.requiresApproval }),
    updatedAt: now,
  };
  const price = input.price == null ? undefined : priceRecord(input.price, now);
  const collection = models(deps.connection);
  const named = { what: 'model', id };
  const before = await requireEditable(await collection.findById(id).lean(), named, context, deps);
  const { tenantId = null } = before;
  await context.auditTarget({ tenantId, type: 'Model', id });
  const after = await collection
    .findOneAndUpdate(
      { _id: id },
      {
        $set: change,
        ...(price === undefined ? {} : { $push: { prices: { $each: [price], $slice: -pricesMax } } }),
      },
      { returnDocument: 'after' },
    )
    .lean();
  if (after === null) return notFound('model', id);
  context.audit({ tenantId, type: 'Model', id, before, after });
  await catalogChanged(deps, 'models');
  return after;
}
