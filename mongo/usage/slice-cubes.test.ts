import { describe, expect, it } from 'vitest';
import type { UsageDimension } from '#core/graph-enums.generated.ts';
import { labelDimensions, plainDimensions } from './dimensions.ts';
import { OwnerCubes } from './slice-cubes.ts';

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

describe('the sums of an owner in a slice', () => {
  it('are also stored by one or two dimensions, where that is at most a quarter of the groups', () => {
    const blocks = addCalls().toBlocks('DAY', 0, 'fold');
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
    const groups = Object.fromEntries(
      addCalls()
        .toBlocks('HOUR', 0, 'fold')
        .map(({ shape, groups: count }) => [shape, count]),
    );
    expect(groups).toMatchObject({ '': 1, PLAIN: 400, KEY: 20, MODEL: 20, APP: 6, 'KEY,STATUS': 20 });
    // 30 and 100.
    expect(groups).not.toHaveProperty('APP,PROVIDER');
    expect(groups).not.toHaveProperty('KEY,PROVIDER');
  });

  it('of 5 minutes are not stored by fewer dimensions', () => {
    const shapes = addCalls()
      .toBlocks('FINE', 0, 'fold')
      .map(({ shape }) => shape);
    expect(shapes).toEqual(['PLAIN', '']);
  });
});
