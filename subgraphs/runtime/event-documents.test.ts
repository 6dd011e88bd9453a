import { buildSchema, execute, getOperationAST, isObjectType, Kind, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { EventDocuments } from './event-documents.ts';
import { prepareOperation } from './prepared-operation.ts';

const schema = buildSchema(`
  scalar JSON
  type Query { on: Boolean }
  interface Event { id: ID! number: Int! }
  interface Texted { text: String! }
  type Delta implements Event & Texted { id: ID! number: Int! text: String! }
  type Ended implements Event { id: ID! number: Int! result: Result! }
  type Result { text(upper: Boolean): String! tokens: Int! }
  input Ask { texts: [String!]! }
  type Subscription { events(ask: Ask!): Event! }
`);
const result = { text: ({ upper = false }: { upper?: boolean }) => (upper ? 'ABC' : 'abc'), tokens: 3 };
const events = [
  { __typename: 'Delta', id: 'a', number: 0, text: 'b' },
  { __typename: 'Ended', id: 'a', number: 1, result },
];
const documents = (text: string) => {
  const document = parse(text);
  const operation = getOperationAST(document);
  if (operation === null || operation === undefined) throw new TypeError('No operation.');
  return new EventDocuments(schema, document, operation);
};

describe('the document for an event of a type', () => {
  it.each([
    'subscription ($a: Ask!) { events(ask: $a) { id number } }',
    'subscription ($a: Ask!) { events(ask: $a) { __typename ... on Delta { text } ... on Ended { result { tokens } } } }',
    'subscription ($a: Ask!) { all: events(ask: $a) { ... on Texted { text } ... on Event { number ... on Ended { n: number } } } }',
    'subscription ($a: Ask!) { events(ask: $a) { ...E } } fragment E on Event { id ...D ... { number } } fragment D on Delta { text }',
    'subscription ($a: Ask!, $on: Boolean!) { events(ask: $a) { id ... on Delta @include(if: $on) { text } ... on Ended @skip(if: $on) { number } } }',
    'subscription ($a: Ask!, $on: Boolean!) { events(ask: $a) { ... on Ended { result { tokens } } ... on Ended { result { text(upper: $on) } } } }',
  ])('has its results: %s', (text) => {
    const document = parse(text);
    for (const on of [true, false]) {
      const given = { a: { texts: ['x'] }, ...(text.includes('$on') ? { on } : {}) };
      const prepared = prepareOperation(schema, document, undefined);
      const ofType = prepared.eventExecution(prepared.execution(given));
      for (const event of events) {
        const rootValue = { events: event };
        const whole = execute({ schema, document, variableValues: given, rootValue });
        expect(execute({ schema, ...ofType(event.__typename), rootValue })).toEqual(whole);
        expect(whole).not.toHaveProperty('errors');
      }
    }
  });

  it('has the fields of its type alone, and is made once', () => {
    const all = documents(
      'subscription ($a: Ask!) { events(ask: $a) { id ... on Delta { text } ... on Ended { result { tokens } } } }',
    );
    const operation = getOperationAST(all.ofType('Delta'));
    const [field] = operation?.selectionSet.selections ?? [];
    expect(field?.kind === Kind.FIELD && field.selectionSet?.selections).toMatchObject([
      { kind: Kind.FIELD, name: { value: 'id' } },
      { kind: Kind.FIELD, name: { value: 'text' } },
    ]);
    expect(all.ofType('Delta')).toBe(all.ofType('Delta'));
  });

  it('is the whole one for a type that the schema does not have', () => {
    const all = documents('subscription ($a: Ask!) { events(ask: $a) { id } }');
    expect(isObjectType(schema.getType('Other'))).toBe(false);
    expect(all.ofType('Other')).toBe(all.ofType('Another'));
  });
});

describe('the variables of an event', () => {
  it('are those that it reads: an object that the subscription alone takes is left out', () => {
    const text =
      'subscription ($a: Ask!, $on: Boolean!) { events(ask: $a) { ... on Ended { result { text(upper: $on) } } } }';
    expect(documents(text).variables({ a: { texts: ['long'] }, on: true })).toEqual({ a: {}, on: true });
  });

  it('are whole where a field below reads them', () => {
    const read = buildSchema(`
      type Query { on: Boolean }
      input Ask { texts: [String!]! }
      type Event { echo(ask: Ask): String }
      type Subscription { events(ask: Ask!): Event! }
    `);
    const document = parse('subscription ($a: Ask!) { events(ask: $a) { echo(ask: $a) } }');
    const operation = getOperationAST(document);
    if (operation === null || operation === undefined) throw new TypeError('No operation.');
    const variables = { a: { texts: ['long'] } };
    expect(new EventDocuments(read, document, operation).variables(variables)).toEqual(variables);
  });
});
