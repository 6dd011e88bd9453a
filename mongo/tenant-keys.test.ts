import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestDatabase } from '#test/support/database.ts';
import type { Database } from './connect.ts';
import { changeTenantKey, destroyTenantKey, onKeyDestroyed, tenantKeys } from './tenant-keys.ts';

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database?.close());

const createdAt = new Date();
const wrap = (version: number) => ({
  keyId: `0000000${version}`,
  version,
  rootKeyId: 'root',
  wrapped: `wrapped-${version}`,
  createdAt,
});
const store = (_id: string, versions: readonly number[]) =>
  tenantKeys(database.connection).create({
    _id,
    revision: 1,
    keys: versions.map(wrap),
    createdAt,
    destroyedAt: null,
  });
const read = (id: string) => tenantKeys(database.connection).findById(id).lean();

it('destroys every version of the key of one tenant, once and for good', async () => {
  const { connection } = database;
  await store('acme', [1, 2]);
  await store('other', [1]);
  expect(await destroyTenantKey(connection, 'acme')).toBe(true);
  const destroyed = await read('acme');
  expect(destroyed?.keys.map(({ version, wrapped }) => [version, wrapped])).toEqual([
    [1, null],
    [2, null],
  ]);
  expect(destroyed?.destroyedAt).toBeInstanceOf(Date);
  expect((await read('other'))?.keys.map(({ wrapped }) => wrapped)).toEqual(['wrapped-1']);
  expect(await destroyTenantKey(connection, 'acme')).toBe(false);
  expect(await read('acme')).toEqual(destroyed);
});

it('leaves a mark where there was no key yet, so that none is made later', async () => {
  expect(await destroyTenantKey(database.connection, 'early')).toBe(true);
  expect(await read('early')).toMatchObject({ keys: [], destroyedAt: expect.any(Date) });
  await expect(store('early', [1])).rejects.toMatchObject({ code: 11000 });
  expect(await destroyTenantKey(database.connection, 'early')).toBe(false);
});

it('destroys a version that another process makes meanwhile, and lets none be made after', async () => {
  const { connection } = database;
  await store('racing', [1]);
  const before = await read('racing');
  const add = before && changeTenantKey(connection, before, { keys: [...before.keys, wrap(2)] });
  const [isAdded] = await Promise.all([add, destroyTenantKey(connection, 'racing')]);
  const after = await read('racing');
  expect(after?.keys).toHaveLength(isAdded ? 2 : 1);
  expect(after?.keys.every(({ wrapped }) => wrapped === null)).toBe(true);
  expect(after && (await changeTenantKey(connection, after, { keys: [wrap(3)] }))).toBe(false);
});

it('calls back for each destruction through its connection until it is disposed', async () => {
  const { connection } = database;
  const notified: string[] = [];
  const listening = onKeyDestroyed(connection, async (tenantId) => {
    notified.push(tenantId);
  });
  await destroyTenantKey(connection, 'told');
  await destroyTenantKey(connection, 'told');
  listening[Symbol.dispose]();
  await destroyTenantKey(connection, 'untold');
  expect(notified).toEqual(['told', 'told']);
});
