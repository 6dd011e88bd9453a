import { GraphQLError } from 'graphql';

/** One object of the world, whichever subgraph tells of it. A field is a value, or a function of its arguments. */
export interface Thing {
  readonly __typename: string;
  readonly id: string;
  readonly [field: string]: unknown;
}

export interface World {
  readonly roots: { readonly Query: Thing; readonly Mutation: Thing; readonly Subscription: Thing };
  thing(type: string, id: string): Thing | undefined;
}

const letterPatterns: Readonly<Record<string, RegExp>> = {
  person: /^p/,
  hire: /^p/,
  product: /^[bt]/,
  products: /^[bt]/,
  rename: /^[bt]/,
  book: /^b/,
  order: /^o/,
  review: /^r/,
};

/** Ids that the arguments of a field may carry: mostly of what it is about, some of other things and of nothing. */
export function idsFor(field: string): readonly string[] {
  const ids = [
    'p0',
    'p1',
    'p2',
    'p3',
    'p4',
    'b0',
    'b1',
    'b2',
    'b3',
    't0',
    't1',
    't2',
    'o0',
    'o1',
    'o2',
    'o3',
    'r0',
    'r1',
    'r4',
  ];
  const fitting = ids.filter((id) => letterPatterns[field]?.test(id) ?? true);
  return [...fitting, ...fitting, ids[field.length % ids.length] ?? 'p0', 'nothing'];
}

type First = { readonly first?: number | null };
type Filter = {
  readonly state?: string | null;
  readonly states?: readonly string[] | null;
  readonly least?: number | null;
};

const take = <T>(things: readonly T[], { first }: First): readonly T[] =>
  things.slice(0, first ?? things.length);

async function* each(things: readonly unknown[]): AsyncGenerator<unknown> {
  yield* things;
}

