import { randomUUID } from 'node:crypto';
import { type Connection, mongo } from 'mongoose';
import type { UsageDimension } from '#core/graph-enums.generated.ts';
import { hourLengthMs } from '#core/time-lengths.ts';
import { type InvocationRecord, invocations } from '../invocations.ts';
import { type CubeColumns, UsageCube } from './cube.ts';
import {
  type LabelDimension,
  labelDimensions,
  meshDimensions,
  type PlainDimension,
  plainDimensions,
} from './dimensions.ts';
import { readLedgerGroups } from './ledger-groups.ts';
import { fineKeptMs, fineSince, type SliceLevel, sliceEnd, sliceStart, type TimeRange } from './slices.ts';
import { toBlockId, type UsageBlockRecord, usageBlocks } from './usage-blocks.ts';
import { heldMs, lateMs, staleUsageHours, usageProgress } from './usage-progress.ts';

export interface FoldOptions {
  readonly nowMs: number;
  /** How much the clocks of the processes that write rows may differ; 0 where there is one process. */
  readonly clocksDifferMs: number;
  /** Hours that are summed in this run at most; absent: all that have passed. */
  readonly hoursMax?: number;
  /** Ends the work after the hour at hand. */
  readonly signal?: AbortSignal;
}

/** Groups of a stored cube at most. */
const groupsMax = { PLAIN: 50_000, LABEL: 10_000 } as const;
/** A cube with more groups while it is summed is discarded. */
const heldGroupsMax = 200_000;
/** A block with more bytes is not stored: a document has 16 MiB. */
const bytesMax = 12 * 1024 * 1024;
/** A cube of fewer groups is read as fast as its projections. */
const projectedGroupsMin = 64;
/** A projection is stored where it has at most the n-th part of the groups. */
const projectionShare = 4;
/** Blocks in one write. */
const writtenMax = 100;
/** Stale hours that one run repairs: the hours that have passed are not kept waiting. */
const repairedMax = 24;

const durable = { w: 'majority', j: true } as const;
const children = { HOUR: 'FINE', DAY: 'HOUR', MONTH: 'DAY' } as const;

/**
 * Sums the rows of the ledger that started long enough ago, up to the first that runs still: by 5 minutes, hour, day and month, in
 * blocks that are replaced as a whole. What a killed process has left is done again, with the same result; several
 * processes may do it at once. Then repairs hours with rows that were changed since. Returns the end of what is summed; null: there are no rows.
 */
export async function foldUsage(connection: Connection, options: FoldOptions): Promise<number | null> {
  const { nowMs, clocksDifferMs, hoursMax = Number.POSITIVE_INFINITY, signal } = options;
  const firstMs = await findUntil(connection, nowMs);
  if (firstMs === null) return null;
  let untilMs: number = firstMs;
  const settledMs = sliceStart('FINE', nowMs - lateMs - clocksDifferMs);
  for (let hours = 0; untilMs < settledMs && hours < hoursMax && signal?.aborted !== true; hours += 1) {
    const nextMs = await findNextHour(connection, untilMs, settledMs);
    const endMs = nextMs ?? Math.min(sliceEnd('HOUR', sliceStart('HOUR', untilMs)), settledMs);
    const foldedMs: number = nextMs ?? (await foldRows(connection, untilMs, endMs, nowMs));
    if (foldedMs <= untilMs) break;
    for (const level of ['HOUR', 'DAY', 'MONTH'] as const) {
      const startMs = sliceStart(level, untilMs);
      if (sliceEnd(level, startMs) <= foldedMs) await mergeSlice(connection, level, startMs, nowMs);
    }
    await usageProgress(connection).updateOne(
      { _id: 'usage' },
      { $max: { until: new Date(foldedMs) } },
      { upsert: true, writeConcern: durable },
    );
    const isWhole = foldedMs === endMs;
    untilMs = foldedMs;
    if (!isWhole) break;
  }
  await repairHours(connection, untilMs, options);
  return untilMs;
}

/** The hour of the next row, where no row started in the rest of this hour; otherwise null. */
async function findNextHour(
  connection: Connection,
  fromMs: number,
  settledMs: number,
): Promise<number | null> {
  const next = await invocations(connection)
    .findOne({ startedAt: { $gte: new Date(fromMs) } }, { startedAt: 1 })
    .sort({ startedAt: 1, _id: 1 })
    .lean<Pick<InvocationRecord, 'startedAt'>>();
  const nextMs = Math.min(
    settledMs,
    next === null ? settledMs : sliceStart('HOUR', next.startedAt.getTime()),
  );
  return nextMs > fromMs ? nextMs : null;
}

