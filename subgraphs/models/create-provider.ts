import { refuseOtherKey } from '#mongo/encryption-check.ts';
import { models } from '#mongo/models.ts';
import { isTakenByAnotherType } from '#mongo/node-records.ts';
import { providerCredentials } from '#mongo/provider-credentials.ts';
import { type ProviderRecord, providers } from '#mongo/providers.ts';
import { HeddleError } from '#schema/errors.ts';
import { type ProviderKind, providerVendors } from '#schema/provider-vendors.ts';
import { badInput, orConflict } from '../shared/input.ts';
import { checkedRegion } from '../shared/region.ts';
import { withRoom } from '../shared/with-room.ts';
import { credentialRecord } from './credentials.ts';
import { catalogChanged, type ModelsContext, type ModelsDeps, nowOf } from './deps.ts';
import { checkedBaseUrl, checkedSlug } from './inputs.ts';
import { currentModels } from './price-catalogue.ts';
import { registerModels } from './register-models.ts';

export interface CreateProviderInput {
  readonly id: string;
  readonly kind: ProviderKind;
  readonly baseUrl?: string | null;
  readonly apiKey?: string | null;
  readonly region?: string | null;
  readonly enabled?: boolean | null;
  readonly registerModels?: boolean | null;
}

/** Adds a provider, with its first credential when a key is given. CONFLICT when the id is taken. */
export async function createProvider(
  input: CreateProviderInput,
  context: ModelsContext,
  deps: ModelsDeps,
): Promise<ProviderRecord> {
  const now = nowOf(deps);
  const record: ProviderRecord = {
    _id: checkedSlug(input.id, 'input.id'),
    kind: input.kind,
    baseUrl: input.baseUrl == null ? null : checkedBaseUrl(input.baseUrl, 'input.baseUrl', deps.egress),
    region: input.region == null ? null : checkedRegion(input.region, 'input.region'),
    enabled: input.enabled ?? true,
    createdAt: now,
    updatedAt: now,
  };
  checkNeeds(record);
  const credential =
    input.apiKey == null
      ? undefined
      : credentialRecord(
          { provider: record, label: 'default', secret: input.apiKey, weight: 1, createdAt: now },
          'input.apiKey',
          deps.secretBox,
        );

  if (credential !== undefined) await refuseOtherKey(deps.connection, deps.secretBox);
  const collection = providers(deps.connection);
  await withRoom(
    deps,
    'providers',
    '',
    () => collection.countDocuments({}),
    () =>
      orConflict(
        collection.create(record),
        `There is a provider ${JSON.stringify(record._id)} already: change it with updateProvider, or choose another id.`,
      ),
  );
  if (await isTakenByAnotherType(deps.connection, 'Provider', record._id)) {
    await collection.deleteOne({ _id: record._id });
    throw new HeddleError(
      'CONFLICT',
      `The id ${JSON.stringify(record._id)} is that of something else: choose another.`,
    );
  }
  if (credential !== undefined) await providerCredentials(deps.connection).create(credential);
  if (input.registerModels === true) {
    const known = await currentModels(input.kind, now.getTime());
    const count = async () => (await models(deps.connection).countDocuments({})) + known.length - 1;
    await withRoom(deps, 'models', '', count, () => registerModels(deps.connection, record._id, known, now));
  }
  context.audit({ tenantId: null, type: 'Provider', id: record._id, after: record });
  await catalogChanged(deps, 'providers');
  return record;
}

/** Refuses a provider that lacks what its kind cannot be called without. A key may follow later. */
export function checkNeeds(provider: Pick<ProviderRecord, 'kind' | 'baseUrl' | 'region'>): void {
  const { requires } = providerVendors[provider.kind as ProviderKind];
  for (const need of ['baseUrl', 'region'] as const) {
    if (requires.includes(need) && provider[need] === null) {
      badInput(`input.${need}`, `is needed by a provider of kind ${provider.kind}.`);
    }
  }
}
