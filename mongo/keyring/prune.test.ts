import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openFailingDatabase } from '#test/support/database.ts';
import { createCountedRoot } from '#test/support/keyrings.ts';
import { killedAfter } from '#test/support/processes/killed.ts';
import type { Database } from '../connect.ts';
import { type TenantKeyRecord, tenantKeys } from '../tenant-keys.ts';
import { addVersion, createRecord } from './data-keys.ts';
import { pruneDataKeys, unusedMs } from './rotate.ts';

const { root } = createCountedRoot();
const hourMs = 3_600_000;
let database: Database;
let nowMs: number;
beforeAll(async () => {
  database = await openFailingDatabase();
});
afterAll(() => database?.close());
beforeEach(async () => {
  await tenantKeys(database.connection).deleteMany({});
  nowMs = Date.now() + hourMs;
});

/** An owner with so many versions, which follow each other by two minutes; the last one is made now. */
async function makeOwner(owner: string, versions: number): Promise<readonly string[]> {
  const { connection } = database;
  await createRecord(connection, root, owner);
  for (let made = versions - 2; made >= 0; made--)
    await addVersion(connection, [root], owner, { createdAt: new Date(nowMs - made * 120_000) });
  return (await read(owner)).keys.map(({ keyId }) => keyId);
}

async function read(owner: string): Promise<TenantKeyRecord> {
  const record = await tenantKeys(database.connection).findById(owner).lean<TenantKeyRecord>();
  if (record === null) throw new Error(`There is no key of ${owner}.`);
  return record;
}

const prune = (left: readonly string[] = []) => pruneDataKeys(database.connection, new Set(left), nowMs);
const readUsable = async (owner: string) =>
  (await read(owner)).keys.filter(({ wrapped }) => wrapped !== null).map(({ keyId }) => keyId);

describe('former versions of data keys', () => {
  it('are destroyed a day after the first run that found nothing of them, and the one that seals never', async () => {
    const [first, second, third = ''] = await makeOwner('acme', 3);
    const [only] = await makeOwner('other', 1);
    nowMs += hourMs;
    const until = new Date(nowMs + unusedMs);
    expect(await prune()).toEqual({ pruned: [], waiting: { count: 2, until } });
    nowMs += unusedMs - 1;
    expect(await prune()).toEqual({ pruned: [], waiting: { count: 2, until } });
    nowMs += 1;
    expect(await prune()).toEqual({ pruned: [first, second], waiting: null });
    expect((await read('acme')).keys).toMatchObject([
      { wrapped: null, prunedAt: new Date(nowMs) },
      { wrapped: null, prunedAt: new Date(nowMs) },
      { keyId: third },
    ]);
    nowMs += 10 * unusedMs;
    expect(await prune()).toEqual({ pruned: [], waiting: null });
    expect([await readUsable('acme'), await readUsable('other')]).toEqual([[third], [only]]);
  });

  it('stay while something is sealed with them, and for a day from then on', async () => {
    const [first = '', second = ''] = await makeOwner('acme', 2);
    nowMs += hourMs;
    await prune();
    nowMs += unusedMs;
    expect(await prune([first])).toEqual({ pruned: [], waiting: null });
    nowMs += unusedMs;
    expect((await prune()).waiting).toEqual({ count: 1, until: new Date(nowMs + unusedMs) });
    expect(await readUsable('acme')).toEqual([first, second]);
    nowMs += unusedMs;
    expect((await prune()).pruned).toEqual([first]);
  });

  it('stay before the next one seals in every process', async () => {
    const keyIds = await makeOwner('acme', 2);
    // The new version is known for a minute, and keys in memory are compared within 30 seconds.
    for (const passedMs of [0, 60_000, 89_999]) {
      nowMs += passedMs;
      expect(await prune()).toEqual({ pruned: [], waiting: null });
      nowMs -= passedMs;
    }
    nowMs += 90_000;
    expect((await prune()).waiting?.count).toBe(1);
    expect(await readUsable('acme')).toEqual(keyIds);
  });

  it('have the same end wherever a run is killed and repeated', async () => {
    const owners = ['a', 'b', 'c'];
    for (const owner of owners) await makeOwner(owner, 3);
    nowMs += hourMs;
    for (let day = 0; day < 2; day++) {
      for (let writes = 0; writes < owners.length; writes++)
        await killedAfter(database.connection, writes, () => prune());
      await prune();
      nowMs += unusedMs;
    }
    for (const owner of owners) expect(await readUsable(owner)).toHaveLength(1);
  });

  it('lose none that is made at the same time', async () => {
    await makeOwner('acme', 2);
    nowMs += hourMs;
    await prune();
    nowMs += unusedMs;
    const add = () => addVersion(database.connection, [root], 'acme', { createdAt: new Date(nowMs) });
    await Promise.all([prune(), add(), prune(), add()]);
    expect((await read('acme')).keys.map(({ version }) => version)).toEqual([1, 2, 3, 4]);
    expect(await readUsable('acme')).toHaveLength(3);
  });
});
