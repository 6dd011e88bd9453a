import { randomBytes } from 'node:crypto';
import type { Model } from 'mongoose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defineCollection } from '#mongo/collection.ts';
import type { Database } from '#mongo/connect.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { countCommands } from '#test/support/subgraph.ts';
import { type Connection, findPage, type PageArgs } from './connection.ts';

interface RowRecord {
  _id: string;
  at: Date;
  rank: bigint;
}

const rows = defineCollection<RowRecord>(
  `rows_${randomBytes(4).toString('hex')}`,
  { _id: { type: String, required: true }, at: { type: Date, required: true }, rank: { type: BigInt } },
  [[{ at: -1, _id: 1 }]],
);

let database: Database;
let model: Model<RowRecord>;

beforeAll(async () => {
  database = await openTestDatabase({ monitorCommands: true });
  model = rows(database.connection);
  const records = Array.from({ length: 25 }, (_, i) => ({
    _id: `row-${String(i).padStart(2, '0')}`,
    at: new Date(1_000 * (i % 4)),
    rank: BigInt(i % 3) * 9_007_199_254_740_993n,
  }));
  await model.insertMany(records);
});
afterAll(() => database?.close());

async function walk<T>(page: (args: PageArgs) => Promise<Connection<T>>, first: number): Promise<T[]> {
  const seen: T[] = [];
  for (let after: string | null = null; ; ) {
    const { edges, pageInfo }: Connection<T> = await page({ first, after });
    seen.push(...edges.map(({ node }) => node));
    expect(pageInfo.hasPreviousPage).toBe(after !== null);
    if (!pageInfo.hasNextPage) return seen;
    after = pageInfo.endCursor;
  }
}

describe('findPage', () => {
  it.each([
    ['an id', { _id: -1 }],
    ['dates that repeat', { at: -1, _id: 1 }],
    ['big integers, then dates', { rank: 1, at: -1, _id: -1 }],
  ] as const)('lists every record once, in the order of %s, whatever the page size', async (_what, sort) => {
    const expected = (await model.find().sort(sort).lean()).map(({ _id }) => _id);
    for (const first of [1, 4, 25, 30]) {
      const seen = await walk((args) => findPage(model, {}, sort, args), first);
      expect(seen.map(({ _id }) => _id)).toEqual(expected);
    }
  });

  it('keeps the filter, and neither repeats nor hides when records come and go', async () => {
    const filter = { at: { $lt: new Date(2_000) } };
    const first = await findPage(model, filter, { _id: 1 }, { first: 3 });
    await model.create({ _id: 'row-00a', at: new Date(0), rank: 0n });
    await model.deleteOne({ _id: 'row-04' });
    const second = await findPage(model, filter, { _id: 1 }, { first: 3, after: first.pageInfo.endCursor });
    expect(second.edges.map(({ node }) => node._id)).toEqual(['row-05', 'row-08', 'row-09']);
  });

  it('answers an empty page for nothing, and for none requested', async () => {
    for (const args of [{ first: 0 }, {}]) {
      const page = await findPage(model, args.first === 0 ? {} : { _id: 'none' }, { _id: 1 }, args);
      expect(page.edges).toEqual([]);
      expect(page.pageInfo).toMatchObject({ startCursor: null, endCursor: null });
    }
  });

  it.each([0, 200])('allows pages of %d', async (first) => {
    const { edges } = await findPage(model, {}, { _id: 1 }, { first });
    expect(edges).toHaveLength(Math.min(first, await model.countDocuments()));
    await findPage(model, {}, { _id: 1 }, { last: first });
  });

  it('continues exactly while records are left, from either end', async () => {
    const count = await model.countDocuments();
    const page = async (args: PageArgs) => (await findPage(model, {}, { _id: 1 }, args)).pageInfo;
    for (const [size, isContinued] of [
      [count - 1, true],
      [count, false],
      [count + 1, false],
    ] as const) {
      expect(await page({ first: size })).toMatchObject({ hasNextPage: isContinued, hasPreviousPage: false });
      expect(await page({ last: size })).toMatchObject({ hasNextPage: false, hasPreviousPage: isContinued });
    }
  });

  const cursor = (...values: readonly unknown[]) => Buffer.from(JSON.stringify(values)).toString('base64url');

  it.each([
    ['the smallest integer', { rank: 1 }, cursor({ n: String(-(2n ** 63n)) }), true],
    ['the largest integer', { rank: 1 }, cursor({ n: String(2n ** 63n - 1n) }), true],
    ['a larger one', { rank: 1 }, cursor({ n: String(2n ** 63n) }), false],
    ['one of twenty digits', { rank: 1 }, cursor({ n: '9'.repeat(20) }), false],
    ['a number of many digits', { rank: 1 }, cursor({ n: '9'.repeat(1_000) }), false],
    ['a fraction', { rank: 1 }, cursor({ n: '1.5' }), false],
    ['an id as long as a cursor may be', { _id: 1 }, cursor('x'.repeat(1_532)), true],
    ['a longer one', { _id: 1 }, cursor('x'.repeat(1_533)), false],
    ['the last date', { at: 1 }, cursor({ d: 8.64e15 }), true],
    ['a later date', { at: 1 }, cursor({ d: 8.64e15 + 1 }), false],
    ['two values for one field', { _id: 1 }, cursor('a', 'b'), false],
  ] as const)('reads a cursor of %s or refuses it', async (_what, sort, after, isRead) => {
    const page = findPage(model, {}, sort, { after });
    if (isRead) expect((await page).pageInfo.hasPreviousPage).toBe(true);
    else await expect(page).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  it.each([-1, 201])('refuses pages of %d', async (first) => {
    await expect(findPage(model, {}, { _id: 1 }, { first })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringMatching(/^first /),
    });
  });

  it.each([
    '',
    'x',
    '!!',
    '{"$gt":""}',
    '[{"$gt":""}]',
    '[{"$ne":null}]',
    '[[1]]',
    '["a","b"]',
    'null',
    '[true]',
  ])('takes no cursor that is not its own: %j', async (text) => {
    const after = Buffer.from(text).toString('base64url');
    if (after === '') return expect(findPage(model, {}, { _id: 1 }, { after })).resolves.toBeDefined();
    await expect(findPage(model, {}, { _id: 1 }, { after })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringMatching(/^after /),
    });
  });
});

