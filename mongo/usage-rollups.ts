import type { Connection } from 'mongoose';
import { HeddleError } from '#core/errors.ts';
import type { UsageDimension, UsageInterval } from '#core/graph-enums.generated.ts';
import { badInput } from '#core/input.ts';
import { WorkTurns, workAtOnce, workInTurns } from '#core/work-turns.ts';
import { findInTurns } from './find-in-turns.ts';
import { Buckets, type RollupGroup } from './usage/buckets.ts';
import { type CubeFilter, UsageCube } from './usage/cube.ts';
import {
  dimensions,
  isLabelDimension,
  meshDimensions,
  plainDimensions,
  ratings,
} from './usage/dimensions.ts';
import { combineValues, type OnLedgerRow, readLedgerRows, toRowConditions } from './usage/ledger-rows.ts';
import { toColumns, toShapes } from './usage/slice-cubes.ts';
import { fineSince, planSlices, type SliceRange, sliceEnd, type TimeRange } from './usage/slices.ts';
import { findDirectHours, type UsageBlockRecord, usageBlocks } from './usage/usage-blocks.ts';
import { readStaleHours, usageProgress } from './usage/usage-progress.ts';

/** What is to be summed of the calls that started in a range of time. */
export interface RollupQuestion {
  /** Null: of all tenants. */
  readonly tenantId: string | null;
  readonly from: Date;
  /** Exclusive. */
  readonly to: Date;
  readonly interval: UsageInterval;
  readonly by: readonly UsageDimension[];
  /** Only calls that have one of the values in each of these. */
  readonly filter?: CubeFilter;
  /** Conditions on rows beyond the dimensions: everything is read row by row. */
  readonly rows?: Readonly<Record<string, unknown>>;
  /** Groups at most; absent: 10,000. */
  readonly groupsMax?: number;
  /** Rows that are read where no sums have what is requested, at most; absent: 500,000. */
  readonly rowsMax?: number;
  /** Whether latencies are wanted, which take most of the work. */
  readonly latencies?: boolean;
  /** The present, which decides what is still kept; absent: that of the clock. */
  readonly nowMs?: number;
}

/** How often sums are read of a range in which rows are corrected meanwhile. */
const triesMax = 5;
/** Rows that are read by dimensions of which no sums are stored. */
const rowsMaxDefault = 500_000;

/**
 * The usage of calls, by start and then by values. It equals the rows of the ledger at any moment: what is summed is read in
 * blocks (fold.ts), the rest row by row. BAD_USER_INPUT beyond 10,000 groups, or where more than 500,000 rows would have to be read as
 * there are more values of a dimension than sums are kept for.
 */
export async function readRollup(
  connection: Connection,
  question: RollupQuestion,
): Promise<readonly RollupGroup[]> {
  const { from, to, by } = question;
  const range = { fromMs: from.getTime(), toMs: to.getTime() };
  if (isReadByRows(question)) await checkRowCount(connection, question);
  for (let tries = 0; tries < triesMax; tries += 1) {
    const buckets = new Buckets(question);
    // First, so that what is moved is in the sums.
    if (by.includes('RATING')) await moveRated(connection, question, range, buckets);
    const plan = isReadByRows(question)
      ? { slices: [], rows: [range], stale: new Map() }
      : await planRead(connection, question, range);
    const missing = await readBlocks(connection, question, plan.slices, buckets);
    if (plan.slices.length > 0 && (await isChangedSince(connection, range, plan.stale))) continue;
    await readRows(connection, question, plan.rows, buckets);
    for (const [tenantId, ranges] of missing) {
      await readRows(connection, { ...question, tenantId }, ranges, buckets);
    }
    return workInTurns(buckets.list());
  }
  throw new HeddleError('OVERLOADED', 'Rows of this range are being corrected: call again in a second.', {
    extensions: { retryAfterMs: 1_000 },
  });
}

/** Whether an hour has become stale that was not: its sums may have been deleted before they were read. */
async function isChangedSince(
  connection: Connection,
  range: TimeRange,
  stale: ReadonlyMap<number, number>,
): Promise<boolean> {
  const present = await readStaleHours(connection, range);
  return [...present.keys()].some((hourMs) => !stale.has(hourMs));
}

