import { openEgress } from '#core/egress.ts';
import { HeddleError } from '#core/errors.ts';
import { badInput, orConflict } from '#core/input.ts';
import { toOwnedId } from '#core/owned-id.ts';
import { checkedOffer } from '#mongo/checked-offer.ts';
import { models } from '#mongo/models.ts';
import { isTakenByAnotherType } from '#mongo/node-records.ts';
import { providerCredentials } from '#mongo/provider-credentials.ts';
import { deletedProviders, type ProviderRecord, providers } from '#mongo/providers.ts';
import { missingAddressForm } from '#providers/registry/own-address.ts';
import { vendors } from '#providers/registry/vendors.generated.ts';
import { checkedRegion } from '../../runtime/checked-input.ts';
import { catalogChanged, type ModelsContext, type ModelsDeps, readNow } from '../deps.ts';
import type { CreateProviderInput } from '../generated.ts';
import { checkedBaseUrl, checkedSlug } from '../inputs.ts';
import { currentModels } from '../models/price-catalog.ts';
import { registerModels } from '../models/register-models.ts';
import { chooseOwner } from '../owners/owner.ts';
import { settleMarked } from '../settle-catalog.ts';
import { checkOwnedRoom, withCatalog } from '../with-catalog.ts';
import { credentialRecord } from './credentials.ts';

/** Adds a provider, with its first credential when the input has a key. CONFLICT when the id is taken. */
export async function createProvider(
  input: CreateProviderInput,
  context: ModelsContext,
  deps: ModelsDeps,
): Promise<ProviderRecord> {
  const now = readNow(deps);
  const name = checkedSlug(input.id, 'input.id');
  const owner = await chooseOwner(input.tenantId, context, deps);
  const offeredTo = await checkedOffer(input.offeredTo, { what: 'providers', owner }, deps.connection);
  const record: ProviderRecord = {
    _id: toOwnedId(owner, name),
    ...(owner === null ? {} : { tenantId: owner }),
    ...(offeredTo === null ? {} : { offeredTo }),
    kind: input.kind,
    baseUrl: checkedAddress(input.baseUrl, owner, deps),
    region: input.region == null ? null : checkedRegion(input.region, 'input.region'),
    enabled: input.enabled ?? true,
    createdAt: now,
    updatedAt: now,
  };
  checkNeeds(record, deps);
  const credential =
    input.apiKey == null
      ? undefined
      : await credentialRecord(
          { provider: record, label: 'default', secret: input.apiKey, weight: 1, createdAt: now },
          'input.apiKey',
          deps.secrets,
        );

  await context.auditTarget({ tenantId: owner, type: 'Provider', id: record._id });
  await withCatalog(deps, async () => {
    const known = input.registerModels === true ? await currentModels(input.kind, now.getTime()) : [];
    if (known.length > 0) await checkOwnedRoom(deps, 'models', models(deps.connection), owner, known.length);
    await settleMarked(deps.connection);
    await storeProvider(record, deps);
    if (credential !== undefined) await providerCredentials(deps.connection).create(credential);
    await registerModels(deps.connection, record, known, now);
    await deletedProviders(deps.connection).deleteOne({ _id: record._id });
    // Last: a process that is killed before leaves nothing of it after the next settleCatalog.
    await providers(deps.connection).updateOne({ _id: record._id }, { $unset: { incomplete: 1 } });
  });
  context.audit({ tenantId: owner, type: 'Provider', id: record._id, after: record });
  await catalogChanged(deps, 'providers');
  return record;
}

async function storeProvider(record: ProviderRecord, deps: ModelsDeps): Promise<void> {
  const { connection } = deps;
  const collection = providers(connection);
  const { _id } = record;
  await checkOwnedRoom(deps, 'providers', collection, record.tenantId ?? null);
  await orConflict(
    collection.create({ ...record, incomplete: 'CREATED' }),
    `There is a provider ${JSON.stringify(_id)} already: change it with updateProvider, or choose another id.`,
  );
  if (await isTakenByAnotherType(connection, 'Provider', _id)) {
    await collection.deleteOne({ _id });
    throw new HeddleError(
      'CONFLICT',
      `The id ${JSON.stringify(_id)} is that of something else: choose another.`,
    );
  }
}

/** The address of a provider as its owner may set it: a tenant's is not inside the operator's network. */
export function checkedAddress(
  baseUrl: string | null | undefined,
  owner: string | null,
  { egress = openEgress }: Pick<ModelsDeps, 'egress'>,
): string | null {
  if (baseUrl == null) return null;
  return checkedBaseUrl(baseUrl, 'input.baseUrl', owner === null ? egress : egress.ofTenants);
}

/**
 * Refuses a provider that lacks what its kind cannot be called without, an address of another form, and a tenant's whose vendor's
 * default address is inside the operator's network. A key may follow later.
 */
export function checkNeeds(
  provider: Pick<ProviderRecord, 'kind' | 'baseUrl' | 'region' | 'tenantId'>,
  { egress = openEgress }: Pick<ModelsDeps, 'egress'>,
): void {
  const { requires } = vendors[provider.kind];
  for (const need of ['baseUrl', 'region'] as const) {
    if (requires.includes(need) && provider[need] === null) {
      badInput(`input.${need}`, `is needed by a provider of kind ${provider.kind}.`);
    }
  }
  const { baseUrl } = vendors[provider.kind];
  if (provider.tenantId != null && provider.baseUrl === null && baseUrl != null && URL.canParse(baseUrl)) {
    const refusal = egress.ofTenants.refusalOfHost(new URL(baseUrl).hostname);
    if (refusal !== null) badInput('input.baseUrl', `is needed: ${refusal}.`);
  }
  const form = provider.baseUrl === null ? null : missingAddressForm(provider.kind, provider.baseUrl);
  if (form !== null) badInput('input.baseUrl', `has the form ${form} for kind ${provider.kind}.`);
}
