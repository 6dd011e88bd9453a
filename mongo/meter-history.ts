import type { Connection, mongo, PipelineStage } from 'mongoose';
import type { Logger } from 'pino';
import type { Meter } from '#core/graph-enums.generated.ts';
import { meterHours } from './meter-hours.ts';
import {
  drawsOnMeters,
  findRolledHours,
  hourMs,
  hourStartMs,
  keyLineId,
  ledgerRows,
  rollUpHours,
} from './meter-rollup.ts';

/** What meters read of the ledger; `MeterHistory` in state/quota/quota.ts describes it. */
interface Question {
  /** The tenant. */
  readonly partition: string;
  readonly scopes: readonly string[];
  readonly boundariesMs: readonly number[];
  readonly fine: { readonly fromMs: number; readonly lengthMs: number } | null;
  readonly untilMs: number;
  readonly except: readonly string[];
}

interface Group {
  readonly _id: {
    /** A row that is returned singly. */
    readonly id: string | null;
    readonly closed: boolean;
    readonly app: string | null;
    readonly key: string | null;
    readonly makers?: readonly string[] | null;
  };
  readonly first: Date;
  readonly last: Date;
  readonly requests: number | bigint;
  readonly input: number | bigint;
  readonly output: number | bigint;
  readonly costNanos: number | bigint;
  readonly reservedTokens: number | bigint;
  readonly reservedNanos: number | bigint;
}

/** How long the database may take for one question. */
const readMsMax = 100_000;
const readOptions = {
  maxTimeMS: readMsMax,
  readConcern: { level: 'majority' },
  promoteLongs: true,
  useBigInt64: true,
} as const;

/** Tenants with hours that are summed in the background: those with recently read meters. */
const tenantsMax = 10_000;
const rollUpEveryMs = 60_000;

/** The ledger, as meters read it; `MeterHistory` in state/quota/quota.ts has its promises. */
export interface LedgerHistory {
  read(question: Question): ReturnType<typeof readLedger>;
  /** Sums the hours that have passed, for each tenant with recently read meters, once an hour at most. */
  rollUp(nowMs: number): Promise<void>;
}

/**
 * Sums the ledger's rows for meters: rows that were sent to a provider, whatever became of them. A row that is not
 * closed counts with what was reserved for it. Where `rollUp` has summed the hours that have passed (meter-rollup.ts),
 * reading a month costs as much as its hours and the rows of the last three.
 */
export function createMeterHistory(connection: Connection): LedgerHistory {
  /** When the next hour of each tenant can be summed. */
  const dueAtMs = new Map<string, number>();
  return {
    read(question) {
      const { partition } = question;
      const due = dueAtMs.get(partition) ?? 0;
      dueAtMs.delete(partition);
      dueAtMs.set(partition, due);
      if (dueAtMs.size > tenantsMax) dueAtMs.delete(dueAtMs.keys().next().value ?? '');
      return readLedger(connection, question);
    },
    async rollUp(nowMs) {
      for (const [tenantId, due] of [...dueAtMs]) {
        if (due > nowMs) continue;
        await rollUpHours(connection, tenantId, nowMs);
        if (dueAtMs.has(tenantId)) dueAtMs.set(tenantId, hourStartMs(nowMs) + hourMs);
      }
    },
  };
}

