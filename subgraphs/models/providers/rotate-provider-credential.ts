import { HeddleError } from '#core/errors.ts';
import { notFound } from '#core/input.ts';
import {
  type PreviousSecret,
  type ProviderCredentialRecord,
  providerCredentials,
} from '#mongo/provider-credentials.ts';
import { providers } from '#mongo/providers.ts';
import { providerDestination } from '#providers/registry/destination.ts';
import { catalogChanged, type ModelsContext, type ModelsDeps, readNow } from '../deps.ts';
import type { MutationRotateProviderCredentialArgs } from '../generated.ts';
import { checkedInt } from '../inputs.ts';
import { requireEditable } from '../owners/owner.ts';
import { sealSecret } from './credentials.ts';
import { retireSecrets } from './retire-secrets.ts';

const overlapSecondsMax = 30 * 24 * 3600;

/**
 * Replaces the secret by one write, and keeps the old one for the overlap. CONFLICT while an earlier rotation has not ended, and
 * for the later of two changes at once; NOT_FOUND for an unknown id.
 */
export async function rotateProviderCredential(
  { id, secret, overlapSeconds }: MutationRotateProviderCredentialArgs,
  context: ModelsContext,
  deps: ModelsDeps,
): Promise<ProviderCredentialRecord> {
  const { connection, secrets } = deps;
  const overlap = checkedInt(overlapSeconds ?? 0, 'overlapSeconds', 0, overlapSecondsMax);
  const collection = providerCredentials(connection);
  const named = { what: 'provider credential', id };
  const before = await requireEditable(await collection.findById(id).lean(), named, context, deps);
  const { tenantId = null, providerId, hint, sealed } = before;
  const provider = await providers(connection).findById(providerId).lean();
  if (provider === null) return notFound('provider', providerId);
  const now = readNow(deps);
  const draining = findPrevious(before, now);
  if (draining !== null) {
    throw new HeddleError(
      'CONFLICT',
      `An earlier rotation of the credential ends at ${draining.endsAt.toISOString()}: wait, or replace its secret at once with updateProviderCredential.`,
    );
  }
  await retireSecrets(deps, { _id: id });
  const fresh = await sealSecret(secret, { id, provider }, 'secret', secrets);
  const destination = before.destination ?? providerDestination(provider);
  const previous = { hint, sealed, destination, endsAt: new Date(now.getTime() + overlap * 1_000) };
  const change =
    overlap === 0
      ? { $set: { ...fresh, rotatedAt: now }, $unset: { previous: 1 as const } }
      : { $set: { ...fresh, rotatedAt: now, previous } };
  await context.auditTarget({ tenantId, type: 'ProviderCredential', id });
  const after = await collection
    .findOneAndUpdate({ _id: id, sealed }, change, { returnDocument: 'after' })
    .lean();
  if (after === null) {
    throw new HeddleError(
      'CONFLICT',
      `The credential ${id} has just been changed or removed: read it again.`,
    );
  }
  context.audit({ tenantId, type: 'ProviderCredential', id, before, after });
  await catalogChanged(deps, 'provider_credentials');
  return after;
}

/** The secret that a rotation has replaced and that may still be used; null: there is none. */
export function findPrevious({ previous }: ProviderCredentialRecord, now: Date): PreviousSecret | null {
  return previous != null && previous.endsAt > now ? previous : null;
}
