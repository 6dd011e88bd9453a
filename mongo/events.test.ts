import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openFailingDatabase } from '#test/support/database.ts';
import { killedAfter } from '#test/support/processes/killed.ts';
import type { Database } from './connect.ts';
import { createEventLog, events, eventsKept, type NewEvent, settleEvents } from './events.ts';
import { tenants } from './tenants.ts';

const log = pino({ level: 'silent' });
const happened: NewEvent = { type: 'key.expiring', tenantId: 't1', subject: 's1', data: { n: 1 } };

let database: Database;
beforeAll(async () => {
  database = await openFailingDatabase();
});
beforeEach(() => events(database.connection).deleteMany({}));
afterAll(() => database?.close());

let notified = 0;
const openLog = (now?: () => number) =>
  createEventLog(database.connection, {
    notify: async () => void notified++,
    log,
    ...(now && { now }),
  });
const published = () =>
  events(database.connection)
    .find({ sequence: { $gt: 0 } })
    .sort({ sequence: 1 })
    .lean();

describe('the event log', () => {
  it('assigns each event the next position, also of many processes at once, and notifies of each', async () => {
    notified = 0;
    const logs = [openLog(), openLog(), openLog()];
    await Promise.all(
      Array.from({ length: 30 }, (_, n) => logs[n % 3]?.record({ ...happened, data: { n } })),
    );
    const found = await published();
    expect(found.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 30 }, (_, n) => n + 1));
    expect(new Set(found.map(({ data }) => data.n)).size).toBe(30);
    expect(notified).toBe(30);
  });

  it('publishes an event that may happen once as one event, whichever processes report it', async () => {
    notified = 0;
    const logs = [openLog(), openLog()];
    await Promise.all([...logs, ...logs].map((each) => each.record(happened, 'key.expiring:k1')));
    expect(await published()).toMatchObject([{ _id: 'key.expiring:k1', sequence: 1 }]);
    expect(notified).toBe(1);
  });

  const proof = { collection: 'things', id: 'x', by: 'STAMP' } as const;

  it('publishes no event of a change that was not made, and the error of the change stands', async () => {
    await openLog().withChange(happened, proof, async () => null);
    const failed = openLog().withChange(happened, proof, () => Promise.reject(new Error('no disk')));
    await expect(failed).rejects.toThrow('no disk');
    expect(await published()).toEqual([]);
  });

  it('publishes the event of a change that was made although its answer was lost', async () => {
    const things = database.connection.collection<{ _id: string; eventId: string }>('things');
    const change = openLog().withChange(happened, { ...proof, id: 'lost' }, async (eventId) => {
      await things.insertOne({ _id: 'lost', eventId });
      throw new Error('connection lost');
    });
    await expect(change).rejects.toThrow('connection lost');
    expect(await published()).toMatchObject([happened]);
  });

  it('publishes what a killed process has left before the next change hides its proof', async () => {
    const { connection } = database;
    const things = connection.collection<{ _id: string; eventId: string }>('things');
    const left = { ...happened, at: new Date(1), pendingSince: new Date(1) };
    await events(connection).create([
      { ...left, _id: 'made', proof: { ...proof, id: 'left' } },
      { ...left, _id: 'not made', proof: { ...proof, id: 'left' } },
    ]);
    await things.insertOne({ _id: 'left', eventId: 'made' });
    await openLog().withChange({ ...happened, type: 'key.revoked' }, { ...proof, id: 'left' }, (eventId) =>
      things.updateOne({ _id: 'left' }, { $set: { eventId } }),
    );
    expect(await published()).toMatchObject([
      { _id: 'made', sequence: 1 },
      { type: 'key.revoked', sequence: 2 },
    ]);
  });

  it('removes events that are older than they are retained or too many, and never the last', async () => {
    const { connection } = database;
    const old = openLog(() => 0);
    for (const n of [1, 2, 3]) await old.record({ ...happened, data: { n } });
    await settleEvents(connection, new Date(0), eventsKept.ms + 1);
    expect(await published()).toMatchObject([{ sequence: 3 }]);
    await openLog().record(happened);
    expect(await published()).toMatchObject([{ sequence: 3 }, { sequence: 4 }]);
    await settleEvents(connection, new Date(0), 0, 2);
    expect(await published()).toHaveLength(2);
    await settleEvents(connection, new Date(0), 0, 1);
    expect(await published()).toMatchObject([{ sequence: 4 }]);
    await settleEvents(connection, new Date(0), 0, 0);
    expect(await published()).toMatchObject([{ sequence: 4 }]);
  });

  it('removes of too many events the oldest of those tenants that have the most', async () => {
    const { connection } = database;
    const log = openLog();
    // The storm of one begins after the events of the others.
    const tenantIds = ['quiet', null, 'busy', 'busy', ...Array.from({ length: 20 }, () => 'storm')];
    for (const tenantId of tenantIds) await log.record({ ...happened, tenantId });
    const count = async () =>
      Object.entries(Object.groupBy(await published(), ({ tenantId }) => tenantId ?? 'the mesh')).map(
        ([name, found = []]) => [name, found.length, found.at(-1)?.sequence],
      );
    const others = [
      ['quiet', 1, 1],
      ['the mesh', 1, 2],
      ['busy', 2, 4],
    ];
    await settleEvents(connection, new Date(0), 0, 100);
    expect(await count()).toEqual([...others, ['storm', 20, 24]]);
    await settleEvents(connection, new Date(0), 0, 10);
    expect(await count()).toEqual([...others, ['storm', 6, 24]]);
  });
});

describe('a process that is killed while it', () => {
  const tenant = (id: string) => ({
    ...{ _id: id, name: id, planId: 'p', allowedRegions: null, payloadLogging: 'NONE' as const },
    ...{ cacheByDefault: false, createdAt: new Date(0), archivedAt: null },
  });
  const records = () => tenants(database.connection);
  it.each([
    ['creates a record', 'EXISTS' as const],
    ['removes a record', 'GONE' as const],
  ])('%s leaves both the change and its event, or neither', async (_what, by) => {
    const { connection } = database;
    const outcomes: string[] = [];
    for (const writes of [0, 1, 2, 3]) {
      const id = `${by} ${writes}`;
      if (by === 'GONE') await records().create(tenant(id));
      await killedAfter(connection, writes, () =>
        openLog().withChange(
          { ...happened, subject: id },
          { collection: 'tenants', id, by },
          async (): Promise<unknown> =>
            by === 'GONE' ? records().deleteOne({ _id: id }) : records().create(tenant(id)),
        ),
      );
      await settleEvents(connection, new Date(Date.now() + 1_000), 0);
      const isThere = (await records().exists({ _id: id })) !== null;
      const found = await events(connection).find({ subject: id }).lean();
      const isPublished = found.every(({ sequence }) => sequence !== undefined);
      outcomes.push(`${isThere === (by === 'EXISTS')} ${found.length} ${isPublished}`);
    }
    expect(outcomes).toEqual(['false 0 true', 'false 0 true', 'true 1 true', 'true 1 true']);
  });
});
