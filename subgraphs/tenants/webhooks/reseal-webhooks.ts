import type { Connection } from 'mongoose';
import { addDataKeyId } from '#core/secrets/data-box.ts';
import { meshOwner, type OwnerBoxes } from '#core/secrets/owner-boxes.ts';
import { openWebhookTarget, sealWebhookTarget } from '#mongo/webhook-target.ts';
import { webhooks } from '#mongo/webhooks.ts';

/** Seals the URLs and secrets of webhooks with the present keys of their owners. Those that no key at hand opens stay as they are; their data keys are added to `left`. */
export async function resealWebhooks(
  connection: Connection,
  boxes: OwnerBoxes,
  left = new Set<string>(),
): Promise<{ readonly resealed: number; readonly unreadable: number }> {
  const records = webhooks(connection);
  let [resealed, unreadable] = [0, 0];
  for (const webhook of await records.find({}, { tenantId: 1, format: 1, sealed: 1 }).lean()) {
    const { _id, tenantId, sealed } = webhook;
    if ((await boxes.of(tenantId ?? meshOwner)).isCurrent(sealed)) continue;
    const target = await openWebhookTarget(sealed, webhook, boxes);
    if (target === undefined) {
      unreadable += 1;
      addDataKeyId(left, sealed);
      continue;
    }
    // Whoever has saved it meanwhile has the last word.
    const change = { $set: { sealed: await sealWebhookTarget(target, webhook, boxes) } };
    resealed += (await records.updateOne({ _id, sealed }, change)).modifiedCount;
  }
  return { resealed, unreadable };
}
