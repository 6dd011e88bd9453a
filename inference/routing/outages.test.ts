import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { emptySnapshot } from '#catalog/catalog-snapshot.ts';
import { eventTypes } from '#core/events/event-types.ts';
import type { Database } from '#mongo/connect.ts';
import { events } from '#mongo/events.ts';
import { outages } from '#mongo/outages.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { testServices } from '#test/support/subgraph.ts';
import { type CallOutcome, createHealthRegistry } from './health.ts';
import { Outages, type OutagesOptions } from './outages.ts';

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database?.close());
beforeEach(async () => {
  await events(database.connection).deleteMany({});
  await outages(database.connection).deleteMany({});
});

const ended: CallOutcome = {
  ...{ result: 'SUCCEEDED', latencyMs: 1, timeToFirstTokenMs: null, wholeMs: null, outputTokens: 1 },
  retryAfterMs: null,
};

const owners = { demo: null, 'acme:own': 'acme' } as const;
const providers = new Map(
  Object.entries(owners).map(([id, tenantId]) => [
    id,
    {
      ...{ id, tenantId, offeredTo: null, kind: 'demo', baseUrl: null, region: null },
      ...{ enabled: true, credentials: [] },
    },
  ]),
);
const snapshot = () => ({
  ...emptySnapshot,
  providers,
  models: new Map(
    ['demo/one', 'demo/two', 'acme:own/one'].map((id) => {
      const provider = providers.get(id.slice(0, id.indexOf('/')));
      return [id, { id, provider, createdAtMs: 0 } as never];
    }),
  ),
});

/** The circuits of one process of the mesh. */
function startProcess(clock: { ms: number }, more: Partial<OutagesOptions> = {}) {
  const now = () => clock.ms;
  const health = createHealthRegistry({ now });
  const call = (modelId: string, result: CallOutcome['result']) =>
    health.begin(modelId, modelId.slice(0, modelId.indexOf('/')))?.({ ...ended, result });
  const reports = new Outages({
    ...{
      connection: database.connection,
      events: testServices(database).events,
      log: testServices(database).log,
    },
    ...{ catalog: { snapshot }, health, now },
    ...more,
  });
  return {
    look: () => reports.look(),
    succeed: (modelId: string) => call(modelId, 'SUCCEEDED'),
    fail(modelId: string) {
      for (let n = 0; n < 5; n++) call(modelId, 'FAILED');
    },
  };
}

/** Lets time pass in steps of two seconds, as processes look. */
async function pass(
  clock: { ms: number },
  seconds: number,
  ...looking: readonly { look(): Promise<void> }[]
) {
  for (let n = 0; n < seconds; n += 2) {
    clock.ms += 2_000;
    for (const one of looking) await one.look();
  }
}

const published = async () =>
  (await events(database.connection).find().sort({ sequence: 1 }).lean()).map(({ type, subject, tenantId }) =>
    [type, subject, tenantId].join(' '),
  );

it('a circuit that opens in several processes is one event, and one more when it is closed in all', async () => {
  const clock = { ms: Date.parse('2026-05-01T00:00:00Z') };
  const [one, two] = [startProcess(clock), startProcess(clock)];
  one.succeed('demo/two');
  two.succeed('demo/two');
  for (const each of [one, two]) each.fail('demo/one');
  await Promise.all([one.look(), two.look()]);
  expect(await published()).toEqual(['circuit.opened demo/one ']);
  await pass(clock, 120, one, two);
  one.succeed('demo/one');
  await pass(clock, 120, one, two);
  expect(await published()).toHaveLength(1);
  two.succeed('demo/one');
  await pass(clock, 30, one, two);
  expect(await published()).toHaveLength(1);
  await pass(clock, 70, one, two);
  expect(await published()).toEqual(['circuit.opened demo/one ', 'circuit.closed demo/one ']);
  const found = await events(database.connection).find().sort({ sequence: 1 }).lean();
  for (const { type, data } of found) {
    const { data: fields } = eventTypes[type as keyof typeof eventTypes];
    expect(Object.keys(data).toSorted()).toEqual([...fields].toSorted());
  }
});

it('a circuit that opens and closes again and again is one outage', async () => {
  const clock = { ms: Date.parse('2026-05-01T00:00:00Z') };
  const process = startProcess(clock);
  process.succeed('demo/two');
  for (let n = 0; n < 20; n++) {
    process.fail('demo/one');
    await pass(clock, 6, process);
    process.succeed('demo/one');
    await pass(clock, 20, process);
  }
  expect(await published()).toEqual(['circuit.opened demo/one ']);
});

it('a provider is down while no AI model of it that was called has a closed circuit', async () => {
  const clock = { ms: Date.parse('2026-05-01T00:00:00Z') };
  const process = startProcess(clock);
  process.succeed('demo/one');
  process.fail('demo/two');
  await process.look();
  expect(await published()).toEqual(['circuit.opened demo/two ']);
  process.fail('demo/one');
  await process.look();
  expect((await published()).slice(1)).toEqual(['circuit.opened demo/one ', 'provider.down demo ']);
  await pass(clock, 6, process);
  process.succeed('demo/one');
  await pass(clock, 100, process);
  expect((await published()).slice(3)).toEqual(
    expect.arrayContaining(['provider.up demo ', 'circuit.closed demo/one ']),
  );
});

it('of a provider of a tenant is an event of that tenant', async () => {
  const process = startProcess({ ms: Date.parse('2026-05-01T00:00:00Z') });
  process.fail('acme:own/one');
  await process.look();
  expect(await published()).toEqual(['circuit.opened acme:own/one acme', 'provider.down acme:own acme']);
});

it('is reported once where a process is killed before it publishes, and ends where one is killed while it is open', async () => {
  const clock = { ms: Date.parse('2026-05-01T00:00:00Z') };
  const record = () => Promise.reject(new Error('killed'));
  const killed = startProcess(clock, { events: { record } });
  killed.succeed('demo/two');
  killed.fail('demo/one');
  await expect(killed.look()).rejects.toThrow('killed');
  const other = startProcess(clock);
  await pass(clock, 30, other);
  expect(await published()).toEqual(['circuit.opened demo/one ']);
  await pass(clock, 60, other);
  expect(await published()).toEqual(['circuit.opened demo/one ', 'circuit.closed demo/one ']);
});

it('of AI models that are not in the catalog is not reported', async () => {
  const process = startProcess({ ms: Date.parse('2026-05-01T00:00:00Z') });
  process.fail('gone/one');
  await process.look();
  expect(await published()).toEqual([]);
});
