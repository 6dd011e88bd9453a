import type { Connection } from 'mongoose';
import type { Logger } from 'pino';
import type { OwnerBoxes } from '#core/secrets/owner-boxes.ts';
import { completionKeptMs } from '#mongo/completions.ts';
import { type InvocationRecord, invocations } from '#mongo/invocations.ts';
import { listScopes } from '#state/quota/caller-bounds.ts';
import type { Quota } from '#state/quota/quota.ts';
import type { LoggedEvent, StreamLogs } from '#state/streams/stream-log.ts';
import type { CompletionData, CompletionEventData } from '../completion.ts';
import { withAnswer } from '../payloads/call-sizes.ts';
import type { InvocationClosing } from './invocation-closing.ts';
import { nativeCollection } from './native-collection.ts';
import { closeOrphan } from './orphan.ts';
import { type CompletionResult, createCompletionResults } from './results.ts';
import { isWithoutWords, toClosing, toCompletionResult, withoutWords } from './rows.ts';

/** Rows closed by one write. */
const batchMax = 500;
/** Stream logs read at once: each may hold a whole answer. */
const logsAtOnce = 16;

const durable = { writeConcern: { w: 'majority', j: true }, ordered: false } as const;

/** What closing the rows of others needs. */
export interface SweepServices {
  readonly connection: Connection;
  readonly log: Logger;
  /** Events of a call outlive its process where the logs are not in its memory. */
  readonly streams: Pick<StreamLogs, 'held'>;
  readonly quota: Pick<Quota, 'settle' | 'release'>;
  /** Seal and open what is kept of completions. */
  readonly payloads: OwnerBoxes;
}

/** What the living know of rows that are to be closed. */
export interface Keeper {
  /** Another process will close it. */
  isHeld(id: string): boolean;
  /** The call did not take place. */
  isUnopened(id: string): boolean;
  /** What the row was to be closed with. */
  toClosing(id: string): InvocationClosing | undefined;
}

const noKeeper: Keeper = { isHeld: () => false, isUnopened: () => false, toClosing: () => undefined };

/**
 * Closes the RUNNING rows of these owners: by what the keeper knows; by its result where the owner died after writing
 * that and before closing the row; otherwise as FAILED with INTERNAL, with an estimate of what it used (orphan.ts), and
 * what is still held of the answer is kept. Deletes those that were never opened. Then commits the usage to the meters.
 * The number of rows.
 */
export async function closeOrphaned(
  services: SweepServices,
  ownerIds: readonly string[],
  atMs: number,
  keeper = noKeeper,
): Promise<number> {
  const rows = nativeCollection<InvocationRecord>(services.connection, invocations);
  const running = { ownerId: { $in: [...ownerIds] }, status: 'RUNNING' as const };
  const found = await rows.find(running, { projection: { tenantId: 1 } }).toArray();
  // Checked after they were found: a row that is opened from now on is not among them.
  const abandoned = found.filter(({ _id }) => !keeper.isHeld(_id));
  const unopened = abandoned.filter(({ _id }) => keeper.isUnopened(_id));
  let count = await deleteUnopened(services, unopened);
  const ids = abandoned.map(({ _id }) => _id).filter((id) => !keeper.isUnopened(id));
  for (let first = 0; first < ids.length; first += batchMax) {
    count += await closeBatch(services, ids.slice(first, first + batchMax), atMs, keeper);
  }
  return count;
}

async function deleteUnopened(
  { connection, quota, log }: SweepServices,
  unopened: readonly Pick<InvocationRecord, '_id' | 'tenantId'>[],
): Promise<number> {
  if (unopened.length === 0) return 0;
  const filter = { _id: { $in: unopened.map(({ _id }) => _id) }, status: 'RUNNING' as const };
  const rows = nativeCollection<InvocationRecord>(connection, invocations);
  const { deletedCount } = await rows.deleteMany(filter, { writeConcern: durable.writeConcern });
  const release = async ({ _id, tenantId }: (typeof unopened)[number]) => {
    try {
      // Its caller has released it already; meters that were read from the ledger meanwhile have counted the row.
      await quota.release(tenantId, _id);
    } catch (error) {
      log.error(
        { err: error, completionId: _id },
        'the meters of a call that did not begin could not be released',
      );
    }
  };
  await Promise.all(unopened.map(release));
  return deletedCount;
}

type ClosedRow = Pick<
  InvocationRecord,
  '_id' | 'tenantId' | 'appId' | 'keyId' | 'keyLineId' | 'makerScopes' | 'usage' | 'costNanos'
>;

