import { buildSchema, getIntrospectionQuery, Kind, type OperationDefinitionNode, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { collectFragments } from '../document/selections.ts';
import { IntrospectionBound } from './introspection.ts';

const types = Array.from({ length: 30 }, (_, n) => `type T${n} { a${n}(x: Int): Int b: T${(n + 1) % 30} }`);
const schema = buildSchema(`type Query { t: T0 } ${types.join(' ')}`);
const bound = new IntrospectionBound(schema);

function isRefused(query: string, by = bound): boolean {
  const document = parse(query);
  const operation = document.definitions.find(
    (each): each is OperationDefinitionNode => each.kind === Kind.OPERATION_DEFINITION,
  );
  if (operation === undefined) throw new Error('There is no operation.');
  try {
    by.refuseLarge(operation, collectFragments(document));
    return false;
  } catch (error) {
    expect(error).toMatchObject({ code: 'GRAPH_COST_EXCEEDED' });
    return true;
  }
}

describe('the introspection of one operation', () => {
  it('may be what tools request', () => {
    expect(isRefused(getIntrospectionQuery())).toBe(false);
    expect(isRefused(getIntrospectionQuery({ descriptions: false }))).toBe(false);
  });

  const named = (count: number, fields: string) =>
    `{ ${Array.from({ length: count }, (_, n) => `t${n}: __type(name: "T${n}") { ${fields} }`).join(' ')} }`;

  it('requests five types and one schema at most, fragments followed', () => {
    expect(isRefused(named(5, 'name'))).toBe(false);
    expect(isRefused(named(6, 'name'))).toBe(true);
    expect(
      isRefused(
        '{ ...F ... { __schema { description } } } fragment F on Query { a: __schema { description } }',
      ),
    ).toBe(true);
  });

  const repeated = (field: string, count: number) =>
    `{ __schema { types { ${Array.from({ length: count }, (_, n) => `a${n}: ${field}`).join(' ')} } } }`;
  const most = (field: string) => {
    let count = 1;
    while (!isRefused(repeated(field, count))) count += 1;
    return count - 1;
  };

  it('may have four times as many names as texts', () => {
    const [texts, names] = [most('description'), most('name')];
    expect(texts).toBeGreaterThan(1);
    expect(names / texts).toBeGreaterThan(3.5);
    expect(names / texts).toBeLessThanOrEqual(5);
  });

  it('counts the types of fields as large ones, not as the average', () => {
    const large = `type Large { ${Array.from({ length: 200 }, (_, n) => `f${n}: Int`).join(' ')} }`;
    const uneven = new IntrospectionBound(
      buildSchema(`type Query { t: T0 l: Large } ${large} ${types.join(' ')}`),
    );
    const query = '{ __schema { types { fields { type { fields { name } } } } } }';
    expect(isRefused(query)).toBe(false);
    expect(isRefused(query, uneven)).toBe(true);
    expect(isRefused(getIntrospectionQuery(), uneven)).toBe(false);
  });
});
