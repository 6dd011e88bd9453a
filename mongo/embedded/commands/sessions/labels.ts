import { CommandError } from '../../errors.ts';

const NOT_PRIMARY_OR_SHUTDOWN = [91, 189, 10107, 11600, 11602, 13435, 13436];
/** WriteConflict, LockTimeout, the snapshot errors. */
const TRANSIENT = new Set([112, 24, 134, 239, 246]);
const TRANSIENT_IN_STATEMENT = new Set([...NOT_PRIMARY_OR_SHUTDOWN, 251]);
const RETRYABLE = new Set([...NOT_PRIMARY_OR_SHUTDOWN, 6, 7, 89, 262, 9001]);
const NO_SUCH_TRANSACTION = 251;

export type Situation = {
  inTransaction: boolean;
  /** commitTransaction or abortTransaction. */
  ending: boolean;
  /** A write with a txnNumber, or one that ends a transaction. */
  retryable: boolean;
};

/** The labels by which drivers decide whether to repeat a transaction or a write, by the server's rules. */
export function chooseLabels(code: number, situation: Situation): string[] {
  const labels: string[] = [];
  if (situation.inTransaction || situation.ending) {
    const transient = situation.ending
      ? code === NO_SUCH_TRANSACTION || TRANSIENT.has(code)
      : TRANSIENT_IN_STATEMENT.has(code) || TRANSIENT.has(code);
    if (transient) labels.push('TransientTransactionError');
  }
  if (situation.retryable && RETRYABLE.has(code)) labels.push('RetryableWriteError');
  return labels;
}

/** An unexpected error becomes an InternalError that reveals no internals. */
export function asCommandError(error: unknown): CommandError {
  if (error instanceof CommandError) return error;
  return new CommandError('InternalError', 'internal error of the embedded store', { cause: error });
}
