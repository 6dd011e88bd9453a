import { describe, expect, it } from 'vitest';
import type { PathStep } from '../planning/plan.ts';
import {
  applyRewrites,
  buildRepresentation,
  type Entity,
  findEntities,
  type IsOfType,
  mergeInto,
} from './entities.ts';

const isOfType: IsOfType = (typeName, conditions) =>
  conditions.includes(typeName) || (conditions.includes('Media') && ['Book', 'Song'].includes(typeName));

const field = (key: string): PathStep => ({ kind: 'field', key });

function find(value: unknown, path: readonly PathStep[]) {
  const found: [Entity, readonly (string | number)[]][] = [];
  findEntities(value, path, isOfType, (entity, at) => found.push([entity, at]));
  return found;
}

describe('entities in an answer', () => {
  const book = { __typename: 'Book', id: 1 };
  const song = { __typename: 'Song', id: 2 };

  it('are found through lists, written in the path or not, with where they stand', () => {
    const data = { shelves: [{ items: [[book], [null, song]] }, null] };
    const expected = [
      [book, ['shelves', 0, 'items', 0, 0]],
      [song, ['shelves', 0, 'items', 1, 1]],
    ];
    expect(find(data, [field('shelves'), field('items')])).toEqual(expected);
    expect(find(data, [field('shelves'), { kind: 'list' }, field('items'), { kind: 'list' }])).toEqual(
      expected,
    );
  });

  it('are found of the type that the path names only', () => {
    const data = { items: [book, song] };
    expect(find(data, [field('items'), { kind: 'type', names: ['Song'] }])).toEqual([[song, ['items', 1]]]);
    expect(find(data, [field('items'), { kind: 'type', names: ['Media'] }])).toHaveLength(2);
  });

  it('are represented by what is required of them, or not at all', () => {
    const requires = [
      {
        kind: 'InlineFragment' as const,
        typeCondition: 'Book',
        selections: [
          { kind: 'Field' as const, name: '__typename' },
          { kind: 'Field' as const, name: 'id' },
          { kind: 'Field' as const, name: 'author', selections: [{ kind: 'Field' as const, name: 'name' }] },
        ],
      },
    ];
    const whole = { ...book, title: 't', author: { name: 'n', age: 3 } };
    expect(buildRepresentation(whole, requires, isOfType)).toEqual({ ...book, author: { name: 'n' } });
    expect(buildRepresentation(song, requires, isOfType)).toBeUndefined();
    expect(buildRepresentation({ id: 1 }, requires, isOfType)).toBeUndefined();
  });

  it('are rewritten where the planner states', () => {
    const data = {
      a: [
        { __typename: 'Book', title_0: 't' },
        { __typename: 'Song', title_0: 's' },
      ],
    };
    const path = [
      { kind: 'key' as const, key: 'a' },
      { kind: 'type' as const, names: ['Book'] },
    ];
    applyRewrites(
      data,
      [{ kind: 'rename', path: [...path, { kind: 'key', key: 'title_0' }], to: 'title' }],
      isOfType,
    );
    applyRewrites(
      data,
      [{ kind: 'set', path: [...path, { kind: 'key', key: '__typename' }], value: 'Media' }],
      isOfType,
    );
    expect(data.a).toEqual([
      { __typename: 'Media', title: 't' },
      { __typename: 'Song', title_0: 's' },
    ]);
  });

  it('keep what is there when a later fetch brings nothing for it', () => {
    const target: Entity = { a: 1, o: { x: 1 }, l: [{ x: 1 }, null], n: null };
    mergeInto(target, { a: null, o: { y: 2 }, l: [{ y: 2 }, { z: 3 }], n: { x: 1 }, b: 2 });
    expect(target).toEqual({ a: 1, o: { x: 1, y: 2 }, l: [{ x: 1, y: 2 }, { z: 3 }], n: { x: 1 }, b: 2 });
  });
});

describe('what another fetch brought', () => {
  it.each([
    [[{ x: 1 }], [{ y: 1 }], [{ x: 1, y: 1 }]],
    [[{ x: 1 }], [{ y: 1 }, { y: 2 }], [{ y: 1 }, { y: 2 }]],
    [[{ x: 1 }, { x: 2 }], [{ y: 1 }], [{ y: 1 }]],
    [[{ x: 1 }], [], []],
    [[{ x: 1 }], null, [{ x: 1 }]],
    [
      [1, 2],
      [3, 4],
      [1, 2],
    ],
  ])('replaces a list of another length whole: %j and %j', (there, brought, expected) => {
    const target: Entity = { l: structuredClone(there) };
    mergeInto(target, { l: brought });
    expect(target.l).toEqual(expected);
  });

  it('never reaches what an object inherits', () => {
    mergeInto({ settings: { a: 1 } }, JSON.parse('{"settings": {"__proto__": {"polluted": true}}}'));
    expect({}).not.toHaveProperty('polluted');
  });
});