/** Where the next sums begin; before the first run at the hour of the oldest row. */
async function findUntil(connection: Connection, nowMs: number): Promise<number | null> {
  const progress = await usageProgress(connection).findById('usage').lean();
  if (progress !== null) {
    const untilMs = progress.until.getTime();
    // The beginning of an hour is in slices of 5 minutes, which may have vanished.
    return untilMs < fineSince(nowMs) ? sliceStart('HOUR', untilMs) : untilMs;
  }
  const oldest = await invocations(connection)
    .findOne({}, { startedAt: 1 })
    .sort({ startedAt: 1, _id: 1 })
    .lean<Pick<InvocationRecord, 'startedAt'>>();
  return oldest === null ? null : sliceStart('HOUR', oldest.startedAt.getTime());
}

/** Sums rows into slices of 5 minutes (of an hour where those are no longer kept), up to the first row that runs: where that is. */
async function foldRows(
  connection: Connection,
  fromMs: number,
  toMs: number,
  nowMs: number,
): Promise<number> {
  const level = fromMs < fineSince(nowMs) ? 'HOUR' : 'FINE';
  const deadline = createDeadline();
  const slices = new Map<number, SliceCubes>();
  let endMs = toMs;
  const sinceEpochMs = { $subtract: ['$startedAt', new Date(0)] };
  const lengthMs = sliceEnd(level, fromMs) - fromMs;
  const start = { $add: [new Date(0), { $subtract: [sinceEpochMs, { $mod: [sinceEpochMs, lengthMs] }] }] };
  const by = [...plainDimensions, ...labelDimensions];
  const status = by.indexOf('STATUS');
  await readLedgerGroups(
    connection,
    { ranges: [{ fromMs, toMs }], where: {}, by, start, latencies: true },
    (at, values, sums, latency) => {
      const startMs = Number(at);
      if (values[status]?.[0] === 'RUNNING') endMs = Math.min(endMs, startMs);
      const cubes = slices.get(startMs) ?? new SliceCubes();
      slices.set(startMs, cubes);
      cubes.add(values, sums, latency);
    },
  );
  const fold = randomUUID();
  for (const [startMs, cubes] of slices) {
    if (startMs >= endMs) continue;
    for (const owner of cubes.list())
      await writeBlocks(connection, owner.toBlocks(level, startMs, fold), deadline);
  }
  await removeLeft(connection, level, { fromMs, toMs: endMs }, fold);
  return endMs;
}

/** Sums the slices that one slice consists of. */
async function mergeSlice(
  connection: Connection,
  level: Exclude<SliceLevel, 'FINE'>,
  startMs: number,
  nowMs: number,
): Promise<void> {
  const child = children[level];
  // Hours that are too old for slices of 5 minutes are summed from the rows.
  if (child === 'FINE' && startMs < fineSince(nowMs)) return;
  const blocks = usageBlocks(connection).collection;
  const range = { level: child, start: { $gte: new Date(startMs), $lt: new Date(sliceEnd(level, startMs)) } };
  const tenants: (string | null)[] = await blocks.distinct('tenantId', { ...range, shape: '' });
  const fold = randomUUID();
  for (const tenantId of tenants) {
    const deadline = createDeadline();
    const found = blocks.find<UsageBlockRecord>({ ...range, tenantId, shape: { $in: ['', ...baseShapes] } });
    const cubes = new OwnerCubes(tenantId);
    const bySlice = new Map<number, UsageBlockRecord[]>();
    for await (const block of found) {
      const slice = bySlice.get(block.start.getTime());
      if (slice === undefined) bySlice.set(block.start.getTime(), [block]);
      else slice.push(block);
    }
    for (const slice of bySlice.values()) cubes.addBlocks(slice);
    await writeBlocks(connection, cubes.toBlocks(level, startMs, fold), deadline);
  }
  await removeLeft(connection, level, { fromMs: startMs, toMs: sliceEnd(level, startMs) }, fold);
}

const toBaseShape = (label: LabelDimension) => `PLAIN+${label}`;
const baseShapes: readonly string[] = ['PLAIN', ...labelDimensions.map(toBaseShape)];

