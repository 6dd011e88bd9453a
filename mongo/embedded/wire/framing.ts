import { HEADER_BYTES, MESSAGE_BYTES_MAX } from './limits.ts';

/** The stream cannot be a MongoDB client's: the connection is closed without an answer. */
export class ProtocolViolation extends Error {
  override readonly name = 'ProtocolViolation';
}

const PIECES_MAX = 1024;

/**
 * Cuts a byte stream into whole messages. Holds at most one incomplete message (48 MB) beside what was pushed;
 * a stated length outside the limits throws before anything is collected for it.
 */
export class Framer {
  #chunks: Buffer[] = [];
  #held = 0;
  #small = 0;

  /** Bytes that wait for the rest of their message, or for next(). */
  get held(): number {
    return this.#held;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    if (++this.#small < PIECES_MAX) return;
    // A message dripped in tiny pieces would cost an object for each: the latest become one.
    this.#chunks.push(Buffer.concat(this.#chunks.splice(-PIECES_MAX)));
    this.#small = 0;
  }

  /** The next whole message with its header, or undefined until more bytes come. */
  next(): Buffer | undefined {
    if (this.#held < HEADER_BYTES) return undefined;
    const length = this.#head(4).readInt32LE(0);
    if (length < HEADER_BYTES || length > MESSAGE_BYTES_MAX) {
      throw new ProtocolViolation(`message length ${length} is outside the limits`);
    }
    if (this.#held < length) return undefined;
    const first = this.#head(length);
    this.#held -= length;
    this.#small = 0;
    if (first.length === length) {
      this.#chunks.shift();
      return first;
    }
    this.#chunks[0] = first.subarray(length);
    return first.subarray(0, length);
  }

  /** The first chunk, made to hold at least `bytes`. */
  #head(bytes: number): Buffer {
    const first = this.#chunks[0]!;
    if (first.length >= bytes) return first;
    const joined = Buffer.concat(this.#chunks);
    this.#chunks = [joined];
    return joined;
  }
}
