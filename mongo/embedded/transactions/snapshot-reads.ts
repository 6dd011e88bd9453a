import { Timestamp } from '../bson/values.ts';
import { CommandError } from '../errors.ts';
import type { Snapshot } from '../storage/snapshots.ts';
import type { Storage } from '../storage/storage.ts';
import type { View } from './writes.ts';

/** How long a snapshot can be read again. A held one keeps SQLite's log from being cut, so less than the server's 300 s. */
export const LIFETIME_MS = 60_000;
export const SNAPSHOTS_MAX = 16;

/** A moment of the store that reads with `readConcern: snapshot` share. */
export type SnapshotRead = { readonly at: Timestamp; readonly view: View };

/** Who reads from snapshots. */
type Users = {
  /** Whether a command is reading from it at this moment: then it stays. */
  isRead(view: View): boolean;
  /** Called before it is released: cursors on it must close. */
  onGone(view: View): void;
};

type Held = SnapshotRead & { readonly snapshot: Snapshot; takenAtMs: number };

/**
 * Reads at one point in time outside transactions: the first read of a session takes a snapshot and learns its
 * time, later ones name the time. Bounded in number and age; a time that is gone answers SnapshotTooOld.
 */
export class SnapshotReads {
  readonly #storage: Storage;
  readonly #users: Users;
  readonly #held = new Map<string, Held>();

  constructor(storage: Storage, users: Users) {
    this.#storage = storage;
    this.#users = users;
  }

  /** The snapshot of a time that an earlier read returned. */
  at(time: Timestamp): SnapshotRead {
    const held = this.#held.get(formatTimestamp(time));
    if (held !== undefined) return held;
    throw new CommandError(
      'SnapshotTooOld',
      `Read timestamp Timestamp(${time.t}, ${time.i}) is older than the oldest available timestamp.`,
    );
  }

  /** A snapshot of now, under the time that the caller states it is. */
  take(now: Timestamp): SnapshotRead {
    const known = this.#held.get(formatTimestamp(now));
    if (known !== undefined) return known;
    if (this.#held.size >= SNAPSHOTS_MAX) {
      const oldest = [...this.#held.values()].find(({ view }) => !this.#users.isRead(view));
      if (oldest === undefined) {
        throw new CommandError('SnapshotUnavailable', `more than ${SNAPSHOTS_MAX} snapshots are being read`);
      }
      this.#release(oldest);
    }
    this.#storage.group.flush();
    const snapshot = this.#storage.snapshots.take();
    const catalog = this.#storage.catalog.state;
    const view: View = { catalog, reader: snapshot.reader, version: 0, findOverlay: () => undefined };
    const held: Held = { at: new Timestamp(now.t, now.i), view, snapshot, takenAtMs: Date.now() };
    this.#held.set(formatTimestamp(now), held);
    return held;
  }

  sweep(nowMs: number): void {
    this.#releaseWhere((held) => nowMs - held.takenAtMs > LIFETIME_MS && !this.#users.isRead(held.view));
  }

  /** Releases all that have no reader. */
  releaseIdle(): void {
    this.#releaseWhere((held) => !this.#users.isRead(held.view));
  }

  close(): void {
    this.#releaseWhere(() => true);
  }

  #releaseWhere(wanted: (held: Held) => boolean): void {
    for (const held of [...this.#held.values()]) if (wanted(held)) this.#release(held);
  }

  #release(held: Held): void {
    this.#held.delete(formatTimestamp(held.at));
    this.#users.onGone(held.view);
    held.snapshot.release();
  }
}

function formatTimestamp({ t, i }: Timestamp): string {
  return `${t}.${i}`;
}
