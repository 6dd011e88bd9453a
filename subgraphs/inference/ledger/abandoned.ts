import type { Connection } from 'mongoose';
import { type CompletionRecord, completionKeptMs, completions } from '#mongo/completions.ts';
import { type InvocationRecord, invocations } from '#mongo/invocations.ts';
import type { CompletionData } from '../completion.ts';
import type { InvocationClosing } from './ledger.ts';
import { nativeCollection } from './native-collection.ts';
import { closingOf } from './rows.ts';

/** Rows closed by one write. */
const batchMax = 500;

/** What the living know of rows that are to be closed. */
export interface Keeper {
  /** Somebody will close it. */
  isHeld(id: string): boolean;
  /** What the row was to be closed with. */
  closingOf(id: string): InvocationClosing | undefined;
}

const nobody: Keeper = { isHeld: () => false, closingOf: () => undefined };

/**
 * Closes the RUNNING rows of these owners: by its result where the owner died after writing that and before closing the
 * row, by what the keeper knows, otherwise as FAILED with INTERNAL and what is known. Gives the number of rows closed.
 */
export async function closeAbandoned(
  connection: Connection,
  ownerIds: readonly string[],
  atMs: number,
  keeper = nobody,
): Promise<number> {
  const rows = nativeCollection<InvocationRecord>(connection, invocations);
  const running = { ownerId: { $in: [...ownerIds] }, status: 'RUNNING' as const };
  const failed = { status: 'FAILED' as const, errorCode: 'INTERNAL' as const, endedAt: new Date(atMs) };
  const found = await rows.find(running, { projection: { _id: 1 } }).toArray();
  // Asked after they were found: a row that is opened from now on is not among them.
  const abandoned = found.map(({ _id }) => _id).filter((id) => !keeper.isHeld(id));
  let closed = 0;
  for (let first = 0; first < abandoned.length; first += batchMax) {
    const ids = abandoned.slice(first, first + batchMax);
    const results = await completions(connection)
      .find({ _id: { $in: ids } })
      .lean();
    const closings = new Map(results.map((result) => [result._id, closingOfResult(result)]));
    const { modifiedCount } = await rows.bulkWrite(
      ids.map((_id) => ({
        updateOne: {
          filter: { _id, status: 'RUNNING' },
          update: { $set: closings.get(_id) ?? keeper.closingOf(_id) ?? failed },
        },
      })),
      { writeConcern: { w: 'majority', j: true }, ordered: false },
    );
    closed += modifiedCount;
  }
  return closed;
}

function closingOfResult({ content, expiresAt }: CompletionRecord) {
  const completion: CompletionData = JSON.parse(content);
  const providerId = completion.modelId.slice(0, completion.modelId.indexOf('/'));
  return closingOf(completion, providerId, expiresAt.getTime() - completionKeptMs, null);
}
