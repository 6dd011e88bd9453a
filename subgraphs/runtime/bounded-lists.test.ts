import type { CommandStartedEvent } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppRecord, apps } from '#mongo/apps.ts';
import type { Database } from '#mongo/connect.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { type BoundArgs, findBounded, type PageSort } from './connection.ts';
import { boundedGroupLoader } from './loaders.ts';

/** Their apps have the same names. */
const tenantIds = Array.from({ length: 13 }, (_, n) => `list-${n}`);

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase({ monitorCommands: true });
  // Names in another order than ids, several of them the same.
  await apps(database.connection).insertMany(
    Array.from({ length: 130 }, (_, n) => ({
      ...{
        _id: `app-${String(n).padStart(3, '0')}`,
        tenantId: `list-${n % 13}`,
        name: `name-${(n * 7) % 10}`,
      },
      ...{ limits: [], cacheByDefault: null, createdAt: new Date(n) },
    })),
  );
});
afterAll(() => database?.close());

const list = (args: BoundArgs, sort: PageSort = { _id: 1 }, keep?: (app: AppRecord) => boolean) =>
  findBounded(
    apps(database.connection),
    { tenantId: { $in: tenantIds }, _id: { $ne: 'app-000' } },
    sort,
    args,
    keep,
  );

describe('a list with a bound', () => {
  it('has 100 records by default, and as many as requested from none to 500', async () => {
    expect(await list({})).toHaveLength(100);
    expect(await list({ first: 0 })).toEqual([]);
    expect(await list({ first: 500 })).toHaveLength(129);
    for (const first of [-1, 501]) {
      await expect(list({ first })).rejects.toMatchObject({
        code: 'BAD_USER_INPUT',
        message: expect.stringContaining('between 0 and 500'),
      });
    }
  });

  it.each<[string, PageSort]>([
    ['by id', { _id: 1 }],
    ['by time', { createdAt: 1, _id: 1 }],
    ['by id, backwards', { _id: -1 }],
    ['by name', { name: 1, _id: 1 }],
    ['by name, backwards', { name: -1, _id: -1 }],
  ])('continues after any record, with each record once: %s', async (_what, sort) => {
    const whole = await list({ first: 500 }, sort);
    for (const keep of [undefined, ({ _id }: AppRecord) => /[05]$/.test(_id)]) {
      const seen: AppRecord[] = [];
      for (let after: string | null = null; ; ) {
        const part = await list({ first: 7, after }, sort, keep);
        seen.push(...part);
        // A short part is the last one, also where records of it are not kept.
        if (part.length < 7) break;
        after = part.at(-1)?._id ?? null;
      }
      expect(seen).toEqual(keep === undefined ? whole : whole.filter(keep));
    }
  });

  it('continues after none of its own records alone', async () => {
    for (const after of ['none', 'app-000'])
      await expect(list({ after })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});

describe('lists of owners that are loaded together', () => {
  const add = (tenantId: string, count: number) =>
    apps(database.connection).insertMany(
      Array.from({ length: count }, (_, n) => ({
        ...{ _id: `${tenantId}-${String(n).padStart(4, '0')}`, tenantId, name: `${n}`, limits: [] },
        ...{ createdAt: new Date(n), cacheByDefault: null },
      })),
    );
  const open = () =>
    boundedGroupLoader<AppRecord>(
      (ids, limit) =>
        apps(database.connection)
          .find({ tenantId: { $in: [...ids] } })
          .sort({ createdAt: 1, _id: 1 })
          .limit(limit)
          .lean(),
      ({ tenantId }) => tenantId,
      ({ tenantId }) => tenantId !== 'hidden',
    );
  async function load(lists: readonly (readonly [string, number])[]) {
    const limits: number[] = [];
    const note = ({ command }: CommandStartedEvent) => {
      if (command.find === 'apps') limits.push(command.limit);
    };
    const client = database.connection.getClient().on('commandStarted', note);
    const loader = open();
    const found = await Promise.all(lists.map(([ownerId, first]) => loader.load({ ownerId, first })));
    client.off('commandStarted', note);
    return { found: found.map((one) => one.map(({ _id }) => _id)), limits };
  }

  it('have the first of each owner, with one command where they are few', async () => {
    await add('few', 5);
    await add('other', 3);
    await add('hidden', 2);
    const { found, limits } = await load([
      ['few', 2],
      ['other', 100],
      ['none', 100],
      ['hidden', 100],
      ['few', 4],
    ]);
    expect(found).toEqual([
      ['few-0000', 'few-0001'],
      ['other-0000', 'other-0001', 'other-0002'],
      [],
      [],
      ['few-0000', 'few-0001', 'few-0002', 'few-0003'],
    ]);
    expect(limits).toHaveLength(1);
  });

  it('read no more than they answer where an owner has many', async () => {
    await add('many', 2_100);
    await add('late', 3);
    expect(await load([['many', 2]])).toMatchObject({ found: [['many-0000', 'many-0001']], limits: [2] });
    const { found, limits } = await load([
      ['many', 3],
      ['late', 2],
    ]);
    expect(found).toEqual([
      ['many-0000', 'many-0001', 'many-0002'],
      ['late-0000', 'late-0001'],
    ]);
    expect(limits).toEqual([2_000, 3, 3]);
  });
});
