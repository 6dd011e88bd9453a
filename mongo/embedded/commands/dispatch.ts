import { setTimeout as delay } from 'node:timers/promises';
import { encodeDocument } from '../bson/encode.ts';
import { type Doc, isDoc, Timestamp, type Value } from '../bson/values.ts';
import { CommandError } from '../errors.ts';
import { noSuchTransaction } from '../transactions/conflict.ts';
import { DirectWrites } from '../transactions/direct-writes.ts';
import type { NumberedWrite, Session } from '../transactions/sessions.ts';
import type { SnapshotRead } from '../transactions/snapshot-reads.ts';
import type { Transaction } from '../transactions/transaction.ts';
import { TransactionWrites } from '../transactions/transaction-writes.ts';
import { type Answerer, CLOSE, type WireClient } from '../wire/connection.ts';
import type { Message } from '../wire/message.ts';
import type { Failure } from './admin/fail-points.ts';
import type { Command, Engine } from './engine.ts';
import { lsidKey } from './fields.ts';
import { checkFields, checkReadConcern, checkVersion, writeConcernError } from './options.ts';
import { errorReply, finishReply, type Reply } from './reply.ts';
import { checkDatabaseName, Request } from './request.ts';
import { asCommandError, chooseLabels, type Situation } from './sessions/labels.ts';
import { statementTransaction } from './sessions/transaction-numbers.ts';
import { COMMANDS } from './table.ts';

/** Answers the requests of all clients on one engine. */
export function createAnswerer(engine: Engine): Answerer {
  return {
    answer: (message, client) => new Dispatch(engine, message, client).answer(),
    refuse: (error) => errorReply(asCommandError(error), [], engine.clusterTime.elements()),
  };
}

/** One request from its message to the bytes of its answer. */
class Dispatch {
  readonly #engine: Engine;
  readonly #message: Message;
  readonly #client: WireClient;
  readonly #situation: Situation = { inTransaction: false, ending: false, retryable: false };

  constructor(engine: Engine, message: Message, client: WireClient) {
    this.#engine = engine;
    this.#message = message;
    this.#client = client;
  }

  async answer(): Promise<Uint8Array | typeof CLOSE> {
    const { body, legacy } = this.#message;
    const [name = ''] = body.keys();
    let failure: Failure | undefined;
    try {
      const command = COMMANDS.get(name);
      if (command === undefined) throw new CommandError('CommandNotFound', `no such command: '${name}'`);
      if (legacy !== undefined && command.handshake !== true) {
        throw new CommandError(
          352,
          `Unsupported OP_QUERY command: ${name}. The client driver may require an upgrade.`,
        );
      }
      this.#engine.authentication.check(name, this.#client);
      failure = this.#engine.failPoints.hit(name, this.#client.name);
      if (failure !== undefined) {
        if (failure.blockMs > 0) await delay(failure.blockMs);
        if (failure.closeConnection) return CLOSE;
      }
      return await this.#execute(name, command, failure);
    } catch (error) {
      return this.#failed(asCommandError(error), failure);
    }
  }