/** BAD_USER_INPUT where sums state that too many rows would have to be read. Those that an index finds are counted as they are read. */
async function checkRowCount(connection: Connection, question: RollupQuestion): Promise<void> {
  const { filter = {}, rows = {}, rowsMax } = question;
  const dimensions = Object.keys(filter) as UsageDimension[];
  const isFound = Object.keys(rows).length > 0 || dimensions.some((dimension) => indexed.has(dimension));
  if (isFound) return;
  // What is summed of all rows that are read; a label that is filtered by is no part of these sums.
  const summed = dimensions.filter((dimension) => !isLabelDimension(dimension));
  const sums = await readRollup(connection, {
    ...question,
    filter: Object.fromEntries(summed.map((dimension) => [dimension, filter[dimension]])),
    ...{ interval: 'ALL', by: [], latencies: false },
  });
  refuseRows(
    sums.reduce((sum, { requests }) => sum + requests, 0),
    rowsMax,
  );
}

function refuseRows(count: number, rowsMax = rowsMaxDefault): void {
  if (count <= rowsMax) return;
  badInput(
    'usage',
    `would read more than ${rowsMax} rows, of which no sums are kept by these dimensions: request a shorter range or fewer dimensions.`,
  );
}

/** No sums are kept by two labels, and an index finds the rows of an end user or a conversation, and those that are rated. */
function isReadByRows({ by, filter = {}, rows = {} }: RollupQuestion): boolean {
  const filtered = Object.keys(filter) as UsageDimension[];
  const labels = new Set([...by, ...filtered].filter(isLabelDimension));
  const isCut = filtered.some((one) => isLabelDimension(one) && by.includes(one));
  const isFound = filtered.some((one) => indexed.has(one)) || by.includes('CONVERSATION');
  return Object.keys(rows).length > 0 || labels.size > 1 || isCut || isFound;
}

const indexed: ReadonlySet<UsageDimension> = new Set(['END_USER', 'CONVERSATION', 'RATING']);

async function planRead(
  connection: Connection,
  { interval, nowMs = Date.now() }: RollupQuestion,
  range: TimeRange,
) {
  // The progress first: an hour that is marked meanwhile was current when it was read.
  const progress = await usageProgress(connection).findById('usage').lean();
  if (progress === null) return { slices: [], rows: [range], stale: new Map<number, number>() };
  const stale = await readStaleHours(connection, range);
  // And then how the hours were summed: one that is summed in another way meanwhile is marked before.
  const directHours = await findDirectHours(connection, range);
  const plan = planSlices({
    ...range,
    interval,
    summedUntilMs: progress.until.getTime(),
    fineSinceMs: fineSince(nowMs),
    directHours,
    staleHours: [...stale.keys()],
  });
  return { ...plan, stale };
}