/** The same world each time; mutations change only the one that they run in. */
export function createWorld(): World {
  const things = new Map<string, Thing>();
  const add = (type: string, id: string, fields: Record<string, unknown>): void => {
    things.set(`${type}:${id}`, { ...fields, __typename: type, id });
  };
  const at = (type: string, letter: string, n: number) => (): unknown => things.get(`${type}:${letter}${n}`);
  const person = (n: number) => at('Person', 'p', n % 5);
  const book = (n: number) => at('Book', 'b', n % 4);
  const tool = (n: number) => at('Tool', 't', n % 3);
  const order = (n: number) => at('Order', 'o', n % 4);
  const review = (n: number) => at('Review', 'r', n % 5);
  const product = (n: number) => (n % 2 === 0 ? book(n / 2) : tool((n - 1) / 2));
  const all = (...found: (() => unknown)[]) => found.map((one) => one());
  const price =
    (n: number) =>
    ({ currency }: { currency?: string | null }) =>
      n === 3 ? null : n * 10 + (currency ?? '').length + (currency === 'USD' ? 1 : 0);
  const totals = new Map<string, number>();

  for (let n = 0; n < 5; n++) {
    add('Person', `p${n}`, {
      name: `Person ${n}`,
      email: n === 2 ? null : `p${n}@example.test`,
      boss: () => (n === 0 ? null : person(n - 1)()),
      address:
        n === 3
          ? null
          : {
              __typename: 'Address',
              id: `a${n}`,
              city: `City ${n}`,
              street: null,
              tenants: () => all(person(n), person(n + 1)),
            },
      friends: (args: First) => take(all(person(n + 1), person(n + 2), person(n + 3)), args),
      teams: () => [all(person(n)), [], all(person(n + 2), person(n))],
      neighbour: person(n + 1),
      made: (args: First) => take(all(product(n), product(n + 3)), args),
      favourite: () => (n === 4 ? null : product(n + 1)()),
      orders: ({ filter, ...args }: First & { filter?: Filter | null }) =>
        take(orders(filter), args).slice(n % 2),
      lastOrder: () => (n === 1 ? null : order(n)()),
      reviews: (args: First) => take(all(review(n), review(n + 2)), args),
    });
  }
  for (let n = 0; n < 4; n++) {
    add('Book', `b${n}`, {
      title: `Book ${n}`,
      price: price(n),
      maker: () => (n === 2 ? null : person(n)()),
      related: (args: First) => take(all(product(n + 1), product(n + 2), product(n)), args),
      pages: 100 + n,
      sequel: () => (n === 3 ? null : book(n + 1)()),
      grid: [[n, 1], null, []],
      facts: { n, nested: { list: [n] } },
      sold: n,
      reviews: (args: First) => take(all(review(n), review(n + 1), review(n + 3)), args),
      rating: n === 1 ? null : n / 2,
    });
    add('Order', `o${n}`, {
      buyer: person(n + 1),
      total: n * 7,
      state: ['OPEN', 'PAID', 'SENT', 'OPEN'][n],
      states: ['OPEN', null, 'SENT'].slice(n),
      lines: () => Array.from({ length: n }, (_, line) => buildLine(n, line)),
      seller: () => (n === 0 ? null : person(n)()),
      reviews: (args: First) => take(all(review(n)), args),
      rating: n,
    });
  }
  for (let n = 0; n < 3; n++) {
    add('Tool', `t${n}`, {
      title: `Tool ${n}`,
      price: price(n + 4),
      maker: person(n + 2),
      related: (args: First) => take(all(product(n), tool(n + 1)), args),
      weight: n === 2 ? null : n + 0.5,
      spares: () => [tool(n + 1)(), null, tool(n)()],
      label: ({ texts }: { texts: readonly string[] }) => texts.join('+'),
      lent: () => (n === 1 ? null : all(order(n), order(n + 1))),
      rating: 1,
      reviews: (args: First) => take(all(review(n + 2)), args),
      freight: ({ zone }: { zone: number }, own: { readonly weight?: number | null }) => {
        if (typeof own.weight !== 'number') {
          throw new GraphQLError('Nobody told the weight.', { extensions: { code: 'BAD_USER_INPUT' } });
        }
        return own.weight * zone;
      },
    });
  }
  for (let n = 0; n < 5; n++) {
    add('Review', `r${n}`, {
      author: person(n + 2),
      product: () => (n === 4 ? null : product(n)()),
      stars: n,
      text: n === 1 ? null : `Text ${n}`,
      subject: [book(0), tool(1), order(2), review(1), () => null][n],
      replies: () => (n === 0 ? [review(1)(), null, review(4)()] : []),
    });
  }
  const buildLine = (n: number, line: number): Thing => ({
    __typename: 'Line',
    id: `l${n}-${line}`,
    count: line,
    product: () => (line === 1 ? null : product(n + line)()),
    spare: () => (line === 2 ? null : tool(n)()),
    gift: product(n + line + 1),
  });
  const orders = (filter: Filter | null | undefined): readonly unknown[] =>
    all(order(0), order(1), order(2), order(3)).filter((found) => {
      const { state, total } = found as { state: string; total: number };
      if (filter?.state && state !== filter.state) return false;
      if (filter?.states && !filter.states.includes(state)) return false;
      return total >= (filter?.least ?? 0);
    });
  /** One counter for all mutations, so that what they answer tells the order in which they ran. */
  const tick = (by: number): number => {
    const count = (totals.get('all') ?? 0) + by;
    totals.set('all', count);
    return count;
  };
  const any = (id: string): Thing | undefined => [...things.values()].find((thing) => thing.id === id);
  const byIds = (given: readonly string[] | null | undefined, types: readonly string[]) =>
    (given ?? ['b1', 't0']).map((id) => {
      const found = any(id);
      return found !== undefined && types.includes(found.__typename) ? found : null;
    });
  const only =
    (type: string) =>
    ({ id }: { id?: string | null }) =>
      things.get(`${type}:${id}`) ?? null;

  const Query: Thing = {
    __typename: 'Query',
    id: 'query',
    product: ({ id }: { id: string }) => byIds([id], ['Book', 'Tool'])[0],
    products: ({ ids: given }: { ids?: readonly string[] | null }) => byIds(given, ['Book', 'Tool']),
    book: only('Book'),
    find: ({ text }: { text?: string | null }) =>
      text === 'nothing' ? null : all(tool(0), person(1), book(2), person(3)),
    person: only('Person'),
    people: (args: First) => take(all(person(0), person(2), person(3), person(1)), args),
    order: only('Order'),
    orders: ({ filter }: { filter?: Filter | null }) => orders(filter),
    review: only('Review'),
    best: order(1),
    reviewed: () => all(book(1), order(3), tool(2), tool(0)),
  };
  const Mutation: Thing = {
    __typename: 'Mutation',
    id: 'mutation',
    rename: ({ id, title }: { id: string; title: string }) => {
      const found = byIds([id], ['Book', 'Tool'])[0];
      if (!found) throw new GraphQLError('There is no such product.', { extensions: { code: 'NOT_FOUND' } });
      things.set(`${found.__typename}:${id}`, { ...found, title: `${title} ${tick(1)}` });
      return any(id);
    },
    tickCatalog: ({ by }: { by: number }) => ({
      __typename: 'Ticks',
      id: 'tc',
      count: tick(by),
      found: tool(1),
    }),
    hire: ({ id, boss }: { id: string; boss?: string | null }) => {
      const found = things.get(`Person:${id}`);
      if (found !== undefined) {
        things.set(`Person:${id}`, {
          ...found,
          name: `Hired ${tick(1)}`,
          boss: things.get(`Person:${boss}`) ?? null,
        });
      }
      return things.get(`Person:${id}`) ?? null;
    },
    tickOrders: ({ by }: { by: number }) => ({
      __typename: 'TickedOrder',
      id: 'to',
      count: tick(by),
      order: order(2),
    }),
    tickReviews: ({ by }: { by: number }) => ({ ...(review(0)() as Thing), stars: tick(by) }),
  };
  const Subscription: Thing = {
    __typename: 'Subscription',
    id: 'subscription',
    orderChanged: ({ state }: { state?: string | null }) => each(orders(state ? { state } : null)),
    lineAdded: () => each([buildLine(1, 0), null, buildLine(2, 1), buildLine(3, 2)]),
    reviewAdded: () => each(all(review(0), review(1), review(2), review(3))),
  };
  return { roots: { Query, Mutation, Subscription }, thing: (type, id) => things.get(`${type}:${id}`) };
}
