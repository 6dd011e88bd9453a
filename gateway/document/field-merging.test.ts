import { buildSchema, OverlappingFieldsCanBeMergedRule, parse, specifiedRules, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import { createRandom, printedSeed, type Random } from '#test/support/random.ts';
import { findMergeConflicts } from './field-merging.ts';

const schema = buildSchema(`
  interface Node { id: ID! name(at: Int, in: Place, all: [Place!]): String self: Node list: [Node!] }
  interface Named { name(at: Int, in: Place, all: [Place!]): String label: String }
  input Place { x: Int y: Int }
  type A implements Node & Named { label: String id: ID! name(at: Int, in: Place, all: [Place!]): String self: A list: [Node!] size: Int b: B any: U }
  type B implements Node { id: ID! name(at: Int, in: Place, all: [Place!]): String self: Node list: [Node!] size: Int! a: A any: U }
  type C { size: [Int] a: A b: B }
  union U = A | B | C
  type Query { node: Node a: A b: B c: C any: U }
`);

const expectedFields: Readonly<Record<string, readonly string[]>> = {
  Query: ['node', 'a', 'b', 'c', 'any'],
  Node: ['id', 'name', 'self', 'list'],
  A: ['id', 'name', 'self', 'list', 'size', 'b', 'any'],
  B: ['id', 'name', 'self', 'list', 'size', 'a', 'any'],
  C: ['size', 'a', 'b'],
  U: [],
};
const composite: Readonly<Record<string, string>> = {
  'Query.node': 'Node',
  'Query.a': 'A',
  'Query.b': 'B',
  'Query.c': 'C',
  'Query.any': 'U',
  'Node.self': 'Node',
  'A.self': 'A',
  'B.self': 'Node',
  'Node.list': 'Node',
  'A.list': 'Node',
  'B.list': 'Node',
  'A.b': 'B',
  'B.a': 'A',
  'C.a': 'A',
  'C.b': 'B',
  'A.any': 'U',
  'B.any': 'U',
};
const conditions: Readonly<Record<string, readonly string[]>> = {
  Query: ['Query'],
  Node: ['Node', 'A', 'B'],
  A: ['A', 'Node', 'U'],
  B: ['B', 'Node', 'U'],
  C: ['C', 'U'],
  U: ['U', 'A', 'B', 'C', 'Node'],
};
const calls = [
  '',
  '',
  '(at: 1)',
  '(at: 2)',
  '(in: {x: 1, y: 2}, at: 1)',
  '(at: 1, in: {y: 2, x: 1})',
  '(all: [{x: 1, y: 2}, {x: 3}])',
  '(all: [{y: 2, x: 1}, {x: 3}])',
  '(all: [{x: 3}, {x: 1, y: 2}])',
];

/** Selections with few keys, so that many of them meet. */
function selections(type: string, depth: number, random: Random, fragments: string[]): string {
  const texts = Array.from({ length: 1 + random.below(4) }, () => {
    const fields = expectedFields[type] ?? [];
    if (depth > 0 && (fields.length === 0 || random.chance(0.35))) {
      const condition = random.pick(conditions[type] ?? []);
      const inner = selections(condition, depth - 1, random, fragments);
      if (random.chance(0.6)) return `... on ${condition} ${inner}`;
      fragments.push(`fragment F${fragments.length} on ${condition} ${inner}`);
      return `...F${fragments.length - 1}`;
    }
    if (fields.length === 0) return '__typename';
    const name = random.pick(fields);
    const inner = composite[`${type}.${name}`];
    const alias = random.chance(0.3) ? `${random.pick(['x', 'size', 'name'])}: ` : '';
    if (inner === undefined) return `${alias}${name}${name === 'name' ? random.pick(calls) : ''}`;
    if (depth === 0) return '__typename';
    return `${alias}${name} ${selections(inner, depth - 1, random, fragments)}`;
  });
  return `{ ${texts.join(' ')} }`;
}

const otherRules = specifiedRules.filter((rule) => rule !== OverlappingFieldsCanBeMergedRule);

describe('findMergeConflicts', () => {
  it('refuses exactly the documents that graphql-js refuses', () => {
    const random = createRandom(printedSeed('field merging'));
    const counts = { accepted: 0, refused: 0 };
    for (let run = 0; run < 1_500; run++) {
      const fragments: string[] = [];
      const query = [selections('Query', 4, random, fragments), ...fragments].join('\n');
      const document = parse(query);
      if (validate(schema, document, otherRules).length > 0) continue;
      const isRefused = validate(schema, document, [OverlappingFieldsCanBeMergedRule]).length > 0;
      expect([query, findMergeConflicts(schema, document, 20).length > 0]).toEqual([query, isRefused]);
      counts[isRefused ? 'refused' : 'accepted']++;
    }
    expect(counts.accepted).toBeGreaterThan(50);
    expect(counts.refused).toBeGreaterThan(50);
  });

  it.each([
    ['{ a { x: id x: name } }', 'Fields "x" conflict because "id" and "name" are different fields.'],
    ['{ a { name(at: 1) name(at: 2) } }', 'Fields "name" conflict because they have differing arguments.'],
    [
      '{ any { ... on A { size } ... on B { size } } }',
      'Fields "size" conflict because they return conflicting types "Int" and "Int!".',
    ],
  ])('names the key and the reason: %s', (query, message) => {
    const [conflict] = findMergeConflicts(schema, parse(query), 20);
    expect(conflict?.message).toContain(message);
    expect(conflict?.locations).toHaveLength(2);
  });

  it.each([
    '{ a { x: __typename x: id } }',
    '{ a { x: __typename x: __typename } }',
    '{ any { ... on Node { x: name } ... on Named { x: label } } }',
    '{ any { ... on Node { x: name } ... on Named { x: name } } }',
    '{ any { ... on Node { x: name(at: 1) } ... on Named { x: name } } }',
    '{ any { ... on B { x: name } ... on Named { x: label } } }',
    '{ x: __typename x: a { id } }',
    '{ x: __schema { description } x: a { id } }',
    '{ a { name(all: [{x: 1, y: 2}]) name(all: [{y: 2, x: 1}]) } }',
    '{ a { name(all: [{x: 1}, {x: 2}]) name(all: [{x: 2}, {x: 1}]) } }',
    '{ a { name(in: {x: 1}) name(in: {x: 1, y: null}) } }',
    '{ a { x: id } ... { a { x: name } } }',
  ])('decides as graphql-js: %s', (query) => {
    const document = parse(query);
    const isRefused = validate(schema, document, [OverlappingFieldsCanBeMergedRule]).length > 0;
    expect(findMergeConflicts(schema, document, 20).length > 0).toBe(isRefused);
  });

  it('refuses another shape beside __typename, as the specification does and graphql-js does not', () => {
    const query = '{ any { ... on A { x: __typename } ... on B { x: size } } }';
    expect(findMergeConflicts(schema, parse(query), 20)).toHaveLength(1);
  });

  it('reports a conflict once, though its fields have other shapes too', () => {
    expect(findMergeConflicts(schema, parse('{ a { x: id x: b { id } } }'), 20)).toHaveLength(1);
  });

  it('counts the fields of objects beside those of interfaces that they are compared with', () => {
    const many = (count: number) => Array.from({ length: count }, () => 'id').join(' ');
    const query = (count: number) => `{ node { ${many(count)} ...on A { id } ...on B { id } } }`;
    // Twice for their shapes, once for all on one object and once for each of the two types.
    expect(findMergeConflicts(schema, parse(query(12_000)), 20)).toEqual([]);
    expect(() => findMergeConflicts(schema, parse(query(17_000)), 20)).toThrow('too often');
  });

  it('reports no more conflicts than requested', () => {
    const query = `{ a { ${Array.from({ length: 50 }, (_, n) => `x${n}: id x${n}: name`).join(' ')} } }`;
    expect(findMergeConflicts(schema, parse(query), 20)).toHaveLength(20);
  });

  it('ends where fields of interfaces and objects multiply', () => {
    const both = (inner: string) =>
      `self { ...on A { ${inner} } ...on B { ${inner} } ...on Node { ${inner} } }`;
    let query = 'id';
    for (let level = 0; level < 9; level++) query = both(query);
    expect(() => findMergeConflicts(schema, parse(`{ node { ${query} } }`), 20)).toThrow('too often');
  });
});
