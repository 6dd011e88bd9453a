import { buildSchema, Kind, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { findVariableProblem } from './variables.ts';

const schema = buildSchema(`
  input Item { id: ID! count: Int items: [Item!] }
  type Query { read(item: Item, ids: [ID!], of: Item): String }
`);
const [operation] = parse(
  'query ($item: Item, $ids: [ID!], $of: Item!) { read(item: $item, ids: $ids, of: $of) }',
).definitions;
const definitions =
  operation?.kind === Kind.OPERATION_DEFINITION ? (operation.variableDefinitions ?? []) : [];
const find = (given: Record<string, unknown>) => findVariableProblem(schema, definitions, given);

describe('the problem of large variables', () => {
  it.each<[Record<string, unknown>, string, string]>([
    [
      { item: { id: 'a', wrong: 1, alsoWrong: 2 } },
      'Variable "$item" got an invalid value: Field "wrong" is not defined by type "Item".',
      'item',
    ],
    [
      { item: { id: 'a', items: [{ id: 'b' }, { id: 'c', count: 'x' }] } },
      'Variable "$item" got an invalid value at "item.items[1].count": Int cannot represent non-integer value: "x"',
      'item',
    ],
    [
      { ids: ['a', null] },
      'Variable "$ids" got an invalid value at "ids[1]": Expected non-nullable type',
      'ids',
    ],
    [{ item: {} }, 'Field "id" of required type "ID!" was not provided.', 'item'],
  ])('is the first one, with its place and without the value: %j', (given, message, name) => {
    const problem = find(given);
    expect(problem?.message).toContain(message);
    expect(problem?.definition.variable.name.value).toBe(name);
  });

  it('is none of values that fit, and of those that graphql-js distinguishes from their absence', () => {
    expect(find({ item: { id: 1, items: { id: 'one' } }, ids: 'one', of: { id: 'a' } })).toBeNull();
    expect(find({ of: null })).toBeNull();
    expect(find({})).toBeNull();
  });

  it('does not show a value of many names, whatever their number', () => {
    const item = Object.fromEntries(Array.from({ length: 60_000 }, (_, at) => [`p${at}`, 1]));
    expect(find({ item: { id: 'a', ...item } })?.message.length).toBeLessThan(200);
  });
});
