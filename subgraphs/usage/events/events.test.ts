import { parse } from 'graphql';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Caller } from '#core/caller.ts';
import { type EventType, eventTypes } from '#core/events/event-types.ts';
import { createEventLog, events, findLastSequence } from '#mongo/events.ts';
import { createMemoryBus } from '#state/bus/memory.ts';
import { ask, askForData, testCaller } from '#test/support/subgraph.ts';
import { openUsageMesh, type UsageMesh } from '#test/support/usage-mesh.ts';
import { createUsageSubgraph } from '../subgraph.ts';
import { EventFeed } from './event-feed.ts';

const acme = testCaller('acme', 'tenants:read');
const lister = testCaller('lister', 'tenants:read');
const other = testCaller('other', 'audit:read');
const operator = testCaller('root', 'tenants:admin');

let mesh: UsageMesh;
beforeAll(async () => {
  mesh = await openUsageMesh();
});
afterAll(() => mesh?.[Symbol.asyncDispose]());

const record = (type: string, tenantId: string | null = 'acme', subject: string | null = null) =>
  mesh.services.events.record({ type: type as EventType, tenantId, subject, data: { type } });

interface Delivered {
  readonly id: string;
  readonly type: string;
}

/** Subscribes as the gateway does; `next` resolves to the next event, or to its error. */
async function subscribe(
  caller: Caller,
  variables: { types?: readonly string[]; after?: string | undefined } = {},
  subgraph = mesh.subgraph,
) {
  const leaving = new AbortController();
  const result = await subgraph.execute({
    document: parse(
      'subscription ($types: [String!], $after: ID) { events(types: $types, after: $after) { id type at subject data tenant { id } } }',
    ),
    ...{ variables, caller, requestId: 'r1', clientAddress: null, signal: leaving.signal },
  });
  if (!(Symbol.asyncIterator in result)) throw new Error(result.errors?.[0]?.message);
  const stream = result[Symbol.asyncIterator]();
  return {
    async next(): Promise<Delivered> {
      const { value } = await stream.next();
      return (value?.data as { events: Delivered } | undefined)?.events ?? (value as never);
    },
    async leave() {
      leaving.abort();
      await stream.return?.();
    },
  };
}

describe('the subscription events', () => {
  it('delivers to each tenant its own events, and all to an operator', async () => {
    const [mine, theirs, all] = await Promise.all([acme, other, operator].map((one) => subscribe(one)));
    await record('a', 'acme', 's1');
    await record('b', 'other');
    await record('c', null);
    await record('d', 'acme');
    expect([await mine?.next(), await mine?.next()]).toMatchObject([
      { type: 'a', subject: 's1', data: { type: 'a' }, tenant: { id: 'acme' } },
      { type: 'd' },
    ]);
    expect(await theirs?.next()).toMatchObject({ type: 'b' });
    const types: string[] = [];
    for (let n = 0; n < 4; n++) types.push((await all?.next())?.type ?? '');
    expect(types).toEqual(['a', 'b', 'c', 'd']);
    await Promise.all([mine, theirs, all].map((one) => one?.leave()));
  });

  it('delivers only the types and prefixes that were named', async () => {
    const named = await subscribe(acme, { types: ['access.*', 'key.revoked'] });
    for (const type of ['access.requested', 'key.revoked.not', 'accessory', 'key.revoked'])
      await record(type);
    expect([(await named.next()).type, (await named.next()).type]).toEqual([
      'access.requested',
      'key.revoked',
    ]);
    await named.leave();
  });

  it('misses none for a client that reconnects after the last event that it received, in any process', async () => {
    const { connection } = mesh.database;
    const first = await subscribe(acme);
    await record('first');
    const { id } = await first.next();
    await first.leave();
    const last = await findLastSequence(events(connection));
    await events(connection).insertMany(
      Array.from({ length: 1_199 }, (_, n) => ({
        ...{ _id: `missed.${n}`, type: `missed.${n}`, tenantId: n % 2 === 0 ? 'acme' : 'other' },
        ...{ sequence: last + 1 + n, at: new Date(), subject: null, data: {} },
      })),
    );
    await record('missed.1199', 'other');
    const log = pino({ level: 'silent' });
    // Another process, which is not notified by this one.
    await using elsewhere = createUsageSubgraph({ ...mesh.services, connection, bus: createMemoryBus(log) });
    for (const subgraph of [mesh.subgraph, elsewhere]) {
      const again = await subscribe(acme, { after: id }, subgraph);
      const types: string[] = [];
      for (let n = 0; n < 600; n++) types.push((await again.next()).type);
      expect(types).toEqual(Array.from({ length: 600 }, (_, n) => `missed.${2 * n}`));
      await again.leave();
    }
  });

  it('finds events of other processes without a notice of the bus', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      const { connection } = mesh.database;
      const log = pino({ level: 'silent' });
      await using feed = new EventFeed({ connection, bus: createMemoryBus(log), log });
      const leaving = new AbortController();
      const follow = feed.follow(await feed.open(), { where: {}, matches: () => true }, leaving.signal);
      await record('unannounced');
      const next = follow.next();
      vi.advanceTimersByTime(5_000);
      expect((await next).value).toMatchObject({ type: 'unannounced' });
    } finally {
      vi.useRealTimers();
    }
  });

  it('ends when its process drains', async () => {
    const { connection } = mesh.database;
    const subgraph = createUsageSubgraph({ ...mesh.services, connection });
    const open = await subscribe(acme, {}, subgraph);
    const next = open.next();
    await subgraph.drain(1_000, Promise.resolve());
    expect(await next).toBeUndefined();
    await subgraph[Symbol.asyncDispose]();
  });

  it.each([
    ['an ID that never was', 'nothing'],
    ['the ID of an event of another tenant', 'foreign'],
  ])('refuses %s as the position, in the same words', async (_what, kind) => {
    await record('theirs', 'other');
    const foreign = (await events(mesh.database.connection).findOne({ type: 'theirs' }).lean())?._id;
    await expect(subscribe(acme, { after: kind === 'foreign' ? foreign : kind })).rejects.toThrow(
      'after is the ID of no event that is retained: subscribe without it, and read the query events.',
    );
  });

  it('requires tenants:read or audit:read', async () => {
    await expect(subscribe(testCaller('acme', 'usage:read'))).rejects.toThrow(/tenants:read/);
  });
});

