import { mongo } from 'mongoose';
import type { UsageDimension } from '#core/graph-enums.generated.ts';
import { workAtOnce } from '#core/work-turns.ts';
import { type CubeColumns, Dictionary, UsageCube } from './cube.ts';
import {
  type LabelDimension,
  labelDimensions,
  meshDimensions,
  type PlainDimension,
  plainDimensions,
} from './dimensions.ts';
import { fineKeptMs, type SliceLevel } from './slices.ts';
import { toBlockId, type UsageBlockRecord } from './usage-blocks.ts';

/** Groups of a stored cube at most. */
const groupsMax = { PLAIN: 50_000, LABEL: 10_000 } as const;
/** A cube with more groups while it is summed is discarded. */
const heldGroupsMax = 200_000;
/** A block with more bytes is not stored: a document has 16 MiB. */
const bytesMax = 12 * 1024 * 1024;
/** A cube of fewer groups is read as fast as its projections. */
const projectedGroupsMin = 64;
/**
 * A projection is stored where it has at most the n-th part of the groups. Of hours fewer are stored: a query reads few of them, or answers a bucket
 * for each, and so no more than 16 groups for a bucket.
 */
const projectionShares = { HOUR: 16, DAY: 4, MONTH: 4 } as const;
const toBaseShape = (label: LabelDimension) => `PLAIN+${label}`;
export const baseShapes: readonly string[] = ['PLAIN', ...labelDimensions.map(toBaseShape)];

/** The cubes of one tenant, or of the mesh, in one slice. Null: it has too many groups. Absent: no call has the label so far. */
export class OwnerCubes {
  readonly tenantId: string | null;
  readonly #total = new UsageCube([]);
  readonly #plain: readonly PlainDimension[];
  readonly #labels: readonly LabelDimension[];
  /** All cubes have the same calls, and so the same plain values. */
  readonly #dictionaries: readonly Dictionary[];
  /** Where the values of the plain dimensions are. */
  readonly #places: readonly number[];
  readonly #bases = new Map<'PLAIN' | LabelDimension, UsageCube | null>();

  constructor(tenantId: string | null) {
    this.tenantId = tenantId;
    this.#plain = tenantId === null ? meshDimensions : plainDimensions.filter((one) => one !== 'TENANT');
    this.#labels = tenantId === null ? [] : labelDimensions;
    this.#dictionaries = this.#plain.map(() => new Dictionary());
    this.#places = this.#plain.map((dimension) => plainDimensions.indexOf(dimension));
    this.#bases.set('PLAIN', new UsageCube(this.#plain, this.#dictionaries));
  }

