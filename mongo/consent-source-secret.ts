import { type OwnerBoxes, openSealed } from '#core/secrets/owner-boxes.ts';

/** What the secret of a consent source is for: it opens for nothing else, and so never signs questions to another address. */
export interface ConsentSourcePlace {
  readonly tenantId: string;
  readonly url: string;
}

const toContext = ({ tenantId, url }: ConsentSourcePlace) => ['tenants', tenantId, 'consentSource', url];

/** Rejects with OVERLOADED or CONFLICT where the key of the tenant cannot be had. */
export async function sealConsentSourceSecret(
  secret: string,
  place: ConsentSourcePlace,
  boxes: Pick<OwnerBoxes, 'of'>,
): Promise<string> {
  return (await boxes.of(place.tenantId)).seal(secret, toContext(place));
}

/** Undefined where no key at hand opens it, or it was sealed for another place. Rejects with OVERLOADED where that is not known now. */
export function openConsentSourceSecret(
  sealed: string,
  place: ConsentSourcePlace,
  boxes: Pick<OwnerBoxes, 'open'>,
): Promise<string | undefined> {
  return openSealed(boxes, sealed, toContext(place));
}
