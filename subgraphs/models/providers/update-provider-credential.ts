import { checkedText, notFound } from '#core/input.ts';
import { type ProviderCredentialRecord, providerCredentials } from '#mongo/provider-credentials.ts';
import { providers } from '#mongo/providers.ts';
import { catalogChanged, type ModelsContext, type ModelsDeps, readNow } from '../deps.ts';
import type { UpdateProviderCredentialInput } from '../generated.ts';
import { checkedInt } from '../inputs.ts';
import { requireEditable } from '../owners/owner.ts';
import { labelMax, sealSecret, weightMax } from './credentials.ts';
import { retireSecrets } from './retire-secrets.ts';

/** Changes the specified fields of a credential; a secret is sealed for the provider as it is now. NOT_FOUND for an unknown id. */
export async function updateProviderCredential(
  id: string,
  input: UpdateProviderCredentialInput,
  context: ModelsContext,
  deps: ModelsDeps,
): Promise<ProviderCredentialRecord> {
  const collection = providerCredentials(deps.connection);
  const named = { what: 'provider credential', id };
  const before = await requireEditable(await collection.findById(id).lean(), named, context, deps);
  const { tenantId = null } = before;
  const change = {
    ...(input.secret == null ? {} : await replaceSecret(before, input.secret, deps)),
    ...(input.label == null ? {} : { label: checkedText(input.label, 'input.label', labelMax) }),
    ...(input.weight == null ? {} : { weight: checkedInt(input.weight, 'input.weight', 0, weightMax) }),
    ...(input.enabled == null ? {} : { enabled: input.enabled }),
  };
  if (Object.keys(change).length === 0) return before;
  await context.auditTarget({ tenantId, type: 'ProviderCredential', id });
  if (input.secret != null) await retireSecrets(deps, { _id: id });
  const ended = input.secret == null ? {} : { $unset: { previous: 1 } as const };
  const after = await collection
    .findOneAndUpdate({ _id: id }, { $set: change, ...ended }, { returnDocument: 'after' })
    .lean();
  if (after === null) return notFound('provider credential', id);
  context.audit({ tenantId, type: 'ProviderCredential', id, before, after });
  await catalogChanged(deps, 'provider_credentials');
  return after;
}

async function replaceSecret(
  { _id: id, providerId }: ProviderCredentialRecord,
  secret: string,
  deps: ModelsDeps,
): Promise<Pick<ProviderCredentialRecord, 'hint' | 'sealed' | 'destination' | 'rotatedAt'>> {
  const { connection, secrets } = deps;
  const provider = await providers(connection).findById(providerId).lean();
  if (provider === null) return notFound('provider', providerId);
  const sealed = await sealSecret(secret, { id, provider }, 'input.secret', secrets);
  return { ...sealed, rotatedAt: readNow(deps) };
}
