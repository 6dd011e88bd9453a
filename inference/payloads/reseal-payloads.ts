import { type Connection, mongo } from 'mongoose';
import { HeddleError } from '#core/errors.ts';
import { addDataKeyId } from '#core/secrets/data-box.ts';
import type { OwnerBoxes } from '#core/secrets/owner-boxes.ts';
import { type PayloadRecord, payloads } from '#mongo/payloads.ts';
import { nativeCollection } from '../ledger/native-collection.ts';
import { toCommentContext, toPayloadContext } from './payload-log.ts';

const batchSize = 16;

/**
 * Seals the payloads, and comments on their answers, with the present data key of their tenant that are not sealed with it yet; what cannot be opened stays and expires,
 * and its data key is added to `left`. The number of those that were sealed. Safe while the mesh runs.
 */
export async function resealPayloads(
  connection: Connection,
  boxes: OwnerBoxes,
  left = new Set<string>(),
): Promise<number> {
  const stored = nativeCollection<PayloadRecord>(connection, payloads);
  let resealed = 0;
  for await (const record of stored.find({}, { batchSize })) {
    const { _id, tenantId } = record;
    for (const [name, context] of [
      ['sealed', toPayloadContext(_id)],
      ['comment', toCommentContext(_id)],
    ] as const) {
      const sealed = record[name];
      if (sealed === undefined) continue;
      try {
        const sealer = await boxes.of(tenantId);
        if (sealer.isCurrent(sealed.value())) continue;
        const text = await boxes.open(sealed.value(), context);
        const anew = new mongo.Binary(sealer.sealToBytes(text, context));
        const { modifiedCount } = await stored.updateOne({ _id, [name]: sealed }, { $set: { [name]: anew } });
        resealed += modifiedCount;
      } catch (error) {
        if (error instanceof HeddleError && error.code === 'OVERLOADED') throw error;
        // Any other error: sealed under a key that is not at hand, damaged, or of a tenant that was erased.
        addDataKeyId(left, sealed.value());
      }
    }
  }
  return resealed;
}
