import { decodeDocument, decodeWithin } from '../bson/decode.ts';
import type { Doc, Timestamp } from '../bson/values.ts';
import { CommandError } from '../errors.ts';
import type { NumberedWrite, Session } from '../transactions/sessions.ts';
import type { SnapshotRead } from '../transactions/snapshot-reads.ts';
import type { Transaction } from '../transactions/transaction.ts';
import type { View, Writes } from '../transactions/writes.ts';
import type { WireClient } from '../wire/connection.ts';
import type { Message } from '../wire/message.ts';
import { CommandFields } from './fields.ts';
import { Pace } from './pace.ts';

/** A document as it came: its bytes when it came in a sequence of its own. */
export type Sent = { readonly doc: Doc; readonly bytes: Uint8Array | undefined };

/** One command on its way through its handler. */
export class Request {
  readonly name: string;
  readonly db: string;
  readonly body: Doc;
  readonly fields: CommandFields;
  readonly client: WireClient;
  readonly session: Session | undefined;
  readonly transaction: Transaction | undefined;
  readonly writes: Writes;
  readonly #sequences: Message['sequences'];
  readonly #snapshot: SnapshotRead | undefined;
  readonly #numbered: NumberedWrite | undefined;
  #pace: Pace | undefined;

  constructor(
    name: string,
    db: string,
    message: Message,
    client: WireClient,
    session: Session | undefined,
    transaction: Transaction | undefined,
    writes: Writes,
    snapshot?: SnapshotRead,
    numbered?: NumberedWrite,
  ) {
    this.name = name;
    this.db = db;
    this.body = message.body;
    this.fields = new CommandFields(message.body, name);
    this.client = client;
    this.session = session;
    this.transaction = transaction;
    this.writes = writes;
    this.#snapshot = snapshot;
    this.#numbered = numbered;
    this.#sequences = message.sequences;
  }

  /** What it reads from. */
  get view(): View {
    return this.#snapshot?.view ?? this.writes.view;
  }

  /** The time of the snapshot that it reads from, which its answer contains. */
  get atClusterTime(): Timestamp | undefined {
    return this.#snapshot?.at;
  }

  get isNumbered(): boolean {
    return this.#numbered !== undefined;
  }

  /** What a statement answered when it was done before under the same number. */
  findOutcome(statement: number): Doc | undefined {
    return this.#numbered?.done.get(statement);
  }

  /** To be called right after the write of a statement: what it answers when it is sent again. */
  note(statement: number, outcome: Doc): void {
    this.#numbered?.note(statement, outcome);
  }

  get pace(): Pace {
    this.#pace ??= new Pace(this.fields.count('maxTimeMS') ?? 0, () => this.client.closed);
    return this.#pace;
  }

  /** The collection that the command names (`{ find: 'name' }`). Throws InvalidNamespace. */
  collectionName(): string {
    const value = this.body.get(this.name);
    if (typeof value !== 'string') {
      throw new CommandError('InvalidNamespace', `collection name has invalid type`);
    }
    checkCollectionName(this.db, value);
    return value;
  }

  /** Documents of a field, whether they came in the body or as a sequence. */
  sent(field: string): Sent[] | undefined {
    return this.#sent(field, decodeDocument);
  }

  /** The same of documents that are stored as they came: valid until the command is answered. */
  sentWithin(field: string): Sent[] | undefined {
    return this.#sent(field, decodeWithin);
  }

  #sent(field: string, decode: (bytes: Uint8Array) => Doc): Sent[] | undefined {
    const sequence = this.#sequences.get(field);
    if (sequence !== undefined) return sequence.map((bytes) => ({ doc: decode(bytes), bytes }));
    return this.fields.documents(field)?.map((doc) => ({ doc, bytes: undefined }));
  }
}

const NAMESPACE_BYTES_MAX = 255;

export function checkCollectionName(db: string, name: string): void {
  if (name === '') throw new CommandError('InvalidNamespace', `Invalid namespace specified '${db}.'`);
  if (name.includes('\0') || name.startsWith('.') || (name.includes('$') && !name.startsWith('$cmd.'))) {
    throw new CommandError('InvalidNamespace', `Invalid collection name: ${name}`);
  }
  if (Buffer.byteLength(db) + 1 + Buffer.byteLength(name) > NAMESPACE_BYTES_MAX) {
    throw new CommandError(
      'InvalidNamespace',
      `Fully qualified namespace is too long. Max: ${NAMESPACE_BYTES_MAX}`,
    );
  }
}

export function checkDatabaseName(db: string): void {
  if (db === '' || Buffer.byteLength(db) > 63 || /[\0/\\. "$]/.test(db)) {
    throw new CommandError('InvalidNamespace', `Invalid database name: '${db}'`);
  }
}
