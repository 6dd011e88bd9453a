import type { CredentialState } from '#core/graph-enums.generated.ts';
import { openCredential, toSealedCredential } from '#mongo/credential-secret.ts';
import type { ProviderCredentialRecord } from '#mongo/provider-credentials.ts';
import { providerDestination } from '#providers/registry/destination.ts';
import type { ModelsDeps } from '../deps.ts';
import type { ModelsLoaders } from '../loaders.ts';

/** Whether a credential can be used, and why not. */
export async function credentialState(
  record: ProviderCredentialRecord,
  { provider: load }: ModelsLoaders,
  { secretBox }: Pick<ModelsDeps, 'secretBox'>,
): Promise<{
  readonly state: CredentialState;
  readonly reason: string | null;
}> {
  const provider = await load.load(record.providerId);
  const destination = provider === null ? '' : providerDestination(provider);
  const opened = openCredential(secretBox, toSealedCredential(record), destination);
  if (opened.state !== 'READY') return opened;
  return { state: record.enabled ? 'READY' : 'DISABLED', reason: null };
}
