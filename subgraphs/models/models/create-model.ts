import type { Capability, Modality } from '#core/graph-enums.generated.ts';
import { checkedList, notFound, orConflict } from '#core/input.ts';
import { readOwnerId, toOwnedId } from '#core/owned-id.ts';
import { deletedModels, type ModelRecord, models } from '#mongo/models.ts';
import { type ProviderRecord, providers } from '#mongo/providers.ts';
import { catalogChanged, type ModelsContext, type ModelsDeps, readNow } from '../deps.ts';
import type { CreateModelInput, UpdateModelInput } from '../generated.ts';
import { checkedInt, checkedModelName } from '../inputs.ts';
import { chooseOwner, requireEditable } from '../owners/owner.ts';
import { checkOwnedRoom, withCatalog } from '../with-catalog.ts';
import { findModelFacts, type ModelFacts } from './price-catalog.ts';
import { priceRecord } from './prices.ts';

const tokensMax = 1_000_000_000;

/**
 * Registers an AI model; what is not set comes from the catalog. NOT_FOUND without the provider, CONFLICT when
 * the provider has a model of that name.
 */
export async function createModel(
  input: CreateModelInput,
  context: ModelsContext,
  deps: ModelsDeps,
): Promise<ModelRecord> {
  const name = checkedModelName(input.name, 'input.name');
  const given = givenFacts(input);
  const now = readNow(deps);
  const { _id: providerId, tenantId = null } = await findOwner(input, context, deps);
  await context.auditTarget({ tenantId, type: 'Model', id: `${providerId}/${name}` });
  const record = await withCatalog(deps, () => storeModel({ ...input, providerId, name }, given, now, deps));
  context.audit({ tenantId, type: 'Model', id: record._id, after: record });
  await catalogChanged(deps, 'models');
  return record;
}

/** The provider to add the model to, as its owner, who owns the model too. */
async function findOwner(
  { providerId, tenantId }: CreateModelInput,
  context: ModelsContext,
  deps: ModelsDeps,
): Promise<ProviderRecord> {
  const owner = tenantId == null ? null : await chooseOwner(tenantId, context, deps);
  const id = owner === null || readOwnerId(providerId) === owner ? providerId : toOwnedId(owner, providerId);
  const found = await providers(deps.connection).findById(id).lean();
  return requireEditable(found, { what: 'provider', id: providerId }, context, deps);
}

async function storeModel(
  input: CreateModelInput,
  given: ReturnType<typeof givenFacts>,
  now: Date,
  deps: ModelsDeps,
): Promise<ModelRecord> {
  const { name } = input;
  const provider = await providers(deps.connection).findById(input.providerId).lean();
  if (provider === null) return notFound('provider', input.providerId);
  const facts = await findModelFacts(provider.kind, name, now.getTime());
  const record: ModelRecord = {
    _id: `${provider._id}/${name}`,
    providerId: provider._id,
    ...(provider.tenantId == null ? {} : { tenantId: provider.tenantId }),
    name,
    ...facts,
    ...given,
    ...(given.inputModalities === undefined ? imagesSeen(given.capabilities, facts.inputModalities) : {}),
    prices: input.price == null ? facts.prices : [priceRecord(input.price, now)],
    requiresApproval: input.requiresApproval ?? false,
    lifecycle: 'ACTIVE',
    replacedById: null,
    createdAt: now,
    updatedAt: now,
  };

  const collection = models(deps.connection);
  await checkOwnedRoom(deps, 'models', collection, provider.tenantId ?? null);
  await orConflict(
    collection.create(record),
    `There is a model ${JSON.stringify(record._id)} already: change it with updateModel.`,
  );
  await deletedModels(deps.connection).deleteOne({ _id: record._id });
  return record;
}

/** A model with the capability VISION takes images, whatever its name states; no modalities mean that all may be tried. */
function imagesSeen(capabilities: readonly Capability[] | undefined, modalities: readonly Modality[]) {
  const sees = capabilities?.includes('VISION') === true && modalities.length > 0;
  return sees ? { inputModalities: [...new Set<Modality>([...modalities, 'IMAGE'])] } : {};
}

/** What an input states of a model, checked; fields that are left out or null are left out. */
export function givenFacts(input: Omit<UpdateModelInput, 'price'>): Partial<Omit<ModelFacts, 'prices'>> {
  const given: { -readonly [K in keyof ModelFacts]?: ModelFacts[K] } = {};
  const { capabilities, inputModalities, outputModalities } = input;
  if (capabilities != null) given.capabilities = checkedList(capabilities, 'input.capabilities', 20);
  if (inputModalities != null) {
    given.inputModalities = checkedList(inputModalities, 'input.inputModalities', 20);
  }
  if (outputModalities != null) {
    given.outputModalities = checkedList(outputModalities, 'input.outputModalities', 20);
  }
  for (const field of ['contextTokens', 'maxOutputTokens'] as const) {
    const tokens = input[field];
    if (tokens != null) given[field] = checkedInt(tokens, `input.${field}`, 1, tokensMax);
  }
  return given;
}
