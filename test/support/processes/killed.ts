import type { Connection } from 'mongoose';
import { type AuditRecord, auditLog, closeInterrupted } from '#mongo/audit/log.ts';
import { freeLocks } from '#mongo/locks.ts';
import { ofTest } from '#test/contract/of-test.ts';

const failCommands = ['insert', 'update', 'delete', 'findAndModify', 'bulkWrite'];
/** Not what these tests are about: their own writes, and a number for catalogs that read everything once a minute anyway. */
const ownCollections: ReadonlySet<string> = new Set([
  'audit_log',
  'audit_starts',
  'locks',
  'catalog_revisions',
]);

/** Runs with only so many writes, as if the process were killed before the next; then as the next start finds it. */
export async function killedAfter<T>(
  connection: Connection,
  writes: number,
  run: () => Promise<T>,
): Promise<void> {
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

type Document = Readonly<Record<string, unknown>>;
/** By collection and id. */
type Stored = ReadonlyMap<string, Document>;

const readCollection = (key: string) => key.slice(0, key.indexOf(' '));

async function readCollections(connection: Connection, names: Iterable<string>): Promise<Stored> {
  const lists = await Promise.all(
    [...names].toSorted().map(async (name) => {
      const records = await connection.collection(name).find({}, ofTest).sort({ _id: 1 }).toArray();
      return records.map((record) => [`${name} ${record._id}`, record] as const);
    }),
  );
  return new Map(lists.flat());
}

/** Everything that is stored, but for locks and the audit log and revisions. */
async function storedIn(connection: Connection): Promise<Stored> {
  const found = await (connection.db?.listCollections({}, { nameOnly: true }).toArray() ?? []);
  const names = found.map(({ name }) => name).filter((name) => !ownCollections.has(name));
  return readCollections(connection, names);
}

/** The collections that commands of this process have written to: to read the others again would take most of the time. */
function watchWrites(connection: Connection) {
  const written = new Set<string>();
  const note = ({
    commandName,
    command,
  }: {
    commandName: string;
    command: Readonly<Record<string, unknown>>;
  }) => {
    if (!failCommands.includes(commandName)) return;
    const spaces = command.nsInfo as readonly { readonly ns: string }[] | undefined;
    const names = spaces?.map(({ ns }) => ns.slice(ns.indexOf('.') + 1)) ?? [String(command[commandName])];
    for (const name of names) if (!ownCollections.has(name)) written.add(name);
  };
  const client = connection.getClient();
  client.on('commandStarted', note);
  return {
    /** What is stored now, where `before` was stored when all of this began, or since. */
    async stored(before: Stored): Promise<Stored> {
      const kept = [...before].filter(([key]) => !written.has(readCollection(key)));
      return new Map([...kept, ...(await readCollections(connection, written))]);
    },
    [Symbol.dispose]: () => void client.off('commandStarted', note),
  };
}

const toText = (value: unknown) =>
  JSON.stringify(value, (_key, part) => (typeof part === 'bigint' ? `${part}` : part)) ?? 'absent';

/** The fields that differ, of two versions of a document. */
function changedFields(before: Document, after: Document): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => toText(before[name]) !== toText(after[name])).toSorted();
}

/** What differs, without the ids and values, which are others in each run: `api_keys +1, apps ~name`. Empty: nothing does. */
function summarizeChanges(before: Stored, after: Stored): string {
  const changes = new Map<string, number>();
  const add = (key: string, change: string) => {
    const name = `${readCollection(key)} ${change}`;
    changes.set(name, (changes.get(name) ?? 0) + 1);
  };
  for (const [key, record] of after) {
    const old = before.get(key);
    const fields = old === undefined ? [] : changedFields(old, record);
    if (old === undefined) add(key, `+${Object.keys(record).toSorted().join()}`);
    else if (fields.length > 0) add(key, `~${fields.join()}`);
  }
  for (const key of before.keys()) if (!after.has(key)) add(key, '-');
  return [...changes]
    .map(([name, count]) => `${count} ${name}`)
    .toSorted()
    .join('; ');
}

/** What a kill has left of one change. */
interface Killed {
  /** Something is stored that was not before. */
  readonly hasChanged: boolean;
  /** What is stored otherwise than before, without ids and values; empty: nothing. The last is that of the whole change. */
  readonly changes: string;
  /** The audit records of the change, closed as the next start does. */
  readonly records: readonly AuditRecord[];
}

/** Makes what is stored what it was, document by document: cheaper than to make all of it again. */
async function restore(connection: Connection, was: Stored, is: Stored): Promise<void> {
  const openCollection = (key: string) => connection.collection<{ _id: string }>(readCollection(key));
  for (const [key, { _id }] of is)
    if (!was.has(key)) await openCollection(key).deleteOne({ _id: _id as string }, ofTest);
  for (const [key, document] of was) {
    const found = is.get(key);
    if (found !== undefined && changedFields(found, document).length === 0) continue;
    await openCollection(key).replaceOne({ _id: document._id as string }, document, {
      ...ofTest,
      upsert: true,
    });
  }
}

/**
 * Kills the change after its first write, after its second … until it ends before it is killed, each time from what `prepare`
 * stored; what the change does must not depend on what the process remembers of it. `repair` completes what is half done, as
 * the next start does. What was stored before all of it is restored at the end.
 */
export async function* killedAtEveryWrite(
  connection: Connection,
  prepare: () => Promise<() => Promise<unknown>>,
  repair: () => Promise<unknown> = async () => undefined,
): AsyncGenerator<Killed> {
  const atFirst = await storedIn(connection);
  const change = await prepare();
  using writes = watchWrites(connection);
  const prepared = await storedIn(connection);
  try {
    for (let allowed = 0, isEnded = false; !isEnded; allowed++) {
      if (allowed > 50) throw new Error('The change never ends.');
      const known = await auditLog(connection).distinct('_id');
      await killedAfter(connection, allowed, change);
      await repair();
      await closeInterrupted(connection, new Date(Date.now() + 1_000));
      const records = await auditLog(connection)
        .find({ _id: { $nin: known }, expiresAt: null })
        .lean();
      isEnded = records.some(({ outcome }) => outcome === 'SUCCEEDED');
      const after = await writes.stored(prepared);
      const changes = summarizeChanges(prepared, after);
      yield { hasChanged: changes !== '', changes, records };
      if (changes !== '') await restore(connection, prepared, after);
    }
  } finally {
    await restore(connection, atFirst, await storedIn(connection));
  }
}