/** Commits to the meters what these rows were closed with, whoever closed them. */
export async function commitUsage(
  { connection, quota, log }: SweepServices,
  ids: readonly string[],
): Promise<void> {
  const closed = await nativeCollection<InvocationRecord>(connection, invocations)
    .find({ _id: { $in: [...ids] }, status: { $ne: 'RUNNING' } })
    .project<ClosedRow>({
      tenantId: 1,
      appId: 1,
      keyId: 1,
      keyLineId: 1,
      makerScopes: 1,
      usage: 1,
      costNanos: 1,
    })
    .toArray();
  const commit = async (row: ClosedRow) => {
    const { _id, tenantId, usage, costNanos } = row;
    const TOKENS = BigInt(usage.inputTokens + usage.outputTokens);
    try {
      await quota.settle(tenantId, _id, { TOKENS, COST: costNanos }, listScopes(row));
    } catch (error) {
      log.error({ err: error, completionId: _id }, 'the usage of an orphaned call could not be committed');
    }
  };
  await Promise.all(closed.map(commit));
}

/** Calls that take longer are not looked for when their process dies: their reservations expire. */
const lookedForMsMax = 60_000;

/**
 * Commits again what these owners closed since `sinceMs`: one that died between closing a row and committing its usage
 * would leave the reservation until it expires.
 */
export async function commitLast(
  services: SweepServices,
  ownerIds: readonly string[],
  sinceMs: number,
): Promise<void> {
  const since = new Date(sinceMs);
  const rows = nativeCollection<InvocationRecord>(services.connection, invocations);
  const last = {
    startedAt: { $gte: new Date(sinceMs - lookedForMsMax) },
    ownerId: { $in: [...ownerIds] },
    endedAt: { $gte: since },
  };
  const found = await rows.find(last, { projection: { _id: 1 } }).toArray();
  const ids = found.map(({ _id }) => _id);
  for (let first = 0; first < ids.length; first += batchMax) {
    await commitUsage(services, ids.slice(first, first + batchMax));
  }
}

async function closeBatch(
  services: SweepServices,
  ids: readonly string[],
  atMs: number,
  keeper: Keeper,
): Promise<number> {
  const { connection, log } = services;
  const kept = createCompletionResults(connection, services);
  const rows = nativeCollection<InvocationRecord>(connection, invocations);
  const records = await rows.find({ _id: { $in: [...ids] }, status: 'RUNNING' }).toArray();
  const results = await kept.find(ids);
  const closings = new Map<string, InvocationClosing>();
  const orphans: InvocationRecord[] = [];
  for (const row of records) {
    const result = results.get(row._id);
    const known = result === undefined ? keeper.toClosing(row._id) : closingOfResult(row, result);
    if (known === undefined) orphans.push(row);
    else closings.set(row._id, known);
  }
  for (let first = 0; first < orphans.length; first += logsAtOnce) {
    await Promise.all(
      orphans.slice(first, first + logsAtOnce).map(async (row) => {
        const isKept = row.retention !== 'NONE';
        const orphan = closeOrphan(row, await readEvents(services, row), atMs);
        const closing = isWithoutWords(row) ? withoutWords(orphan.closing) : orphan.closing;
        const result =
          isKept && orphan.completion !== null
            ? toCompletionResult(orphan.completion, row.tenantId, atMs)
            : null;
        const earlier = result && (await kept.keep(result));
        closings.set(row._id, earlier === null ? closing : closingOfResult(row, earlier));
        const { keyId, tenantId, requestId } = row;
        log.warn(
          { event: 'cut', reason: 'PROCESS_DIED', completionId: row._id, requestId, tenantId, keyId },
          'a call was cut',
        );
      }),
    );
  }
  if (closings.size === 0) return 0;
  const { modifiedCount } = await rows.bulkWrite(
    [...closings].map(([_id, closing]) => ({
      updateOne: {
        filter: { _id, status: 'RUNNING' as const },
        update: { $set: closing, $unset: { opening: true as const, progress: true as const } },
      },
    })),
    durable,
  );
  await commitUsage(services, [...closings.keys()]);
  return modifiedCount;
}

/** What the log still holds; nothing where it cannot be read: the row's own record is enough to close it. */
async function readEvents(
  { streams, log }: SweepServices,
  { _id, kind }: InvocationRecord,
): Promise<readonly LoggedEvent<CompletionEventData>[]> {
  if (kind !== 'completion') return [];
  try {
    return await streams.held<CompletionEventData>(_id);
  } catch (error) {
    log.warn({ err: error, completionId: _id }, 'the stream log of an orphaned call could not be read');
    return [];
  }
}

function closingOfResult(
  row: Pick<InvocationRecord, 'sizes'>,
  { content, expiresAt }: CompletionResult,
): InvocationClosing {
  const completion: CompletionData = JSON.parse(content);
  const providerId = completion.modelId.slice(0, completion.modelId.indexOf('/'));
  const closing = toClosing(completion, providerId, expiresAt.getTime() - completionKeptMs, null);
  return { ...closing, ...withAnswer(row, completion) };
}
