import type { CatalogState, Collection } from '../storage/catalog.ts';
import type { Snapshot } from '../storage/snapshots.ts';
import type { Locks } from './locks.ts';

/** What one transaction has done to one collection: rows by id, `null` for a row it has removed. */
export type Overlay = {
  readonly rows: Map<number, OverlayRow | null>;
  /** Unique keys that its rows hold now (see keyLock), with the row. */
  readonly claimed: Map<string, number>;
};

type OverlayRow = {
  readonly bytes: Uint8Array;
  readonly idKey: Uint8Array;
  /** The transaction has inserted it: nothing is in its place yet. */
  readonly isNew: boolean;
};

/** Why and whether a transaction has ended. */
type TransactionState = 'inProgress' | 'committed' | 'aborted';

/**
 * A multi-document transaction: reads come from a snapshot of the file taken at its first command, writes are kept
 * here until commit. Written rows and unique keys are locked, so that at most one open transaction writes each
 * (first writer wins, the other gets WriteConflict).
 */
export class Transaction {
  readonly number: bigint;
  readonly snapshot: Snapshot;
  /** The collections as the transaction sees them; those it made itself have ids below zero. */
  catalog: CatalogState;
  state: TransactionState = 'inProgress';
  /** Whether it was ended from outside (lifetime, killed session), perhaps in the middle of a command of its own. */
  interrupted = false;
  /** Its commit, once under way: nothing interrupts that. */
  committing: Promise<void> | undefined;
  /** Bytes of documents held in overlays. */
  bytes = 0;
  readonly overlays = new Map<number, Overlay>();
  readonly held = new Set<string>();
  readonly #locks: Locks<Transaction>;
  readonly #ended = Promise.withResolvers<void>();

  constructor(number: bigint, snapshot: Snapshot, catalog: CatalogState, locks: Locks<Transaction>) {
    this.number = number;
    this.snapshot = snapshot;
    this.catalog = catalog;
    this.#locks = locks;
  }

  /** Resolves when it is committed or aborted. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  overlay(collection: number): Overlay {
    let overlay = this.overlays.get(collection);
    if (overlay === undefined) {
      overlay = { rows: new Map(), claimed: new Map() };
      this.overlays.set(collection, overlay);
    }
    return overlay;
  }

  lock(key: string): void {
    this.held.add(key);
    this.#locks.take(key, this);
  }

  see(collection: Collection): void {
    this.catalog = new Map(this.catalog).set(collection.ns, collection);
  }

  end(state: 'committed' | 'aborted'): void {
    if (this.state !== 'inProgress') return;
    this.state = state;
    this.#locks.release(this.held);
    this.#locks.bytesHeld -= this.bytes;
    this.bytes = 0;
    this.held.clear();
    this.overlays.clear();
    this.snapshot.release();
    this.#ended.resolve();
  }
}

let lastPendingId = 0;

/** An id for a collection or index that exists only inside a transaction: below zero, never assigned twice. */
export function pendingId(): number {
  return --lastPendingId;
}
