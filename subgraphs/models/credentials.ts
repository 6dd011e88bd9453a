import { randomUUID } from 'node:crypto';
import type { ProviderCredentialRecord } from '#mongo/provider-credentials.ts';
import type { SecretBox } from '#mongo/secret-box.ts';
import { badInput } from '../shared/input.ts';

const secretMax = 16_384;
/** From this length on the last four characters tell a secret apart without giving it away. */
const hintFrom = 12;

/** What a header can carry; the JSON of a service account's key is read and never sent, so it may have many lines. */
const secretText = /^(?:[\x20-\x7e]+|\{[\s\S]*\})$/;

/** A record with the secret sealed. The secret is what is left without the space around it. */
export function credentialRecord(
  credential: {
    readonly id?: string;
    readonly providerId: string;
    readonly label: string;
    readonly secret: string;
    readonly weight: number;
    readonly createdAt: Date;
  },
  field: string,
  secretBox: SecretBox,
): ProviderCredentialRecord {
  const secret = credential.secret.trim();
  if (secret === '' || secret.length > secretMax) {
    badInput(field, `must have 1 to ${secretMax} characters.`);
  }
  if (!secretText.test(secret)) badInput(field, 'must be one line of printable ASCII characters.');
  return {
    _id: credential.id ?? randomUUID(),
    providerId: credential.providerId,
    label: credential.label,
    hint: secret.length >= hintFrom ? secret.slice(-4) : '',
    sealed: secretBox.seal(secret),
    weight: credential.weight,
    enabled: true,
    createdAt: credential.createdAt,
  };
}

export const labelMax = 100;
export const weightMax = 1_000_000;
