import { randomUUID } from 'node:crypto';
import type { Connection } from 'mongoose';
import { type UsageBlockRecord, usageBlocks } from './usage-blocks.ts';
import { heldMs } from './usage-progress.ts';

/** Blocks in one write, and about how many bytes: to encode and send them keeps others from their turn. */
const [writtenMax, bytesMax] = [100, 512 * 1_024];

function estimateBytes({ columns, keys }: UsageBlockRecord): number {
  const ofColumns = Object.values(columns).reduce((sum, column) => sum + column.length(), 0);
  return Object.values(keys).reduce((sum, values) => sum + bytesPerKey * values.length, ofColumns);
}

/** A name of the kinds that are counted by, with what BSON adds. */
const bytesPerKey = 40;

/** Writes the blocks of one run, many at a time. */
export class BlockWriter {
  /** The name of the run. */
  readonly fold: string = randomUUID();
  /** The ids of the blocks so far. */
  readonly written = new Set<string>();
  readonly #connection: Connection;
  #waiting: UsageBlockRecord[] = [];
  #waitingBytes = 0;
  /** When the rows or blocks were read that the next ones are summed from. */
  #readMs = performance.now();
  /** The same of the first that waits. */
  #oldestMs = this.#readMs;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** To be called before more is read that blocks are summed from. */
  begin(): void {
    this.#readMs = performance.now();
  }

  /** Throws where what blocks were summed from was read too long ago. */
  async add(blocks: readonly UsageBlockRecord[]): Promise<void> {
    for (const block of blocks) {
      if (this.#waiting.length === 0) this.#oldestMs = this.#readMs;
      this.#waiting.push(block);
      this.#waitingBytes += estimateBytes(block);
      if (this.#waiting.length >= writtenMax || this.#waitingBytes >= bytesMax) await this.flush();
    }
  }

  /** Writes what waits still. */
  async flush(): Promise<void> {
    const blocks = this.#waiting;
    if (blocks.length === 0) return;
    // What was read may have been changed, and summed again, since.
    if (performance.now() > this.#oldestMs + heldMs / 2)
      throw new Error('Summing usage took too long; it is done again.');
    this.#waiting = [];
    this.#waitingBytes = 0;
    for (const { _id } of blocks) this.written.add(_id);
    await usageBlocks(this.#connection).collection.bulkWrite(
      blocks.map((replacement) => ({
        replaceOne: { filter: { _id: replacement._id as never }, replacement, upsert: true },
      })),
      { writeConcern: { w: 'majority', j: true }, ordered: false },
    );
  }
}
