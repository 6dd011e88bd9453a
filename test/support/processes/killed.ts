import type { Connection } from 'mongoose';
import { type AuditRecord, auditLog, closeInterrupted } from '#mongo/audit-log.ts';
import { freeLocks } from '#mongo/locks.ts';

const failCommands = ['insert', 'update', 'delete', 'findAndModify', 'bulkWrite'];
/** Not what these tests are about: their own writes. */
const ownCollections: ReadonlySet<string> = new Set(['audit_log', 'locks']);

/** Runs with only so many writes, as if the process were killed before the next; then as the next start finds it. */
async function killedAfter<T>(connection: Connection, writes: number, run: () => Promise<T>): Promise<void> {
  const admin = connection.getClient().db('admin');
  const configure = (mode: object | string) =>
    admin.command({ configureFailPoint: 'failCommand', mode, data: { failCommands, errorCode: 50 } });
  await configure({ skip: writes });
  try {
    await run().catch(() => undefined);
  } finally {
    await configure('off');
  }
  await freeLocks(connection);
}

/** Everything that is stored, but for locks and the audit log. */
async function storedIn(connection: Connection): Promise<string> {
  const found = await (connection.db?.listCollections({}, { nameOnly: true }).toArray() ?? []);
  const names = found.map(({ name }) => name).filter((name) => !ownCollections.has(name));
  const records = names
    .toSorted()
    .map(async (name) => [name, await connection.collection(name).find().sort({ _id: 1 }).toArray()]);
  return JSON.stringify(await Promise.all(records), (_key, value) =>
    typeof value === 'bigint' ? `${value}` : value,
  );
}

/** What a kill has left of one change. */
interface Killed {
  /** Something is stored that was not before. */
  readonly hasChanged: boolean;
  /** The audit records of the change, closed as the next start does. */
  readonly records: readonly AuditRecord[];
}

/**
 * Kills the change after its first write, after its second … until it ends before it is killed. `repair` completes what is
 * half done, as the next start does; `prepare` is called again where something has changed.
 */
export async function* killedAtEveryWrite(
  connection: Connection,
  prepare: () => Promise<() => Promise<unknown>>,
  repair: () => Promise<unknown> = async () => undefined,
): AsyncGenerator<Killed> {
  let change = await prepare();
  for (let writes = 0, isEnded = false; !isEnded; writes++) {
    if (writes > 50) throw new Error('The change never ends.');
    const [before, known] = [await storedIn(connection), await auditLog(connection).distinct('_id')];
    await killedAfter(connection, writes, change);
    await repair();
    await closeInterrupted(connection, new Date(Date.now() + 1_000));
    const records = await auditLog(connection)
      .find({ _id: { $nin: known }, expiresAt: null })
      .lean();
    isEnded = records.some(({ outcome }) => outcome === 'SUCCEEDED');
    const hasChanged = (await storedIn(connection)) !== before;
    yield { hasChanged, records };
    if (hasChanged && !isEnded) change = await prepare();
  }
}
