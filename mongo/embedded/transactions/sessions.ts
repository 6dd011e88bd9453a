import { DateTime, type Doc, type Value } from '../bson/values.ts';
import { CommandError } from '../errors.ts';
import type { Storage } from '../storage/storage.ts';
import { commit } from './commit.ts';
import type { Locks } from './locks.ts';
import { Transaction } from './transaction.ts';

/** As hello announces it: a session unused for this long is forgotten. */
export const SESSION_TIMEOUT_MINUTES = 30;
export const SESSIONS_MAX = 20_000;
export const OPEN_TRANSACTIONS_MAX = 64;
const SNAPSHOT_RETRY_LABEL = ['TransientTransactionError'];

/** What a session remembers: its last transaction or its last retryable write, whichever came later. */
export type Session = {
  readonly id: string;
  usedAtMs: number;
  /** The greatest transaction number that the client has used. */
  number: bigint;
  transaction: Transaction | undefined;
  /** Whether a transaction of that number has been committed. */
  committed: boolean;
  /** The end of the numbered write that is being done, however it ends. */
  running: Promise<void> | undefined;
};

/** A numbered write at work: what its statements have answered before (of a repetition), and where they note it. */
export type NumberedWrite = {
  readonly done: ReadonlyMap<number, Doc>;
  note(statement: number, outcome: Doc): void;
};

const NOTHING_DONE: ReadonlyMap<number, Doc> = new Map();

type SessionsOptions = {
  /** A transaction open for longer is aborted. */
  transactionLifetimeMs: number;
};

/** Logical sessions and the life of their transactions. */
export class Sessions {
  readonly #sessions = new Map<string, Session>();
  readonly #open = new Set<Transaction>();
  readonly #storage: Storage;
  readonly #locks: Locks<Transaction>;
  readonly #options: SessionsOptions;

  constructor(storage: Storage, locks: Locks<Transaction>, options: SessionsOptions) {
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
      const { number, committed } = this.#storage.numbered.last(id) ?? { number: -1n, committed: false };
      session = { id, usedAtMs, number, transaction: undefined, committed, running: undefined };
      this.#sessions.set(id, session);
    }
    session.usedAtMs = usedAtMs;
    return session;
  }

  /** Forgets sessions (endSessions); their transactions in progress are aborted. */
  end(ids: readonly string[]): void {
    for (const id of ids) {
      const session = this.#sessions.get(id);
      if (session?.transaction !== undefined) this.abort(session.transaction);
      this.#sessions.delete(id);
    }
    if (ids.length > 0) this.#storage.write(() => this.#storage.numbered.forget(ids));
  }

  /** Forgets sessions that were not used for SESSION_TIMEOUT_MINUTES. */
  sweep(nowMs: number): void {
    const oldest = nowMs - SESSION_TIMEOUT_MINUTES * 60_000;
    const unused = [...this.#sessions.values()].filter((s) => s.usedAtMs < oldest).map((s) => s.id);
    // And those that wrote before the store was started and have not been heard of since.
    const unheard = this.#storage.numbered.unusedSince(oldest).filter((id) => !this.#sessions.has(id));
    this.end([...unused, ...unheard]);
  }

  /** Takes note of a new transaction number: a transaction still open under an older one is aborted. */
  advance(session: Session, number: bigint): void {
    if (session.transaction !== undefined) this.abort(session.transaction);
    session.number = number;
    session.transaction = undefined;
    session.committed = false;
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

  /** Resolves when the numbered write that the session is doing has ended. */
  async idle(session: Session): Promise<void> {
    while (session.running !== undefined) await session.running;
  }

  /**
   * Runs a numbered write, once the session is idle(). Of a repetition, only what has not been done is done: statements
   * that had no effect, were refused, or were lost with their group.
   */
  async once<T>(
    session: Session | undefined,
    number: Value | undefined,
    run: (write: NumberedWrite) => Promise<T>,
  ): Promise<T> {
    if (session === undefined || typeof number !== 'bigint' || number < 0n) {
      throw new CommandError('InvalidOptions', 'Transaction number may only be specified in a session');
    }
    if (number < session.number) {
      throw new CommandError(
        'TransactionTooOld',
        `Retryable write with txnNumber ${number} is prohibited on session because a newer retryable write with txnNumber ${session.number} has already started on this session.`,
      );
    }
    const isRepetition = number === session.number;
    if (isRepetition && (session.transaction !== undefined || session.committed)) {
      throw new CommandError(
        'IncompleteTransactionHistory',
        `transaction ${number} is not a retryable write`,
      );
    }
    const { numbered, group } = this.#storage;
    // What a write that failed half way had done is in the open group still.
    if (isRepetition) group.flush();
    else this.advance(session, number);
    const work = run({
      done: isRepetition ? numbered.outcomes(session.id, number) : NOTHING_DONE,
      note: (statement, outcome) => numbered.note(session.id, number, statement, outcome),
    });
    const ended = () => {
      session.running = undefined;
    };
    session.running = work.then(ended, ended);
    return await work;
  }

  /** Commits the session's transaction; called again meanwhile, returns the same outcome. */
  async commit(session: Session, transaction: Transaction): Promise<void> {
    transaction.committing ??= commit(transaction, this.#storage, session.id);
    await transaction.committing;
    if (session.transaction === transaction) session.committed = true;
  }

  abort(transaction: Transaction): void {
    if (transaction.committing !== undefined || transaction.state !== 'inProgress') return;
    transaction.interrupted = true;
    transaction.end('aborted');
  }

  /** Aborts everything in progress (shutdown). */
  close(): void {
    for (const transaction of this.#open) transaction.end('aborted');
    this.#sessions.clear();
  }
}