/** Sums the hours of the history's tenants as they pass, until it is disposed. Failures are logged: it is done later. */
export function keepHoursSummed(history: LedgerHistory, log: Logger): Disposable {
  let running = false;
  const timer = setInterval(async () => {
    if (running) return;
    running = true;
    try {
      await history.rollUp(Date.now());
    } catch (error) {
      log.warn({ err: error }, 'the hours of the ledger could not be summed');
    }
    running = false;
  }, rollUpEveryMs);
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

async function readLedger(connection: Connection, question: Question) {
  const { fromMs, untilMs } = await summedHours(connection, question);
  const rows = ledgerRows(connection);
  const summed =
    untilMs <= fromMs
      ? []
      : await meterHours(connection)
          .collection.aggregate<Group>(hoursPipeline(question, fromMs, untilMs), readOptions)
          .toArray();
  const groups = [
    ...summed,
    ...(await rows.aggregate<Group>(rowsPipeline(question, fromMs, untilMs), readOptions).toArray()),
  ];
  const tenant = `tenant:${question.partition}`;
  const isRequested = (scope: string) => question.scopes.includes(scope);
  const found = groups.map((group) => ({
    id: group._id.id,
    isClosed: group._id.closed,
    scopes: [tenant, `app:${group._id.app}`, `key:${group._id.key}`, ...(group._id.makers ?? [])],
    firstMs: group.first.getTime(),
    lastMs: group.last.getTime(),
    amounts: {
      REQUESTS: BigInt(group.requests),
      TOKENS: larger(BigInt(group.input) + BigInt(group.output), toReserved(group, group.reservedTokens)),
      COST: larger(BigInt(group.costNanos), toReserved(group, group.reservedNanos)),
    } satisfies Record<Exclude<Meter, 'CONCURRENCY' | 'READS'>, bigint>,
  }));
  return {
    sums: found
      .filter(({ id, scopes }) => id === null && scopes.some(isRequested))
      .map((sum) => ({ ...sum, scopes: sum.scopes.filter(isRequested) })),
    // With all of its scopes: the store holds such a call, also for counters that are read back later.
    calls: found.flatMap(({ id, scopes, lastMs: atMs, amounts, isClosed }) =>
      id === null || !scopes.some(isRequested) ? [] : [{ id, scopes, atMs, amounts, isClosed }],
    ),
  };
}

/**
 * The hours whose sums stand in for their rows: from the first boundary on, where all boundaries in them are those of
 * hours. None when a row in them has a reservation of the store: it would count twice.
 */
async function summedHours(
  connection: Connection,
  { partition, boundariesMs, untilMs, except }: Question,
): Promise<{ readonly fromMs: number; readonly untilMs: number }> {
  const startMs = Math.min(...boundariesMs);
  const none = { fromMs: startMs, untilMs: startMs };
  if (startMs + hourMs > hourStartMs(untilMs - hourMs)) return none;
  const rolled = await findRolledHours(connection, partition);
  if (rolled === null || startMs < rolled.fromMs || startMs >= rolled.untilMs) return none;
  if (boundariesMs.some((ms) => ms < rolled.untilMs && ms !== hourStartMs(ms))) return none;
  if (except.length > 0) {
    const held = { _id: { $in: [...except] }, startedAt: { $lt: new Date(rolled.untilMs) } };
    if ((await ledgerRows(connection).findOne(held, { projection: { _id: 1 } })) !== null) return none;
  }
  return { fromMs: startMs, untilMs: rolled.untilMs };
}

/** One pass over the rows, so that a row which is closed meanwhile is in the answer once. */
function rowsPipeline(question: Question, summedFromMs: number, summedUntilMs: number): PipelineStage[] {
  const { partition, boundariesMs, fine, untilMs, except } = question;
  const isSingle = {
    $or: [{ $eq: ['$status', 'RUNNING'] }, { $gte: ['$startedAt', new Date(untilMs)] }],
  };
  const startMs = summedUntilMs > summedFromMs ? summedUntilMs : Math.min(...boundariesMs);
  return [
    {
      $match: {
        tenantId: partition,
        startedAt: { $gte: new Date(startMs) },
        ...drawsOnMeters,
        ...(except.length === 0 ? {} : { _id: { $nin: [...except] } }),
      },
    },
    {
      $group: {
        _id: {
          id: { $cond: [isSingle, '$_id', null] },
          closed: { $ne: ['$status', 'RUNNING'] },
          ...scopeKeys(question, '$appId', keyLineId, isSingle),
          makers: '$makerScopes',
          part: toPartExpression(boundariesMs, '$startedAt'),
          slot: fine === null ? null : toSlotExpression(fine),
        },
        first: { $min: '$startedAt' },
        last: { $max: '$startedAt' },
        requests: { $sum: 1 },
        input: { $sum: '$usage.inputTokens' },
        output: { $sum: '$usage.outputTokens' },
        costNanos: { $sum: '$costNanos' },
        reservedTokens: { $sum: '$reserved.tokens' },
        reservedNanos: { $sum: '$reserved.costNanos' },
      },
    },
  ];
}

/** The same of the hours that are summed. */
function hoursPipeline(question: Question, fromMs: number, untilMs: number): mongo.Document[] {
  const { partition, boundariesMs } = question;
  return [
    { $match: { tenantId: partition, hour: { $gte: new Date(fromMs), $lt: new Date(untilMs) } } },
    { $unwind: '$groups' },
    {
      $group: {
        _id: {
          id: null,
          closed: true,
          ...scopeKeys(question, '$groups.appId', '$groups.keyLineId'),
          makers: '$groups.makerScopes',
          part: toPartExpression(boundariesMs, '$hour'),
        },
        first: { $min: '$hour' },
        last: { $max: '$hour' },
        requests: { $sum: '$groups.requests' },
        input: { $sum: '$groups.inputTokens' },
        output: { $sum: '$groups.outputTokens' },
        costNanos: { $sum: '$groups.costNanos' },
        reservedTokens: { $sum: 0 },
        reservedNanos: { $sum: 0 },
      },
    },
  ];
}

/** The app and the key line of a row, where they are requested; always where `isSingle` holds. */
function scopeKeys({ scopes }: Question, app: string, key: unknown, isSingle: unknown = false) {
  const matchIds = (ids: readonly string[], id: unknown) => ({
    $cond: [{ $or: [isSingle, { $in: [id, ids] }] }, id, null],
  });
  return { app: matchIds(readIds(scopes, 'app:'), app), key: matchIds(readIds(scopes, 'key:'), key) };
}

/** The boundaries that a time has passed. */
function toPartExpression(boundariesMs: readonly number[], time: string) {
  const [, ...laterMs] = boundariesMs.toSorted((a, b) => a - b);
  return laterMs.map((ms) => ({ $gte: [time, new Date(ms)] }));
}

function readIds(scopes: readonly string[], prefix: string): readonly string[] {
  return scopes.filter((scope) => scope.startsWith(prefix)).map((scope) => scope.slice(prefix.length));
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

/** Nothing is reserved for a closed row any more. */
function toReserved({ _id }: Group, amount: number | bigint): bigint {
  return _id.closed ? 0n : BigInt(amount);
}

function toSlotExpression({ fromMs, lengthMs }: NonNullable<Question['fine']>) {
  const ms = { $subtract: ['$startedAt', new Date(0)] };
  const slot = { $subtract: [ms, { $mod: [ms, lengthMs] }] };
  return { $cond: [{ $gte: ['$startedAt', new Date(fromMs)] }, slot, null] };
}
