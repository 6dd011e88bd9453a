import { composeServices } from '@theguild/federation-composition';
import { parse } from 'graphql';

/**
 * A graph with everything in it that makes joining hard, for tests of the router: entities of which four subgraphs
 * know parts, in both directions; interfaces and unions of entities; lists of lists; a field that requires another
 * subgraph's; nullable and non-null places for whatever fails.
 */

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9",
  import: ["@key", "@external", "@requires"])`;

export const bazaarSdls = {
  catalog: `${link}
    enum Currency { EUR USD GBP }
    scalar JSON
    interface Product { id: ID! title: String! price(currency: Currency = EUR): Int maker: Person related(first: Int = 2): [Product!]! }
    type Book implements Product @key(fields: "id") {
      id: ID! title: String! price(currency: Currency = EUR): Int maker: Person related(first: Int = 2): [Product!]!
      pages: Int! sequel: Book grid: [[Int!]]! facts: JSON
    }
    type Tool implements Product @key(fields: "id") {
      id: ID! title: String! price(currency: Currency = EUR): Int maker: Person related(first: Int = 2): [Product!]!
      weight: Float spares: [Tool]! label(texts: [String!]! = ["a"]): String
    }
    type Person @key(fields: "id") { id: ID! made(first: Int): [Product!]! favourite: Product }
    union Found = Book | Tool | Person
    type Ticks { id: ID! count: Int! found: Found }
    type Query { product(id: ID!): Product products(ids: [ID!]): [Product] book(id: ID = "b0"): Book find(text: String): [Found!] }
    type Mutation { rename(id: ID!, title: String!): Product tickCatalog(by: Int! = 1): Ticks! }`,
  people: `${link}
    type Address { city: String! street: String tenants: [Person!] }
    type Person @key(fields: "id") {
      id: ID! name: String! email: String boss: Person address: Address
      friends(first: Int = 3): [Person!]! teams: [[Person!]!] neighbour: Person!
    }
    type Query { person(id: ID!): Person people(first: Int = 2): [Person!]! }
    type Mutation { hire(id: ID!, boss: ID): Person! }`,
  orders: `${link}
    enum OrderState { OPEN PAID SENT }
    input OrderFilter { state: OrderState states: [OrderState!] least: Int = 0 }
    interface Product { id: ID! }
    type Book implements Product @key(fields: "id") { id: ID! sold: Int! }
    type Tool implements Product @key(fields: "id") { id: ID! lent: [Order!] }
    type Person @key(fields: "id") { id: ID! orders(filter: OrderFilter, first: Int): [Order!]! lastOrder: Order }
    type Line { id: ID! count: Int! product: Product spare: Tool gift: Product! }
    type Order @key(fields: "id") { id: ID! buyer: Person! total: Int! state: OrderState! states: [OrderState] lines: [Line!]! seller: Person }
    type TickedOrder { id: ID! count: Int! order: Order }
    type Query { order(id: ID!): Order orders(filter: OrderFilter! = { least: 1 }): [Order!] }
    type Mutation { tickOrders(by: Int! = 1): TickedOrder! }
    type Subscription { orderChanged(state: OrderState): Order! lineAdded: Line }`,
  reviews: `${link}
    interface Reviewed { id: ID! reviews(first: Int = 2): [Review!]! rating: Float }
    interface Product implements Reviewed { id: ID! reviews(first: Int = 2): [Review!]! rating: Float }
    type Book implements Product & Reviewed @key(fields: "id") { id: ID! reviews(first: Int = 2): [Review!]! rating: Float }
    type Tool implements Product & Reviewed @key(fields: "id") {
      id: ID! reviews(first: Int = 2): [Review!]! rating: Float
      weight: Float @external
      freight(zone: Int! = 1): Float @requires(fields: "weight")
    }
    type Order implements Reviewed @key(fields: "id") { id: ID! reviews(first: Int = 2): [Review!]! rating: Float }
    type Person @key(fields: "id") { id: ID! reviews(first: Int = 2): [Review!]! }
    union Subject = Book | Tool | Order | Review
    type Review { id: ID! author: Person! product: Product subject: Subject stars: Int! text: String replies: [Review] }
    type Query { review(id: ID!): Review best: Subject reviewed: [Reviewed!]! }
    type Mutation { tickReviews(by: Int! = 1): Review! }
    type Subscription { reviewAdded: Review }`,
} as const;

export type BazaarName = keyof typeof bazaarSdls;
export const bazaarNames = Object.keys(bazaarSdls) as BazaarName[];

function compose(): string {
  const services = bazaarNames.map((name) => ({
    name,
    url: `test://${name}`,
    typeDefs: parse(bazaarSdls[name]),
  }));
  const { supergraphSdl, errors } = composeServices(services);
  if (supergraphSdl === undefined) throw new Error(errors?.map((error) => error.message).join('\n'));
  return supergraphSdl;
}

export const bazaarSupergraph = compose();

/** Which subgraph answers for a field; undefined for the keys, which every subgraph that names an entity knows. */
export const fieldOwners: ReadonlyMap<string, BazaarName> = new Map(
  bazaarNames.flatMap((name) =>
    parse(bazaarSdls[name]).definitions.flatMap((definition) => {
      if (definition.kind !== 'ObjectTypeDefinition') return [];
      return (definition.fields ?? [])
        .filter((field) => field.name.value !== 'id')
        .filter((field) => !field.directives?.some((directive) => directive.name.value === 'external'))
        .map((field) => [`${definition.name.value}.${field.name.value}`, name] as const);
    }),
  ),
);

/** Fields that need another subgraph's first. */
export const fieldRequirements: ReadonlyMap<string, BazaarName> = new Map([['Tool.freight', 'catalog']]);