/** Adds stored blocks to the buckets; answers the slices whose rows are to be read, by tenant (null: of all). */
async function readBlocks(
  connection: Connection,
  question: RollupQuestion,
  slices: readonly SliceRange[],
  buckets: Buckets,
): Promise<ReadonlyMap<string | null, readonly TimeRange[]>> {
  if (slices.length === 0) return new Map();
  const { tenantId, by, filter = {}, latencies = false } = question;
  const wanted = new Set([...by, ...(Object.keys(filter) as UsageDimension[])]);
  wanted.delete('RATING');
  // All tenants by what is not summed for them together: the sums of each.
  const isByTenant = tenantId === null && [...wanted].some((one) => !ofMesh.has(one));
  if (tenantId !== null || isByTenant) wanted.delete('TENANT');
  const plain = plainDimensions.filter((dimension) => wanted.has(dimension));
  const label = [...wanted].find(isLabelDimension);
  const times = slices.map(({ level, fromMs, toMs }) => ({
    level,
    start: { $gte: new Date(fromMs), $lt: new Date(toMs) },
  }));
  const blocks = usageBlocks(connection).collection;
  const withoutSketches = { projection: { 'columns.latency': 0 } };
  const options = latencies ? {} : withoutSketches;
  const owner = isByTenant ? { tenantId: { $ne: null } } : { tenantId };
  const { shapes, missing } = toShapes(plain, label);
  const turns = new WorkTurns();
  for (const shape of shapes) {
    const where = { ...owner, ...shape, $or: times };
    for await (const block of findInTurns<UsageBlockRecord>(blocks, where, options, turns)) {
      const fixed = block.tenantId === null ? {} : { TENANT: block.tenantId };
      await workInTurns(
        buckets.addInPieces(block.start, (cube) => cube.addColumns(toColumns(block), filter, fixed)),
        turns,
      );
    }
  }
  if (missing === null) return new Map();
  const left = await Array.fromAsync(
    findInTurns<UsageBlockRecord>(blocks, { ...owner, shape: '', ...missing, $or: times }, withoutSketches),
  );
  if (left.length > 0) {
    const total = new UsageCube([]);
    for (const block of left) await workInTurns(total.addColumns(toColumns(block)), turns);
    const [all] = workAtOnce(total.listGroups());
    refuseRows(all?.sums[0] ?? 0, question.rowsMax);
  }
  const ranges = new Map<string | null, TimeRange[]>();
  for (const { level, start, tenantId: of } of left) {
    const fromMs = start.getTime();
    const known = ranges.get(of);
    const range = { fromMs, toMs: sliceEnd(level, fromMs) };
    if (known === undefined) ranges.set(of, [range]);
    else known.push(range);
  }
  return ranges;
}

const ofMesh: ReadonlySet<UsageDimension> = new Set(meshDimensions);

/** Adds rows to the buckets, all as if they had no rating. */
async function readRows(
  connection: Connection,
  question: RollupQuestion,
  ranges: readonly TimeRange[],
  buckets: Buckets,
): Promise<void> {
  const by = question.by.map((dimension) => (dimension === 'RATING' ? null : dimension));
  const rowsMax = isReadByRows(question) ? (question.rowsMax ?? rowsMaxDefault) : Number.POSITIVE_INFINITY;
  let count = 0;
  await readDimensions(connection, { ...question, by }, ranges, (at, values, sums, latency) => {
    count += 1;
    refuseRows(count, rowsMax);
    buckets.add(at, (cube) => {
      for (const combination of combineValues(values)) cube.add(combination, sums, latency);
    });
  });
}

/**
 * Adds the rows that are rated to their ratings, and takes them from those without. Calls are rated long after they are summed: sums are
 * kept without ratings, so that none of them is outdated by one.
 */
async function moveRated(
  connection: Connection,
  question: RollupQuestion,
  range: TimeRange,
  buckets: Buckets,
): Promise<void> {
  const at = question.by.indexOf('RATING');
  const rated = { ...question, filter: { RATING: ratings, ...question.filter } };
  await readDimensions(connection, rated, [range], (start, values, sums, latency) => {
    const negated = sums.map((sum) => -sum);
    const withdrawn = new Map([...latency].map(([step, count]) => [step, -count]));
    buckets.add(start, (cube) => {
      for (const combination of combineValues(values)) {
        cube.add(combination, sums, latency);
        cube.add(combination.with(at, null), negated, withdrawn);
      }
    });
  });
}

/** @param question null among its dimensions stands for one in which all values are null */
async function readDimensions(
  connection: Connection,
  {
    tenantId,
    by,
    filter = {},
    rows = {},
    latencies = false,
  }: Omit<RollupQuestion, 'by'> & { readonly by: readonly (UsageDimension | null)[] },
  ranges: readonly TimeRange[],
  onRow: OnLedgerRow,
): Promise<void> {
  const where = { ...(tenantId === null ? {} : { tenantId }), ...rows, ...toRowConditions(filter) };
  const read = by.filter((dimension) => dimension !== null);
  const places = by.map((dimension) => (dimension === null ? -1 : read.indexOf(dimension)));
  await readLedgerRows(connection, { ranges, where, by: read, latencies }, (at, values, sums, latency) =>
    onRow(
      at,
      places.map((place) => values[place] ?? [null]),
      sums,
      latency,
    ),
  );
}

/** The name of a dimension in the keys of a bucket. */
export function toDimensionKey(dimension: UsageDimension): string {
  return dimensions[dimension].key;
}
