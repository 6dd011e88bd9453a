import type { DatabaseSync } from 'node:sqlite';
import { Reader } from './reader.ts';

/** Idle connections kept for the next transaction. */
const IDLE_MAX = 4;

/** A view of the file as of one commit, however much is written after it. */
export type Snapshot = { readonly reader: Reader; release(): void };

/** Read-only connections, each for one snapshot at a time. */
export class Snapshots {
  readonly #open: () => DatabaseSync;
  readonly #idle: Connection[] = [];
  readonly #busy = new Set<Connection>();

  constructor(open: () => DatabaseSync) {
    this.#open = open;
  }

  /** The caller has committed what it wants to be seen. */
  take(): Snapshot {
    const connection = this.#idle.pop() ?? this.#connect();
    connection.db.exec('BEGIN');
    connection.db.prepare('SELECT count(*) FROM collections').get(); // the first read is what fixes a snapshot
    this.#busy.add(connection);
    return {
      reader: connection.reader,
      release: () => {
        if (!this.#busy.delete(connection)) return;
        connection.db.exec('COMMIT');
        if (this.#idle.length < IDLE_MAX) this.#idle.push(connection);
        else connection.db.close();
      },
    };
  }

  close(): void {
    for (const { db } of [...this.#busy, ...this.#idle]) db.close();
    this.#busy.clear();
    this.#idle.length = 0;
  }

  #connect(): Connection {
    const db = this.#open();
    return { db, reader: new Reader(db) };
  }
}

type Connection = { readonly db: DatabaseSync; readonly reader: Reader };
