import type { Model, Schema } from 'mongoose';
import { badInput } from './input.ts';

/** Relay's arguments as GraphQL hands them over. */
export interface PageArgs {
  readonly first?: number | null;
  readonly after?: string | null;
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
}

const pageDefault = 50;
const pageMax = 200;

/** How many items to answer: 50 unless asked, BAD_USER_INPUT below 0 or above 200. */
export function pageSize({ first }: PageArgs): number {
  const size = first ?? pageDefault;
  if (size < 0 || size > pageMax) badInput('first', `must lie between 0 and ${pageMax}; it is ${size}.`);
  return size;
}

type SortValue = string | number | bigint | Date | null;

/** Fields and directions whose values together tell every record apart: end with `_id`. */
export type PageSort = Readonly<Record<string, 1 | -1>>;

const cursorMax = 2_048;

function cursorOf(values: readonly SortValue[]): string {
  const plain = values.map((value) =>
    value instanceof Date
      ? { d: value.getTime() }
      : typeof value === 'bigint'
        ? { n: value.toString() }
        : (value ?? null),
  );
  return Buffer.from(JSON.stringify(plain)).toString('base64url');
}

function notOfThisList(): never {
  return badInput('after', 'is no cursor of this list: use one that it has answered.');
}

/** Only the value types that a cursor of ours holds: nothing that could be an operator of a query gets through. */
function valuesOf(cursor: string, count: number): SortValue[] {
  if (cursor.length > cursorMax) notOfThisList();
  let plain: unknown;
  try {
    plain = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    notOfThisList();
  }
  if (!Array.isArray(plain) || plain.length !== count) return notOfThisList();
  return plain.map((value: unknown) => {
    if (value === null || typeof value === 'string' || typeof value === 'number') return value;
    if (typeof value === 'object' && 'd' in value && typeof value.d === 'number') return new Date(value.d);
    if (
      typeof value === 'object' &&
      'n' in value &&
      typeof value.n === 'string' &&
      /^-?\d{1,19}$/.test(value.n)
    ) {
      return BigInt(value.n);
    }
    return notOfThisList();
  });
}

/** Mongoose's name of the type that the value has. */
function typeNameOf(value: NonNullable<SortValue>): string {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'no date' : 'Date';
  if (typeof value === 'string') return 'String';
  return typeof value === 'bigint' ? 'BigInt' : 'Number';
}

/** The values of a cursor must be what the fields hold: those of another list would make a query that fails. */
function checkTypes(schema: Schema, fields: readonly string[], values: readonly SortValue[]): void {
  for (const [i, field] of fields.entries()) {
    const value = values[i] ?? null;
    if (value !== null && schema.path(field)?.instance !== typeNameOf(value)) notOfThisList();
  }
}

/** What comes after these values in this order, as a filter that an index on the same fields answers. */
function after(sort: readonly (readonly [string, 1 | -1])[], values: readonly SortValue[]): object {
  const ways = sort.map(([field, direction], i) => ({
    ...Object.fromEntries(sort.slice(0, i).map(([name], k) => [name, values[k]])),
    [field]: { [direction === 1 ? '$gt' : '$lt']: values[i] },
  }));
  const [first] = sort;
  if (ways.length === 1 || !first) return ways[0] ?? {};
  return { [first[0]]: { [first[1] === 1 ? '$gte' : '$lte']: values[0] }, $or: ways };
}

/**
 * One page of a collection in a stable order: one find, one record more than asked for to know whether there is a
 * next page. A record added or removed meanwhile neither repeats nor hides another.
 *
 * @example findPage(apps(connection), { tenantId }, { createdAt: -1, _id: -1 }, args)
 */
export async function findPage<TRecord extends object>(
  model: Model<TRecord>,
  filter: Readonly<Record<string, unknown>>,
  sort: PageSort,
  args: PageArgs,
): Promise<Connection<TRecord>> {
  const size = pageSize(args);
  const order = Object.entries(sort);
  let where = filter;
  if (args.after) {
    const values = valuesOf(args.after, order.length);
    checkTypes(model.schema, Object.keys(sort), values);
    where = { $and: [filter, after(order, values)] };
  }
  const found = (await model
    .find(where as never)
    .sort({ ...sort })
    .limit(size + 1)
    .lean()) as TRecord[];
  return connectionOf(found, size, Boolean(args.after), (record) =>
    cursorOf(order.map(([field]) => (record as Record<string, SortValue>)[field] ?? null)),
  );
}

/** One page of a list in memory that is sorted by a key of its own (by UTF-16 code units, as `<` compares). */
export function arrayPage<T>(items: readonly T[], keyOf: (item: T) => string, args: PageArgs): Connection<T> {
  const size = pageSize(args);
  let start = 0;
  if (args.after) {
    const [last] = valuesOf(args.after, 1);
    if (typeof last !== 'string') return notOfThisList();
    start = items.findIndex((item) => keyOf(item) > last);
    if (start === -1) start = items.length;
  }
  return connectionOf(items.slice(start, start + size + 1), size, start > 0, (item) =>
    cursorOf([keyOf(item)]),
  );
}

function connectionOf<T>(
  found: readonly T[],
  size: number,
  hasPreviousPage: boolean,
  cursor: (item: T) => string,
): Connection<T> {
  const edges = found.slice(0, size).map((node) => ({ cursor: cursor(node), node }));
  return {
    edges,
    pageInfo: {
      hasNextPage: found.length > size,
      hasPreviousPage,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}
