import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError } from '../errors.ts';

/** Bytes on disk of all sorts and groups together, those of open cursors included. */
export const SPILL_BYTES_MAX = 8 * 1024 * 1024 * 1024;
/** What is written or read at once. */
const BLOCK_BYTES = 64 * 1024;

/** A run of records in a file: where it stands. */
export type SpilledRun = { readonly start: number; readonly end: number };

/** Where sorts and groups put what does not fit into memory. */
export class SpillSpace {
  readonly #dir: string;
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(dir: string, bytesMax = SPILL_BYTES_MAX) {
    this.#dir = dir;
    this.#bytesMax = bytesMax;
  }

  /** Bytes on disk now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** A file without a name, which is gone with the process at the latest. To be closed. */
  open(): SpillFile {
    const file = join(this.#dir, `spill-${randomBytes(8).toString('hex')}`);
    try {
      const descriptor = openSync(file, 'wx+', 0o600);
      unlinkSync(file);
      return new SpillFile(descriptor, (more) => this.#take(more));
    } catch (error) {
      throw spillFailure(error);
    }
  }

  #take(bytes: number): void {
    if (this.#bytes + bytes > this.#bytesMax) {
      throw new CommandError(
        'OutOfDiskSpace',
        `sorts and groups of the embedded store may take ${this.#bytesMax} bytes on disk together; an index in the order of the sort avoids it`,
      );
    }
    this.#bytes += bytes;
  }
}

/** Records of bytes, appended in runs and read back in their order. */
export class SpillFile {
  readonly #descriptor: number;
  readonly #take: (bytes: number) => void;
  readonly #block = Buffer.allocUnsafe(BLOCK_BYTES);
  #blockLength = 0;
  #written = 0;
  #isClosed = false;

  constructor(descriptor: number, take: (bytes: number) => void) {
    this.#descriptor = descriptor;
    this.#take = take;
  }

  /** Where the next record begins. */
  get end(): number {
    return this.#written + this.#blockLength;
  }

  /** Appends a record that consists of these parts. Throws OutOfDiskSpace. */
  append(...parts: readonly Uint8Array[]): void {
    const header = Buffer.allocUnsafe(4 * parts.length);
    for (const [index, part] of parts.entries()) header.writeUInt32LE(part.length, 4 * index);
    this.#put(header);
    for (const part of parts) this.#put(part);
  }

  /** The records of a run, as arrays of as many parts as they were appended with. */
  *read({ start, end }: SpilledRun, parts: number): Generator<Buffer[], void> {
    this.#flush();
    let at = start;
    let block: Buffer = Buffer.alloc(0);
    let used = 0;
    const take = (length: number): Buffer => {
      if (block.length - used < length) {
        const rest = block.subarray(used);
        const wanted = Math.min(Math.max(length, BLOCK_BYTES), rest.length + end - at);
        // A new one each time: what was taken from the last is still in use.
        const next = Buffer.allocUnsafeSlow(wanted);
        rest.copy(next);
        this.#fill(next.subarray(rest.length), at);
        at += wanted - rest.length;
        block = next;
        used = 0;
      }
      used += length;
      return block.subarray(used - length, used);
    };
    while (at - (block.length - used) < end) {
      const lengths = take(4 * parts);
      yield Array.from({ length: parts }, (_, index) => lengths.readUInt32LE(4 * index)).map(take);
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#take(-this.end);
    closeSync(this.#descriptor);
  }

  #put(bytes: Uint8Array): void {
    this.#take(bytes.length);
    if (this.#blockLength + bytes.length > BLOCK_BYTES) this.#flush();
    if (bytes.length > BLOCK_BYTES) {
      this.#write(bytes);
      return;
    }
    this.#block.set(bytes, this.#blockLength);
    this.#blockLength += bytes.length;
  }

  #flush(): void {
    const length = this.#blockLength;
    this.#blockLength = 0;
    this.#write(this.#block.subarray(0, length));
  }

  #write(bytes: Uint8Array): void {
    try {
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(this.#descriptor, bytes, done, bytes.length - done, this.#written + done);
      }
    } catch (error) {
      throw spillFailure(error);
    }
    this.#written += bytes.length;
  }

  #fill(into: Buffer, from: number): void {
    try {
      for (let done = 0; done < into.length; ) {
        const read = readSync(this.#descriptor, into, done, into.length - done, from + done);
        if (read === 0) throw new Error('A spilled run ends too early.');
        done += read;
      }
    } catch (error) {
      throw spillFailure(error);
    }
  }
}

/** No path leaves the process. */
function spillFailure(error: unknown): CommandError {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new CommandError('OutOfDiskSpace', 'the disk of the embedded store is full', { cause: error });
  }
  const message = 'the embedded store could not put a sort or group on disk';
  return new CommandError('OperationFailed', message, { cause: error });
}
