import { SpillSpace } from '../spill/spill-space.ts';
import { IndexBuilds } from '../storage/build-index.ts';
import { Storage } from '../storage/storage.ts';
import { Locks } from '../transactions/locks.ts';
import { Sessions } from '../transactions/sessions.ts';
import { SnapshotReads } from '../transactions/snapshot-reads.ts';
import type { Transaction } from '../transactions/transaction.ts';
import type { View } from '../transactions/writes.ts';
import { FailPoints } from './admin/fail-points.ts';
import type { CommandFields } from './fields.ts';
import { Cursors } from './read/cursors.ts';
import type { Reply } from './reply.ts';
import type { Request } from './request.ts';
import { Authentication, type ScramCredentials } from './sessions/authentication.ts';
import { ClusterTime } from './sessions/cluster-time.ts';

export type EngineOptions = {
  dir: string;
  transactionLifetimeMs: number;
  /** How long a write waits for a transaction that holds its document before it answers WriteConflict. */
  conflictWaitMsMax: number;
  dataBytesMax: number | undefined;
  /** Whether configureFailPoint is allowed (tests of drivers). */
  failPoints: boolean;
  /** Who may send commands; undefined: every client. */
  credentials?: ScramCredentials | undefined;
};

/** All that the commands work on. */
export class Engine {
  readonly options: EngineOptions;
  readonly storage: Storage;
  readonly locks = new Locks<Transaction>();
  readonly sessions: Sessions;
  readonly builds: IndexBuilds;
  readonly snapshotReads: SnapshotReads;
  readonly cursors = new Cursors();
  readonly #space: SpillSpace;
  readonly clusterTime = new ClusterTime();
  readonly failPoints = new FailPoints();
  readonly authentication: Authentication;
  readonly #reading = new Map<View, number>();
  readonly startedAtMs = Date.now();
  /** «host:port» or the socket's path, as hello states it. */
  address = '';

  constructor(options: EngineOptions) {
    this.options = options;
    this.authentication = new Authentication(options.credentials);
    this.storage = new Storage(options.dir, options.dataBytesMax);
    this.#space = new SpillSpace(options.dir);
    this.builds = new IndexBuilds(this.storage);
    this.sessions = new Sessions(this.storage, this.locks, options);
    this.snapshotReads = new SnapshotReads(this.storage, {
      isRead: (view) => this.#reading.has(view),
      onGone: (view) => this.cursors.killWhere((cursor) => cursor.view === view),
    });
  }

  /** Where sorts and groups of a command put what does not fit into memory, unless it states `allowDiskUse: false`. */
  spaceFor(fields: CommandFields): SpillSpace | undefined {
    return fields.boolean('allowDiskUse') === false ? undefined : this.#space;
  }

  /** Keeps a snapshot's view from being let go until the work on it has ended. */
  async reading<T>(view: View, work: T | Promise<T>): Promise<T> {
    this.#reading.set(view, (this.#reading.get(view) ?? 0) + 1);
    try {
      return await work;
    } finally {
      const left = (this.#reading.get(view) ?? 1) - 1;
      if (left === 0) this.#reading.delete(view);
      else this.#reading.set(view, left);
    }
  }

  /**
   * To be awaited before a snapshot is taken. Snapshots that always overlap would keep SQLite's log from ever being
   * cut: when it has grown long, new ones wait until those that are open have ended (at most a transaction's lifetime).
   */
  async roomForSnapshot(): Promise<void> {
    while (this.storage.logIsLong) {
      this.snapshotReads.releaseIdle();
      const open = [...this.sessions.openTransactions].map((transaction) => transaction.ended);
      if (open.length > 0) {
        await Promise.all(open);
        continue;
      }
      this.storage.checkpoint();
      return;
    }
  }

  close(): void {
    this.cursors.close();
    this.snapshotReads.close();
    this.sessions.close();
    this.storage.close();
  }
}

type Handler = (engine: Engine, request: Request) => Reply | Promise<Reply>;

export type Command = {
  readonly run: Handler;
  /** Whether it may be sent inside a multi-document transaction. */
  readonly inTransaction?: boolean;
  /** Whether it writes, so that a writeConcern is taken. */
  readonly writes?: boolean;
  /** Whether it may carry a txnNumber outside a transaction: it is then done once for it. */
  readonly retryable?: boolean;
  /** May come as OP_QUERY. */
  readonly handshake?: boolean;
  /** Only on the database `admin`. */
  readonly adminOnly?: boolean;
  /** Its own fields; others are refused. Undefined: not checked. */
  readonly fields?: ReadonlySet<string>;
};
