import type { MessagePort } from 'node:worker_threads';
import { encodeRecords } from './bson/encode.ts';

/** Documents for one collection: inserted, or updates `{ q, u }` of one document each. As drivers take them. */
export type WriteCommand = {
  readonly command: 'insert' | 'update';
  readonly collection: string;
  readonly documents: readonly object[];
};

/** A document that was not written, by its place in the command, with the server's code. */
export type RefusedDocument = { readonly index: number; readonly code: number; readonly message: string };

/** What one command did. Documents that were not refused are written. */
export type WriteOutcome = {
  readonly matched: number;
  readonly modified: number;
  readonly refused: readonly RefusedDocument[];
};

/** A batch failed as a whole (disk full, a document that is no BSON …): nothing states which of it is written. */
export class WriteFailure extends Error {
  readonly code: number;
  readonly codeName: string;

  constructor({ message, code, codeName }: FailureMessage) {
    super(message);
    this.code = code;
    this.codeName = codeName;
  }
}

export type FailureMessage = { readonly message: string; readonly code: number; readonly codeName: string };

/** Commands with their documents as BSON, one behind the other. */
export type EncodedWrites = readonly (Pick<WriteCommand, 'command' | 'collection'> & {
  readonly bytes: Uint8Array<ArrayBuffer>;
})[];

/** Throws TypeError for what is no BSON. */
export function encodeWrites(commands: readonly WriteCommand[]): EncodedWrites {
  return commands.map(({ command, collection, documents }) => ({
    command,
    collection,
    bytes: encodeRecords(documents),
  }));
}

export type BatchMessage = { readonly id: number; readonly db: string; readonly commands: EncodedWrites };

export type BatchAnswer =
  | { readonly id: number; readonly outcomes: readonly WriteOutcome[] }
  | { readonly id: number; readonly failure: FailureMessage };

type Waiting = PromiseWithResolvers<readonly WriteOutcome[]>;

/** The server's code ShutdownInProgress. */
const closed: FailureMessage = {
  message: 'The store has been closed.',
  code: 91,
  codeName: 'ShutdownInProgress',
};

/**
 * A short way from the process of a store to its thread, for groups of writes: what a driver would send over the socket
 * as `insert` and `update`, without the driver.
 */
export class WriteChannel {
  readonly #port: MessagePort;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #closed = false;

  constructor(port: MessagePort) {
    this.#port = port;
    port.on('message', (answer: BatchAnswer) => this.#settle(answer));
    port.unref();
  }

  /** Groups of writes that are not durable yet. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Runs commands in order and stops after the first of which a document is refused: the outcomes of those that ran. It
   * resolves when they are durable; none is durable before those that came before it. Rejects with WriteFailure, and
   * with TypeError for what is no BSON, before anything is sent.
   */
  async write(db: string, commands: readonly WriteCommand[]): Promise<readonly WriteOutcome[]> {
    if (this.#closed) throw new WriteFailure(closed);
    return this.writeEncoded(db, encodeWrites(commands));
  }

  /** As `write`, of what another process has encoded. The bytes are handed over: they are empty afterwards. */
  async writeEncoded(db: string, commands: EncodedWrites): Promise<readonly WriteOutcome[]> {
    if (this.#closed) throw new WriteFailure(closed);
    const id = ++this.#lastId;
    const waiting: Waiting = Promise.withResolvers();
    if (this.#waiting.size === 0) this.#port.ref();
    this.#waiting.set(id, waiting);
    const message: BatchMessage = { id, db, commands };
    this.#port.postMessage(
      message,
      commands.map(({ bytes }) => bytes.buffer),
    );
    return waiting.promise;
  }

  /** Rejects what waits still. Idempotent. */
  close(): void {
    this.#closed = true;
    for (const { reject } of this.#waiting.values()) reject(new WriteFailure(closed));
    this.#waiting.clear();
    this.#port.close();
  }

  #settle(answer: BatchAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (this.#waiting.size === 0) this.#port.unref();
    if ('outcomes' in answer) waiting?.resolve(answer.outcomes);
    else waiting?.reject(new WriteFailure(answer.failure));
  }
}
