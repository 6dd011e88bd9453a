import { checkedText } from '#core/input.ts';
import { type ProviderCredentialRecord, providerCredentials } from '#mongo/provider-credentials.ts';
import { providers } from '#mongo/providers.ts';
import { catalogChanged, type ModelsContext, type ModelsDeps, readNow } from '../deps.ts';
import type { MutationAddProviderCredentialArgs } from '../generated.ts';
import { checkedInt } from '../inputs.ts';
import { requireEditable } from '../owners/owner.ts';
import { checkRoom, withCatalog } from '../with-catalog.ts';
import { credentialRecord, labelMax, weightMax } from './credentials.ts';

/** Seals and stores one more key of a provider. NOT_FOUND without the provider. */
export async function addProviderCredential(
  input: MutationAddProviderCredentialArgs,
  context: ModelsContext,
  deps: ModelsDeps,
): Promise<ProviderCredentialRecord> {
  const label = checkedText(input.label, 'label', labelMax);
  const weight = checkedInt(input.weight ?? 1, 'weight', 0, weightMax);
  const collection = providerCredentials(deps.connection);
  const { providerId } = input;
  const record = await withCatalog(deps, async () => {
    const found = await providers(deps.connection).findById(providerId).lean();
    const named = { what: 'provider', id: providerId };
    const provider = await requireEditable(found, named, context, deps);
    const record = await credentialRecord(
      { provider, label, secret: input.secret, weight, createdAt: readNow(deps) },
      'secret',
      deps.secrets,
    );
    await checkRoom(deps, 'credentialsPerProvider', collection.countDocuments({ providerId }).exec());
    const target = { tenantId: provider.tenantId ?? null, type: 'ProviderCredential', id: record._id };
    await context.auditTarget(target);
    await collection.create(record);
    return record;
  });
  context.audit({
    tenantId: record.tenantId ?? null,
    type: 'ProviderCredential',
    id: record._id,
    after: record,
  });
  await catalogChanged(deps, 'provider_credentials');
  return record;
}
