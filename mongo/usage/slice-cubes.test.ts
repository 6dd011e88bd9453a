import { describe, expect, it } from 'vitest';
import type { UsageDimension } from '#core/graph-enums.generated.ts';
import { workAtOnce } from '#core/work-turns.ts';
import { labelDimensions, plainDimensions } from './dimensions.ts';
import { OwnerCubes } from './slice-cubes.ts';
import type { SliceLevel } from './slices.ts';

/** 400 combinations: of 20 keys and 20 AI models. A provider has 4 of the AI models, an app 3 or 4 of the keys. */
function addCalls(): OwnerCubes {
  const cubes = new OwnerCubes('acme');
  for (let key = 0; key < 20; key += 1) {
    for (let model = 0; model < 20; model += 1) {
      const own: Partial<Record<UsageDimension, string>> = {
        ...{ TENANT: 'acme', KEY: `k${key}`, MODEL: `m${model}` },
        ...{ PROVIDER: `p${model % 5}`, APP: `a${key % 6}`, STATUS: 'SUCCEEDED' },
      };
      const values = [...plainDimensions, ...labelDimensions].map((dimension) => [own[dimension] ?? null]);
      cubes.add(values, [1, 0, 0, key, model], new Map([[model, 1]]));
    }
  }
  return cubes;
}

const toBlocks = (level: SliceLevel) => workAtOnce(addCalls().toBlocks(level, 0, 'fold'));

describe('the sums of an owner in a slice', () => {
  it('are also stored by one or two dimensions, where that is at most a quarter of the groups', () => {
    const blocks = toBlocks('DAY');
    const groups = Object.fromEntries(blocks.map(({ shape, groups: count }) => [shape, count]));
    expect(groups).toMatchObject({
      ...{ '': 1, PLAIN: 400, KEY: 20, MODEL: 20, APP: 6, STATUS: 1 },
      ...{ 'KEY,PROVIDER': 100, 'APP,PROVIDER': 30, 'APP,KEY': 20 },
    });
    // 120 and 400.
    expect(groups).not.toHaveProperty('APP,MODEL');
    expect(groups).not.toHaveProperty('KEY,MODEL');
    for (const { kept } of blocks) {
      expect([...kept].sort()).toEqual(
        Object.keys(groups)
          .filter((shape) => shape !== '' && shape !== 'PLAIN')
          .sort(),
      );
    }
  });

  it('of an hour are stored by those that have at most a sixteenth, as the next slices are summed from the whole', () => {
    const groups = Object.fromEntries(toBlocks('HOUR').map(({ shape, groups: count }) => [shape, count]));
    expect(groups).toMatchObject({ '': 1, PLAIN: 400, KEY: 20, MODEL: 20, APP: 6, 'KEY,STATUS': 20 });
    // 30 and 100.
    expect(groups).not.toHaveProperty('APP,PROVIDER');
    expect(groups).not.toHaveProperty('KEY,PROVIDER');
  });

  it('of 5 minutes are not stored by fewer dimensions', () => {
    const shapes = toBlocks('FINE').map(({ shape }) => shape);
    expect(shapes).toEqual(['PLAIN', '']);
  });

  it('let others get their turn: no piece of the work on many groups is a large part of it', () => {
    const large = new OwnerCubes('acme');
    const rows = 20_000;
    for (let n = 0; n < rows; n += 1) {
      const own: Partial<Record<UsageDimension, string>> = {
        TENANT: 'acme',
        KEY: `k${n}`,
        MODEL: `m${n % 7}`,
      };
      const values = [...plainDimensions, ...labelDimensions].map((dimension) => [own[dimension] ?? null]);
      large.add(values, [1, 0, 0, n, 1], new Map([[n % 50, 1]]));
    }
    const count = (work: Generator<void, unknown>) => {
      let pieces = 0;
      while (work.next().done !== true) pieces += 1;
      return pieces;
    };
    const blocks = workAtOnce(large.toBlocks('DAY', 0, 'fold'));
    // At most 500 groups or latencies each, of several passes over all of them.
    expect(count(large.toBlocks('DAY', 0, 'fold'))).toBeGreaterThan(5 * (rows / 500));
    const merged = new OwnerCubes('acme');
    expect(count(merged.addBlocks(blocks))).toBeGreaterThanOrEqual(rows / 500);
    expect(workAtOnce(merged.toBlocks('DAY', 0, 'fold'))).toEqual(blocks);
  });
});
