import { type ProviderCredentialRecord, providerCredentials } from '#mongo/provider-credentials.ts';
import { checkedText, notFound } from '../shared/input.ts';
import { labelMax, weightMax } from './credentials.ts';
import { catalogChanged, type ModelsContext, type ModelsDeps } from './deps.ts';
import { checkedInt } from './inputs.ts';

export interface UpdateProviderCredentialInput {
  readonly label?: string | null;
  readonly weight?: number | null;
  readonly enabled?: boolean | null;
}

/** Changes what is given of a credential, never its secret. NOT_FOUND for an unknown id. */
export async function updateProviderCredential(
  id: string,
  input: UpdateProviderCredentialInput,
  context: ModelsContext,
  deps: ModelsDeps,
): Promise<ProviderCredentialRecord> {
  const collection = providerCredentials(deps.connection);
  const change = {
    ...(input.label == null ? {} : { label: checkedText(input.label, 'input.label', labelMax) }),
    ...(input.weight == null ? {} : { weight: checkedInt(input.weight, 'input.weight', 0, weightMax) }),
    ...(input.enabled == null ? {} : { enabled: input.enabled }),
  };
  const before = await collection.findById(id).lean();
  if (before === null) return notFound('provider credential', id);
  if (Object.keys(change).length === 0) return before;
  const after = await collection
    .findOneAndUpdate({ _id: id }, { $set: change }, { returnDocument: 'after' })
    .lean();
  if (after === null) return notFound('provider credential', id);
  context.audit({ tenantId: null, type: 'ProviderCredential', id, before, after });
  await catalogChanged(deps, 'provider_credentials');
  return after;
}
