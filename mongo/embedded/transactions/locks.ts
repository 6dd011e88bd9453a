/**
 * What open transactions have written and not committed: row ids and unique keys, each by the one transaction that
 * may write it. Others do not wait here: the caller gets the holder.
 */
export class Locks<TTransaction> {
  /** Bytes of uncommitted documents that all transactions hold. */
  bytesHeld = 0;
  readonly #holders = new Map<string, TTransaction>();

  get size(): number {
    return this.#holders.size;
  }

  holder(key: string): TTransaction | undefined {
    return this.#holders.get(key);
  }

  take(key: string, transaction: TTransaction): void {
    this.#holders.set(key, transaction);
  }

  release(keys: Iterable<string>): void {
    for (const key of keys) this.#holders.delete(key);
  }
}

export function rowLock(collection: number, rid: number): string {
  return `${collection}:${rid}`;
}

/** @param index 0 for the _id index */
export function keyLock(collection: number, index: number, key: Uint8Array): string {
  return `${collection}.${index}:${Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1')}`;
}
