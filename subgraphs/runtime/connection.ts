import type { Model, Schema } from 'mongoose';
import { expectError } from '#core/expect-error.ts';
import { badInput } from '#core/input.ts';

/** Relay's arguments as GraphQL hands them over. */
export interface PageArgs {
  readonly first?: number | null;
  readonly after?: string | null;
  readonly last?: number | null;
  readonly before?: string | null;
}

/** Relay's connection; in SDL every subgraph has `type PageInfo @shareable` with these four fields. */
export interface Connection<T> {
  readonly edges: readonly { readonly cursor: string; readonly node: T }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
  /** How many the whole list holds, at most `countMax`. Runs a command, and only where the field is selected. */
  readonly totalCount: () => Promise<number>;
}

const pageDefault = 50;
const pageMax = 200;
/** What `totalCount` states of a list that holds more: counting is bounded. */
const countMax = 10_000;

/** How many items a page holds, and from which end of the list they are taken. */
export interface PageSize {
  readonly size: number;
  readonly fromEnd: boolean;
}

/** 50 from the start by default; BAD_USER_INPUT below 0, above 200, and for `first` and `last` together. */
export function pageSize({ first, last }: PageArgs): PageSize {
  if (first != null && last != null) badInput('last', 'and first cannot both be set: send one of them.');
  const size = last ?? first ?? pageDefault;
  if (size < 0 || size > pageMax) {
    badInput(last == null ? 'first' : 'last', `must lie between 0 and ${pageMax}; it is ${size}.`);
  }
  return { size, fromEnd: last != null };
}

type SortValue = string | number | bigint | Date | null;

/** Fields and directions that together identify each record: end with `_id`. */
export type PageSort = Readonly<Record<string, 1 | -1>>;

const cursorMax = 2_048;

function encodeCursor(values: readonly SortValue[]): string {
  const plain = values.map((value) =>
    value instanceof Date
      ? { d: value.getTime() }
      : typeof value === 'bigint'
        ? { n: value.toString() }
        : (value ?? null),
  );
  return Buffer.from(JSON.stringify(plain)).toString('base64url');
}

/** The argument that has the cursor. */
type CursorArgument = 'after' | 'before';

function notOfThisList(argument: CursorArgument): never {
  return badInput(argument, 'is no cursor of this list: use one that it has answered.');
}

