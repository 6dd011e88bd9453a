import { buildSubgraphSchema } from '@apollo/subgraph';
import { composeServices } from '@theguild/federation-composition';
import { type ExecutionResult, execute, parse, validate } from 'graphql';
import pino from 'pino';
import { anonymousCaller } from '#core/caller.ts';
import { PlannerProcess } from '#gateway/planning/planner.ts';
import { createRouter, isOperation } from '#gateway/router.ts';
import type { SubgraphExecutor } from '#transport/executor.ts';
import { readAnswers, wideLimits } from './routers.ts';

type Thing = Record<string, unknown>;
type Resolvers = Record<string, Record<string, (parent: Thing, args: Thing) => unknown>>;

interface Subgraph {
  readonly sdl: string;
  readonly resolvers: Resolvers;
}

/** A small graph that is hard to join for one reason, and operations over it with their data. */
interface JoinGraph {
  readonly subgraphs: Readonly<Record<string, Subgraph>>;
  readonly operations: readonly { readonly query: string; readonly data: unknown }[];
}

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3",
  import: ["@key", "@external", "@requires", "@shareable", "@interfaceObject", "@provides"])`;

const byKey = (things: readonly Thing[], key: string) => ({
  __resolveReference: (reference: Thing) => {
    const found = things.find((thing) => thing[key] === reference[key]);
    return found && { ...found, ...reference };
  },
});

const parcels = [
  { code: 'p1', label: 'one', price: 11, weight: 1, depot: { id: 'd1', fee: 7 } },
  { code: 'p2', label: 'two', price: 22, weight: 2, depot: { id: 'd2', fee: 9 } },
];
const inUnit = (amount: unknown, unit: unknown) => Number(amount) * (unit === 'USD' ? 2 : 1);

const users = [{ __typename: 'User', id: 'u1', name: 'Ada' }];
const accounts = [...users, { __typename: 'Admin', id: 'a1', name: 'Grace' }];

const media = [
  { __typename: 'Book', id: 'b1', title: 'Loom', pages: 90 },
  { __typename: 'Film', id: 'f1', title: 'Shed', minutes: 80 },
];

const items = [
  { number: 1, shelf: { id: 's1', row: 'A' }, text: 'reed' },
  { number: 2, shelf: { id: 's1', row: 'A' }, text: 'sley' },
];

export const joinGraphs: Readonly<Record<string, JoinGraph>> = {
  'fields that require one with different arguments': {
    subgraphs: {
      stock: {
        sdl: `type Query { parcels: [Parcel!] parcel(code: String!): Parcel }
          type Parcel @key(fields: "code") {
            code: String! label: String price(unit: String!): Int weight: Int depot: Depot
          }
          type Depot { id: ID fee(unit: String!): Int }`,
        resolvers: {
          Query: {
            parcels: () => parcels,
            parcel: (_, { code }) => parcels.find((parcel) => parcel.code === code),
          },
          Parcel: { ...byKey(parcels, 'code'), price: ({ price }, { unit }) => inUnit(price, unit) },
          Depot: { fee: ({ fee }, { unit }) => inUnit(fee, unit) },
        },
      },
      freight: {
        sdl: `type Parcel @key(fields: "code") {
            code: String! weight: Int @external price(unit: String!): Int @external depot: Depot @external
            cost: Int @requires(fields: "price(unit: \\"EUR\\") weight")
            dollars: Int @requires(fields: "price(unit: \\"USD\\") weight")
            isDear: Boolean @requires(fields: "depot { fee(unit: \\"USD\\") }")
            quote(days: Int = 1): Int @requires(fields: "price(unit: \\"EUR\\")")
            next: Parcel @requires(fields: "price(unit: \\"USD\\")")
          }
          type Depot @external { fee(unit: String!): Int }`,
        resolvers: {
          Parcel: {
            __resolveReference: (reference) => reference,
            cost: ({ price, weight }) => Number(price) * Number(weight),
            dollars: ({ price, weight }) => Number(price) * Number(weight),
            isDear: ({ depot }) => Number((depot as Thing).fee) > 15,
            quote: ({ price }, { days }) => Number(price) * Number(days),
            next: ({ price }) => ({ code: Number(price) === 22 ? 'p2' : 'p1' }),
          },
        },
      },
    },
    operations: [
      {
        query: '{ parcels { code label cost dollars isDear } }',
        data: {
          parcels: [
            { code: 'p1', label: 'one', cost: 11, dollars: 22, isDear: false },
            { code: 'p2', label: 'two', cost: 44, dollars: 88, isDear: true },
          ],
        },
      },
      {
        query: '{ parcel(code: "p1") { price(unit: "USD") cost quote(days: 3) next { label } } }',
        data: { parcel: { price: 22, cost: 11, quote: 33, next: { label: 'two' } } },
      },
      {
        query:
          '{ parcels { isDear dollars quote } parcel(code: "p2") { cost depot { fee(unit: "EUR") } isDear } }',
        data: {
          parcels: [
            { isDear: false, dollars: 22, quote: 11 },
            { isDear: true, dollars: 88, quote: 22 },
          ],
          parcel: { cost: 44, depot: { fee: 9 }, isDear: true },
        },
      },
    ],
  },
  'a field whose type differs': {
    subgraphs: {
      people: {
        sdl: 'type User { id: ID @shareable } type Query { users: [User!]! }',
        resolvers: { Query: { users: () => users.map(({ id }) => ({ id })) } },
      },
      accounts: {
        sdl: `union Account = User | Admin
          type User @key(fields: "id") { id: ID! name: String similar: [Account!]! }
          type Admin { id: ID name: String similar: [Account!]! }
          type Query { accounts: [Account!]! }`,
        resolvers: {
          Query: { accounts: () => accounts },
          User: { ...byKey(users, 'id'), similar: () => accounts },
          Admin: { similar: () => accounts },
        },
      },
    },
    operations: [
      {
        query: '{ users { id name } accounts { ... on User { id name } ... on Admin { id name } } }',
        data: {
          users: [{ id: 'u1', name: 'Ada' }],
          accounts: [
            { id: 'u1', name: 'Ada' },
            { id: 'a1', name: 'Grace' },
          ],
        },
      },
      {
        query: `{ accounts {
          ... on User { similar { ... on Admin { id } ... on User { name } } }
          ... on Admin { similar { ... on User { id } ... on Admin { name } } } } }`,
        data: {
          accounts: [
            { similar: [{ name: 'Ada' }, { id: 'a1' }] },
            { similar: [{ id: 'u1' }, { name: 'Grace' }] },
          ],
        },
      },
    ],
  },
  'an interface object': {
    subgraphs: {
      shelf: {
        sdl: `interface Media @key(fields: "id") { id: ID! title: String }
          type Book implements Media @key(fields: "id") { id: ID! title: String pages: Int }
          type Film implements Media @key(fields: "id") { id: ID! title: String minutes: Int }
          type Query { media: [Media!] book: Book }`,
        resolvers: {
          Query: { media: () => media, book: () => media[0] },
          Media: byKey(media, 'id'),
          Book: byKey(media, 'id'),
          Film: byKey(media, 'id'),
        },
      },
      scores: {
        sdl: `type Media @key(fields: "id") @interfaceObject { id: ID! score: Int fans(first: Int): [Fan!] }
          type Fan { id: ID! name: String likes: Media }`,
        resolvers: {
          Media: {
            __resolveReference: ({ id }) => ({ id, score: String(id).length }),
            fans: ({ id }, { first }) =>
              [1, 2]
                .slice(0, Number(first))
                .map((n) => ({ id: `${id}-${n}`, name: `fan ${n}`, likes: { id } })),
          },
        },
      },
    },
    operations: [
      {
        query: `{ media { id title score fans(first: 1) { id name }
          ... on Book { pages } ... on Film { minutes } } book { id title score } }`,
        data: {
          media: [
            { id: 'b1', title: 'Loom', score: 2, fans: [{ id: 'b1-1', name: 'fan 1' }], pages: 90 },
            { id: 'f1', title: 'Shed', score: 2, fans: [{ id: 'f1-1', name: 'fan 1' }], minutes: 80 },
          ],
          book: { id: 'b1', title: 'Loom', score: 2 },
        },
      },
    ],
  },
  'a compound key with an object in it': {
    subgraphs: {
      shelves: {
        sdl: `type Query { items: [Item] }
          type Item @key(fields: "number shelf { id row }") { number: Int! shelf: Shelf! text: String }
          type Shelf { id: ID! @shareable row: String! @shareable }`,
        resolvers: { Query: { items: () => items } },
      },
      counts: {
        sdl: `type Item @key(fields: "number shelf { id row }") {
            number: Int! shelf: Shelf! place: String text: String @external
            sign: String @requires(fields: "text")
          }
          type Shelf { id: ID! @shareable row: String! @shareable }`,
        resolvers: {
          Item: {
            __resolveReference: (reference) => reference,
            place: ({ number, shelf }) => `${(shelf as Thing).row}${(shelf as Thing).id}-${number}`,
            sign: ({ text }) => `to the ${text}`,
          },
        },
      },
    },
    operations: [
      {
        query: '{ items { number text place sign shelf { id row } } }',
        data: {
          items: [
            { number: 1, text: 'reed', place: 'As1-1', sign: 'to the reed', shelf: { id: 's1', row: 'A' } },
            { number: 2, text: 'sley', place: 'As1-2', sign: 'to the sley', shelf: { id: 's1', row: 'A' } },
          ],
        },
      },
      {
        query: '{ items { place sign } }',
        data: {
          items: [
            { place: 'As1-1', sign: 'to the reed' },
            { place: 'As1-2', sign: 'to the sley' },
          ],
        },
      },
    ],
  },
  'a root field of several subgraphs': {
    subgraphs: {
      names: {
        sdl: `type Query { best: Best @shareable }
          type Best { id: ID! @shareable name: Text @shareable }
          type Text { id: ID! @shareable full: String }`,
        resolvers: { Query: { best: () => ({ id: 'x', name: { id: 'n', full: 'Xerxes' } }) } },
      },
      prices: {
        sdl: `type Query { best: Best @shareable }
          type Best { id: ID! @shareable name: Text @shareable price: Int }
          type Text { id: ID! @shareable short: String }`,
        resolvers: { Query: { best: () => ({ id: 'x', name: { id: 'n', short: 'X' }, price: 5 }) } },
      },
    },
    operations: [
      {
        query: '{ best { id price name { id full short } } }',
        data: { best: { id: 'x', price: 5, name: { id: 'n', full: 'Xerxes', short: 'X' } } },
      },
    ],
  },
};

/** Our router over the subgraphs of a graph. A subgraph refuses what is not valid there. */
export function startJoinGraph({ subgraphs }: JoinGraph) {
  const composed = composeServices(
    Object.entries(subgraphs).map(([name, { sdl }]) => ({
      name,
      url: `test://${name}`,
      typeDefs: parse(link + sdl),
    })),
  );
  const { supergraphSdl } = composed;
  if (supergraphSdl === undefined) throw new Error(composed.errors?.map(({ message }) => message).join('\n'));
  const executors: Record<string, SubgraphExecutor> = {};
  for (const [name, { sdl, resolvers }] of Object.entries(subgraphs)) {
    const schema = buildSubgraphSchema([{ typeDefs: parse(link + sdl), resolvers: resolvers as never }]);
    executors[name] = {
      execute: async ({ document, variables }) => {
        const [problem] = validate(schema, document);
        if (problem !== undefined) throw problem;
        return (await execute({ schema, document, variableValues: variables ?? {} })) as never;
      },
    };
  }
  const planner = new PlannerProcess(supergraphSdl);
  const log = pino({ level: 'silent' });
  const router = createRouter({ supergraphSdl, planner, executors, limits: wideLimits, log });
  const answer = async (query: string): Promise<ExecutionResult> => {
    const operation = router.prepare(query, undefined, anonymousCaller);
    if (!isOperation(operation)) throw new Error(`Refused: ${JSON.stringify(operation)}\n${query}`);
    const context = { caller: anonymousCaller, requestId: 'r1', clientAddress: null };
    const [only] = await readAnswers(await router.run(operation, {}, context));
    return only ?? {};
  };
  return { schema: router.schema, answer, [Symbol.asyncDispose]: () => planner[Symbol.asyncDispose]() };
}
