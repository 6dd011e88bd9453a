import type { Connection } from 'mongoose';
import { COMPLETION_KEPT_MS, type CompletionRecord, completions } from '#mongo/completions.ts';
import { type InvocationRecord, invocations } from '#mongo/invocations.ts';
import type { CompletionData } from '../completion.ts';
import { nativeCollection } from './native-collection.ts';
import { closingOf } from './rows.ts';

/** Rows closed by one write. */
const batchMax = 500;

/**
 * Closes the RUNNING rows of these owners: by its result where the owner died after writing that and before closing the
 * row, otherwise as FAILED with INTERNAL and what is known. Gives the number of rows closed.
 */
export async function closeAbandoned(
  connection: Connection,
  ownerIds: readonly string[],
  atMs: number,
): Promise<number> {
  const rows = nativeCollection<InvocationRecord>(connection, invocations);
  const abandoned = { ownerId: { $in: [...ownerIds] }, status: 'RUNNING' as const };
  const failed = { status: 'FAILED' as const, errorCode: 'INTERNAL' as const, endedAt: new Date(atMs) };
  let closed = 0;
  for (;;) {
    const found = await rows.find(abandoned, { projection: { _id: 1 }, limit: batchMax }).toArray();
    if (found.length === 0) return closed;
    const results = await completions(connection)
      .find({ _id: { $in: found.map(({ _id }) => _id) } })
      .lean();
    const closings = new Map(results.map((result) => [result._id, closingOfResult(result)]));
    const { modifiedCount } = await rows.bulkWrite(
      found.map(({ _id }) => ({
        updateOne: { filter: { _id, status: 'RUNNING' }, update: { $set: closings.get(_id) ?? failed } },
      })),
      { writeConcern: { w: 'majority', j: true }, ordered: false },
    );
    closed += modifiedCount;
  }
}

function closingOfResult({ content, expiresAt }: CompletionRecord) {
  const completion: CompletionData = JSON.parse(content);
  const providerId = completion.modelId.slice(0, completion.modelId.indexOf('/'));
  return closingOf(completion, providerId, expiresAt.getTime() - COMPLETION_KEPT_MS, null);
}
