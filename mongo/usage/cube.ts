import type { UsageDimension } from '#core/graph-enums.generated.ts';
import type { LatencySketch } from './latency-sketch.ts';
import { TupleIndex } from './tuple-index.ts';
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

/** Groups, or latencies, between two stops of work on a cube: less than 2 ms, also on a slow machine. */
const groupsAtOnce = 500;

/** Numbers the values of a dimension. */
export class Dictionary {
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

/** Sums of calls by their values in some dimensions. */
export class UsageCube {
  readonly dimensions: readonly UsageDimension[];
  /** Those of cubes with the same calls may be the same. */
  readonly #dictionaries: readonly Dictionary[];
  /** The groups, by the ids of their values. */
  readonly #groups: TupleIndex;
  /** Of each group all measures, one after the other. */
  readonly #sums: number[] = [];
  /** The latencies, by group and step. */
  readonly #steps = new TupleIndex(2);
  /** How many calls each of them has. */
  readonly #counts: number[] = [];
  /** The group and step at hand. */
  readonly #entry: [number, number] = [0, 0];

  constructor(dimensions: readonly UsageDimension[], dictionaries?: readonly Dictionary[]) {
    this.dimensions = dimensions;
    this.#dictionaries = dictionaries ?? dimensions.map(() => new Dictionary());
    this.#groups = new TupleIndex(dimensions.length);
  }

  /** How many groups there would be by the dimensions at most. */
  countCombinations(dimensions: readonly UsageDimension[]): number {
    return dimensions.reduce(
      (product, dimension) =>
        product * (this.#dictionaries[this.dimensions.indexOf(dimension)]?.values.length ?? 1),
      1,
    );
  }

  get size(): number {
    return this.#groups.size;
  }

  /** Adds sums to the group with the values, in the order of the dimensions. */
  add(values: Values, sums: readonly number[], latency: LatencySketch): void {
    this.addTo(
      this.#dictionaries.map((dictionary, at) => dictionary.toId(values[at] ?? null)),
      sums,
      latency,
    );
  }

  /** The number of a value of the n-th dimension. */
  toId(at: number, value: string | null): number {
    return this.#dictionaries[at]?.toId(value) ?? 0;
  }

  /** Adds sums to the group whose values have these numbers. */
  addTo(ids: readonly number[], sums: readonly number[], latency: LatencySketch): void {
    const group = this.#toGroup(ids);
    this.#addSums(group, sums, 0);
    for (const [step, count] of latency) this.#addCount(group, step, count);
  }

  /**
   * Adds the groups of stored columns that fit the filter, by this cube's dimensions. `fixed` has the value of dimensions
   * that all groups have in common. Stops at times (core/work-turns.ts); others may add to the cube meanwhile.
   */
  *addColumns(
    stored: CubeColumns,
    filter: CubeFilter = {},
    fixed: Readonly<Partial<Record<UsageDimension, string>>> = {},
  ): Generator<void, void> {
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
      if (n % groupsAtOnce === 0) yield;
      if (skipped?.[n] === 1) {
        if (latencies !== null) skipSketch(latencies);
        continue;
      }
      const group = this.#toGroup(toIds.map(({ ids, column }) => ids[column?.[n] ?? 0] ?? 0));
      const first = group * measures.length;
      for (const { at, values } of columns)
        this.#sums[first + at] = (this.#sums[first + at] ?? 0) + (values[n] ?? 0);
      if (latencies !== null) this.#addSketch(group, latencies);
    }
  }

