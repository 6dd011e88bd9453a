import type { Connection, mongo } from 'mongoose';
import { defineCollection } from '../collection.ts';
import type { CubeColumns } from './cube.ts';
import { type SliceLevel, sliceStart, type TimeRange } from './slices.ts';

/** The sums of calls that started in one slice of time, of one tenant or of the mesh, by some dimensions. */
export interface UsageBlockRecord {
  /** See `toBlockId`. */
  _id: string;
  level: SliceLevel;
  /** The start of the slice. */
  start: Date;
  /** Null: of all tenants together, who are then a dimension. */
  tenantId: string | null;
  /**
   * By which dimensions: PLAIN (all plain ones), PLAIN+TAG and so on (with one label dimension), or the names of at most two of them.
   * Empty: all calls as one group.
   */
  shape: string;
  groups: number;
  /** As in CubeColumns. */
  keys: CubeColumns['keys'];
  columns: Readonly<Record<string, mongo.Binary>>;
  /** The label dimensions that some call of the slice has a value of. */
  labels: readonly string[];
  /** The shapes of at most two dimensions that are stored beside this one. */
  kept: readonly string[];
  /** Only of the empty shape: the shapes PLAIN and PLAIN+… that had too many groups to be stored. */
  missing?: readonly string[];
  /** Only of the level HOUR. True: the hour had few rows and was summed at once, without slices of 5 minutes. */
  direct?: boolean;
  /** The run that wrote it: what an earlier one has left is deleted. */
  fold: string;
  /** When it vanishes; absent: never. */
  expiresAt?: Date;
}

const text = { type: String, required: true };

/** Written by fold.ts alone. */
export const usageBlocks = defineCollection<UsageBlockRecord>(
  'usage_blocks',
  {
    _id: text,
    level: text,
    start: { type: Date, required: true },
    tenantId: String,
    shape: { type: String },
    groups: { type: Number, required: true },
    keys: Object,
    columns: Object,
    labels: [String],
    kept: [String],
    missing: { type: [String], default: undefined },
    direct: Boolean,
    fold: text,
    expiresAt: Date,
  },
  [
    [{ tenantId: 1, shape: 1, level: 1, start: 1 }],
    [{ shape: 1, level: 1, start: 1 }],
    [{ level: 1, start: 1 }],
    [{ expiresAt: 1 }, { expireAfterSeconds: 0 }],
  ],
);

/** The id of a block. No tenant is called "*". */
export function toBlockId({
  level,
  start,
  tenantId,
  shape,
}: Pick<UsageBlockRecord, 'level' | 'start' | 'tenantId' | 'shape'>): string {
  return `${level} ${start.getTime()} ${shape} ${tenantId === null ? '*' : `=${tenantId}`}`;
}

/** Of the two hours that a range may cut, those without slices of 5 minutes. */
export async function findDirectHours(
  connection: Connection,
  { fromMs, toMs }: TimeRange,
): Promise<ReadonlySet<number>> {
  const cut = [fromMs, toMs].filter((atMs) => sliceStart('HOUR', atMs) !== atMs);
  if (cut.length === 0) return new Set();
  const ids = cut.map((atMs) => {
    const start = new Date(sliceStart('HOUR', atMs));
    return toBlockId({ level: 'HOUR', start, tenantId: null, shape: '' });
  });
  const found = await usageBlocks(connection)
    .find({ _id: { $in: ids }, direct: true }, { start: 1 })
    .lean<Pick<UsageBlockRecord, 'start'>[]>();
  return new Set(found.map(({ start }) => start.getTime()));
}
