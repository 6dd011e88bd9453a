import type { Pause } from '../../aggregate/pause.ts';
import { CommandError } from '../../errors.ts';
import type { Transaction } from '../../transactions/transaction.ts';
import type { View } from '../../transactions/writes.ts';

/** As the server: a cursor that is not read for this long is closed. */
export const IDLE_MS_MAX = 10 * 60_000;
/** Open cursors; the one idle longest is closed for a new one. */
export const CURSORS_MAX = 10_000;

/** A result on its way to a client. */
export type Results = {
  readonly iterator: Iterator<Uint8Array | Pause, void>;
  /** Whether it is known, without looking further, that nothing follows (a limit is reached). */
  readonly finished: () => boolean;
};

/** A result that is returned in batches. */
export type Cursor = {
  readonly id: bigint;
  readonly ns: string;
  /** Encoded documents, and pause points. */
  readonly results: Results;
  /** The session and transaction that opened it: only they may continue it. */
  readonly session: string | undefined;
  readonly transaction: Transaction | undefined;
  /** What it reads from. */
  readonly view: View;
  /** A document that did not fit into the last batch any more. */
  held: Uint8Array | undefined;
  usedAtMs: number;
  inUse: boolean;
  /** Extra elements of `cursor` in each answer. */
  readonly extra: Uint8Array | undefined;
};

export class Cursors {
  readonly #cursors = new Map<bigint, Cursor>();

  get openCount(): number {
    return this.#cursors.size;
  }

  open(given: Omit<Cursor, 'id' | 'usedAtMs' | 'inUse'>): Cursor {
    const usedAtMs = Date.now();
    this.#makeRoom(usedAtMs);
    const cursor: Cursor = { ...given, id: newId(), usedAtMs, inUse: false };
    this.#cursors.set(cursor.id, cursor);
    return cursor;
  }

  /** The cursor for a getMore, which now has it to itself. */
  take(id: bigint, ns: string): Cursor {
    const cursor = this.#cursors.get(id);
    if (cursor === undefined) throw new CommandError('CursorNotFound', `cursor id ${id} not found`);
    if (cursor.ns !== ns) {
      throw new CommandError(
        'Unauthorized',
        `Requested getMore on namespace '${ns}', but cursor belongs to a different namespace ${cursor.ns}`,
      );
    }
    if (cursor.inUse) throw new CommandError('CursorInUse', `cursor id ${id} is already in use`);
    cursor.inUse = true;
    this.#cursors.delete(id);
    this.#cursors.set(id, cursor); // the order of the map is the order of use
    return cursor;
  }

  giveBack(cursor: Cursor): void {
    cursor.inUse = false;
    cursor.usedAtMs = Date.now();
  }

  /** Whether there was one to close. */
  kill(id: bigint): boolean {
    const cursor = this.#cursors.get(id);
    if (cursor === undefined) return false;
    this.#cursors.delete(id);
    if (!cursor.inUse) cursor.results.iterator.return?.();
    return true;
  }

  killWhere(matches: (cursor: Cursor) => boolean): void {
    for (const cursor of [...this.#cursors.values()]) if (matches(cursor)) this.kill(cursor.id);
  }

  sweep(nowMs: number): void {
    this.killWhere((cursor) => !cursor.inUse && nowMs - cursor.usedAtMs > IDLE_MS_MAX);
  }

  close(): void {
    this.killWhere(() => true);
  }

  #makeRoom(nowMs: number): void {
    if (this.#cursors.size < CURSORS_MAX) return;
    this.sweep(nowMs);
    for (const cursor of this.#cursors.values()) {
      if (this.#cursors.size < CURSORS_MAX) return;
      if (!cursor.inUse) this.kill(cursor.id);
    }
  }
}

function newId(): bigint {
  const [high = 1, low = 1] = crypto.getRandomValues(new Uint32Array(2));
  return (BigInt(high & 0x7fffffff) << 32n) | BigInt(low | 1);
}
