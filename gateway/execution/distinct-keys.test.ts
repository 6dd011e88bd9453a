import { parse, print } from 'graphql';
import { describe, expect, it } from 'vitest';
import { withDistinctKeys } from './distinct-keys.ts';

function distinct(query: string) {
  const { document, clientKeys } = withDistinctKeys(parse(query));
  return { query: print(document).replaceAll(/\s+/g, ' '), clientKeys: Object.fromEntries(clientKeys) };
}

describe('keys', () => {
  it('stay where each stands for one field, also one that is asked for in several places and in any order', () => {
    for (const query of [
      '{ a: loom { x: name } b: needle { x: size } }',
      '{ any { ... on Loom { x(n: 1, f: { a: 1, b: 2 }) { id } } ... on Needle { x(f: { b: 2, a: 1 }, n: 1) { id } } } }',
    ]) {
      const document = parse(query);
      expect(withDistinctKeys(document).document).toBe(document);
    }
  });

  it('are told apart where objects of different types use one for different fields or arguments', () => {
    expect(distinct('{ any { ... on Loom { x: name } ... on Needle { x: size } } }')).toEqual({
      query: '{ any { ... on Loom { x_0: name } ... on Needle { x_1: size } } }',
      clientKeys: { x_0: 'x', x_1: 'x' },
    });
    expect(
      distinct(
        '{ any { ... on Loom { at { y(n: 1) } } ...F } } fragment F on Needle { at { y(n: 2) y_0: y(n: 3) } }',
      ),
    ).toEqual({
      query:
        '{ any { ... on Loom { at { y_1: y(n: 1) } } ...F } } fragment F on Needle { at { y_2: y(n: 2) y_0: y(n: 3) } }',
      clientKeys: { y_1: 'y', y_2: 'y' },
    });
  });

  it('of the schema itself stay as they are', () => {
    const query =
      '{ any { ... on Loom { name } ... on Needle { name: size } } __schema { types { name ...T } } } ' +
      'fragment T on __Type { fields { name } }';
    expect(distinct(query).query).toBe(
      query.replace('{ name }', '{ name_0: name }').replace('name: size', 'name_1: size'),
    );
  });
});
