import { encodeDocument } from '../../bson/encode.ts';
import { Binary, type Doc, doc, Timestamp } from '../../bson/values.ts';

const NO_SIGNATURE = doc({ hash: new Binary(new Uint8Array(20)), keyId: 0n });

/** The logical time that a replica set member returns with every answer. It only moves forward. */
export class ClusterTime {
  #t = 0;
  #i = 1;
  #encoded: Uint8Array | undefined;

  get now(): Timestamp {
    return new Timestamp(this.#t, this.#i);
  }

  /** Moves on: something was written. */
  tick(): void {
    this.#i++;
    this.#encoded = undefined;
  }

  /** The time, the clock's second taken in. */
  current(): Timestamp {
    const t = Math.floor(Date.now() / 1000);
    if (t > this.#t) {
      this.#t = t;
      this.#i = 1;
      this.#encoded = undefined;
    }
    return this.now;
  }

  /** The elements `$clusterTime` and `operationTime`, encoded. */
  elements(): Uint8Array {
    this.current();
    this.#encoded ??= encodeElements(
      doc({
        $clusterTime: doc({ clusterTime: this.now, signature: NO_SIGNATURE }),
        operationTime: this.now,
      }),
    );
    return this.#encoded;
  }
}

/** A document's elements without its length and terminator. */
export function encodeElements(document: Doc): Uint8Array {
  return encodeDocument(document).subarray(4, -1);
}
