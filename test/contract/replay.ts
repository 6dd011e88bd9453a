import { randomBytes } from 'node:crypto';
import { BSON, type Db, type MongoClient, MongoServerError } from 'mongodb';
import type { DriverCommand } from './command-shape.ts';
import type { ContractEntry, Outcome, TypedDocument } from './contract-file.ts';

/** Values keep their BSON types on the way to the server and back. */
const typed = {
  promoteValues: false,
  promoteLongs: false,
  promoteBuffers: false,
  useBigInt64: false,
} as const;

/** An index as createIndexes takes it. */
type IndexDescription = TypedDocument & { readonly key: TypedDocument; readonly name: string };

/** The indexes of the domain's collections. */
export type DomainIndexes = Readonly<Record<string, readonly IndexDescription[]>>;

/** The indexes that the domain makes, from its own commands. */
export function readIndexes(commands: readonly Pick<ContractEntry, 'command'>[]): DomainIndexes {
  return Object.fromEntries(
    commands
      .filter(({ command }) => command.createIndexes !== undefined)
      .map(({ command }) => [String(command.createIndexes), command.indexes as readonly IndexDescription[]]),
  );
}

/**
 * Runs the example of an entry in a database of its own that holds the given documents and the domain's indexes, and
 * removes the database.
 */
export async function replayEntry(
  client: MongoClient,
  { command, given }: Pick<ContractEntry, 'command' | 'given'>,
  indexes: DomainIndexes,
): Promise<Outcome> {
  const db = client.db(`heddle_contract_${randomBytes(6).toString('hex')}`);
  try {
    await prepareDatabase(db, command, given, indexes);
    const reply = await runExample(db, command);
    const after = await readAfter(db, command);
    return after === undefined ? { reply } : { reply, after };
  } finally {
    await db.dropDatabase();
  }
}

/** Makes the collections of an entry, with the domain's indexes. */
async function prepareDatabase(
  db: Db,
  command: DriverCommand,
  given: ContractEntry['given'],
  indexes: DomainIndexes,
): Promise<void> {
  for (const [name, documents] of Object.entries(given)) {
    const wanted = readCommandName(command) === 'createIndexes' ? [] : (indexes[name] ?? []);
    if (wanted.length > 0) await db.command({ createIndexes: name, indexes: wanted });
    if (documents.length > 0) await db.collection(name).insertMany([...documents], { ignoreUndefined: true });
  }
}

const readCommandName = (command: DriverCommand): string => Object.keys(command)[0] ?? '';

async function runExample(db: Db, command: DriverCommand): Promise<TypedDocument> {
  try {
    return readReply(await db.command(command, typed), command);
  } catch (error) {
    if (!(error instanceof MongoServerError)) throw error;
    return { error: Number(error.code) };
  }
}

/** What an answer says, without times, cursors and what only one kind of server adds. */
function readReply(reply: TypedDocument, command: DriverCommand): TypedDocument {
  const found = reply.cursor as { firstBatch: TypedDocument[] } | undefined;
  const isOrdered = command.sort !== undefined || JSON.stringify(command.pipeline ?? []).includes('"$sort"');
  const counts = Object.fromEntries(
    ['n', 'nModified'].flatMap((name) => (reply[name] === undefined ? [] : [[name, Number(reply[name])]])),
  );
  const { lastErrorObject: changed } = reply;
  return {
    ...counts,
    ...(found && { documents: isOrdered ? found.firstBatch : sortDocuments(found.firstBatch) }),
    ...(reply.values !== undefined && { values: sortDocuments(reply.values as TypedDocument[]) }),
    ...('value' in reply && { value: reply.value as unknown }),
    ...(changed && { changed: Number(changed.n), updatedExisting: changed.updatedExisting === true }),
    ...(reply.upserted && { upserted: (reply.upserted as TypedDocument[]).map(({ _id }) => _id as unknown) }),
    ...(reply.writeErrors && {
      writeErrors: (reply.writeErrors as TypedDocument[]).map(({ index, code }) => ({
        index: Number(index),
        code: Number(code),
      })),
    }),
  };
}

const writes = new Set(['insert', 'update', 'delete', 'findAndModify', 'createIndexes']);

async function readAfter(db: Db, command: DriverCommand): Promise<readonly TypedDocument[] | undefined> {
  const [name = '', collection] = Object.entries(command)[0] ?? [];
  if (!writes.has(name)) return undefined;
  if (name !== 'createIndexes') {
    return sortDocuments(await db.collection(String(collection)).find({}, typed).toArray());
  }
  const made = await db.collection(String(collection)).indexes();
  // The server adds `v`, and reports options that were not given in different ways.
  return sortDocuments(
    made.map(({ v: _version, background: _background, ...index }) => ({ ...index, key: { ...index.key } })),
  );
}

/** In an order that every server gives: that of the canonical texts. */
function sortDocuments(documents: readonly TypedDocument[]): TypedDocument[] {
  const text = new Map(documents.map((one) => [one, BSON.EJSON.stringify(one, { relaxed: false })] as const));
  return [...documents].sort((one, other) => ((text.get(one) ?? '') < (text.get(other) ?? '') ? -1 : 1));
}
