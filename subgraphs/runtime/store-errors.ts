import { mongo } from 'mongoose';
import { createOverloadedError } from '#core/errors.ts';

/** Codes of a server that is there but cannot serve now: it stops, steps down, has no space, or takes too long. */
const serverStates: ReadonlySet<number | string | undefined> = new Set([
  6, 7, 50, 64, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436, 14031,
]);

/** The driver's own names for a server that it cannot reach. */
const driverStates =
  /^Mongo(ose)?(Network|ServerSelection|PoolCleared|ConnectionPoolCleared|NotConnected|Topology|WaitQueue|OperationTimeout|ServerClosed)/;

/** Can the store not be reached or written now, whatever the command was? */
function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (driverStates.test(error.name)) return true;
  if (error instanceof mongo.MongoBulkWriteError) {
    const errors = [error.writeErrors].flat();
    const concern = error.result.getWriteConcernError();
    // Failed as a whole before the server answered: the driver keeps the message of that error, not its name.
    if (errors.length === 0 && concern === undefined && error.code === undefined) return true;
    return [error, ...errors, concern].some((one) => serverStates.has(one?.code));
  }
  return error instanceof mongo.MongoServerError && serverStates.has(error.code);
}

/**
 * A failure of the store as callers get it: OVERLOADED while it cannot be reached or written, a full disk included, so
 * that the call may be made again. Any other failure stays as it is.
 */
export function explainStoreFailure(error: unknown): unknown {
  if (!isUnavailable(error)) return error;
  return createOverloadedError('The store cannot be reached or written now.', { cause: error });
}
