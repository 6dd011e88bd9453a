import { meshOwner, type OwnerBoxes, openSealed } from '#core/secrets/owner-boxes.ts';
import type { WebhookRecord } from './webhooks.ts';

/** Where a webhook sends events, and what proves to its receiver who sends them. */
export interface WebhookTarget {
  readonly url: string;
  readonly secret: string | null;
  /** Is used beside the secret until `formerSecretUntil`; null: there is none. */
  readonly formerSecret: string | null;
}

type Place = Pick<WebhookRecord, '_id' | 'tenantId' | 'format'>;

/** A target opens for the webhook and the format that it was saved for, and for nothing else. */
const toContext = ({ _id, format }: Place) => ['webhooks', _id, format];

/** Rejects with OVERLOADED or CONFLICT where the key of the owner cannot be had. */
export async function sealWebhookTarget(
  target: WebhookTarget,
  place: Place,
  boxes: Pick<OwnerBoxes, 'of'>,
): Promise<string> {
  return (await boxes.of(place.tenantId ?? meshOwner)).seal(JSON.stringify(target), toContext(place));
}

/** Undefined where no key at hand opens it, or it was sealed for another place. Rejects with OVERLOADED where that is not known now. */
export async function openWebhookTarget(
  sealed: string,
  place: Place,
  boxes: Pick<OwnerBoxes, 'open'>,
): Promise<WebhookTarget | undefined> {
  const opened = await openSealed(boxes, sealed, toContext(place));
  return opened === undefined ? undefined : (JSON.parse(opened) as WebhookTarget);
}
