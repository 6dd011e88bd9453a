import { CommandError } from '../../errors.ts';
import type { Collection } from '../../storage/catalog.ts';
import { HeldByTransaction } from '../../transactions/conflict.ts';
import { attempt } from '../attempt.ts';
import type { Engine } from '../engine.ts';

/** Waits until no transaction has uncommitted writes in a collection. Throws LockTimeout when that takes too long. */
export async function checkNamespaceFree(engine: Engine, collection: Collection): Promise<void> {
  try {
    await attempt(engine, () => {
      for (const transaction of engine.sessions.openTransactions) {
        if (transaction.overlays.has(collection.id)) throw new HeldByTransaction(transaction);
      }
    });
  } catch (error) {
    if (!(error instanceof CommandError) || error.codeName !== 'WriteConflict') throw error;
    throw new CommandError(
      'LockTimeout',
      `Unable to acquire the lock on ${collection.ns} within its time: a transaction holds it`,
    );
  }
}
