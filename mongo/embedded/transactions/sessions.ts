import { DateTime, type Doc, type Value } from '../bson/values.ts';
import { CommandError } from '../errors.ts';
import type { Storage } from '../storage/storage.ts';
import { commit } from './commit.ts';
import type { Locks } from './locks.ts';
import { Transaction } from './transaction.ts';

/** As hello announces it: a session unused for this long is forgotten. */
export const SESSION_TIMEOUT_MINUTES = 30;
const SESSIONS_MAX = 20_000;
const OPEN_TRANSACTIONS_MAX = 64;
const SNAPSHOT_RETRY_LABEL = ['TransientTransactionError'];

/** What a session remembers: its last transaction or its last retryable write, whichever came later. */
export type Session = {
  readonly id: string;
  usedAtMs: number;
  /** The greatest transaction number that the client has used. */
  number: bigint;
  transaction: Transaction | undefined;
  /** The answer to the retryable write of that number: a repetition gets it again, and is not done again. */
  answered: Promise<Doc | Uint8Array> | undefined;
};

type SessionsOptions = {
  /** A transaction open for longer is aborted. */
  transactionLifetimeMs: number;
};

/** Logical sessions and the life of their transactions. */
export class Sessions {
  readonly #sessions = new Map<string, Session>();
  readonly #open = new Set<Transaction>();
  readonly #storage: Storage;
  readonly #locks: Locks;
  readonly #options: SessionsOptions;

  constructor(storage: Storage, locks: Locks, options: SessionsOptions) {
    this.#storage = storage;
    this.#locks = locks;
    this.#options = options;
  }

  /** The sessions that are known, with when they were last used. */
  *all(): Iterable<{ id: string; lastUse: DateTime }> {
    for (const { id, usedAtMs } of this.#sessions.values()) {
      yield { id, lastUse: new DateTime(BigInt(usedAtMs)) };
    }
  }

  /** Transactions in progress. */
  get openTransactions(): ReadonlySet<Transaction> {
    return this.#open;
  }

  /** The session of this id, made at its first use. */
  use(id: string): Session {
    const usedAtMs = Date.now();
    let session = this.#sessions.get(id);
    if (session === undefined) {
      if (this.#sessions.size >= SESSIONS_MAX) this.sweep(usedAtMs);
      if (this.#sessions.size >= SESSIONS_MAX) {
        throw new CommandError(261, 'cannot add session into the cache: too many sessions');
      }
      session = { id, usedAtMs, number: -1n, transaction: undefined, answered: undefined };
      this.#sessions.set(id, session);
    }
    session.usedAtMs = usedAtMs;
    return session;
  }

  /** Forgets sessions (endSessions, killSessions); their transactions in progress are aborted. */
  end(ids: Iterable<string>): void {
    for (const id of ids) {
      const session = this.#sessions.get(id);
      if (session?.transaction !== undefined) this.abort(session.transaction);
      this.#sessions.delete(id);
    }
  }

  /** Forgets sessions that nobody has used for SESSION_TIMEOUT_MINUTES. */
  sweep(nowMs: number): void {
    const oldest = nowMs - SESSION_TIMEOUT_MINUTES * 60_000;
    this.end([...this.#sessions.values()].filter((s) => s.usedAtMs < oldest).map((s) => s.id));
  }

  /** Takes note of a new transaction number: a transaction still open under an older one is aborted. */
  advance(session: Session, number: bigint): void {
    if (session.transaction !== undefined) this.abort(session.transaction);
    session.number = number;
    session.transaction = undefined;
    session.answered = undefined;
  }

  /** Starts the transaction of a number that the session has just advanced to. */
  begin(session: Session): Transaction {
    if (this.#open.size >= OPEN_TRANSACTIONS_MAX) {
      throw new CommandError('WriteConflict', `more than ${OPEN_TRANSACTIONS_MAX} transactions are open`, {
        labels: SNAPSHOT_RETRY_LABEL,
      });
    }
    this.#storage.group.flush();
    const snapshot = this.#storage.snapshots.take();
    const transaction = new Transaction(session.number, snapshot, this.#storage.catalog.state, this.#locks);
    session.transaction = transaction;
    this.#open.add(transaction);
    const timer = setTimeout(() => this.abort(transaction), this.#options.transactionLifetimeMs);
    timer.unref();
    void transaction.ended.then(() => {
      clearTimeout(timer);
      this.#open.delete(transaction);
    });
    return transaction;
  }

  /**
   * Runs a retryable write once for its number: a repetition gets the first answer, also while the first is still
   * running. A write that failed as a whole may be tried again.
   */
  async once(
    session: Session | undefined,
    number: Value | undefined,
    run: () => Promise<Doc | Uint8Array>,
  ): Promise<Doc | Uint8Array> {
    if (session === undefined || typeof number !== 'bigint') {
      throw new CommandError('InvalidOptions', 'Transaction number may only be specified in a session');
    }
    if (number < session.number) {
      throw new CommandError(
        'TransactionTooOld',
        `Retryable write with txnNumber ${number} is prohibited on session because a newer retryable write with txnNumber ${session.number} has already started on this session.`,
      );
    }
    if (number === session.number) {
      if (session.transaction !== undefined) {
        throw new CommandError(
          'IncompleteTransactionHistory',
          `transaction ${number} is not a retryable write`,
        );
      }
      if (session.answered !== undefined) return session.answered;
    }
    this.advance(session, number);
    const answer = run();
    session.answered = answer;
    try {
      return await answer;
    } catch (error) {
      if (session.answered === answer) session.answered = undefined;
      throw error;
    }
  }

  async commit(transaction: Transaction): Promise<void> {
    await commit(transaction, this.#storage);
  }

  abort(transaction: Transaction): void {
    if (transaction.committing || transaction.state !== 'inProgress') return;
    transaction.interrupted = true;
    transaction.end('aborted');
  }

  /** Aborts everything in progress (shutdown). */
  close(): void {
    for (const transaction of this.#open) transaction.end('aborted');
    this.#sessions.clear();
  }
}
