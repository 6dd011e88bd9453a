import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commandVariables } from '../aggregate/expression.ts';
import { PAUSE } from '../aggregate/pause.ts';
import { compileGroup } from '../aggregate/stages/group.ts';
import { compileSortStage } from '../aggregate/stages/sort.ts';
import type { Stage } from '../aggregate/stream.ts';
import { anyScalar, anyValue } from '../bson/arbitrary.ts';
import { pack, parseDecimal } from '../bson/decimal.ts';
import { encodeDocument } from '../bson/encode.ts';
import { d } from '../bson/testing.ts';
import { type Doc, int32, type Value } from '../bson/values.ts';
import { fc } from '../spec/properties.ts';
import { type Keyed, SpilledRuns, sortItems } from './external-sort.ts';
import { SpillSpace } from './spill-space.ts';

let dir: string;
let space: SpillSpace;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'heddle-spill-'));
  space = new SpillSpace(dir);
});
afterEach(() => rmSync(dir, { recursive: true }));

/** So little that a few documents fill it. */
const little = {
  bytesMax: 1_000,
  get space() {
    return space;
  },
};
const plenty = { bytesMax: Number.POSITIVE_INFINITY, space: undefined };

/** Sums of these do not depend on their order. */
const summable: fc.Arbitrary<Value> = fc.oneof(
  fc.integer({ min: -9, max: 9 }).map(int32),
  fc.bigInt(-(2n ** 62n), 2n ** 62n),
  fc.integer({ min: -1_000, max: 1_000 }),
  fc.constantFrom('0.1', '-2.5', '1E+3').map((text) => pack(parseDecimal(text)!)),
);
const documents = fc.array(
  fc.record({ a: anyScalar, b: anyValue, n: summable }).map((fields): Doc => new Map(Object.entries(fields))),
  { maxLength: 60 },
);

const run = (stage: Stage, input: readonly Doc[]): Doc[] =>
  [...stage(input.flatMap((one) => [PAUSE, one]))].filter((one) => one !== PAUSE);
const toBytes = (docs: readonly Doc[]) => docs.map((one) => encodeDocument(one).toString('hex'));
const record = (key: string, value = ''): Keyed => ({ key: Buffer.from(key), value: Buffer.from(value) });

