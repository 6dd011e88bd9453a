import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newTenant } from '#test/e2e/scenarios/setup.ts';
import { createTestClient } from '#test/support/client.ts';
import { hasRedis } from '../support/processes/redis.ts';
import { type Fleet, type FleetProcess, fleetProcesses, startFleet } from './support/fleet.ts';
import { allRows, registerUpstream } from './support/ledger.ts';
import { startTraffic, type TrafficClient } from './support/traffic.ts';
import { listAlarms } from './support/victim.ts';
import { startWordProvider } from './support/word-provider.ts';

const clientsMax = 8;
const graceMs = 3_000;
const drainMs = 0;

if (!hasRedis()) console.warn('No redis-server on the PATH: a rolling restart was not tested.');

describe.runIf(hasRedis())('a rolling restart of every part under load', () => {
  const stack = new AsyncDisposableStack();
  let fleet: Fleet;
  let key: string;
  let clients: TrafficClient[];

  beforeAll(async () => {
    const provider = stack.use(await startWordProvider());
    fleet = stack.use(
      await startFleet({ HEDDLE_SHUTDOWN_GRACE_MS: String(graceMs), HEDDLE_DRAIN_MS: String(drainMs) }),
    );
    await registerUpstream(fleet, provider.url, ['words20', 'words30']);
    ({
      client: { key },
    } = await newTenant(() => fleet));
    const [first, second] = fleet.gateways;
    clients = Array.from({ length: clientsMax }, (_, at) =>
      startTraffic(at % 2 === 0 ? [first, second] : [second, first], key),
    );
    await Promise.all(clients.map((client) => client.more(2)));
  }, 120_000);
  afterAll(() => stack.disposeAsync());

  const failures = () => clients.flatMap(({ failed }) => failed);

  it.each(fleetProcesses)(
    'loses no call while %s is replaced, which ends in time',
    async (name: FleetProcess) => {
      const before = failures().length;
      const replaced = fleet.process(name);
      expect(await replaced.end('SIGTERM')).toBe(0);
      expect(replaced.output()).not.toContain('ended before everything was closed');
      await Promise.all(clients.map((client) => client.more(1)));
      await fleet.start(name);
      await Promise.all(clients.map((client) => client.more(2)));
      expect(failures().slice(before)).toEqual([]);
    },
    120_000,
  );

  it('leaves one row of each call, that succeeded', async () => {
    await Promise.all(clients.map((client) => client.stop()));
    const rows = await allRows(createTestClient(fleet.url, key));
    expect(rows.filter(({ status }) => status !== 'SUCCEEDED')).toEqual([]);
    expect(rows).toHaveLength(clients.reduce((sum, { calls }) => sum + calls, 0));
    expect(listAlarms(fleet)).toEqual([]);
  }, 120_000);
});
