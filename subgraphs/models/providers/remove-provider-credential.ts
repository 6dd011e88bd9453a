import { notFound } from '#core/input.ts';
import { providerCredentials } from '#mongo/provider-credentials.ts';
import { catalogChanged, type ModelsContext, type ModelsDeps } from '../deps.ts';

/** Deletes a credential with its secret and returns its id. NOT_FOUND when there is none. */
export async function removeProviderCredential(
  id: string,
  context: ModelsContext,
  deps: ModelsDeps,
): Promise<string> {
  await context.auditTarget({ tenantId: null, type: 'ProviderCredential', id });
  const before = await providerCredentials(deps.connection).findOneAndDelete({ _id: id }).lean();
  if (before === null) return notFound('provider credential', id);
  context.audit({ tenantId: null, type: 'ProviderCredential', id, before });
  await catalogChanged(deps, 'provider_credentials');
  return id;
}
