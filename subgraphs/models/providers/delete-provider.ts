import { HeddleError } from '#core/errors.ts';
import { models } from '#mongo/models.ts';
import { providerCredentials } from '#mongo/provider-credentials.ts';
import { deletedProviders, type ProviderRecord, providers } from '#mongo/providers.ts';
import { vendors } from '#providers/registry/vendors.generated.ts';
import { catalogChanged, type ModelsContext, type ModelsDeps, readNow } from '../deps.ts';
import { deleteUnused } from '../models/delete-model.ts';
import { requireChangeable } from '../owners/owner.ts';
import { findModelDependants, requireUnused } from '../routes/dependants.ts';
import { deleteMarked } from '../settle-catalog.ts';
import { checkRoom, countOthers, withCatalog } from '../with-catalog.ts';
import { retireSecrets } from './retire-secrets.ts';

/**
 * Deletes a provider with its models and the secrets of its credentials, and returns its id. CONFLICT where something
 * depends on one of its models, and for a provider that the next start would make again.
 */
export async function deleteProvider(id: string, context: ModelsContext, deps: ModelsDeps): Promise<string> {
  const { connection } = deps;
  const before = await withCatalog(deps, async () => {
    const found = await providers(connection).findById(id).lean();
    const provider = requireChangeable(found, { what: 'provider', id }, context.caller);
    await context.auditTarget({ tenantId: provider.tenantId ?? null, type: 'Provider', id });
    refuseEnvironmentProvider(provider, deps);
    const [records, credentials] = await Promise.all([
      models(connection).find({ providerId: id }).sort({ _id: 1 }).lean(),
      providerCredentials(connection).find({ providerId: id }, { label: 1 }).lean(),
    ]);
    const remembered = deletedProviders(connection);
    await checkRoom(
      deps,
      'deletedProviders',
      countOthers((filter) => remembered.countDocuments(filter), [id]),
    );
    const what = `provider ${JSON.stringify(id)}`;
    requireUnused(what, await findModelDependants(records.map(readId), context, deps));
    await retireSecrets(deps, { providerId: id });
    // Whatever stops the process from here on: the rest is deleted by settleCatalog.
    await providers(connection).updateOne({ _id: id }, { $set: { incomplete: 'DELETED' } });
    try {
      await deleteUnused(what, records, context, deps);
    } catch (error) {
      await providers(connection).updateOne({ _id: id }, { $unset: { incomplete: 1 } });
      throw error;
    }
    await deleteMarked(provider, readNow(deps), connection);
    const labels = credentials.map(({ label }) => label);
    return { ...provider, models: records.map(readId), credentials: labels };
  });
  context.audit({ tenantId: before.tenantId ?? null, type: 'Provider', id, before });
  await catalogChanged(deps, 'providers');
  return id;
}

const readId = ({ _id }: { readonly _id: string }) => _id;

function refuseEnvironmentProvider({ _id }: ProviderRecord, { environmentProviders }: ModelsDeps): void {
  if (environmentProviders?.includes(_id) !== true) return;
  const disable = 'disable it with updateProvider (enabled: false)';
  const what =
    _id === vendors.DEMO.id
      ? `is made by every start: ${disable}`
      : `comes from the environment, and the next start would make it again: remove its variables and restart, or ${disable}`;
  throw new HeddleError('CONFLICT', `The provider ${JSON.stringify(_id)} ${what}.`);
}
