import { type MongoClient, MongoServerError } from 'mongodb';
import { Entities, Inexpressible } from './entities.ts';
import { matchEvents } from './events.ts';
import { matchError } from './expect-error.ts';
import type { CollectionData, Operation, TestCase, TestFile } from './format.ts';
import { Mismatch, match } from './match.ts';
import { perform } from './operations.ts';
import { type ServerFacts, whyNotRunnable } from './requirements.ts';

export type Verdict =
  | { status: 'passed' }
  | { status: 'failed'; reason: string }
  /** The server refused the feature in so many words («use MongoDB»). */
  | { status: 'refused'; reason: string }
  | { status: 'not runnable'; reason: string };

/** What every refusal of a feature that MongoDB has and the embedded store has not says. */
const REFUSAL = /use MongoDB/i;

/** Longest time that one test may take; past it the test has failed. */
const TEST_MS_MAX = 10_000;

/** Runs one test of one file against the server at `uri`; `inner` is a client that no test sees. */
export async function runTest(
  uri: string,
  inner: MongoClient,
  facts: ServerFacts,
  file: TestFile,
  test: TestCase,
): Promise<Verdict> {
  const refused = whyNotRunnable(file, test, facts);
  if (refused !== undefined) return { status: 'not runnable', reason: refused };
  const entities = new Entities(uri);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Mismatch(`not done within ${TEST_MS_MAX} ms`)), TEST_MS_MAX);
  });
  try {
    await Promise.race([late, steps(entities, inner, file, test)]);
    return { status: 'passed' };
  } catch (error) {
    if (error instanceof Inexpressible) return { status: 'not runnable', reason: error.message };
    const refusal = error instanceof Mismatch && error.cause instanceof Error ? error.cause : error;
    const status =
      refusal instanceof MongoServerError && REFUSAL.test(refusal.message) ? 'refused' : 'failed';
    return { status, reason: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
    await entities.close();
    await cleanUp(inner, facts);
  }
}

/** Leaves the server as it was: no fail point on, no transaction open that a failing client left behind. */
async function cleanUp(inner: MongoClient, facts: ServerFacts): Promise<void> {
  const admin = inner.db('admin');
  for (const name of facts.failPoints) await admin.command({ configureFailPoint: name, mode: 'off' });
  if (facts.topology === 'single') return;
  // A server may end the very session that asks (Interrupted), or have no such command.
  await admin.command({ killAllSessions: [] }).catch(() => undefined);
}

async function steps(entities: Entities, inner: MongoClient, file: TestFile, test: TestCase): Promise<void> {
  for (const data of file.initialData ?? []) await fill(inner, data);
  await entities.create(file.createEntities ?? []);
  for (const [i, operation] of test.operations.entries()) {
    try {
      await runOperation(entities, inner, operation);
    } catch (error) {
      if (error instanceof Inexpressible || !(error instanceof Error)) throw error;
      throw new Mismatch(`operation ${i} (${operation.name}): ${error.message}`, { cause: error });
    }
  }
  for (const expected of test.expectEvents ?? []) matchEvents(entities, expected);
  for (const data of test.outcome ?? []) await matchOutcome(entities, inner, data);
}

async function runOperation(entities: Entities, inner: MongoClient, operation: Operation): Promise<void> {
  const outcome = await perform(entities, inner, operation).then(
    (result) => ({ result }),
    (error: unknown) => ({ error }),
  );
  if ('error' in outcome) {
    if (outcome.error instanceof Inexpressible) throw outcome.error;
    if (operation.ignoreResultAndError === true) return;
    if (operation.expectError === undefined) throw outcome.error;
    matchError(entities, outcome.error, operation.expectError);
    return;
  }
  if (operation.expectError !== undefined) throw new Mismatch('expected an error');
  if (operation.saveResultAsEntity !== undefined) entities.save(operation.saveResultAsEntity, outcome.result);
  if (operation.expectResult !== undefined) match(entities, outcome.result, operation.expectResult);
}

async function fill(inner: MongoClient, data: CollectionData): Promise<void> {
  const db = inner.db(data.databaseName, { writeConcern: { w: 'majority' } });
  await db.dropCollection(data.collectionName).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 26)) throw error;
  });
  if (data.createOptions !== undefined || data.documents.length === 0) {
    await db.createCollection(data.collectionName, data.createOptions);
  }
  if (data.documents.length > 0) await db.collection(data.collectionName).insertMany(data.documents);
}

async function matchOutcome(entities: Entities, inner: MongoClient, data: CollectionData): Promise<void> {
  const collection = inner.db(data.databaseName).collection(data.collectionName);
  const documents = await collection.find({}, { sort: { _id: 1 } }).toArray();
  // Depth 1: an outcome allows no further fields.
  match(entities, documents, data.documents, `outcome ${data.collectionName}`, 1);
}
