import { randomBytes } from 'node:crypto';
import { BSON, type MongoClient } from 'mongodb';
import type { DriverCommand } from './command-shape.ts';
import type { ContractEntry, TypedDocument } from './contract-file.ts';
import type { CollectedCommand } from './examples.ts';
import type { DomainIndexes } from './replay.ts';

type Example = Pick<ContractEntry, 'command' | 'given'>;

/** How many documents an example inserts, and how many of a collection it is given. */
const insertedMax = 2;
const matchedMax = 3;
const othersMax = 2;
const textLengthMax = 200;
const listLengthMax = 20;

/** The smallest example that shows what the command does: of all that were collected, one that finds documents. */
export async function selectExample(
  client: MongoClient,
  candidates: readonly CollectedCommand[],
  indexes: DomainIndexes,
): Promise<Example> {
  let best: { example: Example; matched: number } | undefined;
  for (const candidate of candidates) {
    const command = shortenCommand(candidate.command);
    const matched = await findMatched(client, command, candidate.given);
    best ??= {
      example: { command, given: selectGiven(command, candidate.given, matched, indexes) },
      matched: 0,
    };
    if (matched.size <= best.matched) continue;
    best = {
      example: { command, given: selectGiven(command, candidate.given, matched, indexes) },
      matched: matched.size,
    };
    if (matched.size >= matchedMax) break;
  }
  if (best === undefined) throw new Error('There is no example of a command that was collected.');
  return best.example;
}

/** Without the driver's envelope, and with a few of the documents to insert. */
function shortenCommand(command: DriverCommand): DriverCommand {
  const { lsid: _l, $db: _d, $clusterTime: _c, txnNumber: _t, $readPreference: _r, ...rest } = command;
  return Array.isArray(rest.documents) ? { ...rest, documents: rest.documents.slice(0, insertedMax) } : rest;
}

const computeKey = (document: TypedDocument): string =>
  BSON.EJSON.stringify(document._id, { relaxed: false });

/** The filters of a command. */
function listFilters(command: DriverCommand): readonly TypedDocument[] {
  const { filter, query, updates, deletes, pipeline, documents } = command as Record<
    string,
    TypedDocument[] & TypedDocument
  >;
  const batch = [...(updates ?? []), ...(deletes ?? [])].map(({ q }) => q as TypedDocument);
  const ids = (documents ?? []).map(({ _id }) => ({ _id: _id as unknown }));
  const match = pipeline?.[0]?.$match as TypedDocument | undefined;
  return [filter, query, match, ...batch, ...ids].filter((one) => one !== undefined);
}

/** The `_id`s of the given documents that the command's filters find, in a collection without indexes. */
async function findMatched(
  client: MongoClient,
  command: DriverCommand,
  given: CollectedCommand['given'],
): Promise<ReadonlySet<string>> {
  const name = String(Object.values(command)[0]);
  const documents = given[name] ?? [];
  if (documents.length === 0 || command.createIndexes !== undefined) return new Set();
  const db = client.db(`heddle_contract_${randomBytes(6).toString('hex')}`);
  try {
    await db.collection(name).insertMany([...documents]);
    const found = await Promise.all(
      listFilters(command).map((filter) =>
        db.collection(name).find(filter, { promoteValues: false, limit: matchedMax }).toArray(),
      ),
    );
    return new Set(found.flat().map(computeKey));
  } finally {
    await db.dropDatabase();
  }
}

/** A few documents that the command finds and a few that it does not, with the fields that it or an index names. */
function selectGiven(
  command: DriverCommand,
  given: CollectedCommand['given'],
  matched: ReadonlySet<string>,
  indexes: DomainIndexes,
): Example['given'] {
  if (command.createIndexes !== undefined) return {};
  const name = String(Object.values(command)[0]);
  // Where the server may choose which document it changes, there is one to choose.
  const matchedKept = isForOne(command) ? 1 : matchedMax * listFilters(command).length;
  return Object.fromEntries(
    Object.entries(given).map(([collection, documents]) => {
      const found = documents.filter((document) => collection === name && matched.has(computeKey(document)));
      const others = documents.filter((document) => !found.includes(document));
      const kept = [...found.slice(0, matchedKept), ...others.slice(0, othersMax)];
      const named = JSON.stringify([command, indexes[collection] ?? []], (_key, value: unknown) =>
        typeof value === 'bigint' ? String(value) : value,
      );
      return [collection, kept.map((document) => trimDocument(document, named))];
    }),
  );
}

function isForOne({ findAndModify, updates, deletes }: DriverCommand): boolean {
  const [change] = [updates ?? deletes ?? []].flat() as TypedDocument[];
  const isOne = change !== undefined && change.multi !== true && Number(change.limit ?? 1) !== 0;
  return findAndModify !== undefined || isOne;
}

/** The fields that are named, and the beginning of what is long. */
function trimDocument(document: TypedDocument, named: string): TypedDocument {
  return Object.fromEntries(
    Object.entries(document)
      .filter(([field]) => field === '_id' || new RegExp(`\\b${field}\\b`).test(named))
      .map(([field, value]) => [field, shorten(value)]),
  );
}

function shorten(value: unknown): unknown {
  if (typeof value === 'string') return value.slice(0, textLengthMax);
  return Array.isArray(value) ? value.slice(0, listLengthMax) : value;
}