describe('the query events', () => {
  const list = async (caller: Caller, args = '') => {
    const query = `{ events${args} { totalCount edges { cursor node { type } } pageInfo { hasNextPage endCursor } } }`;
    const data = await askForData<{
      events: {
        totalCount: number;
        edges: { cursor: string; node: { type: string } }[];
        pageInfo: { hasNextPage: boolean; endCursor: string };
      };
    }>(mesh.subgraph, caller, query);
    const { edges, ...rest } = data.events;
    return { ...rest, types: edges.map(({ node }) => node.type) };
  };

  it('lists, filters and pages the published events of the tenant', async () => {
    const { connection } = mesh.database;
    await record('access.requested', 'lister', 'g1');
    await record('access.decided', 'lister', 'g1');
    await record('key.expiring', 'lister', 'k1');
    await record('access.requested', 'other', 'g2');
    const log = createEventLog(connection, { notify: async () => {}, log: mesh.services.log, now: () => 0 });
    await log.record({ type: 'member.joined', tenantId: 'lister', subject: null, data: {} });
    await events(connection).create({
      ...{ _id: 'prepared', type: 'prepared', at: new Date(), tenantId: 'lister', subject: null, data: {} },
      pendingSince: new Date(),
    });
    expect((await list(lister)).types).toEqual([
      'member.joined',
      'key.expiring',
      'access.decided',
      'access.requested',
    ]);
    expect((await list(lister, '(filter: { types: ["access.*"] }, orderBy: OLDEST_FIRST)')).types).toEqual([
      'access.requested',
      'access.decided',
    ]);
    expect((await list(lister, '(filter: { subject: "g1", types: ["access.decided"] })')).types).toEqual([
      'access.decided',
    ]);
    expect((await list(lister, '(filter: { to: "2000-01-01T00:00:00Z" })')).types).toEqual(['member.joined']);
    expect((await list(lister, '(filter: { tenantId: "other" })')).types).toEqual([]);
    expect((await list(operator, '(filter: { tenantId: "other", subject: "g2" })')).types).toEqual([
      'access.requested',
    ]);
    const page = await list(lister, '(first: 2)');
    expect(page).toMatchObject({
      totalCount: 4,
      types: ['member.joined', 'key.expiring'],
      pageInfo: { hasNextPage: true },
    });
    expect((await list(lister, `(first: 2, after: "${page.pageInfo.endCursor}")`)).types).toEqual([
      'access.decided',
      'access.requested',
    ]);
  });

  it('lists every type of event for the tenant that it belongs to alone, and those of the mesh for operators', async () => {
    const types = Object.keys(eventTypes) as EventType[];
    for (const type of types) await record(type, 'owner');
    for (const type of types) await record(type, null, 'of the mesh');
    const owner = testCaller('owner', 'tenants:read');
    const foreign = testCaller('foreign', 'tenants:read', 'audit:read');
    const all = `(first: ${types.length}, orderBy: OLDEST_FIRST`;
    expect((await list(owner, `${all})`)).types).toEqual(types);
    expect((await list(foreign)).types).toEqual([]);
    expect((await list(operator, `${all}, filter: { subject: "of the mesh" })`)).types).toEqual(types);
  });

  it('refuses patterns that are none, and callers without the scope', async () => {
    const { errors } = await ask(
      mesh.subgraph,
      acme,
      '{ events(filter: { types: ["a*b"] }) { totalCount } }',
    );
    expect(errors).toMatchObject([{ code: 'BAD_USER_INPUT' }]);
    const refused = await ask(
      mesh.subgraph,
      testCaller('acme', 'inference:invoke'),
      '{ events { totalCount } }',
    );
    expect(refused.errors).toMatchObject([{ code: 'FORBIDDEN' }]);
  });
});
