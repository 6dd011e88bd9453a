import type { Connection } from 'mongoose';
import type { SecretBox } from '#core/secrets/secret-box.ts';
import { bumpCatalogRevision } from '#mongo/catalog-revisions.ts';
import { openCredential, sealCredential, toSealedCredential } from '#mongo/credential-secret.ts';
import { type ProviderCredentialRecord, providerCredentials } from '#mongo/provider-credentials.ts';
import { providers } from '#mongo/providers.ts';
import { providerDestination } from '#providers/registry/destination.ts';

export interface ResealedCredentials {
  readonly resealed: number;
  /** Those that the keys at hand do not open; they stay as they are. */
  readonly unreadable: number;
}

/**
 * Seals every provider credential with the current key of the box that is not sealed with it yet. Secrets that an older
 * version of Heddle bound to no address are bound to the present one of their provider. Safe while the mesh runs.
 */
export function resealCredentials(connection: Connection, box: SecretBox): Promise<ResealedCredentials> {
  return reseal(connection, box, {});
}

/** As resealCredentials, of the secrets that an older version of Heddle sealed. */
export function bindOlderCredentials(connection: Connection, box: SecretBox): Promise<ResealedCredentials> {
  return reseal(connection, box, { sealed: /^v1\./ });
}

async function reseal(
  connection: Connection,
  box: SecretBox,
  filter: { readonly sealed?: RegExp },
): Promise<ResealedCredentials> {
  const records = await providerCredentials(connection).find(filter).lean();
  const isStale = ({ sealed }: { readonly sealed: string }) => !box.isCurrent(sealed);
  const stale = records.filter(
    (record) => isStale(record) || (record.previous != null && isStale(record.previous)),
  );
  const owners = stale.map(({ providerId }) => providerId);
  const known = await (stale.length === 0
    ? []
    : providers(connection)
        .find({ _id: { $in: owners } })
        .lean());
  const destinations = new Map(known.map((provider) => [provider._id, providerDestination(provider)]));
  let resealed = 0;
  let unreadable = 0;
  for (const record of stale) {
    const destination = record.destination ?? destinations.get(record.providerId) ?? '';
    const change = sealAnew(box, record, destination);
    if (change === null) {
      unreadable += 1;
      continue;
    }
    // Whoever has entered another secret meanwhile has the last word.
    const same = { _id: record._id, sealed: record.sealed };
    const { modifiedCount } = await providerCredentials(connection).updateOne(same, { $set: change });
    resealed += modifiedCount;
  }
  if (resealed > 0) await bumpCatalogRevision(connection);
  return { resealed, unreadable };
}

function sealAnew(
  box: SecretBox,
  record: ProviderCredentialRecord,
  destination: string,
): Pick<ProviderCredentialRecord, 'sealed' | 'destination' | 'previous'> | null {
  const credential = toSealedCredential(record);
  const opened = openCredential(box, credential, destination);
  if (opened.state !== 'READY') return null;
  const sealed = sealCredential(box, opened.secret, { ...credential, destination });
  const { previous } = record;
  if (previous == null) return { sealed, destination };
  // The replaced secret lives out its overlap; where it does not open any more, it goes.
  const old = sealAnew(box, { ...record, ...previous, previous: null }, previous.destination ?? destination);
  return { sealed, destination, previous: old === null ? null : { ...previous, ...old } };
}
