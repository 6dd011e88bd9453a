import { HeddleError } from '#core/errors.ts';
import { expectError } from '#core/expect-error.ts';
import type { CredentialState } from '#core/graph-enums.generated.ts';
import type { OwnerBoxes, Sealer } from '#core/secrets/owner-boxes.ts';
import { CannotOpen } from '#core/secrets/secret-box.ts';

/** A credential as it is stored, as far as opening it needs. */
export interface SealedCredential {
  readonly id: string;
  readonly providerId: string;
  readonly sealed: string;
  /** Where the secret may be sent: what the provider's destination was when it was entered; null: of an older version. */
  readonly destination: string | null;
}

/** Whether the secret can be used, and it, or why not. */
export type OpenedCredential =
  | { readonly state: 'READY'; readonly secret: string }
  | { readonly state: Extract<CredentialState, 'ORIGIN_CHANGED' | 'UNREADABLE'>; readonly reason: string };

const originChanged: OpenedCredential = {
  state: 'ORIGIN_CHANGED',
  reason: "The provider's address has changed since the secret was entered: enter it again.",
};
const unreadable: OpenedCredential = {
  state: 'UNREADABLE',
  reason:
    'The secret was sealed with another encryption key, or altered: enter it again, or restore the key.',
};

/** The secret, bound to its credential, its provider, and where it may be sent. */
export function sealCredential(
  box: Sealer,
  secret: string,
  { id, providerId, destination }: Omit<SealedCredential, 'sealed'>,
): string {
  return box.seal(secret, toSealContext(id, providerId, destination));
}

/**
 * Opens the secret for this destination, the provider's own: for any other than it was entered for, it stays closed. A promise only
 * while its owner's key is not in memory; it rejects where that cannot be had now, such as with OVERLOADED.
 */
export function openCredential(
  boxes: Pick<OwnerBoxes, 'open'>,
  { id, providerId, sealed, destination }: SealedCredential,
  providerDestination: string,
): OpenedCredential | Promise<OpenedCredential> {
  if (destination !== null && destination !== providerDestination) return originChanged;
  try {
    const opened = boxes.open(sealed, toSealContext(id, providerId, destination));
    return typeof opened === 'string' ? ready(opened) : opened.then(ready, toUnreadable);
  } catch (error) {
    return toUnreadable(error);
  }
}

function ready(secret: string): OpenedCredential {
  return { state: 'READY', secret };
}

/** Sealed under another key or for another record, damaged, or of an owner whose key is gone; of anything else nothing follows. */
function toUnreadable(error: unknown): OpenedCredential {
  if (error instanceof HeddleError && error.code === 'CONFLICT') return unreadable;
  expectError(error, CannotOpen);
  return unreadable;
}

function toSealContext(id: string, providerId: string, destination: string | null): readonly string[] {
  return ['provider_credentials', id, providerId, destination ?? ''];
}

/** The stored record of a credential as openCredential takes it. */
export function toSealedCredential(record: {
  readonly _id: string;
  readonly providerId: string;
  readonly sealed: string;
  readonly destination?: string;
}): SealedCredential {
  const { _id: id, providerId, sealed, destination = null } = record;
  return { id, providerId, sealed, destination };
}
