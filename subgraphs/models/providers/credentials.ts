import { randomUUID } from 'node:crypto';
import { badInput } from '#core/input.ts';
import { meshOwner, type OwnerBoxes } from '#core/secrets/owner-boxes.ts';
import { sealCredential } from '#mongo/credential-secret.ts';
import type { ProviderCredentialRecord } from '#mongo/provider-credentials.ts';
import type { ProviderRecord } from '#mongo/providers.ts';
import { providerDestination } from '#providers/registry/destination.ts';

const secretMax = 16_384;
/** From this length on the last four characters identify a secret without revealing it. */
const hintFrom = 12;

/** What a header can carry; the JSON of a service account's key is read and never sent, so it may have many lines. */
const secretText = /^(?:[\x20-\x7e]+|\{[\s\S]*\})$/;

/** A provider, as far as its secrets are bound to it. */
type SealedProvider = Pick<ProviderRecord, '_id' | 'tenantId' | 'kind' | 'baseUrl' | 'region'>;

/** A record with the secret sealed for the provider as it is now. */
export async function credentialRecord(
  credential: {
    readonly id?: string;
    readonly provider: SealedProvider;
    readonly label: string;
    readonly secret: string;
    readonly weight: number;
    readonly createdAt: Date;
  },
  field: string,
  secrets: OwnerBoxes,
): Promise<ProviderCredentialRecord> {
  const { provider } = credential;
  const id = credential.id ?? randomUUID();
  return {
    _id: id,
    providerId: provider._id,
    ...(provider.tenantId == null ? {} : { tenantId: provider.tenantId }),
    label: credential.label,
    ...(await sealSecret(credential.secret, { id, provider }, field, secrets)),
    weight: credential.weight,
    enabled: true,
    createdAt: credential.createdAt,
  };
}

/**
 * What a record holds of a secret, which is what is left without the space around it. Rejects with CONFLICT where what is stored
 * needs another root key.
 */
export async function sealSecret(
  given: string,
  { id, provider }: { readonly id: string; readonly provider: SealedProvider },
  field: string,
  secrets: OwnerBoxes,
): Promise<Required<Pick<ProviderCredentialRecord, 'hint' | 'sealed' | 'destination'>>> {
  const secret = given.trim();
  if (secret === '' || secret.length > secretMax) {
    badInput(field, `must have 1 to ${secretMax} characters.`);
  }
  if (!secretText.test(secret)) badInput(field, 'must be one line of printable ASCII characters.');
  const destination = providerDestination(provider);
  const sealer = await secrets.of(provider.tenantId ?? meshOwner);
  return {
    hint: secret.length >= hintFrom ? secret.slice(-4) : '',
    sealed: sealCredential(sealer, secret, { id, providerId: provider._id, destination }),
    destination,
  };
}

export const labelMax = 100;
export const weightMax = 1_000_000;
