import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '#core/caller.ts';
import { alertActions } from '#mongo/alert-actions.ts';
import { alertEpisodes } from '#mongo/alert-episodes.ts';
import { auditLog } from '#mongo/audit/log.ts';
import { events } from '#mongo/events.ts';
import { sweepAlerts } from '#subgraphs/usage/alerts/sweep-alerts.ts';
import {
  type ActingMesh,
  savingAlert as saving,
  sevenRequests,
  startActingMesh,
  toActing,
} from '#test/support/acting-mesh.ts';
import { ask, askForData, testCaller } from '#test/support/subgraph.ts';
import type { TestTenant, TestTenants } from '#test/support/tenants.ts';
import { applyAlertActions } from './apply-actions.ts';

let acting: ActingMesh;
let mesh: TestTenants;
let acme: TestTenant;
let other: TestTenant;
beforeAll(async () => {
  acting = await startActingMesh();
  ({ mesh } = acting);
  other = await acting.addTenant();
});
afterAll(() => acting?.[Symbol.asyncDispose]());

const connection = () => mesh.database.connection;
const killed = () => ({ ...mesh.deps.events, record: () => Promise.reject(new Error('killed')) });
const ofKeys = { by: ['KEY'] };
const ofModels = { by: ['MODEL'] };
const readLimits = async (secret: string, meter = 'REQUESTS', window = 'MINUTE') =>
  (await mesh.findCaller(secret))?.limits
    .filter((limit) => limit.meter === meter && limit.window === window)
    .map(({ subject, amount }) => `${subject} ${amount}`);

interface Case {
  readonly input: (tenant: TestTenant) => object;
  readonly target: (tenant: TestTenant) => string;
  /** What shows that the action is in force. */
  readonly read: (tenant: TestTenant) => Promise<unknown>;
  readonly acted: (tenant: TestTenant) => unknown;
}

const cases: readonly (readonly [string, Case])[] = [
  [
    'SUSPEND_KEY refuses the key as if it were revoked',
    {
      input: () => ({ action: 'SUSPEND_KEY', ...ofKeys }),
      target: ({ keyId }) => `key:${keyId}`,
      read: async ({ secret }) => (await mesh.findCaller(secret)) === null,
      acted: () => true,
    },
  ],
  ...(
    [
      ['key', { by: ['KEY'] }, ({ keyId }: TestTenant) => `key:${keyId}`],
      ['app', { by: ['APP'] }, ({ appId }: TestTenant) => `app:${appId}`],
      ['tenant', {}, ({ tenantId }: TestTenant) => `tenant:${tenantId}`],
    ] as const
  ).map(
    ([what, measured, target]) =>
      [
        `LOWER_LIMIT lowers what the ${what} may do in a minute`,
        {
          input: () => ({ action: 'LOWER_LIMIT', actionLimit: sevenRequests, ...measured }),
          target,
          read: ({ secret }: TestTenant) => readLimits(secret),
          acted: (tenant: TestTenant) => [`${target(tenant)} 7`],
        },
      ] as const,
  ),
  ...(
    [
      ['COST', 'DAY', '0.25', '250000000'],
      ['TOKENS', 'HOUR', '5000', '5000'],
      ['CONCURRENCY', 'INFLIGHT', '2', '2'],
    ] as const
  ).map(
    ([meter, window, amount, stored]) =>
      [
        `LOWER_LIMIT lowers ${meter} within ${window} alone`,
        {
          input: () => ({ action: 'LOWER_LIMIT', actionLimit: { meter, window, amount }, by: ['KEY'] }),
          target: ({ keyId }: TestTenant) => `key:${keyId}`,
          read: async ({ secret }: TestTenant) => [
            await readLimits(secret),
            await readLimits(secret, meter, window),
          ],
          acted: ({ keyId }: TestTenant) => [[], [`key:${keyId} ${stored}`]],
        },
      ] as const,
  ),
  [
    'OPEN_CIRCUIT stops the AI model',
    {
      input: () => ({ action: 'OPEN_CIRCUIT', ...ofModels }),
      target: ({ tenantId }) => `model:${tenantId}:own/one`,
      read: async ({ tenantId }) => {
        const { models: known } = await acting.snapshot();
        return ['one', 'two'].map((name) => known.get(`${tenantId}:own/${name}`)?.isStopped ?? false);
      },
      acted: () => [true, false],
    },
  ],
  [
    'MOVE_ROUTE has calls of the route go to the target first',
    {
      input: ({ tenantId }) => ({
        ...{ action: 'MOVE_ROUTE', actionRouteId: `${tenantId}:smart`, actionModelId: `${tenantId}:own/two` },
      }),
      target: ({ tenantId }) => `route:${tenantId}:smart`,
      read: async ({ tenantId }) => {
        const { strategy, targets } = (await acting.snapshot()).routes.get(`${tenantId}:smart`) ?? {
          targets: [],
        };
        return [strategy, ...targets.map(({ model }) => model.name)];
      },
      acted: () => ['PRIORITY', 'two', 'one'],
    },
  ],
];