describe('sorts and groups that do not fit into memory', () => {
  it('are sorted as in memory, equal keys in the order in which they came, with and without a limit', () => {
    const order = fc.constantFrom({ a: 1, b: -1 }, { b: 1 }, { a: -1 }, { 'b.a': -1, a: 1 });
    const limits = fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: 1, max: 80 }));
    fc.assert(
      fc.property(documents, order, limits, (docs, spec, limit) => {
        const wanted = run(compileSortStage(d(spec), plenty, limit), docs);
        expect(toBytes(run(compileSortStage(d(spec), little, limit), docs))).toEqual(toBytes(wanted));
        expect(space.bytes).toBe(0);
      }),
    );
  });

  it('are grouped as in memory, by values of every type', () => {
    const spec = d({
      _id: '$a',
      sum: { $sum: '$n' },
      least: { $min: '$b' },
      most: { $max: '$b' },
      all: { $push: '$n' },
    });
    fc.assert(
      fc.property(documents, (docs) => {
        const groups = (memory: Parameters<typeof compileGroup>[2]) =>
          toBytes(run(compileGroup(spec, commandVariables(), memory), docs)).sort();
        expect(groups(little)).toEqual(groups(plenty));
        expect(space.bytes).toBe(0);
      }),
    );
  });

  it('are refused where nothing may go to disk, and where one group alone is too large', () => {
    const docs = Array.from({ length: 40 }, (_, n) => d({ n, text: 'x'.repeat(100) }));
    const memory = { bytesMax: 1_000, space: undefined };
    const group = d({ _id: null, all: { $push: '$text' } });
    const exceeded = expect.objectContaining({ code: 292 });
    expect(() => run(compileSortStage(d({ n: 1 }), memory, 99), docs)).toThrow(exceeded);
    expect(() => run(compileGroup(group, commandVariables(), memory), docs)).toThrow(exceeded);
    expect(() => run(compileGroup(group, commandVariables(), little), docs)).toThrow(exceeded);
    expect(space.bytes).toBe(0);
  });

  it('leave no file and no bytes behind, however they end', () => {
    const docs = Array.from({ length: 100 }, (_, n) => d({ n, text: 'x'.repeat(100) }));
    const stage = compileSortStage(d({ n: -1 }), little, Number.POSITIVE_INFINITY);
    for (const one of stage(docs)) {
      expect(one).toEqual(d({ n: 99, text: 'x'.repeat(100) }));
      expect(space.bytes).toBeGreaterThan(100 * 100);
      expect(readdirSync(dir)).toEqual([]);
      break;
    }
    expect(space.bytes).toBe(0);
  });

  it('take a bounded space on disk, all together', () => {
    space = new SpillSpace(dir, 20_000);
    const docs = Array.from({ length: 100 }, (_, n) => d({ n, text: 'x'.repeat(100) }));
    const sort = () =>
      compileSortStage(d({ n: -1 }), little, Number.POSITIVE_INFINITY)(docs)[Symbol.iterator]();
    const first = sort();
    expect(first.next().done).toBe(false);
    expect(() => sort().next()).toThrow(expect.objectContaining({ code: 14031 }));
    first.return?.();
    expect(sort().next().done).toBe(false);
  });

  it('report no path where the directory cannot be written to', () => {
    space = new SpillSpace(join(dir, 'missing'));
    const failure = expect.objectContaining({ code: 96, message: expect.not.stringContaining(dir) });
    expect(() => space.open()).toThrow(failure);
  });
});

describe('sortItems', () => {
  const items = Array.from({ length: 50 }, (_, n) => `${n % 7}-${n}`);
  it.each([
    ['to its end', 50],
    ['in part', 3],
    ['not at all', 0],
  ])('accounts for no memory any more when what it sorted is read %s, in memory or on disk', (_, taken) => {
    for (const most of [10, 1_000]) {
      let held = 0;
      const sorted = sortItems<string>(items, {
        compare: (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)),
        encodeKey: (item) => Buffer.from(item),
        encode: (item) => Buffer.from(item),
        decode: (bytes) => Buffer.from(bytes).toString(),
        limit: Number.POSITIVE_INFINITY,
        hold(more) {
          held += more;
          return held <= most;
        },
        countBytes: () => 1,
        space,
        exceeded: () => new Error('exceeded'),
      });
      const read = [];
      for (let n = 0; n < taken; n++) read.push(sorted.next().value);
      sorted.return();
      expect(read).toEqual(items.toSorted().slice(0, taken));
      expect(held).toBe(0);
      expect(space.bytes).toBe(0);
    }
  });
});

describe('SpilledRuns', () => {
  it('merges any number of runs, records longer than a block and empty ones, pausing in between', () => {
    const runs = new SpilledRuns(space);
    const long = 'y'.repeat(200_000);
    for (let n = 0; n < 200; n++) {
      runs.add([record(`a${n % 7}`, `${n}`), record(`b${n % 5}`, n === 77 ? long : '')]);
    }
    runs.add([]);
    const found = [...runs.merged()];
    expect(found.filter((one) => one === PAUSE)).toHaveLength(1);
    const records = found.filter((one) => one !== PAUSE);
    const keys = records.map(({ key }) => Buffer.from(key).toString());
    expect(keys).toEqual(keys.toSorted());
    expect(records).toHaveLength(400);
    const firsts = records.filter(({ key }) => Buffer.from(key).toString() === 'a3');
    const numbers = firsts.map(({ value }) => Number(Buffer.from(value).toString()));
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    expect(records.some(({ value }) => Buffer.from(value).toString() === long)).toBe(true);
    runs.close();
    runs.close();
    expect(space.bytes).toBe(0);
  });
});
