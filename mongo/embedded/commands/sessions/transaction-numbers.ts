import type { Doc } from '../../bson/values.ts';
import { CommandError } from '../../errors.ts';
import { noSuchTransaction } from '../../transactions/conflict.ts';
import type { Session, Sessions } from '../../transactions/sessions.ts';
import type { Transaction } from '../../transactions/transaction.ts';
import type { Command } from '../engine.ts';

/**
 * The transaction that a command belongs to (started by this command if it states it), or undefined for none. Throws
 * the server's errors for numbers that do not fit: TransactionTooOld, NoSuchTransaction, TransactionCommitted …
 */
export function statementTransaction(
  sessions: Sessions,
  session: Session | undefined,
  command: Command,
  name: string,
  body: Doc,
): Transaction | undefined {
  const number = body.get('txnNumber');
  if (body.get('autocommit') === undefined) {
    if (body.get('startTransaction') !== undefined) {
      throw new CommandError(
        'InvalidOptions',
        "'startTransaction' field requires 'autocommit' field to also be specified",
      );
    }
    return undefined;
  }
  if (body.get('autocommit') !== false) {
    throw new CommandError('InvalidOptions', 'autocommit must be false for multi-document transactions');
  }
  if (session === undefined || typeof number !== 'bigint') {
    throw new CommandError(
      'InvalidOptions',
      "'autocommit' field requires a transaction number to also be specified",
    );
  }
  if (number < session.number) throw tooOld(session, number);
  const ending = name === 'commitTransaction' || name === 'abortTransaction';
  if (ending) return undefined; // the handlers look at the session themselves
  if (command.inTransaction !== true) {
    throw new CommandError(
      'OperationNotSupportedInTransaction',
      `Cannot run '${name}' in a multi-document transaction.`,
    );
  }
  if (body.has('writeConcern')) {
    throw new CommandError(
      'InvalidOptions',
      'writeConcern is not allowed within a multi-statement transaction',
    );
  }
  if (body.get('startTransaction') === true) return start(sessions, session, number);
  return open(session, number);
}

function start(sessions: Sessions, session: Session, number: bigint): Transaction {
  if (number === session.number) {
    throw new CommandError(
      'ConflictingOperationInProgress',
      `Transaction ${number} has already been started on this session`,
    );
  }
  sessions.advance(session, number);
  return sessions.begin(session);
}

/** The session's transaction of a number, in progress. */
export function open(session: Session, number: bigint): Transaction {
  const { transaction } = session;
  if (number === session.number && session.committed) {
    throw new CommandError('TransactionCommitted', `Transaction ${number} has been committed.`);
  }
  if (number !== session.number || transaction === undefined) {
    throw new CommandError(
      'NoSuchTransaction',
      `Given transaction number ${number} does not match any in-progress transactions. ` +
        `The active transaction number is ${session.number}`,
    );
  }
  if (transaction.state === 'aborted') {
    throw noSuchTransaction(number);
  }
  return transaction;
}

function tooOld(session: Session, number: bigint): CommandError {
  return new CommandError(
    'TransactionTooOld',
    `Cannot start transaction ${number} on this session because a newer transaction ${session.number} has already started.`,
  );
}
