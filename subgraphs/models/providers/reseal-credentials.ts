import type { Connection } from 'mongoose';
import { HeddleError } from '#core/errors.ts';
import { addDataKeyId } from '#core/secrets/data-box.ts';
import { meshOwner, type OwnerBoxes, type Sealer } from '#core/secrets/owner-boxes.ts';
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
 * Seals every provider credential with the present data key of its owner that is not sealed with it yet. Secrets that an older
 * version of Heddle bound to no address are bound to the present one of their provider. Safe while the mesh runs. The data keys of those that
 * stay as they are are added to `left`.
 */
export function resealCredentials(
  connection: Connection,
  secrets: OwnerBoxes,
  left = new Set<string>(),
): Promise<ResealedCredentials> {
  return reseal(connection, secrets, {}, left);
}

/** As resealCredentials, of the secrets that an older version of Heddle sealed. */
export function bindOlderCredentials(
  connection: Connection,
  secrets: OwnerBoxes,
): Promise<ResealedCredentials> {
  return reseal(connection, secrets, { sealed: /^v1\./ }, new Set());
}

async function reseal(
  connection: Connection,
  secrets: OwnerBoxes,
  filter: { readonly sealed?: RegExp },
  left: Set<string>,
): Promise<ResealedCredentials> {
  const records = await providerCredentials(connection).find(filter).lean();
  const stale: ProviderCredentialRecord[] = [];
  for (const record of records) {
    const sealer = await findSealer(secrets, record);
    const texts = listSealed(record);
    if (texts.some((sealed) => sealer?.isCurrent(sealed) !== true)) stale.push(record);
  }
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
    const change = await sealAnew(secrets, record, destination);
    if (change === null) {
      unreadable += 1;
      for (const sealed of listSealed(record)) addDataKeyId(left, sealed);
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

const listSealed = ({ sealed, previous }: ProviderCredentialRecord) =>
  previous == null ? [sealed] : [sealed, previous.sealed];

/** Null: the owner's key was destroyed, or needs a root key that is not at hand. */
async function findSealer(
  secrets: OwnerBoxes,
  { tenantId }: ProviderCredentialRecord,
): Promise<Sealer | null> {
  try {
    return await secrets.of(tenantId ?? meshOwner);
  } catch (error) {
    if (error instanceof HeddleError && error.code === 'CONFLICT') return null;
    throw error;
  }
}

async function sealAnew(
  secrets: OwnerBoxes,
  record: ProviderCredentialRecord,
  destination: string,
): Promise<Pick<ProviderCredentialRecord, 'sealed' | 'destination' | 'previous'> | null> {
  const credential = toSealedCredential(record);
  const opened = await openCredential(secrets, credential, destination);
  const sealer = await findSealer(secrets, record);
  if (opened.state !== 'READY' || sealer === null) return null;
  const sealed = sealCredential(sealer, opened.secret, { ...credential, destination });
  const { previous } = record;
  if (previous == null) return { sealed, destination };
  // The replaced secret lives out its overlap; where it does not open any more, it goes.
  const old = await sealAnew(
    secrets,
    { ...record, ...previous, previous: null },
    previous.destination ?? destination,
  );
  return { sealed, destination, previous: old === null ? null : { ...previous, ...old } };
}
