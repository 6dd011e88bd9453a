import { type Connection, mongo } from 'mongoose';
import type { Logger } from 'pino';
import { HeddleError } from '#core/errors.ts';
import { isDuplicateKey } from '#core/input.ts';
import type { Sealed, SecretBox } from '#core/secrets/secret-box.ts';
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

/** The kept results of completions. At rest their contents are sealed. */
export interface CompletionResults {
  /**
   * Resolves when all are durable; those that are there already are replaced. Nothing of `then` is durable before them.
   * The result of `then`, where it is set.
   */
  write(results: readonly CompletionResult[], then?: GroupWrite): Promise<GroupWriteResult | undefined>;
  /** Where there is a result of that id already, it stands: that one; otherwise null. */
  keep(result: CompletionResult): Promise<CompletionResult | null>;
  /** Those that there are and that can be opened. Throws GRAPH_COST_EXCEEDED where they are too long together. */
  find(ids: readonly string[]): Promise<ReadonlyMap<string, CompletionResult>>;
  remove(ids: readonly string[]): Promise<void>;
}

const durable = { writeConcern: { w: 'majority', j: true }, ordered: false } as const;

/** Of several results that are found together; one alone may be as long as it is. An answer holds no more. */
const charactersMax = 16 * 1024 * 1024;
const batchSize = 4;

const toSealContext = (id: string) => ['completions', id];

function seal(payloads: SecretBox, content: string, id: string): mongo.Binary {
  return new mongo.Binary(payloads.sealToBytes(content, toSealContext(id)));
}

function sealedIn(stored: mongo.Binary | string): Sealed {
  return typeof stored === 'string' ? stored : stored.value();
}

export function createCompletionResults(
  connection: Connection,
  { payloads, log }: { readonly payloads: SecretBox; readonly log: Logger },
): CompletionResults {
  const stored = nativeCollection<CompletionRecord>(connection, completions);
  const writes = openGroupWrites(connection);

  function sealed({ _id, content, expiresAt }: CompletionResult): CompletionRecord {
    return { _id, sealed: seal(payloads, content, _id), expiresAt };
  }

  async function find(ids: readonly string[]): Promise<ReadonlyMap<string, CompletionResult>> {
    const results = new Map<string, CompletionResult>();
    const open = ({ _id, sealed: text, content: plain, expiresAt }: CompletionRecord) => {
      try {
        const content = text === undefined ? plain : payloads.open(sealedIn(text), toSealContext(_id));
        if (content !== undefined) results.set(_id, { _id, content, expiresAt });
        return content?.length ?? 0;
      } catch (error) {
        log.warn({ err: error, completionId: _id }, 'a kept completion cannot be opened');
        return 0;
      }
    };
    const found = completions(connection).find({ _id: { $in: [...ids] } });
    if (ids.length === 1) {
      for (const record of await found.lean<CompletionRecord[]>()) open(record);
      return results;
    }
    let characters = 0;
    for await (const record of found.lean<CompletionRecord[]>().cursor({ batchSize })) {
      characters += open(record as CompletionRecord);
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
    async write(results, then) {
      const behind = then === undefined ? [] : [then];
      const records = results.map(sealed);
      const first = records.length === 0 ? [] : [{ collection: stored.collectionName, insert: records }];
      try {
        return (await writes.run([...first, ...behind]))[first.length];
      } catch (error) {
        if (!isOnlyDuplicates(error)) throw error;
        // Of a write that was tried again after its answer was lost; or a part of the answer, kept by a sweep.
        const replacements = records.map((replacement) => ({
          replaceOne: { filter: { _id: replacement._id }, replacement, upsert: true },
        }));
        await stored.bulkWrite(replacements, durable);
        return (await writes.run(behind))[0];
      }
    },
    async keep(result) {
      try {
        await stored.insertOne(sealed(result), durable);
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

/**
 * Seals the kept results with the current key that are not sealed with it yet; what cannot be opened stays and expires.
 * The number of those that were sealed.
 */
export async function resealCompletionResults(connection: Connection, payloads: SecretBox): Promise<number> {
  const stored = nativeCollection<CompletionRecord>(connection, completions);
  let resealed = 0;
  for await (const { _id, sealed, content } of stored.find({})) {
    if (sealed !== undefined && payloads.isCurrent(sealedIn(sealed))) continue;
    const text = sealed === undefined ? content : openOrUndefined(payloads, sealedIn(sealed), _id);
    if (text === undefined) continue;
    const same = sealed === undefined ? { _id } : { _id, sealed };
    const change = {
      $set: { sealed: seal(payloads, text, _id) },
      $unset: { content: true as const },
    };
    const { modifiedCount } = await stored.updateOne(same, change);
    resealed += modifiedCount;
  }
  return resealed;
}

function openOrUndefined(payloads: SecretBox, sealed: Sealed, id: string): string | undefined {
  try {
    return payloads.open(sealed, toSealContext(id));
  } catch {
    // Any error: sealed under another key, or damaged.
    return undefined;
  }
}
