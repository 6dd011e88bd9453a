import { type ProviderRecord, providers } from '#mongo/providers.ts';
import { checkedText, notFound } from '../shared/input.ts';
import { checkNeeds, regionMax } from './create-provider.ts';
import { catalogChanged, type ModelsContext, type ModelsDeps, nowOf } from './deps.ts';
import { checkedBaseUrl } from './inputs.ts';

export interface UpdateProviderInput {
  readonly baseUrl?: string | null;
  readonly region?: string | null;
  readonly enabled?: boolean | null;
}

/** Changes what is given; null clears baseUrl and region. NOT_FOUND for an unknown id. */
export async function updateProvider(
  id: string,
  input: UpdateProviderInput,
  context: ModelsContext,
  deps: ModelsDeps,
): Promise<ProviderRecord> {
  const collection = providers(deps.connection);
  const before = await collection.findById(id).lean();
  if (before === null) return notFound('provider', id);
  const change = {
    ...(input.baseUrl === undefined
      ? {}
      : { baseUrl: input.baseUrl === null ? null : checkedBaseUrl(input.baseUrl, 'input.baseUrl') }),
    ...(input.region === undefined
      ? {}
      : { region: input.region === null ? null : checkedText(input.region, 'input.region', regionMax) }),
    ...(input.enabled == null ? {} : { enabled: input.enabled }),
    updatedAt: nowOf(deps),
  };
  checkNeeds({ ...before, ...change });
  const after = await collection
    .findOneAndUpdate({ _id: id }, { $set: change }, { returnDocument: 'after' })
    .lean();
  if (after === null) return notFound('provider', id);
  context.audit({ tenantId: null, type: 'Provider', id, before, after });
  await catalogChanged(deps, 'providers');
  return after;
}
