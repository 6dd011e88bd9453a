import { notFound } from '#core/input.ts';
import { providerCredentials } from '#mongo/provider-credentials.ts';
import { catalogChanged, type ModelsContext, type ModelsDeps } from '../deps.ts';
import { requireChangeable } from '../owners/owner.ts';
import { retireSecrets } from './retire-secrets.ts';

/** Deletes a credential with its secret and returns its id. NOT_FOUND when there is none. */
export async function removeProviderCredential(
  id: string,
  context: ModelsContext,
  deps: ModelsDeps,
): Promise<string> {
  const collection = providerCredentials(deps.connection);
  const named = { what: 'provider credential', id };
  const { tenantId = null } = requireChangeable(await collection.findById(id).lean(), named, context.caller);
  await context.auditTarget({ tenantId, type: 'ProviderCredential', id });
  await retireSecrets(deps, { _id: id });
  const before = await collection.findOneAndDelete({ _id: id }).lean();
  if (before === null) return notFound('provider credential', id);
  context.audit({ tenantId, type: 'ProviderCredential', id, before });
  await catalogChanged(deps, 'provider_credentials');
  return id;
}
