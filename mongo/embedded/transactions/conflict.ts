import { CommandError } from '../errors.ts';
import type { Transaction } from './transaction.ts';

/** A write outside a transaction has met one inside: it waits for the end of that one and tries again. */
export class HeldByTransaction extends Error {
  override readonly name = 'HeldByTransaction';
  readonly holder: Transaction;
  constructor(holder: Transaction) {
    super('held by a transaction');
    this.holder = holder;
  }
}

export function writeConflict(): CommandError {
  return new CommandError(
    'WriteConflict',
    'Caused by :: Write conflict during plan execution and yielding is disabled. :: ' +
      'Please retry your operation or multi-document transaction.',
  );
}

/** The transaction of this number has been aborted, by its lifetime or an error. */
export function noSuchTransaction(number: bigint): CommandError {
  return new CommandError('NoSuchTransaction', `Transaction with { txnNumber: ${number} } has been aborted.`);
}
