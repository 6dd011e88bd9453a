import type { Connection, mongo, PipelineStage } from 'mongoose';
import { type InvocationRecord, invocations } from './invocations.ts';

/** What meters ask of the ledger; `MeterHistory` in state/quota/quota.ts describes it. */
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

/**
 * Sums the ledger's rows for meters: rows that were sent to a provider, whatever became of them. A row that is not
 * closed counts with what was reserved for it.
 */
export function createMeterHistory(connection: Connection) {
  return {
    async read(question: Question) {
      const groups = await collection(connection)
        .aggregate<Group>(pipelineOf(question), {
          maxTimeMS: readMsMax,
          readConcern: { level: 'majority' },
          promoteLongs: true,
          useBigInt64: true,
        })
        .toArray();
      const tenant = `tenant:${question.partition}`;
      const asked = (scope: string) => question.scopes.includes(scope);
      const found = groups.map((group) => ({
        id: group._id.id,
        isClosed: group._id.closed,
        scopes: [tenant, `app:${group._id.app}`, `key:${group._id.key}`].filter(asked),
        firstMs: group.first.getTime(),
        lastMs: group.last.getTime(),
        amounts: {
          REQUESTS: BigInt(group.requests),
          TOKENS: larger(BigInt(group.input) + BigInt(group.output), reservedOf(group, group.reservedTokens)),
          COST: larger(BigInt(group.costNanos), reservedOf(group, group.reservedNanos)),
        },
      }));
      return {
        sums: found.filter(({ id, scopes }) => id === null && scopes.length > 0),
        calls: found.flatMap(({ id, scopes, lastMs: atMs, amounts, isClosed }) =>
          id === null || scopes.length === 0 ? [] : [{ id, scopes, atMs, amounts, isClosed }],
        ),
      };
    },
  };
}

function collection(connection: Connection): mongo.Collection<InvocationRecord> {
  const { db } = connection;
  if (db === undefined) throw new Error('The database connection is not open.');
  return db.collection<InvocationRecord>(invocations(connection).collection.name);
}

/** One pass over the rows, so that a row which is closed meanwhile is in the answer once. */
function pipelineOf({ partition, scopes, boundariesMs, fine, untilMs, except }: Question): PipelineStage[] {
  const appIds = idsOf(scopes, 'app:');
  const keyIds = idsOf(scopes, 'key:');
  const isSingle = {
    $or: [{ $eq: ['$status', 'RUNNING'] }, { $gte: ['$startedAt', new Date(untilMs)] }],
  };
  const isClosed = { $ne: ['$status', 'RUNNING'] };
  const [, ...laterMs] = boundariesMs.toSorted((a, b) => a - b);
  const keyLineId = { $ifNull: ['$keyLineId', '$keyId'] };
  return [
    {
      $match: {
        tenantId: partition,
        startedAt: { $gte: new Date(Math.min(...boundariesMs)) },
        cache: { $in: ['MISS', 'BYPASS'] },
        ...(except.length === 0 ? {} : { _id: { $nin: [...except] } }),
      },
    },
    {
      $group: {
        _id: {
          id: { $cond: [isSingle, '$_id', null] },
          closed: isClosed,
          app: appIds.length === 0 ? null : { $cond: [{ $in: ['$appId', appIds] }, '$appId', null] },
          key: keyIds.length === 0 ? null : { $cond: [{ $in: [keyLineId, keyIds] }, keyLineId, null] },
          // The boundaries that the row has passed, and the period that it lies in.
          part: laterMs.map((ms) => ({ $gte: ['$startedAt', new Date(ms)] })),
          slot: fine === null ? null : slotOf(fine),
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

function idsOf(scopes: readonly string[], prefix: string): readonly string[] {
  return scopes.filter((scope) => scope.startsWith(prefix)).map((scope) => scope.slice(prefix.length));
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

/** Nothing is reserved for a closed row any more. */
function reservedOf({ _id }: Group, amount: number | bigint): bigint {
  return _id.closed ? 0n : BigInt(amount);
}

function slotOf({ fromMs, lengthMs }: NonNullable<Question['fine']>) {
  const ms = { $subtract: ['$startedAt', new Date(0)] };
  const slot = { $subtract: [ms, { $mod: [ms, lengthMs] }] };
  return { $cond: [{ $gte: ['$startedAt', new Date(fromMs)] }, slot, null] };
}
