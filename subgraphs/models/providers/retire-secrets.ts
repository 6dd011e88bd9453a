import { bumpCatalogRevision } from '#mongo/catalog-revisions.ts';
import { type ProviderCredentialRecord, providerCredentials } from '#mongo/provider-credentials.ts';
import { auditedStart } from '../../runtime/policy/audited-start.ts';
import { type ModelsDeps, readNow } from '../deps.ts';

/** Replaced secrets that one call deletes. */
const endedMax = 100;

/**
 * Deletes the replaced secrets of rotations that have ended, each with its event and its audit record, once among all processes;
 * their number. No process uses them from then on anyway. Commands that would overwrite or delete such a secret call it first, for the credentials
 * that they change (`where`; absent: all).
 */
export async function retireSecrets(
  deps: Pick<ModelsDeps, 'connection' | 'now' | 'audit' | 'events'>,
  where: Partial<Pick<ProviderCredentialRecord, '_id' | 'providerId'>> = {},
): Promise<number> {
  const collection = providerCredentials(deps.connection);
  const ended = await collection
    .find({ ...where, 'previous.endsAt': { $lte: readNow(deps) } })
    .sort({ 'previous.endsAt': 1, _id: 1 })
    .limit(endedMax)
    .lean();
  let deleted = 0;
  for (const { _id, previous, ...credential } of ended) {
    if (previous == null) continue;
    const { tenantId = null, providerId, label } = credential;
    const { hint, endsAt } = previous;
    // It has ended whether or not this process lives to delete it.
    const event = {
      type: 'credential.retired',
      tenantId,
      subject: _id,
      data: { providerId, label, hint },
    } as const;
    await deps.events.record(event, `credential.retired:${_id}:${endsAt.getTime()}`);
    const change = {
      ...{ action: 'providerCredential.retire', targetType: 'ProviderCredential', targetId: _id },
      ...{ tenantId, before: { hint, endsAt: endsAt.toISOString() }, requestId: 'sweep' },
    };
    await auditedStart(deps.audit, change, async () => {
      const same = { _id, 'previous.endsAt': endsAt };
      const { modifiedCount } = await collection.updateOne(same, { $unset: { previous: 1 } });
      deleted += modifiedCount;
      return modifiedCount > 0;
    });
  }
  if (deleted > 0) await bumpCatalogRevision(deps.connection);
  return deleted;
}
