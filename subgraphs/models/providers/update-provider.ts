import { notFound } from '#core/input.ts';
import { checkedOffer } from '#mongo/checked-offer.ts';
import { providerCredentials } from '#mongo/provider-credentials.ts';
import { type ProviderRecord, providers } from '#mongo/providers.ts';
import { providerDestination } from '#providers/registry/destination.ts';
import { checkedRegion } from '../../runtime/checked-input.ts';
import { catalogChanged, type ModelsContext, type ModelsDeps, readNow } from '../deps.ts';
import type { UpdateProviderInput } from '../generated.ts';
import { requireEditable } from '../owners/owner.ts';
import { checkedAddress, checkNeeds } from './create-provider.ts';

/**
 * Changes the specified fields; null clears baseUrl and region. NOT_FOUND for an unknown id. Credentials that were entered for
 * another address do not open for the new one: see openCredential.
 */
export async function updateProvider(
  id: string,
  input: UpdateProviderInput,
  context: ModelsContext,
  deps: ModelsDeps,
): Promise<ProviderRecord> {
  const collection = providers(deps.connection);
  const named = { what: 'provider', id };
  const before = await requireEditable(await collection.findById(id).lean(), named, context, deps);
  const { tenantId = null } = before;
  const change = {
    ...(input.baseUrl === undefined ? {} : { baseUrl: checkedAddress(input.baseUrl, tenantId, deps) }),
    ...(input.offeredTo === undefined
      ? {}
      : {
          offeredTo: await checkedOffer(
            input.offeredTo,
            { what: 'providers', owner: tenantId },
            deps.connection,
          ),
        }),
    ...(input.region === undefined
      ? {}
      : { region: input.region === null ? null : checkedRegion(input.region, 'input.region') }),
    ...(input.enabled == null ? {} : { enabled: input.enabled }),
    updatedAt: readNow(deps),
  };
  checkNeeds({ ...before, ...change }, deps);
  await context.auditTarget({ tenantId, type: 'Provider', id });
  await bindOlderCredentials(before, { ...before, ...change }, deps);
  const after = await collection
    .findOneAndUpdate({ _id: id }, { $set: change }, { returnDocument: 'after' })
    .lean();
  if (after === null) return notFound('provider', id);
  context.audit({ tenantId, type: 'Provider', id, before, after });
  await catalogChanged(deps, 'providers');
  return after;
}

/** Secrets of older versions of Heddle, which are bound to no address, are bound to the present one before it changes. */
async function bindOlderCredentials(
  before: ProviderRecord,
  after: ProviderRecord,
  { connection }: ModelsDeps,
): Promise<void> {
  const destination = providerDestination(before);
  if (providerDestination(after) === destination) return;
  const unbound = { providerId: before._id, destination: { $exists: false } };
  await providerCredentials(connection).updateMany(unbound, { $set: { destination } });
}