/** Only the value types that a cursor of ours holds: nothing that could be an operator of a query gets through. */
function decodeCursor(cursor: string, count: number, argument: CursorArgument): SortValue[] {
  if (cursor.length > cursorMax) notOfThisList(argument);
  let plain: unknown;
  try {
    plain = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch (error) {
    expectError(error, SyntaxError);
    notOfThisList(argument);
  }
  if (!Array.isArray(plain) || plain.length !== count) return notOfThisList(argument);
  return plain.map((value: unknown) => {
    if (value === null || typeof value === 'string' || typeof value === 'number') return value;
    if (typeof value === 'object' && 'd' in value && typeof value.d === 'number') return new Date(value.d);
    if (typeof value === 'object' && 'n' in value && typeof value.n === 'string' && /^-?\d+$/.test(value.n)) {
      const integer = BigInt(value.n);
      // BSON would wrap a larger one around.
      if (BigInt.asIntN(64, integer) === integer) return integer;
    }
    return notOfThisList(argument);
  });
}

/** Mongoose's name of the type that the value has. */
function nameType(value: NonNullable<SortValue>): string {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'no date' : 'Date';
  if (typeof value === 'string') return 'String';
  return typeof value === 'bigint' ? 'BigInt' : 'Number';
}

/** The values of a cursor must be what the fields hold: those of another list would make a query that fails. */
function checkTypes(
  schema: Schema,
  fields: readonly string[],
  values: readonly SortValue[],
  argument: CursorArgument,
): void {
  for (const [i, field] of fields.entries()) {
    const value = values[i] ?? null;
    if (value !== null && schema.path(field)?.instance !== nameType(value)) notOfThisList(argument);
  }
}

type Order = readonly (readonly [field: string, direction: 1 | -1])[];

const reversed = (order: Order): Order =>
  order.map(([field, direction]) => [field, direction === 1 ? -1 : 1]);

/** What comes after these values in this order, as a filter that an index on the same fields answers. */
function comesAfter(order: Order, values: readonly SortValue[]): object {
  const ways = order.map(([field, direction], i) => ({
    ...Object.fromEntries(order.slice(0, i).map(([name], k) => [name, values[k]])),
    [field]: { [direction === 1 ? '$gt' : '$lt']: values[i] },
  }));
  const [first] = order;
  if (ways.length === 1 || !first) return ways[0] ?? {};
  return { [first[0]]: { [first[1] === 1 ? '$gte' : '$lte']: values[0] }, $or: ways };
}

function readValues(order: Order, record: object): SortValue[] {
  return order.map(([field]) => (record as Record<string, SortValue>)[field] ?? null);
}

/**
 * One page of a collection in a stable order, from its start or its end: one find, one record more than requested to
 * know whether the list continues. A record added or removed meanwhile neither repeats nor hides another.
 *
 * @example findPage(apps(connection), { tenantId }, { createdAt: -1, _id: -1 }, args)
 */
export async function findPage<TRecord extends object>(
  model: Model<TRecord>,
  filter: Readonly<Record<string, unknown>>,
  sort: PageSort,
  args: PageArgs,
): Promise<Connection<TRecord>> {
  const { size, fromEnd } = pageSize(args);
  const order: Order = Object.entries(sort);
  const bounds = (['after', 'before'] as const).flatMap((argument) => {
    const cursor = args[argument];
    if (!cursor) return [];
    const values = decodeCursor(cursor, order.length, argument);
    checkTypes(model.schema, Object.keys(sort), values, argument);
    return [comesAfter(argument === 'after' ? order : reversed(order), values)];
  });
  const found = (await model
    .find((bounds.length === 0 ? filter : { $and: [filter, ...bounds] }) as never)
    .sort(Object.fromEntries(fromEnd ? reversed(order) : order))
    .limit(size + 1)
    .lean()) as TRecord[];
  const records = found.slice(0, size);
  if (fromEnd) records.reverse();
  const edges = records.map((node) => ({
    cursor: encodeCursor(readValues(order, node)),
    node,
  }));
  const isContinued = found.length > size;
  return {
    edges,
    pageInfo: {
      hasNextPage: fromEnd ? Boolean(args.before) : isContinued,
      hasPreviousPage: fromEnd ? isContinued : Boolean(args.after),
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    totalCount: async () => model.countDocuments(filter as never, { limit: countMax }),
  };
}

/** The arguments of a list that is no connection. */
export interface BoundArgs {
  /** At most this many; the default is 100. */
  readonly first?: number | null;
  /** The id of the record that they follow. */
  readonly after?: string | null;
}

const firstDefault = 100;
const firstMax = 500;

/** How many items a list has at most: 100 by default; BAD_USER_INPUT below 0 and above 500. */
export function readFirst(first: number | null | undefined): number {
  const size = first ?? firstDefault;
  if (size >= 0 && size <= firstMax) return size;
  return badInput('first', `must lie between 0 and ${firstMax}; it is ${size}.`);
}

/**
 * The first records of a list in a stable order, of those that `keep` keeps, after the one with that id. Each read of the store is bounded.
 * BAD_USER_INPUT where the list has no such record.
 */
export async function findBounded<TRecord extends { readonly _id: string }>(
  model: Model<TRecord>,
  where: Readonly<Record<string, unknown>>,
  sort: PageSort,
  { first, after }: BoundArgs,
  keep: (record: TRecord) => boolean = () => true,
): Promise<TRecord[]> {
  const size = readFirst(first);
  const order: Order = Object.entries(sort);
  const read = async (bounds: readonly object[], limit: number): Promise<TRecord[]> =>
    (await model
      .find({ $and: [where, ...bounds] } as never)
      .sort({ ...sort })
      .limit(limit)
      .lean()) as TRecord[];
  let last = after == null ? undefined : (await read([{ _id: after }], 1))[0];
  // In the same words for one that is not shown.
  if (after != null && (last === undefined || !keep(last)))
    badInput('after', 'is the ID of no item of this list.');
  const kept: TRecord[] = [];
  while (kept.length < size) {
    const found = await read(last === undefined ? [] : [comesAfter(order, readValues(order, last))], size);
    kept.push(...found.filter(keep));
    if (found.length < size) break;
    last = found.at(-1);
  }
  return kept.slice(0, size);
}