describe('findPage over several fields', () => {
  it.each([
    '["x","row-05"]',
    '[5,"row-05"]',
    '[{"n":"5"},"row-05"]',
    '[{"d":8640000000000001},"row-05"]',
    '[{"d":1},7]',
  ])('takes no cursor whose values are not of the types of its fields: %s', async (text) => {
    const after = Buffer.from(text).toString('base64url');
    await expect(findPage(model, {}, { at: -1, _id: 1 }, { after })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringMatching(/^after /),
    });
  });
});

/** The whole list, read from its end. */
async function walkBack<T>(page: (args: PageArgs) => Promise<Connection<T>>, last: number): Promise<T[]> {
  const seen: T[] = [];
  for (let before: string | null = null; ; ) {
    const { edges, pageInfo }: Connection<T> = await page({ last, before });
    seen.unshift(...edges.map(({ node }) => node));
    expect(pageInfo.hasNextPage).toBe(before !== null);
    if (!pageInfo.hasPreviousPage) return seen;
    before = pageInfo.startCursor;
  }
}

describe('findPage from the end', () => {
  it.each([
    ['an id', { _id: -1 }],
    ['dates that repeat', { at: -1, _id: 1 }],
    ['big integers, then dates', { rank: 1, at: -1, _id: -1 }],
  ] as const)('has every record once, in the order of %s, whatever the page size', async (_what, sort) => {
    const expected = (await model.find().sort(sort).lean()).map(({ _id }) => _id);
    for (const last of [1, 4, 25, 30]) {
      const seen = await walkBack((args) => findPage(model, {}, sort, args), last);
      expect(seen.map(({ _id }) => _id)).toEqual(expected);
    }
  });

  it('takes both ends of a range, from either side', async () => {
    const sort = { at: -1, _id: 1 } as const;
    const all = await findPage(model, {}, sort, {});
    const [after, before] = [all.edges[3]?.cursor ?? '', all.edges[12]?.cursor ?? ''];
    const between = all.edges.slice(4, 12);
    expect((await findPage(model, {}, sort, { after, before })).edges).toEqual(between);
    expect((await findPage(model, {}, sort, { first: 3, after, before })).edges).toEqual(between.slice(0, 3));
    expect((await findPage(model, {}, sort, { last: 3, after, before })).edges).toEqual(between.slice(-3));
  });

  it.each([
    [{ first: 1, last: 1 }, /^last /],
    [{ last: -1 }, /^last /],
    [{ last: 201 }, /^last /],
    [{ last: 1, before: 'x' }, /^before /],
    [{ before: 'WyJhIiwiYiJd' }, /^before /],
  ])('refuses %j', async (args, message) => {
    await expect(findPage(model, {}, { _id: 1 }, args)).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringMatching(message),
    });
  });
});

describe('totalCount', () => {
  it('counts what fits the filter, whatever the page, and only when it is requested', async () => {
    const filter = { at: { $lt: new Date(2_000) } };
    const expected = await model.countDocuments(filter);
    const sort = { _id: 1 } as const;
    const commands = await countCommands(database, async () => {
      const page = await findPage(model, filter, sort, { first: 2 });
      const { endCursor } = page.pageInfo;
      expect(await page.totalCount()).toBe(expected);
      await findPage(model, filter, sort, { first: 1, after: endCursor });
    });
    expect(commands).toEqual(['find', 'aggregate', 'find']);
  });

  it('is 10000 for a list of more', async () => {
    const many = Array.from({ length: 10_001 }, (_, i) => ({
      _id: `many-${i}`,
      at: new Date(9e9),
      rank: 0n,
    }));
    await model.insertMany(many);
    expect(await (await findPage(model, { at: new Date(9e9) }, { _id: 1 }, {})).totalCount()).toBe(10_000);
    await model.deleteMany({ at: new Date(9e9) });
  });
});
