import { type Document, EJSON, Int32 } from 'bson';
import { type ClientSession, type Db, MongoNetworkError, MongoServerError } from 'mongodb';
import { command } from './operations.ts';
import { Choices, document } from './values.ts';

/** One of the two servers (or collections) that must agree. */
export interface Side {
  db: Db;
  collection: string;
  /** Called on the emptied collection, e.g. to create indexes. */
  prepare?: (db: Db, collection: string) => Promise<void>;
  /** Everything is sent in transactions of this session, each committed after some dozens of commands. */
  session?: ClientSession;
}

export interface Difference {
  /** Number of the operation within the run. */
  at: number;
  command: string;
  left: string;
  right: string;
}

export interface DifferOptions {
  seed: number;
  operations: number;
  /** Answers with these codes say «not supported here»: the operation then proves nothing and is not counted. */
  unsupportedCodes?: readonly number[];
  /** Only the types that every server of the protocol knows: see Choices. */
  plain?: boolean;
}

const DOCUMENTS = 25;
const COMMANDS_PER_START = 60;

/** In place of an error code: the server closed the connection on the command. */
export const CONNECTION_CLOSED = -1;

/**
 * Sends the same random commands to both sides and compares every answer, and the whole collection after each
 * write. After a difference both sides start again from the same documents.
 */
export async function differ(left: Side, right: Side, options: DifferOptions) {
  const random = new Choices(options.seed, options.plain ?? false);
  const differences: Difference[] = [];
  let nextId = 1000;
  let unsupported = 0;
  let fresh = false;
  const sides: [Side, Side] = [left, right];

  /** What was done in transactions must be there for everyone after the commit. */
  async function compareCommitted(at: number): Promise<void> {
    if (sides.every(({ session }) => session === undefined)) return;
    for (const { session } of sides) await session?.commitTransaction();
    const [a, b] = await Promise.all(sides.map(({ db, collection }) => contents({ db, collection })));
    if (a !== b) differences.push({ at, command: 'commit', left: String(a), right: String(b) });
  }

  for (let at = 0; at < options.operations; at++) {
    if (!fresh || at % COMMANDS_PER_START === 0) {
      if (fresh) await compareCommitted(at);
      for (const { session } of sides) if (session?.inTransaction()) await session.abortTransaction();
      const documents = Array.from({ length: DOCUMENTS }, (_, id) => document(random, id));
      await start(sides, documents);
      for (const { session } of sides) session?.startTransaction();
      fresh = true;
    }
    const sent = command(random, '', () => nextId++);
    if (sides.some(({ session }) => session !== undefined)) {
      // Transactions have no count, and end at the first error.
      if ('count' in sent) continue;
      if ('insert' in sent) sent.ordered = true;
    }
    const answers = await Promise.all([ask(left, sent), ask(right, sent)]);
    if (answers.some((answer) => options.unsupportedCodes?.includes(answer.code))) {
      unsupported++;
      fresh = false;
      continue;
    }
    // A write that fails half-way has done what came first, and nothing promises an order. An error of any kind ends
    // a transaction.
    const isSame = answers[0].text === answers[1].text;
    const halfDone = isWrite(sent) && answers[0].code !== 0;
    const ended = answers.some(({ code }, i) => code !== 0 && sides[i]?.session !== undefined);
    if (halfDone || ended) fresh = false;
    const [a, b] =
      isSame && isWrite(sent) && !halfDone
        ? await Promise.all([contents(left), contents(right)])
        : [answers[0].text, answers[1].text];
    if (a !== b) {
      differences.push({ at, command: EJSON.stringify(sent, { relaxed: false }), left: a, right: b });
      fresh = false;
    }
  }
  return { differences, unsupported };
}

/** Empties both sides and inserts the documents; one that a side refuses is left out on both. */
async function start(sides: [Side, Side], documents: Document[]): Promise<void> {
  for (const { db, collection, prepare } of sides) {
    await db
      .collection(collection)
      .drop()
      .catch(() => undefined);
    await prepare?.(db, collection);
  }
  const all = { insert: '', documents, ordered: false };
  const whole = await Promise.all(sides.map((side) => ask(side, all)));
  if (whole.every(({ code }) => code === 0)) return;
  for (const one of documents) {
    for (const side of sides) await ask(side, { delete: '', deletes: [{ q: { _id: one._id }, limit: 1 }] });
    const outcomes = await Promise.all(sides.map((side) => ask(side, { insert: '', documents: [one] })));
    if (outcomes.every(({ code }) => code === 0)) continue;
    for (const side of sides) await ask(side, { delete: '', deletes: [{ q: { _id: one._id }, limit: 1 }] });
  }
}

const isWrite = (sent: Document): boolean =>
  !('find' in sent || 'count' in sent || 'distinct' in sent || 'aggregate' in sent);

const READ_OPTIONS = { promoteValues: false, bsonRegExp: true, ignoreUndefined: true } as const;

async function contents({ db, collection, session }: Side): Promise<string> {
  const all = { find: collection, sort: { _id: 1 }, batchSize: 10_000 };
  const reply = await db.command(all, { ...READ_OPTIONS, ...(session && { session }) });
  return EJSON.stringify(reply.cursor.firstBatch, { relaxed: false });
}

async function ask(
  { db, collection, session }: Side,
  sent: Document,
): Promise<{ text: string; code: number }> {
  const [name = ''] = Object.keys(sent);
  try {
    const command = { ...sent, [name]: collection };
    const reply = await db.command(command, { ...READ_OPTIONS, ...(session && { session }) });
    const code = Number(reply.writeErrors?.[0]?.code ?? 0);
    return { text: EJSON.stringify(selectComparable(reply, name, sent), { relaxed: false }), code };
  } catch (error) {
    if (error instanceof MongoNetworkError) return { text: 'connection closed', code: CONNECTION_CLOSED };
    if (!(error instanceof MongoServerError)) throw error;
    return { text: `error ${error.code}`, code: Number(error.code) };
  }
}

/** What must agree: results and error codes, not cursor ids, times or messages. */
function selectComparable(reply: Document, name: string, sent: Document): Document {
  if (name === 'aggregate') {
    const grouped = sent.pipeline.some((stage: Document) => '$group' in stage);
    return sorted(reply.cursor.firstBatch, grouped);
  }
  if (name === 'find') return reply.cursor.firstBatch;
  if (name === 'distinct') return sorted(reply.values, true);
  const { n, nModified, upserted, value, lastErrorObject, writeErrors } = reply;
  if (writeErrors !== undefined) {
    // Of several documents that an update cannot change, the first decides the code, and nothing promises an order.
    const ofSeveral = (index: number): boolean => sent.updates?.[index].multi === true;
    return writeErrors.map(({ index, code }: Document) => [
      Number(index),
      ofSeveral(Number(index)) ? 'some code' : Number(code),
    ]);
  }
  return { n: n ?? new Int32(0), nModified, upserted, value, lastErrorObject };
}

/**
 * As a set. Where equal values are put together (`grouped`), which of 1, 1.0 and Long 1 stands for all depends on the
 * order in which they came, so numbers are then compared without their type.
 */
const sorted = (values: Document[], grouped: boolean): Document =>
  values
    .map((one) => EJSON.stringify({ one }, { relaxed: false }))
    .map((text) => (grouped ? text.replace(NUMBER, (_, digits) => `#${Number(digits)}`) : text))
    .sort();

const NUMBER = /\{"\$number(?:Int|Long|Double|Decimal)":"([^"]*)"\}/g;
