import type { Connection } from 'mongoose';
import type { Caller } from '#core/caller.ts';
import type { Database } from '#mongo/connect.ts';
import { type ErasureRecord, erasures } from '#mongo/erasures.ts';
import { continueErasures } from '#server/erasure/keep-erasing.ts';
import { openFailingDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference, type TestInference } from '#test/support/inference.ts';
import { buildUsage } from '#test/support/scripted-provider.ts';
import { testSecrets } from '#test/support/seal.ts';
import { askForData } from '#test/support/subgraph.ts';
import { startTenants, type TestTenants } from '#test/support/tenants.ts';

type Parts = Parameters<typeof continueErasures>[0];
type Options = Parameters<typeof continueErasures>[1];

/** Tenants and inference on one database, and what continues erasures, with a clock of its own. */
export interface TestErasing extends AsyncDisposable {
  readonly database: Database;
  readonly tenants: TestTenants;
  readonly inference: TestInference;
  readonly parts: Parts;
  /** How much later than now it is for erasures. */
  readonly clock: { laterMs: number };
  /** Continues what is due, as a process with these subgraphs does; those of all parts by default. */
  continue(names?: Options['names']): Promise<void>;
  /** Makes a call, and returns its id. */
  call(caller: Caller, input?: Readonly<Record<string, unknown>>): Promise<string>;
  eraseEndUser(endUserId: string, caller: Caller): Promise<string>;
  read(id: string): Promise<ErasureRecord>;
}

/** Answers every call at once. */
export function answerAlways({ alpha }: TestInference): void {
  alpha.always((call) => call.say('an answer of alpha').finish(buildUsage(3, 2)));
}

const allParts = ['tenants', 'models', 'prompts', 'inference', 'usage'] as const;

export async function startErasing(): Promise<TestErasing> {
  const database = await openFailingDatabase();
  const tenants = await startTenants(async () => database, { secrets: testSecrets });
  await fillCatalog(database);
  const inference = await startInference(database);
  answerAlways(inference);
  const { connection } = database;
  const clock = { laterMs: 0 };
  const { log, audit, events } = tenants.deps;
  const { bus } = inference;
  const parts: Parts = { connection, bus, log, audit, events, isAlone: true, secrets: testSecrets };
  return {
    ...{ database, tenants, inference, parts, clock },
    continue: (names = allParts) => continueErasures(parts, { names, now: () => Date.now() + clock.laterMs }),
    async call(caller, input = {}) {
      const { complete } = await inference.data<{ complete: { id: string } }>(
        'mutation ($input: CompletionInput!) { complete(input: $input) { id } }',
        { input: { model: 'alpha/one', messages: [{ role: 'USER', content: 'Hello.' }], ...input } },
        caller,
      );
      return complete.id;
    },
    async eraseEndUser(endUserId, caller) {
      const { eraseEndUser } = await askForData<{ eraseEndUser: { id: string } }>(
        tenants.subgraph,
        caller,
        'mutation ($endUserId: String!) { eraseEndUser(input: { endUserId: $endUserId }) { id } }',
        { endUserId },
      );
      return eraseEndUser.id;
    },
    async read(id) {
      const record = await erasures(connection).findById(id).lean<ErasureRecord>();
      if (record === null) throw new Error(`There is no erasure ${id}.`);
      return record;
    },
    async [Symbol.asyncDispose]() {
      await inference[Symbol.asyncDispose]();
      await tenants[Symbol.asyncDispose]();
    },
  };
}

const toText = (record: object) =>
  JSON.stringify(record, (_name, value) => (typeof value === 'bigint' ? `${value}` : value));

/** Every record of the store as text, by collection and id, but for the leases of processes. */
export async function readStore(connection: Connection): Promise<ReadonlyMap<string, string>> {
  const collections = (await connection.db?.listCollections({}, { nameOnly: true }).toArray()) ?? [];
  const texts = new Map<string, string>();
  for (const { name } of collections.filter((one) => one.name !== 'owners')) {
    for await (const record of connection.collection(name).find({}, { useBigInt64: true })) {
      texts.set(`${name} ${record._id}`, toText(record));
    }
  }
  return texts;
}

/** The records that contain one of the texts, in any case, outside of the text that is ignored. */
export async function findTraces(
  connection: Connection,
  texts: readonly string[],
  ignored = '\0',
): Promise<readonly string[]> {
  const stored = await readStore(connection);
  return [...stored].flatMap(([key, record]) => {
    const text = record.toLowerCase().replaceAll(ignored.toLowerCase(), '');
    const found = texts.filter((one) => text.includes(one.toLowerCase()));
    return found.map((one) => `${key.split(' ')[0]}: ${one} in ${record.slice(0, 300)}`);
  });
}