describe('an alert with an action', () => {
  it.each(cases)('%s, once for its episode, and is undone in one call', async (_what, one) => {
    acme = await acting.addTenant();
    const before = await one.read(acme);
    await acting.fire(acme, one.input(acme));
    expect(await one.read(acme)).toEqual(before);
    for (let n = 0; n < 2; n++)
      await Promise.all([applyAlertActions(mesh.deps), applyAlertActions(mesh.deps)]);
    expect(await one.read(acme)).toEqual(one.acted(acme));
    const { _id, state, target } = await acting.readOnly(acme.tenantId);
    expect([state, target]).toEqual(['ACTIVE', one.target(acme)]);
    // By an operator: the tenant's own key may be the one that is suspended.
    for (let n = 0; n < 2; n++) {
      const { data, errors } = await acting.undo(_id, mesh.admin);
      expect(errors).toBeUndefined();
      expect(data).toMatchObject({
        undoAlertAction: { id: _id, state: 'UNDONE', undoneAt: expect.any(String) },
      });
    }
    expect(await one.read(acme)).toEqual(before);
    const audited = await auditLog(connection())
      .find({ tenantId: acme.tenantId, action: { $in: ['alert.act', 'alertAction.undo'] } })
      .sort({ at: 1, _id: 1 })
      .lean();
    const done = { outcome: 'SUCCEEDED', targetId: `${acme.tenantId}:acting` };
    expect(audited).toMatchObject([
      { ...done, action: 'alert.act', after: { target, state: 'ACTIVE' } },
      { ...done, action: 'alertAction.undo', after: { target, state: 'UNDONE' } },
    ]);
    const published = await events(connection())
      .find({ tenantId: acme.tenantId, subject: _id, sequence: { $gt: 0 } })
      .sort({ sequence: 1 })
      .lean();
    expect(published.map(({ type, data }) => [type, data.target])).toEqual([
      ['alert.started', undefined],
      ['alert.acted', target],
      ['alert.undone', target],
    ]);
  });

  it('acts once where processes are killed between what they decide and what they do', async () => {
    acme = await acting.addTenant();
    await askForData(acting.usage, acme.caller, saving, {
      input: toActing({ action: 'SUSPEND_KEY', ...ofKeys }),
    });
    await acting.call(acme);
    // The action is requested; the event of the episode is not published.
    await sweepAlerts({ ...acting.deps, events: killed() });
    // Killed before that was noted.
    await alertEpisodes(connection()).updateMany(
      { tenantId: acme.tenantId },
      { $set: { unpublished: ['ACTION', 'STARTED'] } },
    );
    await expect(applyAlertActions({ ...mesh.deps, events: killed() })).rejects.toThrow('killed');
    expect((await acting.readOnly(acme.tenantId)).unpublished).toEqual(['ACTED']);
    for (let n = 0; n < 2; n++) {
      await sweepAlerts(acting.deps);
      await applyAlertActions(mesh.deps);
    }
    expect(await acting.readOnly(acme.tenantId)).toMatchObject({ state: 'ACTIVE', unpublished: [] });
    const about = {
      tenantId: acme.tenantId,
      type: { $in: ['alert.started', 'alert.acted'] },
      sequence: { $gt: 0 },
    };
    expect(await events(connection()).distinct('type', about)).toHaveLength(2);
    expect(await events(connection()).countDocuments(about)).toBe(2);
  });

  it('has the rights of the successor of the key that saved it', async () => {
    acme = await acting.addTenant();
    await acting.fire(acme, { action: 'OPEN_CIRCUIT', ...ofModels });
    await askForData(
      ...[mesh.subgraph, mesh.admin],
      'mutation ($id: ID!) { rotateApiKey(id: $id, overlapSeconds: 0) { key { id } } }',
      { id: acme.keyId },
    );
    await applyAlertActions(mesh.deps);
    expect((await acting.readOnly(acme.tenantId)).state).toBe('ACTIVE');
  });

  it('suspends the successors of a key too', async () => {
    acme = await acting.addTenant();
    await acting.fire(acme, { action: 'SUSPEND_KEY', ...ofKeys });
    await applyAlertActions(mesh.deps);
    const { rotateApiKey } = await askForData<{ rotateApiKey: { secret: string } }>(
      ...[mesh.subgraph, mesh.admin],
      'mutation ($id: ID!) { rotateApiKey(id: $id) { secret } }',
      { id: acme.keyId },
    );
    expect(await mesh.findCaller(rotateApiKey.secret)).toBeNull();
  });

  it('keeps what is changed meanwhile, and leaves lower limits as they are', async () => {
    acme = await acting.addTenant();
    await acting.fire(acme, { action: 'LOWER_LIMIT', actionLimit: sevenRequests, ...ofKeys });
    await applyAlertActions(mesh.deps);
    const setLimit = (amount: number) =>
      askForData(
        ...[mesh.subgraph, mesh.admin],
        `mutation ($id: ID!, $amount: Decimal!) {
          updateApiKey(id: $id, input: { limits: [
            { meter: REQUESTS, window: MINUTE, amount: $amount }, { meter: REQUESTS, window: HOUR, amount: 1000 }] }) { id }
        }`,
        { id: acme.keyId, amount },
      );
    await setLimit(3);
    expect(await readLimits(acme.secret)).toEqual([`key:${acme.keyId} 3`]);
    await setLimit(100);
    expect(await readLimits(acme.secret, 'REQUESTS', 'HOUR')).toEqual([`key:${acme.keyId} 1000`]);
    expect(await readLimits(acme.secret)).toEqual([`key:${acme.keyId} 7`]);
    await acting.undo((await acting.readOnly(acme.tenantId))._id, acme.caller);
    expect(await readLimits(acme.secret)).toEqual([`key:${acme.keyId} 100`]);
  });

  it('does nothing where it was saved again after its episode began, and nothing twice on one target', async () => {
    acme = await acting.addTenant();
    const lowering = { action: 'LOWER_LIMIT', actionLimit: sevenRequests, ...ofKeys };
    await askForData(acting.usage, acme.caller, saving, { input: toActing(lowering) });
    await acting.call(acme);
    await sweepAlerts({ ...acting.deps, events: killed() });
    await alertActions(connection()).deleteMany({ tenantId: acme.tenantId });
    await alertEpisodes(connection()).updateMany(
      { tenantId: acme.tenantId },
      { $set: { unpublished: ['ACTION', 'STARTED'] } },
    );
    acting.clock.ms += 1_000;
    await askForData(acting.usage, acme.caller, saving, { input: toActing(lowering) });
    await sweepAlerts(acting.deps);
    await applyAlertActions(mesh.deps);
    expect(await acting.readOnly(acme.tenantId)).toMatchObject({ state: 'ACTIVE' });
    acting.clock.ms += 1_000;
    await askForData(acting.usage, acme.caller, saving, { input: toActing(lowering) });
    await sweepAlerts(acting.deps);
    await applyAlertActions(mesh.deps);
    expect((await acting.listActions(acme.tenantId)).map(({ state }) => state).toSorted()).toEqual([
      'ACTIVE',
      'REFUSED',
    ]);
  });

  it('is not in force any more, and publishes nothing, where it is undone before it was applied', async () => {
    acme = await acting.addTenant();
    await acting.fire(acme, { action: 'SUSPEND_KEY', ...ofKeys });
    const { _id } = await acting.readOnly(acme.tenantId);
    for (let n = 0; n < 2; n++) {
      expect((await acting.undo(_id, acme.caller)).data).toMatchObject({
        undoAlertAction: { state: 'UNDONE' },
      });
      await applyAlertActions(mesh.deps);
    }
    expect(await mesh.findCaller(acme.secret)).not.toBeNull();
    const published = await events(connection()).find({ subject: _id }).lean();
    expect(published.map(({ type }) => type)).toEqual(['alert.started']);
    const audited = await auditLog(connection()).find({
      action: 'alertAction.undo',
      tenantId: acme.tenantId,
    });
    expect(audited).toMatchObject([{ before: { state: 'PENDING' }, after: { state: 'UNDONE' } }]);
  });

  it('is listed and undone by its own tenant and operators alone', async () => {
    acme = await acting.addTenant();
    await acting.fire(acme, { action: 'LOWER_LIMIT', actionLimit: sevenRequests, ...ofKeys });
    await applyAlertActions(mesh.deps);
    const { _id } = await acting.readOnly(acme.tenantId);
    const read = async (caller: Caller) => {
      const query = `query ($tenantId: ID!) {
        alertActions(filter: { tenantId: $tenantId }) { edges { node { id state } } }
        alertEpisodes(filter: { tenantId: $tenantId }) { edges { node { action { id target limit { meter window amount } } } } }
      }`;
      return askForData(acting.usage, caller, query, { tenantId: acme.tenantId });
    };
    const seen = {
      alertActions: { edges: [{ node: { id: _id, state: 'ACTIVE' } }] },
      alertEpisodes: {
        edges: [{ node: { action: { id: _id, target: `key:${acme.keyId}`, limit: sevenRequests } } }],
      },
    };
    expect(await read(acme.caller)).toEqual(seen);
    expect(await read(mesh.admin)).toEqual(seen);
    expect(await read(other.caller)).toEqual({ alertActions: { edges: [] }, alertEpisodes: { edges: [] } });
    expect((await acting.undo(_id, other.caller)).errors).toMatchObject([{ code: 'NOT_FOUND' }]);
    for (const caller of [testCaller(acme.tenantId, 'usage:read'), testCaller(null)]) {
      expect((await acting.undo(_id, caller)).errors?.[0]?.code).toMatch(/^(FORBIDDEN|UNAUTHENTICATED)$/);
    }
    expect(
      (await ask(acting.usage, testCaller(acme.tenantId), '{ alertActions { totalCount } }')).errors,
    ).toHaveLength(1);
    expect((await acting.readOnly(acme.tenantId)).state).toBe('ACTIVE');
  });
});