  /** `values`: those of the plain dimensions, and then of the labels. */
  add(
    values: readonly (readonly (string | null)[])[],
    sums: readonly number[],
    latency: ReadonlyMap<number, number>,
  ): void {
    this.#total.addTo([], sums, latency);
    const ids = this.#places.map(
      (place, at) => this.#dictionaries[at]?.toId(values[place]?.[0] ?? null) ?? 0,
    );
    for (const [at, label] of this.#labels.entries()) {
      const own = values[plainDimensions.length + at] ?? [null];
      if (!this.#bases.has(label) && own.every((value) => value === null)) continue;
      this.#change(label, (cube) => {
        for (const value of own) cube.addTo([...ids, cube.toId(ids.length, value)], sums, latency);
      });
    }
    this.#change('PLAIN', (cube) => cube.addTo(ids, sums, latency));
  }

  /** Adds the stored blocks of one shorter slice. Stops at times (core/work-turns.ts). */
  *addBlocks(blocks: readonly UsageBlockRecord[]): Generator<void, void> {
    const byShape = new Map(blocks.map((block) => [block.shape, toColumns(block)]));
    const total = blocks.find(({ shape }) => shape === '');
    if (total === undefined) return;
    yield* this.#total.addColumns(toColumns(total));
    for (const base of [...this.#labels, 'PLAIN'] as const) {
      const hasOwn = base === 'PLAIN' || total.labels.includes(base);
      if (!hasOwn && !this.#bases.has(base)) continue;
      // Where no call has the label, the plain sums are those without it.
      const columns = byShape.get(hasOwn && base !== 'PLAIN' ? toBaseShape(base) : 'PLAIN');
      if (columns === undefined) this.#bases.set(base, null);
      else {
        const cube = this.#bases.has(base) ? this.#bases.get(base) : yield* this.#begin(base);
        if (cube == null) continue;
        yield* cube.addColumns(columns);
        this.#dropLarge(base, cube);
      }
    }
  }

  /** Stops at times. */
  *toBlocks(level: SliceLevel, startMs: number, fold: string): Generator<void, readonly UsageBlockRecord[]> {
    const labels = this.#labels.filter((label) => this.#bases.has(label));
    const blocks = new Map<string, CubeColumns>();
    const missing: string[] = [];
    const kept: string[] = [];
    for (const base of ['PLAIN', ...labels] as const) {
      const cube = this.#bases.get(base) ?? null;
      const shape = base === 'PLAIN' ? base : toBaseShape(base);
      const columns =
        cube === null ? null : yield* toStorable(cube, groupsMax[base === 'PLAIN' ? 'PLAIN' : 'LABEL']);
      if (columns === null) missing.push(shape);
      else blocks.set(shape, columns);
      if (cube === null || level === 'FINE' || cube.size <= projectedGroupsMin) continue;
      const projectionMax = Math.min(Math.floor(cube.size / projectionShares[level]), groupsMax.LABEL);
      const projections: UsageCube[] = [];
      for (const dimensions of toProjections(this.#plain, base)) {
        if (level === 'HOUR' && cube.countCombinations(dimensions) > projectionMax) continue;
        const projection = yield* findSmallest(projections, dimensions, cube).project(
          dimensions,
          projectionMax,
        );
        const projected = projection === null ? null : yield* toStorable(projection, groupsMax.LABEL);
        if (projection === null || projected === null) continue;
        projections.push(projection);
        const name = toShape(dimensions);
        kept.push(name);
        blocks.set(name, projected);
      }
    }
    blocks.set('', yield* this.#total.toColumns());
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
    const cube = this.#bases.has(base) ? this.#bases.get(base) : workAtOnce(this.#begin(base));
    if (cube == null) return;
    change(cube);
    this.#dropLarge(base, cube);
  }

  #dropLarge(base: 'PLAIN' | LabelDimension, { size }: UsageCube): void {
    if (size > heldGroupsMax) this.#bases.set(base, null);
  }

  /** Before a call with the label is in the plain cube, which has the calls without it. */
  *#begin(label: 'PLAIN' | LabelDimension): Generator<void, UsageCube | null> {
    const dimensions = [...this.#plain, ...this.#labels.filter((one) => one === label)];
    const plain = this.#bases.get('PLAIN') ?? null;
    const cube = plain === null ? null : yield* plain.project(dimensions, plain.size);
    this.#bases.set(label, cube);
    return cube;
  }
}

/** The cubes of all tenants in one slice, and of the mesh. */
export class SliceCubes {
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
function* toStorable(cube: UsageCube, max: number): Generator<void, CubeColumns | null> {
  if (cube.size > max) return null;
  const columns = yield* cube.toColumns();
  const bytes = Object.values(columns.columns).reduce((sum, { byteLength }) => sum + byteLength, 0);
  return bytes > bytesMax ? null : columns;
}

/** The smallest of the cubes that has all of the dimensions; the other one where none has. */
function findSmallest(
  cubes: readonly UsageCube[],
  dimensions: readonly UsageDimension[],
  other: UsageCube,
): UsageCube {
  const fitting = cubes.filter((cube) => dimensions.every((one) => cube.dimensions.includes(one)));
  return fitting.reduce((smallest, cube) => (cube.size < smallest.size ? cube : smallest), other);
}

/** Each pair of dimensions, and then each alone, which is summed from a pair; of a label those with the label. */
function toProjections(
  plain: readonly UsageDimension[],
  base: 'PLAIN' | LabelDimension,
): readonly (readonly UsageDimension[])[] {
  if (base !== 'PLAIN') return [...plain.map((dimension) => [dimension, base]), [base]];
  const pairs = plain.flatMap((first, at) => plain.slice(at + 1).map((second) => [first, second]));
  return [...pairs, ...plain.map((dimension) => [dimension])];
}

/** The shape of a projection: its dimensions, the plain ones first, in their order. */
function toShape(dimensions: readonly UsageDimension[]): string {
  return dimensions.join(',');
}

type Conditions = Readonly<Record<string, unknown>>;

/**
 * Conditions on blocks: each slice has a block for exactly one of `shapes`, or is found by `missing`, or has no calls. Where no
 * call of a slice has the label, the plain blocks are those without it.
 */
export function toShapes(
  plain: readonly UsageDimension[],
  label: LabelDimension | undefined,
): { readonly shapes: readonly Conditions[]; readonly missing: Conditions | null } {
  const plainShape = toShape(plain);
  // All of a block's calls have null in a label that is not among its labels.
  const without = label === undefined ? {} : { labels: { $ne: label } };
  const plainShapes =
    plainShape === ''
      ? [{ shape: '', ...without }]
      : [
          { shape: plainShape, ...without },
          { shape: 'PLAIN', kept: { $ne: plainShape }, ...without },
        ];
  const plainMissing = plainShape === '' ? [] : [{ missing: 'PLAIN', kept: { $ne: plainShape }, ...without }];
  if (label === undefined) return { shapes: plainShapes, missing: plainMissing[0] ?? null };
  const base = `PLAIN+${label}`;
  const labelShape = toShape([...plain, label]);
  return {
    shapes: [...plainShapes, { shape: labelShape }, { shape: base, kept: { $ne: labelShape } }],
    missing: { $and: [{ $or: [...plainMissing, { missing: base, kept: { $ne: labelShape } }] }] },
  };
}
