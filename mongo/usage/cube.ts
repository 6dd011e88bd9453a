import type { UsageDimension } from '#core/graph-enums.generated.ts';
import type { LatencySketch } from './latency-sketch.ts';
import { VarintReader, VarintWriter } from './varints.ts';

/** What is summed of calls. Cost is in whole dollars and the rest in nano-dollars, so that sums of it stay exact in doubles. */
const measures = [
  'requests',
  'failures',
  'cacheHits',
  'inputTokens',
  'outputTokens',
  'costDollars',
  'costNanos',
  'unpriced',
  'savedByCacheDollars',
  'savedByCacheNanos',
  'savedByRoutingDollars',
  'savedByRoutingNanos',
] as const;

/** Those that may be less than 0: stored in turns, 0, -1, 1, -2 and so on. */
const signed: ReadonlySet<string> = new Set<(typeof measures)[number]>([
  'savedByCacheDollars',
  'savedByCacheNanos',
  'savedByRoutingDollars',
  'savedByRoutingNanos',
]);

export type Values = readonly (string | null)[];

/** The sums of the calls that have the same values in all dimensions of a cube. */
export interface UsageGroup {
  readonly values: Values;
  /** In the order of `measures`. */
  readonly sums: readonly number[];
  readonly latency: LatencySketch;
}

/** A cube as it is stored: a column for each dimension and measure, whose n-th entries are those of group n. */
export interface CubeColumns {
  readonly groups: number;
  /** The values of each dimension, which its column has the positions of. A dimension that is absent has the value null. */
  readonly keys: Readonly<Partial<Record<UsageDimension, Values>>>;
  /** By dimension or measure, and `latency`. A column that is absent has zeros alone. */
  readonly columns: Readonly<Record<string, Uint8Array>>;
}

/** Only groups with one of the values in each of the dimensions. */
export type CubeFilter = Readonly<Partial<Record<UsageDimension, readonly (string | null)[]>>>;

interface Group {
  readonly ids: readonly number[];
  readonly sums: number[];
  readonly latency: Map<number, number>;
}

class Dictionary {
  readonly values: (string | null)[] = [];
  readonly #ids = new Map<string | null, number>();

  constructor(values: Values = []) {
    for (const value of values) this.toId(value);
  }

  toId(value: string | null): number {
    const known = this.#ids.get(value);
    if (known !== undefined) return known;
    this.#ids.set(value, this.values.length);
    return this.values.push(value) - 1;
  }
}

const idsMax = 2 ** 26;

/** Sums of calls by their values in some dimensions. */
export class UsageCube {
  readonly dimensions: readonly UsageDimension[];
  readonly #dictionaries: readonly Dictionary[];
  readonly #groups = new Map<number | string, Group>();

  /** @param values those that are known of each dimension */
  constructor(dimensions: readonly UsageDimension[], values: readonly Values[] = []) {
    this.dimensions = dimensions;
    this.#dictionaries = dimensions.map((_, at) => new Dictionary(values[at]));
  }

  get size(): number {
    return this.#groups.size;
  }

  /** Adds sums to the group with the values, in the order of the dimensions. */
  add(values: Values, sums: readonly number[], latency: LatencySketch): void {
    const ids = this.#dictionaries.map((dictionary, at) => dictionary.toId(values[at] ?? null));
    const group = this.#group(ids);
    addSums(group.sums, sums);
    for (const [step, count] of latency) addCount(group.latency, step, count);
  }

  /**
   * Adds the groups of stored columns that fit the filter, by this cube's dimensions. `fixed` has the value of dimensions
   * that all groups have in common.
   */
  addColumns(
    stored: CubeColumns,
    filter: CubeFilter = {},
    fixed: Readonly<Partial<Record<UsageDimension, string>>> = {},
  ): void {
    const { groups: count } = stored;
    const skipped = findSkipped(stored, filter, fixed);
    if (skipped === 'ALL') return;
    const toIds = this.dimensions.map((dimension, at) => {
      const dictionary = this.#dictionaries[at] ?? new Dictionary();
      const ids = (stored.keys[dimension] ?? [fixed[dimension] ?? null]).map((value) =>
        dictionary.toId(value),
      );
      return { ids, column: readColumn(stored, dimension) };
    });
    const columns = measures.flatMap((measure, at) => {
      const values = readColumn(stored, measure);
      return values === null ? [] : [{ at, values: signed.has(measure) ? values.map(fromTurns) : values }];
    });
    const latencies = stored.columns.latency === undefined ? null : new VarintReader(stored.columns.latency);
    for (let n = 0; n < count; n += 1) {
      if (skipped?.[n] === 1) {
        if (latencies !== null) skipSketch(latencies);
        continue;
      }
      const group = this.#group(toIds.map(({ ids, column }) => ids[column?.[n] ?? 0] ?? 0));
      for (const { at, values } of columns) group.sums[at] = (group.sums[at] ?? 0) + (values[n] ?? 0);
      if (latencies !== null) addSketch(latencies, group.latency);
    }
  }

