import type { Connection } from 'mongoose';
import type { Caller } from '#core/caller.ts';
import { createOverloadedError, HeddleError } from '#core/errors.ts';
import { isDuplicateKey } from '#core/input.ts';
import { completionKeptMs } from '#mongo/completions.ts';
import { type IdempotencyKeyRecord, idempotencyKeys } from '#mongo/idempotency-keys.ts';
import { invocations } from '#mongo/invocations.ts';
import { nativeCollection } from '../ledger/native-collection.ts';
import type { Ownership } from '../ledger/owners.ts';
import type { CompletionRequest } from '../request.ts';
import { identifyCaller, inputHash, sha256 } from './cache-key.ts';
import { answerNotKept } from './unkept.ts';

/**
 * One call for each key, caller, end user and input, among all processes and through restarts, for 24 hours. A call that died with
 * its process frees its key: the next call with it takes the place of the dead one.
 */
export interface Idempotency {
  /**
   * Runs `admit` with the id unless the key has been used; then the id that it was used with. Throws CONFLICT when that
   * was with other input. A call that is refused before it has a row releases the key.
   */
  once<T>(
    request: CompletionRequest & { readonly idempotencyKey: string },
    caller: Caller,
    id: string,
    admit: () => Promise<T>,
  ): Promise<{ readonly admitted: T } | { readonly usedBy: string }>;
  /** Whether the key stands for a call now, so that one with the same input would most likely be answered with it. */
  isUsed(request: CompletionRequest & { readonly idempotencyKey: string }, caller: Caller): Promise<boolean>;
}

interface Claiming {
  readonly hash: string;
  /** The id of the completion that the key stands for; rejects as the call was refused. */
  readonly owner: Promise<string>;
}

/** In place of the hash of an input that is not kept: a short input could be found by its hash. */
const unkeptHash = 'unkept';

/** A claim stands before its row does, for as long as its maker is being let in. */
const rowPollMs = 100;
/** Is the maker gone? Checked once in so many polls. */
const pollsPerLook = 10;
/** After that a repeated call is refused with a time to retry after. */
const rowPollsMax = 600;

export interface IdempotencyOptions {
  readonly connection: Connection;
  readonly now: () => number;
  readonly delay: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

export function createIdempotency(
  { connection, now, delay }: IdempotencyOptions,
  ownership: Pick<Ownership, 'ownerId' | 'gone' | 'sweep'>,
): Idempotency {
  const { ownerId } = ownership;
  const claiming = new Map<string, Claiming>();
  const claims = nativeCollection<IdempotencyKeyRecord>(connection, idempotencyKeys);

  return {
    async once(request, caller, id, admit) {
      const key = claimKey(request, caller);
      const hash = inputHash(request);
      const stored = request.labels.retention === 'NONE' ? unkeptHash : hash;
      const other = claiming.get(key);
      if (other !== undefined) {
        if (other.hash !== hash) throw conflict();
        return { usedBy: await other.owner };
      }
      const owner = Promise.withResolvers<string>();
      // Any error: those who wait for it receive it; there may be none.
      owner.promise.catch(() => undefined);
      claiming.set(key, { hash, owner: owner.promise });
      try {
        const usedBy = await claim(key, hash, stored, id);
        if (usedBy !== id) {
          owner.resolve(usedBy);
          return { usedBy };
        }
        const admitted = await admit().catch(async (error: unknown) => {
          const mine = { _id: key, completionId: id };
          await idempotencyKeys(connection)
            .deleteOne(mine)
            // Any error: the claim then stands without a row, and the next call with the key takes it over.
            .catch(() => undefined);
          throw error;
        });
        owner.resolve(id);
        return { admitted };
      } catch (error) {
        owner.reject(error);
        throw error;
      } finally {
        claiming.delete(key);
      }
    },
    async isUsed(request, caller) {
      const standing = await idempotencyKeys(connection).findById(claimKey(request, caller)).lean();
      return standing !== null && standing.expiresAt.getTime() > now();
    },
  };

  /** The id that the key now stands for: this one, or the one that had it first. */
  async function claim(key: string, hash: string, stored: string, id: string): Promise<string> {
    const keys = idempotencyKeys(connection);
    for (let polls = 0; ; polls++) {
      const expiresAt = new Date(now() + completionKeptMs);
      if (await inserted({ _id: key, completionId: id, inputHash: stored, ownerId, expiresAt })) return id;
      const standing = await keys.findById(key).lean();
      if (standing === null) continue;
      if (standing.expiresAt.getTime() <= now()) {
        // The database removes what has expired only now and then.
        await keys.deleteOne({ _id: key, completionId: standing.completionId });
        continue;
      }
      const isKept = standing.inputHash !== unkeptHash;
      if (isKept && standing.inputHash !== hash) throw conflict();
      const row = await toCall(standing.completionId);
      if (row !== null && !row.wasCut) {
        if (!isKept) throw answerNotKept(standing.completionId);
        return standing.completionId;
      }
      // Its maker ended, before it had a row or before it was answered: of those who wait, one takes it over. So does a
      // maker that learned of its own insertion too late.
      if (row !== null || (await isLeft(standing.ownerId, polls))) {
        await keys.updateOne(
          { _id: key, completionId: standing.completionId },
          { $set: { completionId: id, inputHash: stored, ownerId, expiresAt } },
        );
        const taken = await keys.findById(key).lean();
        if (taken?.completionId === id) return id;
        if (row !== null) continue;
      }
      if (polls >= rowPollsMax) throw stillBeingLetIn();
      await delay(rowPollMs, neverAborted);
    }
  }

  /** The row of a call, and whether the mesh cut the call: it died with its process or was stopped; null: it has none. */
  async function toCall(completionId: string): Promise<{ readonly wasCut: boolean } | null> {
    const find = () =>
      invocations(connection)
        .findById(completionId, { status: 1, ownerId: 1, orphaned: 1, errorCode: 1 })
        .lean();
    let row = await find();
    const runsElsewhere = row?.status === 'RUNNING' && row.ownerId !== ownerId;
    if (row !== null && runsElsewhere && (await ownership.gone([row.ownerId])).length > 0) {
      await ownership.sweep();
      row = await find();
    }
    return row && { wasCut: row.orphaned === true || row.errorCode === 'OVERLOADED' };
  }

  /** Does no call wait any more to be admitted with the claim of this owner? Of this process it would have been joined. */
  async function isLeft(claimedBy: string, polls: number): Promise<boolean> {
    if (claimedBy === ownerId) return true;
    return polls % pollsPerLook === 0 && (await ownership.gone([claimedBy])).length > 0;
  }

  async function inserted(record: IdempotencyKeyRecord): Promise<boolean> {
    try {
      await claims.insertOne(record, { writeConcern: { w: 'majority', j: true } });
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }
}

const neverAborted = new AbortController().signal;

function claimKey(request: CompletionRequest, caller: Caller): string {
  const [asker, ...endUser] = identifyCaller(caller, request);
  return sha256(JSON.stringify([caller.tenantId, asker, request.idempotencyKey, ...endUser]));
}

function stillBeingLetIn(): HeddleError {
  return createOverloadedError('The call that used this idempotencyKey first is still waiting to begin.');
}

function conflict(): HeddleError {
  return new HeddleError('CONFLICT', 'This idempotencyKey was used with other input: choose another key.');
}