  /** The same sums by other dimensions; of one that this cube has not, all values are null. Null: it would have more groups. Stops at times; the cube stays as it is meanwhile. */
  *project(dimensions: readonly UsageDimension[], groupsMax: number): Generator<void, UsageCube | null> {
    const places = dimensions.map((dimension) => this.dimensions.indexOf(dimension));
    const cube = new UsageCube(
      dimensions,
      places.map((place) => this.#dictionaries[place] ?? new Dictionary([null])),
    );
    const ids = places.map(() => 0);
    const targets = new Int32Array(this.size);
    for (let group = 0; group < targets.length; group += 1) {
      if (group % groupsAtOnce === 0) yield;
      for (let at = 0; at < places.length; at += 1) {
        const place = places[at] ?? -1;
        ids[at] = place < 0 ? 0 : this.#groups.item(group, place);
      }
      targets[group] = cube.#toGroup(ids);
      if (cube.size > groupsMax) return null;
    }
    for (let group = 0; group < targets.length; group += 1) {
      if (group % groupsAtOnce === 0) yield;
      cube.#addSums(targets[group] ?? 0, this.#sums, group * measures.length);
    }
    for (let entry = 0; entry < this.#counts.length; entry += 1) {
      if (entry % groupsAtOnce === 0) yield;
      const target = targets[this.#steps.item(entry, 0)] ?? 0;
      cube.#addCount(target, this.#steps.item(entry, 1), this.#counts[entry] ?? 0);
    }
    return cube;
  }

  /** Stops at times. */
  *listGroups(): Generator<void, readonly UsageGroup[]> {
    const sketches = yield* this.#listSketches();
    const groups: UsageGroup[] = [];
    for (let group = 0; group < this.size; group += 1) {
      if (group % groupsAtOnce === 0) yield;
      const first = group * measures.length;
      groups.push({
        values: this.#dictionaries.map(({ values }, at) => values[this.#groups.item(group, at)] ?? null),
        sums: this.#sums.slice(first, first + measures.length),
        latency: new Map(sketches(group)),
      });
    }
    return groups;
  }

  /** Whether every call has null in the dimension. */
  isWithout(dimension: UsageDimension): boolean {
    const values = this.#dictionaries[this.dimensions.indexOf(dimension)]?.values ?? [];
    return values.every((value) => value === null);
  }

  /** The cube as it is stored. Dimensions without values and columns of zeros are left out. Stops at times. */
  *toColumns(): Generator<void, CubeColumns> {
    const columns: Record<string, Uint8Array> = {};
    const { size } = this;
    const write = (name: string, read: (group: number) => number) => {
      let first = 0;
      while (first < size && read(first) === 0) first += 1;
      if (first === size) return;
      const writer = new VarintWriter();
      for (let group = 0; group < size; group += 1) writer.write(read(group));
      columns[name] = writer.bytes();
    };
    const keys: Partial<Record<UsageDimension, Values>> = {};
    for (const [at, dimension] of this.dimensions.entries()) {
      if (this.isWithout(dimension)) continue;
      keys[dimension] = this.#dictionaries[at]?.values ?? [];
      yield;
      write(dimension, (group) => this.#groups.item(group, at));
    }
    for (const [at, measure] of measures.entries()) {
      const read = (group: number) => this.#sums[group * measures.length + at] ?? 0;
      yield;
      write(measure, signed.has(measure) ? (group) => toTurns(read(group)) : read);
    }
    if (this.#counts.length > 0) {
      const sketches = yield* this.#listSketches();
      const writer = new VarintWriter();
      for (let group = 0; group < size; group += 1) {
        if (group % groupsAtOnce === 0) yield;
        writeSketch(writer, sketches(group));
      }
      columns.latency = writer.bytes();
    }
    return { groups: size, keys, columns };
  }

  /** The number of the group with the ids. */
  #toGroup(ids: readonly number[]): number {
    const before = this.#groups.size;
    const group = this.#groups.toNumber(ids);
    if (group === before) for (let at = 0; at < measures.length; at += 1) this.#sums.push(0);
    return group;
  }

  /** @param first the place of the first measure in `sums` */
  #addSums(group: number, sums: readonly number[], first: number): void {
    const own = group * measures.length;
    for (let at = 0; at < measures.length; at += 1) {
      const more = sums[first + at] ?? 0;
      if (more !== 0) this.#sums[own + at] = (this.#sums[own + at] ?? 0) + more;
    }
  }

  /** Counts may be negative, where calls are taken away again. */
  #addCount(group: number, step: number, count: number): void {
    this.#entry[0] = group;
    this.#entry[1] = step;
    const entry = this.#steps.toNumber(this.#entry);
    this.#counts[entry] = (this.#counts[entry] ?? 0) + count;
  }

  #addSketch(group: number, reader: VarintReader): void {
    let step = 0;
    for (let left = reader.read(); left > 0; left -= 1) {
      step += reader.read();
      this.#addCount(group, step, reader.read());
    }
  }

  /** The steps and counts of each group, by its number; those of 0 are left out. */
  *#listSketches(): Generator<void, (group: number) => readonly (readonly [step: number, count: number])[]> {
    const sketches: [number, number][][] = [];
    for (const [entry, count] of this.#counts.entries()) {
      if (entry % groupsAtOnce === 0) yield;
      if (count === 0) continue;
      const group = this.#steps.item(entry, 0);
      const sketch = sketches[group];
      if (sketch === undefined) sketches[group] = [[this.#steps.item(entry, 1), count]];
      else sketch.push([this.#steps.item(entry, 1), count]);
    }
    return (group) => sketches[group] ?? [];
  }
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

function writeSketch(writer: VarintWriter, latency: readonly (readonly [number, number])[]): void {
  writer.write(latency.length);
  let before = 0;
  for (const [step, count] of latency.length > 1 ? [...latency].sort(([a], [b]) => a - b) : latency) {
    writer.write(step - before);
    writer.write(count);
    before = step;
  }
}

function skipSketch(reader: VarintReader): void {
  for (let left = reader.read() * 2; left > 0; left -= 1) reader.read();
}