  /** The same sums by other dimensions; of one that this cube has not, all values are null. Null: it would have more groups. */
  project(dimensions: readonly UsageDimension[], groupsMax: number): UsageCube | null {
    const places = dimensions.map((dimension) => this.dimensions.indexOf(dimension));
    const cube = new UsageCube(
      dimensions,
      places.map((place) => this.#dictionaries[place]?.values ?? [null]),
    );
    for (const { ids, sums, latency } of this.#groups.values()) {
      const group = cube.#group(places.map((place) => ids[place] ?? 0));
      if (cube.size > groupsMax) return null;
      addSums(group.sums, sums);
      for (const [step, count] of latency) addCount(group.latency, step, count);
    }
    return cube;
  }

  *groups(): Generator<UsageGroup> {
    for (const { ids, sums, latency } of this.#groups.values()) {
      yield { values: ids.map((id, at) => this.#dictionaries[at]?.values[id] ?? null), sums, latency };
    }
  }

  /** Whether every call has null in the dimension. */
  isWithout(dimension: UsageDimension): boolean {
    const values = this.#dictionaries[this.dimensions.indexOf(dimension)]?.values ?? [];
    return values.every((value) => value === null);
  }

  /** The cube as it is stored. Dimensions without values and columns of zeros are left out. */
  toColumns(): CubeColumns {
    const columns: Record<string, Uint8Array> = {};
    const groups = [...this.#groups.values()];
    const write = (name: string, read: (group: Group) => number) => {
      if (groups.every((group) => read(group) === 0)) return;
      const writer = new VarintWriter();
      for (const group of groups) writer.write(read(group));
      columns[name] = writer.bytes();
    };
    const keys: Partial<Record<UsageDimension, Values>> = {};
    for (const [at, dimension] of this.dimensions.entries()) {
      if (this.isWithout(dimension)) continue;
      keys[dimension] = this.#dictionaries[at]?.values ?? [];
      write(dimension, ({ ids }) => ids[at] ?? 0);
    }
    for (const [at, measure] of measures.entries()) {
      const toStored = signed.has(measure) ? toTurns : (value: number) => value;
      write(measure, ({ sums }) => toStored(sums[at] ?? 0));
    }
    if (groups.some(({ latency }) => latency.size > 0)) {
      const writer = new VarintWriter();
      for (const { latency } of groups) writeSketch(writer, latency);
      columns.latency = writer.bytes();
    }
    return { groups: groups.length, keys, columns };
  }

  #group(ids: readonly number[]): Group {
    const key = toKey(ids);
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { ids, sums: measures.map(() => 0), latency: new Map() };
      this.#groups.set(key, group);
    }
    return group;
  }
}

function toKey(ids: readonly number[]): number | string {
  if (ids.length > 2) return ids.join(' ');
  const [first = 0, second = 0] = ids;
  return second * idsMax + first;
}

function addSums(into: number[], sums: readonly number[]): void {
  for (let at = 0; at < sums.length; at += 1) into[at] = (into[at] ?? 0) + (sums[at] ?? 0);
}

const toTurns = (value: number) => (value < 0 ? -2 * value - 1 : 2 * value);
const fromTurns = (stored: number) => (stored % 2 === 1 ? -(stored + 1) / 2 : stored / 2);

function readColumn({ groups, columns }: CubeColumns, name: string): Float64Array | null {
  const bytes = columns[name];
  if (bytes === undefined) return null;
  const reader = new VarintReader(bytes);
  const values = new Float64Array(groups);
  for (let n = 0; n < groups; n += 1) values[n] = reader.read();
  return values;
}

/** Which groups do not fit the filter; null: all fit. */
function findSkipped(
  stored: CubeColumns,
  filter: CubeFilter,
  fixed: Readonly<Partial<Record<UsageDimension, string>>>,
): Uint8Array | 'ALL' | null {
  let skipped: Uint8Array | null = null;
  for (const [name, allowed] of Object.entries(filter)) {
    const dimension = name as UsageDimension;
    const values = stored.keys[dimension] ?? [fixed[dimension] ?? null];
    const isIn = values.map((value) => allowed.includes(value));
    if (!isIn.includes(true)) return 'ALL';
    if (!isIn.includes(false)) continue;
    skipped ??= new Uint8Array(stored.groups);
    const column = readColumn(stored, dimension);
    for (let n = 0; n < stored.groups; n += 1) if (isIn[column?.[n] ?? 0] !== true) skipped[n] = 1;
  }
  return skipped;
}

function writeSketch(writer: VarintWriter, latency: LatencySketch): void {
  writer.write(latency.size);
  let before = 0;
  for (const [step, count] of latency.size > 1 ? [...latency].sort(([a], [b]) => a - b) : latency) {
    writer.write(step - before);
    writer.write(count);
    before = step;
  }
}

function addSketch(reader: VarintReader, latency: Map<number, number>): void {
  let step = 0;
  for (let left = reader.read(); left > 0; left -= 1) {
    step += reader.read();
    addCount(latency, step, reader.read());
  }
}

/** Counts may be negative, where calls are taken away again. */
function addCount(latency: Map<number, number>, step: number, count: number): void {
  const sum = (latency.get(step) ?? 0) + count;
  if (sum === 0) latency.delete(step);
  else latency.set(step, sum);
}

function skipSketch(reader: VarintReader): void {
  for (let left = reader.read() * 2; left > 0; left -= 1) reader.read();
}
