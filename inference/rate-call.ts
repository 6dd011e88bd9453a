import type { Connection } from 'mongoose';
import { HeddleError } from '#core/errors.ts';
import type { CallReach } from '#core/policies.ts';
import { type InvocationRecord, invocations } from '#mongo/invocations.ts';

/** How a call is rated, before and after. */
export interface RatedCall {
  readonly tenantId: string;
  /** Null: it was not rated. */
  readonly before: number | null;
}

/** A call that the caller may rate; NOT_FOUND where there is none that it reaches, or it was erased, CONFLICT while the call runs. */
export async function findRatedCall(
  connection: Connection,
  id: string,
  reach: CallReach,
): Promise<RatedCall> {
  const row = await invocations(connection).findById(id).lean<InvocationRecord>();
  if (row === null || !reach.sees(row) || row.erased !== undefined)
    throw new HeddleError('NOT_FOUND', 'There is no call of this id that you may rate.');
  if (row.status === 'RUNNING')
    throw new HeddleError('CONFLICT', 'The call is still in progress: rate it when it has ended.');
  return { tenantId: row.tenantId, before: row.rating ?? null };
}

/** Writes the rating of a call that has ended; null takes it away. Usage reads ratings from the rows: no sum is outdated by one. */
export async function rateCall(connection: Connection, id: string, rating: number | null): Promise<void> {
  const change = rating === null ? { $unset: { rating: true } } : { $set: { rating } };
  // Not of a call that was erased meanwhile.
  await invocations(connection).collection.updateOne(
    { _id: id as never, erased: { $exists: false } },
    change,
    {
      writeConcern: { w: 'majority', j: true },
    },
  );
}
