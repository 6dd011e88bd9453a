import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { decodeDocument } from '../bson/decode.ts';
import { encodeDocument } from '../bson/encode.ts';
import { type Doc, isDoc } from '../bson/values.ts';
import { toBytes } from './catalog.ts';

/** The place of a commit among the statements of its number. */
const COMMIT = -1;

/** Statements one after the other with the same outcome, as a batch of inserts has them. */
type Run = { readonly first: number; last: number; readonly outcome: Doc };

type Unsaved = { readonly number: bigint; readonly runs: Run[] };

/**
 * What the numbered writes (lsid, txnNumber) of sessions have done, so that a repetition is answered and not done
 * again, also after a crash. It is noted beside the write itself and goes into the file with the same COMMIT: one row
 * for what a session did in one group, however many statements that were. Only a session's last number is kept.
 */
export class NumberedWrites {
  readonly #last: StatementSync;
  readonly #outcomes: StatementSync;
  readonly #supersede: StatementSync;
  readonly #insert: StatementSync;
  readonly #forget: StatementSync;
  readonly #unused: StatementSync;
  readonly #unsaved = new Map<string, Unsaved>();
  /** Sessions that may have rows besides that of their first statement, which the next number simply replaces. */
  readonly #several: Set<string>;
  /** What a command of one statement answered last, in bytes: mostly it is the same `{ n: 1 }` again. */
  #lone: { outcome: Doc; bytes: Uint8Array } | undefined;

  constructor(db: DatabaseSync) {
    this.#last = db.prepare(
      'SELECT number, first FROM numbered WHERE session = ? ORDER BY number DESC, first LIMIT 1',
    );
    this.#last.setReadBigInts(true);
    this.#outcomes = db.prepare('SELECT outcomes FROM numbered WHERE session = ? AND number = ?');
    this.#supersede = db.prepare('DELETE FROM numbered WHERE session = ? AND number <> ?');
    this.#insert = db.prepare('INSERT OR REPLACE INTO numbered VALUES (?, ?, ?, ?, ?)');
    this.#forget = db.prepare('DELETE FROM numbered WHERE session = ?');
    const several = db.prepare('SELECT DISTINCT session FROM numbered WHERE first <> 0').all();
    this.#several = new Set(several.map(({ session }) => toSessionId(session)));
    this.#unused = db.prepare('SELECT DISTINCT session FROM numbered WHERE used < ?');
  }

  /** The last number of a session that left something behind, and whether it was that of a committed transaction. */
  last(session: string): { number: bigint; committed: boolean } | undefined {
    const row = this.#last.get(toSessionKey(session));
    if (typeof row?.number !== 'bigint') return undefined;
    return { number: row.number, committed: Number(row.first) === COMMIT };
  }

  /** What the statements of a number answered that have had an effect, as of the last COMMIT. */
  outcomes(session: string, number: bigint): Map<number, Doc> {
    const outcomes = new Map<number, Doc>();
    for (const row of this.#outcomes.all(toSessionKey(session), number)) {
      for (const [run, outcome] of decodeDocument(toBytes(row.outcomes))) {
        const [first = 0, last = 0] = run.split(':').map(Number);
        for (let statement = first; statement <= last && isDoc(outcome); statement++) {
          outcomes.set(statement, outcome);
        }
      }
    }
    return outcomes;
  }

  /** To be called right after the write of a statement, so that both are in the same group. */
  note(session: string, number: bigint, statement: number, outcome: Doc): void {
    let unsaved = this.#unsaved.get(session);
    if (unsaved?.number !== number) {
      unsaved = { number, runs: [] };
      this.#unsaved.set(session, unsaved);
    }
    const run = unsaved.runs.at(-1);
    if (run?.outcome === outcome && run.last === statement - 1) run.last = statement;
    else unsaved.runs.push({ first: statement, last: statement, outcome });
  }

  /** As note(), for the commit of a transaction. */
  noteCommit(session: string, number: bigint): void {
    this.note(session, number, COMMIT, new Map());
  }

  /** Puts what was noted into the open group, which is about to be committed. */
  save(): void {
    if (this.#unsaved.size === 0) return;
    const used = Date.now();
    for (const [session, { number, runs }] of this.#unsaved) {
      const key = toSessionKey(session);
      const first = runs[0]?.first ?? 0;
      if (this.#several.has(session)) this.#supersede.run(key, number);
      if (first !== 0) this.#several.add(session);
      this.#insert.run(key, first, number, used, this.#encoded(runs));
    }
    this.#unsaved.clear();
  }

  /** The group was lost, and with it what was noted. */
  lost(): void {
    this.#unsaved.clear();
  }

  /** Forgets sessions that have ended. */
  forget(sessions: Iterable<string>): void {
    for (const session of sessions) {
      this.#unsaved.delete(session);
      this.#several.delete(session);
      this.#forget.run(toSessionKey(session));
    }
  }

  /** Sessions that have written nothing since. */
  unusedSince(ms: number): string[] {
    return this.#unused.all(ms).map(({ session }) => toSessionId(session));
  }

  #encoded(runs: readonly Run[]): Uint8Array {
    const [run] = runs;
    if (run === undefined || runs.length > 1 || run.first !== 0 || run.last !== 0) return encode(runs);
    if (this.#lone?.outcome !== run.outcome) this.#lone = { outcome: run.outcome, bytes: encode(runs) };
    return this.#lone.bytes;
  }
}

function encode(runs: readonly Run[]): Uint8Array {
  return encodeDocument(
    new Map(runs.map(({ first, last, outcome }) => [`${first}:${last}`, outcome] as const)),
  );
}

function toSessionKey(session: string): Buffer {
  return Buffer.from(session, 'latin1');
}

function toSessionId(key: unknown): string {
  return Buffer.from(toBytes(key)).toString('latin1');
}
