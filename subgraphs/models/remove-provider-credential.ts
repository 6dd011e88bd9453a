import { providerCredentials } from '#mongo/provider-credentials.ts';
import { catalogChanged, type ModelsContext, type ModelsDeps } from './deps.ts';

/** Deletes a credential with its secret. False when there was none. */
export async function removeProviderCredential(
  id: string,
  context: ModelsContext,
  deps: ModelsDeps,
): Promise<boolean> {
  const before = await providerCredentials(deps.connection).findOneAndDelete({ _id: id }).lean();
  if (before === null) return false;
  context.audit({ tenantId: null, type: 'ProviderCredential', id, before });
  await catalogChanged(deps, 'provider_credentials');
  return true;
}