/** The cubes of one tenant, or of the mesh, in one slice. Null: it has too many groups. */
class OwnerCubes {
  readonly tenantId: string | null;
  readonly #total = new UsageCube([]);
  readonly #plain: readonly PlainDimension[];
  readonly #labels: readonly LabelDimension[];
  readonly #bases = new Map<'PLAIN' | LabelDimension, UsageCube | null>();

  constructor(tenantId: string | null) {
    this.tenantId = tenantId;
    this.#plain = tenantId === null ? meshDimensions : plainDimensions.filter((one) => one !== 'TENANT');
    this.#labels = tenantId === null ? [] : labelDimensions;
    this.#bases.set('PLAIN', new UsageCube(this.#plain));
    for (const label of this.#labels) this.#bases.set(label, new UsageCube([...this.#plain, label]));
  }

  /** `values`: those of the plain dimensions, and then of the labels. */
  add(
    values: readonly (readonly (string | null)[])[],
    sums: readonly number[],
    latency: ReadonlyMap<number, number>,
  ): void {
    this.#total.add([], sums, latency);
    const plain = this.#plain.map((dimension) => values[plainDimensions.indexOf(dimension)]?.[0] ?? null);
    this.#change('PLAIN', (cube) => cube.add(plain, sums, latency));
    for (const [at, label] of this.#labels.entries()) {
      this.#change(label, (cube) => {
        for (const value of values[plainDimensions.length + at] ?? [null])
          cube.add([...plain, value], sums, latency);
      });
    }
  }

  /** Adds the stored blocks of one shorter slice. */
  addBlocks(blocks: readonly UsageBlockRecord[]): void {
    const byShape = new Map(blocks.map((block) => [block.shape, toColumns(block)]));
    const total = blocks.find(({ shape }) => shape === '');
    if (total === undefined) return;
    this.#total.addColumns(toColumns(total));
    for (const base of ['PLAIN', ...this.#labels] as const) {
      // Where no call has the label, the plain sums are those without it.
      const hasOwn = base === 'PLAIN' || total.labels.includes(base);
      const columns = byShape.get(hasOwn && base !== 'PLAIN' ? toBaseShape(base) : 'PLAIN');
      if (columns === undefined) this.#bases.set(base, null);
      else this.#change(base, (cube) => cube.addColumns(columns));
    }
  }

  toBlocks(level: SliceLevel, startMs: number, fold: string): readonly UsageBlockRecord[] {
    const labels = this.#labels.filter((label) => this.#bases.get(label)?.isWithout(label) !== true);
    const blocks = new Map<string, CubeColumns>();
    const missing: string[] = [];
    const kept: string[] = [];
    for (const base of ['PLAIN', ...labels] as const) {
      const cube = this.#bases.get(base) ?? null;
      const shape = base === 'PLAIN' ? base : toBaseShape(base);
      const columns =
        cube === null ? null : toStorable(cube, groupsMax[base === 'PLAIN' ? 'PLAIN' : 'LABEL']);
      if (columns === null) missing.push(shape);
      else blocks.set(shape, columns);
      if (cube === null || level === 'FINE' || cube.size <= projectedGroupsMin) continue;
      for (const dimensions of toProjections(this.#plain, base)) {
        const projection = cube.project(dimensions);
        if (projection.size * projectionShare > cube.size) continue;
        const projected = toStorable(projection, groupsMax.LABEL);
        if (projected === null) continue;
        const name = toShape(dimensions);
        kept.push(name);
        blocks.set(name, projected);
      }
    }
    blocks.set('', this.#total.toColumns());
    const start = new Date(startMs);
    return [...blocks].map(([shape, { groups, keys, columns }]) => ({
      _id: toBlockId({ level, start, tenantId: this.tenantId, shape }),
      ...{ level, start, tenantId: this.tenantId, shape, groups, keys },
      columns: Object.fromEntries(
        Object.entries(columns).map(([name, bytes]) => [name, new mongo.Binary(Buffer.from(bytes))]),
      ),
      ...{ labels, kept, fold },
      ...(shape === '' && missing.length > 0 ? { missing } : {}),
      ...(level === 'FINE' ? { expiresAt: new Date(startMs + fineKeptMs) } : {}),
    }));
  }

  #change(base: 'PLAIN' | LabelDimension, change: (cube: UsageCube) => void): void {
    const cube = this.#bases.get(base) ?? null;
    if (cube === null) return;
    change(cube);
    if (cube.size > heldGroupsMax) this.#bases.set(base, null);
  }
}

/** The cubes of all tenants in one slice, and of the mesh. */
class SliceCubes {
  readonly #owners = new Map<string | null, OwnerCubes>([[null, new OwnerCubes(null)]]);

  add(
    values: Parameters<OwnerCubes['add']>[0],
    sums: readonly number[],
    latency: ReadonlyMap<number, number>,
  ): void {
    const tenantId = values[0]?.[0] ?? null;
    const own = this.#owners.get(tenantId) ?? new OwnerCubes(tenantId);
    this.#owners.set(tenantId, own);
    if (tenantId !== null) own.add(values, sums, latency);
    this.#owners.get(null)?.add(values, sums, latency);
  }

  list(): readonly OwnerCubes[] {
    return [...this.#owners.values()];
  }
}

/** The columns of a stored block. */
export function toColumns({
  groups,
  keys,
  columns,
}: Pick<UsageBlockRecord, 'groups' | 'keys' | 'columns'>): CubeColumns {
  return {
    groups,
    keys,
    columns: Object.fromEntries(Object.entries(columns).map(([name, binary]) => [name, binary.value()])),
  };
}

/** Null: it is too large. */
function toStorable(cube: UsageCube, max: number): CubeColumns | null {
  if (cube.size > max) return null;
  const columns = cube.toColumns();
  const bytes = Object.values(columns.columns).reduce((sum, { byteLength }) => sum + byteLength, 0);
  return bytes > bytesMax ? null : columns;
}

/** Each dimension alone, and each pair; of a label those with the label. */
function toProjections(
  plain: readonly UsageDimension[],
  base: 'PLAIN' | LabelDimension,
): readonly (readonly UsageDimension[])[] {
  if (base !== 'PLAIN') return [[base], ...plain.map((dimension) => [dimension, base])];
  return plain.flatMap((first, at) => [[first], ...plain.slice(at + 1).map((second) => [first, second])]);
}

/** The shape of a projection: its dimensions, the plain ones first, in their order. */
export function toShape(dimensions: readonly UsageDimension[]): string {
  return dimensions.join(',');
}

/** Ends a run that was stopped in between: what it has read may have been changed, and summed again, since. */
type Deadline = () => void;

function createDeadline(): Deadline {
  const endMs = performance.now() + heldMs / 2;
  return () => {
    if (performance.now() > endMs) throw new Error('Summing usage took too long; it is done again.');
  };
}

async function writeBlocks(
  connection: Connection,
  blocks: readonly UsageBlockRecord[],
  deadline: Deadline,
): Promise<void> {
  for (let first = 0; first < blocks.length; first += writtenMax) {
    deadline();
    await usageBlocks(connection).collection.bulkWrite(
      blocks.slice(first, first + writtenMax).map((replacement) => ({
        replaceOne: { filter: { _id: replacement._id as never }, replacement, upsert: true },
      })),
      { writeConcern: durable, ordered: false },
    );
  }
}

/** Deletes the blocks of slices that an earlier run has written. */
async function removeLeft(
  connection: Connection,
  level: SliceLevel,
  { fromMs, toMs }: TimeRange,
  fold: string,
): Promise<void> {
  const start = { $gte: new Date(fromMs), $lt: new Date(toMs) };
  await usageBlocks(connection).deleteMany({ level, start, fold: { $ne: fold } });
}

/** Sums hours with changed rows again, and the days and months that they are in. */
async function repairHours(
  connection: Connection,
  untilMs: number,
  { nowMs, signal }: FoldOptions,
): Promise<void> {
  const stale = staleUsageHours(connection);
  const due = await stale
    .find({ _id: { $lte: new Date(untilMs - hourLengthMs) }, heldUntil: { $lte: new Date(nowMs) } })
    .sort({ _id: 1 })
    .limit(repairedMax)
    .lean();
  for (const { _id: hour, version } of due) {
    if (signal?.aborted === true) return;
    const startMs = hour.getTime();
    if ((await foldRows(connection, startMs, startMs + hourLengthMs, nowMs)) < startMs + hourLengthMs)
      continue;
    for (const level of ['HOUR', 'DAY', 'MONTH'] as const) {
      const sliceMs = sliceStart(level, startMs);
      if (sliceEnd(level, sliceMs) <= untilMs) await mergeSlice(connection, level, sliceMs, nowMs);
    }
    await stale.deleteOne({ _id: hour, version });
  }
}
