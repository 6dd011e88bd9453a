import { holdsStore } from '@heddle/embedded-store/backup';
import type { Connection } from 'mongoose';
import { definedCollections } from '#mongo/collection.ts';
import type { Database } from '#mongo/connect.ts';
import { createWriteProbe } from '#mongo/write-probe.ts';
import { checkClock } from '../clock.ts';
import type { Diagnosis } from '../diagnosis.ts';
import { checkEncryption } from '../encryption.ts';
import { createFindings, type DoctorFinding, describeError } from '../finding.ts';
import { storeDirectory } from './disk.ts';

const { ok, warning, failed, skipped } = createFindings('store');

const mongoMajorMin = 7;
/** How long a command of a check may take, in milliseconds. */
const commandMsMax = 5_000;

/** The store of record: reachable, of which version, writable, replicated, with the indexes of this version; and its clock. */
export async function checkStore(diagnosis: Diagnosis): Promise<readonly DoctorFinding[]> {
  const { environment, parts } = diagnosis;
  if (parts.every((part) => part === 'gateway')) return [skipped('a gateway has no store')];
  const dir = storeDirectory(environment);
  if (dir !== undefined && !(await holdsStore(dir)))
    return [skipped(`${dir} holds no store yet: the first start makes it`)];
  let database: Database | undefined;
  try {
    database = await diagnosis.openStore();
  } catch (error) {
    const toDo =
      dir === undefined
        ? 'Check MONGO_URL, the network, the certificate, and that the server runs.'
        : `Look for the process that uses ${dir}: one process owns a store.`;
    return [failed(`the store cannot be reached: ${describeError(error)}`, toDo)];
  }
  if (database === undefined) return [skipped('there is no store yet')];
  const { connection } = database;
  const isEmbedded = dir !== undefined;
  return [
    ...(await describeServer(connection, isEmbedded)),
    await checkWrites(connection),
    await checkIndexes(connection),
    ...(await checkEncryption(diagnosis, connection)),
  ];
}

/** What `hello` and `buildInfo` answer, as far as it is read. */
interface ServerFacts {
  readonly setName?: string;
  readonly hosts?: readonly string[];
  readonly isWritablePrimary?: boolean;
  readonly localTime?: Date;
}

async function describeServer(
  connection: Connection,
  isEmbedded: boolean,
): Promise<readonly DoctorFinding[]> {
  const { db } = connection;
  if (db === undefined) return [failed('the store has closed the connection', 'Run the doctor again.')];
  const options = { timeoutMS: commandMsMax };
  const sentMs = Date.now();
  const hello: ServerFacts = await db.admin().command({ hello: 1 }, options);
  const receivedMs = Date.now();
  if (isEmbedded) return [ok('the embedded store answers')];
  const version = String((await db.admin().command({ buildInfo: 1 }, options)).version);
  const { localTime, setName, hosts = [], isWritablePrimary } = hello;
  const isOld = Number.parseInt(version, 10) < mongoMajorMin;
  return [
    isOld
      ? failed(`MongoDB ${version} is too old`, `Upgrade it to ${mongoMajorMin}.0 or newer.`)
      : ok(`MongoDB ${version} answers`),
    ...(isWritablePrimary === false
      ? [warning('the server that answers is no primary', 'Look at the state of the replica set.')]
      : []),
    setName === undefined
      ? warning(
          'MongoDB is a standalone server: a lost disk loses the ledger, and there are no transactions',
          'Make it a replica set.',
        )
      : hosts.length < 3
        ? warning(
            `the replica set ${setName} has ${hosts.length} data-bearing members`,
            'Use three members, so that a write survives the loss of one.',
          )
        : ok(`the replica set ${setName} has ${hosts.length} members`),
    ...(localTime === undefined
      ? []
      : [checkClock({ source: 'MongoDB', theirsMs: localTime.getTime(), sentMs, receivedMs, stepMs: 1 })]),
  ];
}

async function checkWrites(connection: Connection): Promise<DoctorFinding> {
  try {
    await createWriteProbe(connection)();
    return ok('a durable write succeeds');
  } catch (error) {
    return failed(
      `a durable write fails: ${describeError(error)}`,
      'Look at the space and the rights of the store: no call can be served.',
    );
  }
}

/** Whether the store has the indexes that this version defines: a start makes them. */
async function checkIndexes(connection: Connection): Promise<DoctorFinding> {
  await import('#server/subgraph-modules.ts');
  const missing: string[] = [];
  for (const { name, schema } of definedCollections()) {
    const found = await connection
      .collection(name)
      .indexes()
      .catch(() => []); // Any error: the collection is not made yet.
    const keys = new Set(found.map(({ key }) => JSON.stringify(key)));
    missing.push(...schema.indexes().flatMap(([key]) => (keys.has(JSON.stringify(key)) ? [] : [name])));
  }
  const names = [...new Set(missing)];
  return names.length === 0
    ? ok('the store has the indexes of this version')
    : warning(
        `the store lacks indexes of ${names.length} collections: ${names.slice(0, 10).join(', ')}`,
        'Start this version of Heddle on it: a start makes them. The store may be of an older version.',
      );
}
