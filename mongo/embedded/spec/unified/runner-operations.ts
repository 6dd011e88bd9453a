import { isDeepStrictEqual } from 'node:util';
import type { Document } from 'bson';
import type { ClientSession, MongoClient } from 'mongodb';
import type { Entities } from './entities.ts';

/** What the runner's own operations work on: the test's entities, and a client that no test sees. */
interface Bench {
  entities: Entities;
  inner: MongoClient;
}

const STATES: Record<string, string[]> = {
  none: ['NO_TRANSACTION'],
  starting: ['STARTING_TRANSACTION'],
  in_progress: ['TRANSACTION_IN_PROGRESS'],
  committed: ['TRANSACTION_COMMITTED', 'TRANSACTION_COMMITTED_EMPTY'],
  aborted: ['TRANSACTION_ABORTED'],
};

/** The operations on `testRunner`, by name. Fail points are not here: tests that need them are not runnable without them. */
export const RUNNER_OPERATIONS: Record<string, (bench: Bench, args: Document) => Promise<void> | void> = {
  createEntities: ({ entities }, { entities: descriptions }) => entities.create(descriptions),
  failPoint: async ({ inner }, { failPoint }) => {
    await inner.db('admin').command(failPoint);
  },
  assertCollectionExists: async (bench, args) => {
    must(await hasCollection(bench, args), `the collection ${args.collectionName} does not exist`);
  },
  assertCollectionNotExists: async (bench, args) => {
    must(!(await hasCollection(bench, args)), `the collection ${args.collectionName} exists`);
  },
  assertIndexExists: async (bench, args) => {
    must(await hasIndex(bench, args), `the index ${args.indexName} does not exist`);
  },
  assertIndexNotExists: async (bench, args) => {
    must(!(await hasIndex(bench, args)), `the index ${args.indexName} exists`);
  },
  assertSameLsidOnLastTwoCommands: ({ entities }, { client }) => {
    const [before, last] = lastTwoLsids(entities, client);
    must(isDeepStrictEqual(before, last), 'the last two commands have different session ids');
  },
  assertDifferentLsidOnLastTwoCommands: ({ entities }, { client }) => {
    const [before, last] = lastTwoLsids(entities, client);
    must(!isDeepStrictEqual(before, last), 'the last two commands have the same session id');
  },
  assertSessionDirty: ({ entities }, { session }) => {
    must(entities.session(session).serverSession.isDirty, `${session} is not dirty`);
  },
  assertSessionNotDirty: ({ entities }, { session }) => {
    must(!entities.session(session).serverSession.isDirty, `${session} is dirty`);
  },
  assertSessionPinned: ({ entities }, { session }) => {
    must(isPinned(entities.session(session)), `${session} is not pinned`);
  },
  assertSessionUnpinned: ({ entities }, { session }) => {
    must(!isPinned(entities.session(session)), `${session} is pinned`);
  },
  assertSessionTransactionState: ({ entities }, { session, state }) => {
    const transaction: unknown = Reflect.get(entities.session(session), 'transaction');
    const actual = transaction instanceof Object ? Reflect.get(transaction, 'state') : undefined;
    must(STATES[state]?.includes(String(actual)) ?? false, `${session} is in state ${String(actual)}`);
  },
};

const isPinned = (session: ClientSession): boolean => Reflect.get(session, 'isPinned') === true;

async function hasCollection({ inner }: Bench, { databaseName, collectionName }: Document): Promise<boolean> {
  const found = await inner.db(databaseName).listCollections({ name: collectionName }).toArray();
  return found.length > 0;
}

async function hasIndex(bench: Bench, args: Document): Promise<boolean> {
  if (!(await hasCollection(bench, args))) return false;
  const collection = bench.inner.db(args.databaseName).collection(args.collectionName);
  return (await collection.listIndexes().toArray()).some((index) => index.name === args.indexName);
}

function lastTwoLsids(entities: Entities, client: string): [unknown, unknown] {
  const [before, last] = entities.client(client).lsids.slice(-2);
  must(before !== undefined && last !== undefined, 'fewer than two commands with a session were sent');
  return [before, last];
}

function must(condition: boolean, otherwise: string): void {
  if (!condition) throw new Error(otherwise);
}