  async #execute(
    name: string,
    command: Command,
    failure: Failure | undefined,
  ): Promise<Uint8Array | typeof CLOSE> {
    const { body } = this.#message;
    const engine = this.#engine;
    const db = this.#database(command);
    checkVersion(body);
    if (command.fields !== undefined) {
      checkFields(name, [...body.keys(), ...this.#message.sequences.keys()], command.fields);
    }
    const session = this.#session(body);
    const number = body.get('txnNumber');
    const inTransaction = body.get('autocommit') === false;
    this.#situation.ending = name === 'commitTransaction' || name === 'abortTransaction';
    this.#situation.inTransaction = inTransaction;
    const isNumbered = number !== undefined && !inTransaction && !this.#situation.ending;
    this.#situation.retryable = this.#situation.ending || isNumbered;
    if (failure?.errorCode !== undefined) {
      throw new CommandError(failure.errorCode, `Failing command via 'failCommand' failpoint`);
    }
    if (isNumbered && command.retryable !== true) {
      throw new CommandError(
        'NotARetryableWriteCommand',
        `txnNumber may only be provided for multi-document transactions and retryable write commands. autocommit:false was not provided, and ${name} is not a retryable write command.`,
      );
    }
    if (body.get('startTransaction') === true || isSnapshotRead(body)) await engine.roomForSnapshot();
    if (session?.running !== undefined && number !== undefined) await engine.sessions.idle(session);
    const transaction = statementTransaction(engine.sessions, session, command, name, body);
    checkReadConcern(body, transaction !== undefined);
    const run = (numbered?: NumberedWrite) => this.#run(command, name, db, session, transaction, numbered);
    const reply = await (isNumbered ? this.#once(session, number, run) : run());
    if (reply === CLOSE) return CLOSE;
    const answered = command.writes === true ? this.#withWriteConcern(reply, transaction, failure) : reply;
    return finishReply(answered, engine.clusterTime.elements());
  }

  /** A retryable write: done once for its number, however often it is sent. */
  async #once(
    session: Session | undefined,
    number: Value | undefined,
    run: (write: NumberedWrite) => Promise<Reply>,
  ): Promise<Reply | typeof CLOSE> {
    const { sessions, failPoints } = this.#engine;
    let injected: Failure | undefined;
    // Only a write that is really done meets the fail point, not the repetition of one that is done already.
    const meetFailPoint = async (write: NumberedWrite): Promise<Reply> => {
      if (write.done.size === 0) injected = failPoints.hitRetryableWrite();
      if (injected?.errorCode === undefined) return await run(write);
      throw new CommandError(injected.errorCode, `Failing write via 'onPrimaryTransactionalWrite' failpoint`);
    };
    try {
      const reply = await sessions.once(session, number, meetFailPoint);
      return injected?.closeConnection === true ? CLOSE : reply;
    } catch (error) {
      if (injected?.closeConnection === true) return CLOSE;
      throw error;
    }
  }

  async #run(
    command: Command,
    name: string,
    db: string,
    session: Session | undefined,
    transaction: Transaction | undefined,
    numbered: NumberedWrite | undefined,
  ): Promise<Reply> {
    const engine = this.#engine;
    const { storage, locks } = engine;
    const writes =
      transaction === undefined
        ? new DirectWrites(storage, locks)
        : new TransactionWrites(transaction, storage, locks);
    const snapshot = transaction === undefined ? snapshotRead(engine, name, this.#message.body) : undefined;
    const request = new Request(
      name,
      db,
      this.#message,
      this.#client,
      session,
      transaction,
      writes,
      snapshot,
      numbered,
    );
    try {
      const answered = command.run(engine, request);
      const pending = snapshot === undefined ? answered : engine.reading(snapshot.view, answered);
      const reply = pending instanceof Promise ? await pending : pending;
      // What it read after its snapshot was let go is worth nothing.
      if (transaction?.interrupted === true) throw noSuchTransaction(transaction.number);
      await writes.durable();
      if (command.writes === true) engine.clusterTime.tick();
      return reply;
    } catch (error) {
      if (transaction !== undefined) engine.sessions.abort(transaction);
      throw error;
    }
  }

  #withWriteConcern(reply: Reply, transaction: Transaction | undefined, failure: Failure | undefined): Reply {
    const own = transaction === undefined ? writeConcernError(this.#message.body) : undefined;
    const error = failure?.writeConcernError ?? own;
    if (error === undefined) return reply;
    const labels = failure?.errorLabels ?? chooseLabels(Number(error.get('code') ?? 0), this.#situation);
    const extra: Doc = new Map([['writeConcernError', error]]);
    if (labels.length > 0) extra.set('errorLabels', [...labels]);
    if (reply instanceof Map) return new Map([...reply, ...extra]);
    const tail = encodeDocument(extra);
    const joined = Buffer.concat([reply.subarray(0, -1), tail.subarray(4)]);
    joined.writeInt32LE(joined.length, 0);
    return joined;
  }

  #failed(error: CommandError, failure: Failure | undefined): Uint8Array {
    const injected = failure?.errorCode !== undefined;
    const labels = [
      ...error.labels,
      ...((injected ? failure.errorLabels : undefined) ?? chooseLabels(error.code, this.#situation)),
    ];
    return errorReply(error, labels, this.#engine.clusterTime.elements());
  }

  #database(command: Command): string {
    const { body, legacy } = this.#message;
    const db = legacy === undefined ? body.get('$db') : legacy.split('.', 1)[0];
    if (typeof db !== 'string') throw new CommandError(40571, 'OP_MSG requests require a $db argument');
    checkDatabaseName(db);
    if (command.adminOnly === true && db !== 'admin') {
      throw new CommandError(
        'Unauthorized',
        `${[...body.keys()][0]} may only be run against the admin database.`,
      );
    }
    return db;
  }

  #session(body: Doc): Session | undefined {
    const lsid = body.get('lsid');
    return isDoc(lsid) ? this.#engine.sessions.use(lsidKey(lsid)) : undefined;
  }
}

const SNAPSHOT_READERS = new Set(['find', 'aggregate', 'distinct']);

function isSnapshotRead(body: Doc): boolean {
  const concern = body.get('readConcern');
  return isDoc(concern) && concern.get('level') === 'snapshot';
}

/** The snapshot that a command outside a transaction reads from, if its readConcern requests one. */
function snapshotRead(engine: Engine, name: string, body: Doc): SnapshotRead | undefined {
  if (!isSnapshotRead(body)) return undefined;
  if (!SNAPSHOT_READERS.has(name)) {
    throw new CommandError('InvalidOptions', `read concern snapshot is not allowed for the command ${name}`);
  }
  const concern = body.get('readConcern');
  const at = isDoc(concern) ? concern.get('atClusterTime') : undefined;
  if (at instanceof Timestamp) return engine.snapshotReads.at(at);
  return engine.snapshotReads.take(engine.clusterTime.current());
}
