import type { CredentialState } from '#core/graph-enums.generated.ts';
import { openCredential, toSealedCredential } from '#mongo/credential-secret.ts';
import type { ProviderCredentialRecord } from '#mongo/provider-credentials.ts';
import type { ProviderRecord } from '#mongo/providers.ts';
import { providerDestination } from '#providers/registry/destination.ts';
import { vendors } from '#providers/registry/vendors.generated.ts';
import type { ModelsDeps } from '../deps.ts';
import type { ModelsLoaders } from '../loaders.ts';

/** Whether a credential can be used, and why not. */
export async function credentialState(
  record: ProviderCredentialRecord,
  { provider: load }: ModelsLoaders,
  { secrets }: Pick<ModelsDeps, 'secrets'>,
): Promise<{
  readonly state: CredentialState;
  readonly reason: string | null;
}> {
  const provider = await load.load(record.providerId);
  const destination = provider === null ? '' : providerDestination(provider);
  const opened = await openCredential(secrets, toSealedCredential(record), destination);
  if (opened.state !== 'READY') return opened;
  return { state: record.enabled ? 'READY' : 'DISABLED', reason: null };
}

/** What keeps every call from a provider, and what to do; null when nothing that is stored does. */
export async function findProviderProblem(
  provider: ProviderRecord,
  loaders: ModelsLoaders,
  deps: ModelsDeps,
): Promise<string | null> {
  if ('deletedAt' in provider) return 'It was deleted.';
  if (!provider.enabled) return 'It is disabled: enable it with updateProvider.';
  const credentials = await loaders.credentials.load(provider._id);
  if (credentials.length === 0) {
    const { requires } = vendors[provider.kind];
    return requires.includes('secret') ? 'It has no credential: add one with addProviderCredential.' : null;
  }
  const states = await Promise.all(credentials.map((record) => credentialState(record, loaders, deps)));
  if (states.some(({ state }) => state === 'READY')) return null;
  const reason = states.find((one) => one.reason !== null)?.reason;
  return reason ?? 'Its credentials are disabled: enable one with updateProviderCredential.';
}
