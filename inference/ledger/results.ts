import { type Connection, mongo } from 'mongoose';
import type { Logger } from 'pino';
import { HeddleError } from '#core/errors.ts';
import { isDuplicateKey } from '#core/input.ts';
import type { OwnerBoxes, Sealer } from '#core/secrets/owner-boxes.ts';
import type { Sealed } from '#core/secrets/secret-box.ts';
import { type CompletionRecord, completions } from '#mongo/completions.ts';
import { type GroupWrite, type GroupWriteResult, openGroupWrites } from '#mongo/group-writes.ts';
import { nativeCollection } from './native-collection.ts';
import { isOnlyDuplicates } from './write-errors.ts';

/** The content of an ended completion, kept for 24 hours. */
export interface CompletionResult {
  readonly _id: string;
  /** JSON text, as inference makes it. */
  readonly content: string;
  readonly expiresAt: Date;
}

/** A result that is stored: sealed for its tenant. */
export interface NewCompletionResult extends CompletionResult {
  readonly tenantId: string;
}

/** Records of another collection that are stored with results. */
export interface InsertedBeside {
  readonly collection: string;
  readonly insert: readonly { readonly _id: string }[];
}

/** The kept results of completions. At rest their contents are sealed. */
export interface CompletionResults {
  /**
   * Resolves when all are durable; those that are there already are replaced. Nothing of `then` is durable before them.
   * One that nothing can be sealed for, as its tenant was erased, is left out; records of `beside` are stored in the same way. The result of
   * `then`, where it is set.
   */
  write(
    results: readonly NewCompletionResult[],
    then?: GroupWrite,
    beside?: InsertedBeside,
  ): Promise<GroupWriteResult | undefined>;
  /** Where there is a result of that id already, it stands: that one; otherwise null. */
  keep(result: NewCompletionResult): Promise<CompletionResult | null>;
  /** Those that there are and that can be opened. Throws GRAPH_COST_EXCEEDED where they are too long together. */
  find(ids: readonly string[]): Promise<ReadonlyMap<string, CompletionResult>>;
  remove(ids: readonly string[]): Promise<void>;
}

const durable = { writeConcern: { w: 'majority', j: true }, ordered: false } as const;

/** Of several results that are found together; one alone may be as long as it is. An answer holds no more. */
const charactersMax = 16 * 1024 * 1024;
const batchSize = 4;

/** What a result is sealed for. */
export const toSealContext = (id: string): readonly string[] => ['completions', id];

/** The content of a result as it is stored. */
export function sealResult(sealer: Sealer, content: string, id: string): mongo.Binary {
  return new mongo.Binary(sealer.sealToBytes(content, toSealContext(id)));
}

/** What is sealed in a stored result. */
export function sealedIn(stored: mongo.Binary | string): Sealed {
  return typeof stored === 'string' ? stored : stored.value();
}

function toRecord({ _id, content, expiresAt }: NewCompletionResult, sealer: Sealer): CompletionRecord {
  return { _id, sealed: sealResult(sealer, content, _id), expiresAt };
}

export function createCompletionResults(
  connection: Connection,
  { payloads, log }: { readonly payloads: OwnerBoxes; readonly log: Logger },
): CompletionResults {
  const stored = nativeCollection<CompletionRecord>(connection, completions);
  const writes = openGroupWrites(connection);

  async function toRecords(results: readonly NewCompletionResult[]): Promise<readonly CompletionRecord[]> {
    const records: CompletionRecord[] = [];
    for (const result of results) {
      try {
        const sealer = payloads.of(result.tenantId);
        records.push(toRecord(result, sealer instanceof Promise ? await sealer : sealer));
      } catch (error) {
        // Any error: a row is closed with or without its content, which is never stored unsealed.
        log.warn({ err: error, completionId: result._id }, 'a completion cannot be sealed and is not kept');
      }
    }
    return records;
  }

  async function replace(collection: string, records: readonly { readonly _id: string }[]): Promise<void> {
    const replacements = records.map((replacement) => ({
      replaceOne: { filter: { _id: replacement._id }, replacement, upsert: true },
    }));
    await connection.collection<{ _id: string }>(collection).bulkWrite(replacements, durable);
  }

  async function find(ids: readonly string[]): Promise<ReadonlyMap<string, CompletionResult>> {
    const results = new Map<string, CompletionResult>();
    const open = async ({ _id, sealed: text, content: plain, expiresAt }: CompletionRecord) => {
      try {
        const opened = text === undefined ? plain : payloads.open(sealedIn(text), toSealContext(_id));
        const content = opened instanceof Promise ? await opened : opened;
        if (content !== undefined) results.set(_id, { _id, content, expiresAt });
        return content?.length ?? 0;
      } catch (error) {
        // It is not lost: its key may be had later.
        if (error instanceof HeddleError && error.code === 'OVERLOADED') throw error;
        log.warn({ err: error, completionId: _id }, 'a kept completion cannot be opened');
        return 0;
      }
    };
    const found = completions(connection).find({ _id: { $in: [...ids] } });
    if (ids.length === 1) {
      for (const record of await found.lean<CompletionRecord[]>()) await open(record);
      return results;
    }
    let characters = 0;
    for await (const record of found.lean<CompletionRecord[]>().cursor({ batchSize })) {
      characters += await open(record as CompletionRecord);
      if (characters > charactersMax) {
        throw new HeddleError(
          'GRAPH_COST_EXCEEDED',
          `The completions are longer than ${charactersMax} characters together: request fewer at once.`,
        );
      }
    }
    return results;
  }

  return {
    find,
    async write(results, then, beside) {
      const behind = then === undefined ? [] : [then];
      const own = { collection: stored.collectionName, insert: await toRecords(results) };
      const first = [own, ...(beside === undefined ? [] : [beside])].filter(
        ({ insert }) => insert.length > 0,
      );
      try {
        return (await writes.run([...first, ...behind]))[first.length];
      } catch (error) {
        if (!isOnlyDuplicates(error)) throw error;
        // Of a write that was tried again after its answer was lost; or a part of the answer, kept by a sweep.
        for (const { collection, insert } of first) await replace(collection, insert);
        return (await writes.run(behind))[0];
      }
    },
    async keep(result) {
      const record = toRecord(result, await payloads.of(result.tenantId));
      try {
        await stored.insertOne(record, durable);
        return null;
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
        return (await find([result._id])).get(result._id) ?? null;
      }
    },
    async remove(ids) {
      await stored.deleteMany({ _id: { $in: [...ids] } });
    },
  };
}
