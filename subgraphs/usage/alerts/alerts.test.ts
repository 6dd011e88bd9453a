import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { alertEpisodes } from '#mongo/alert-episodes.ts';
import { alerts } from '#mongo/alerts.ts';
import { events } from '#mongo/events.ts';
import {
  type AlertMesh,
  alertAdmin,
  calls,
  hourMs,
  minuteMs,
  openAlertMesh,
  operator,
  otherAdmin,
} from '#test/support/alert-mesh.ts';
import { ask, askForData, testCaller } from '#test/support/subgraph.ts';
import { evaluateAlert, sweepAlerts } from './sweep-alerts.ts';

let mesh: AlertMesh;
beforeEach(async () => {
  mesh = await openAlertMesh({ publicUrl: 'https://heddle.example' });
});
afterEach(() => mesh?.[Symbol.asyncDispose]());

const manyCalls = { id: 'busy', metric: 'REQUESTS', condition: 'ABOVE', threshold: 10, window: 'HOUR' };

describe('an episode', () => {
  it('begins once with why, the numbers and a link, and ends once, however often the rule holds in between', async () => {
    await mesh.saveAlert({ ...manyCalls, by: ['KEY'] });
    await mesh.addCalls(minuteMs, [...calls(12), ...calls(3, { keyId: 'quiet' })]);
    for (let minute = 0; minute < 10; minute++) expect(await mesh.sweepAfter(minuteMs)).toBe(1);
    const [started, ...more] = await mesh.published();
    expect(more).toEqual([]);
    expect(started).toMatchObject({
      type: 'alert.started',
      tenantId: 'acme',
      data: {
        ...{ alertId: 'alert:acme:busy', metric: 'REQUESTS', condition: 'ABOVE', keys: { key: 'k1' } },
        ...{ value: 12, bound: 10, baseline: null },
        reason: 'The number of calls within the last hour is 12, above the threshold of 10.',
      },
    });
    const url = new URL(String(started?.data.callsUrl));
    expect(url.origin).toBe('https://heddle.example');
    expect(url.searchParams.get('query')).toContain('keyId: "k1"');
    for (let minute = 0; minute < 5; minute++) await mesh.sweepAfter(hourMs);
    const [, ended, ...none] = await mesh.published();
    expect(none).toEqual([]);
    expect(ended).toMatchObject({
      ...{ type: 'alert.ended', subject: started?.subject },
      data: { endReason: 'RECOVERED', peakValue: 12, startedAt: started?.data.startedAt },
    });
  });

  it('lists in the link exactly the calls behind it', async () => {
    await mesh.saveAlert({ ...manyCalls, by: ['KEY'] });
    await mesh.addCalls(minuteMs, [...calls(12), ...calls(3, { keyId: 'quiet' })]);
    await mesh.addCalls(2 * hourMs, calls(4));
    await mesh.sweepAfter(minuteMs);
    const [started] = await mesh.published();
    const query = new URL(String(started?.data.callsUrl)).searchParams.get('query') ?? '';
    const { invocations } = await askForData<{ invocations: { edges: { node: { keyId: string } }[] } }>(
      ...[mesh.subgraph, alertAdmin, query],
    );
    expect(invocations.edges.map(({ node }) => node.keyId)).toEqual(new Array(12).fill('k1'));
  });

  it('neither ends nor begins anew while the value moves around the threshold', async () => {
    await mesh.saveAlert({ ...manyCalls, window: 'MINUTE' });
    for (const count of [11, 10, 11, 10, 9, 11, 10, 10]) {
      await mesh.addCalls(-50_000, calls(count));
      await mesh.sweepAfter(minuteMs);
    }
    expect(await mesh.published()).toHaveLength(1);
    for (let minute = 0; minute < 3; minute++) await mesh.sweepAfter(minuteMs);
    expect((await mesh.published()).map(({ type }) => type)).toEqual(['alert.started', 'alert.ended']);
  });

  it('of a value that fell below its bound begins also where nothing is left', async () => {
    await mesh.addCalls(70 * minuteMs, calls(5, { keyId: 'dead' }));
    await mesh.saveAlert({ ...manyCalls, id: 'dead', condition: 'BELOW', threshold: 1, by: ['KEY'] });
    await mesh.saveAlert({ ...manyCalls, id: 'silence', condition: 'BELOW', threshold: 1 });
    await mesh.sweepAfter(0);
    expect((await mesh.published()).map(({ data }) => [data.alertId, data.keys, data.value])).toEqual(
      expect.arrayContaining([
        ['alert:acme:dead', { key: 'dead' }, 0],
        ['alert:acme:silence', {}, 0],
      ]),
    );
  });

  it('is one for each series, at most 20 of one alert, and the alert states how many there are more', async () => {
    await mesh.saveAlert({ ...manyCalls, threshold: 1, by: ['KEY'] });
    for (let key = 0; key < 23; key++) await mesh.addCalls(minuteMs, calls(2 + key, { keyId: `k${key}` }));
    await mesh.sweepAfter(0);
    const episodes = await mesh.episodes();
    expect(episodes).toHaveLength(20);
    expect(episodes.map(({ keys }) => keys.key)).not.toContain('k0');
    expect(await alerts(mesh.database.connection).findById('acme:busy').lean()).toMatchObject({
      problem: 'The condition holds for 3 more series; of one alert 20 episodes are open at once.',
    });
  });

  it('is published once where the process died before it was, and by two processes that find it at once', async () => {
    await mesh.saveAlert(manyCalls);
    await mesh.addCalls(minuteMs, calls(12));
    const failing = { ...mesh.deps.events, record: () => Promise.reject(new Error('killed')) };
    await sweepAlerts({ ...mesh.deps, events: failing });
    expect(await mesh.published()).toEqual([]);
    expect(await mesh.episodes()).toHaveLength(1);
    await Promise.all([sweepAlerts(mesh.deps), sweepAlerts(mesh.deps)]);
    expect(await mesh.published()).toHaveLength(1);
    expect((await mesh.episodes())[0]?.unpublished).toEqual([]);
  });

  it('is not published again where the process died after its event', async () => {
    await mesh.saveAlert(manyCalls);
    await mesh.addCalls(minuteMs, calls(12));
    await mesh.sweepAfter(0);
    await alertEpisodes(mesh.database.connection).updateMany({}, { $set: { unpublished: ['STARTED'] } });
    await mesh.sweepAfter(0);
    expect(await mesh.published()).toHaveLength(1);
  });

  it('begins once where several processes sweep at once', async () => {
    await mesh.saveAlert(manyCalls);
    await mesh.addCalls(minuteMs, calls(12));
    const counts = await Promise.all(Array.from({ length: 5 }, () => sweepAlerts(mesh.deps)));
    expect(counts.reduce((sum, count) => sum + count)).toBe(1);
    expect(await mesh.published()).toHaveLength(1);
  });

  it.each([
    ['saved anew', { ...manyCalls, threshold: 11 }, 'ALERT_CHANGED'],
    ['disabled', { ...manyCalls, enabled: false }, 'ALERT_CHANGED'],
    ['deleted', null, 'ALERT_DELETED'],
  ])('ends when its alert is %s', async (_how, input, endReason) => {
    const id = await mesh.saveAlert(manyCalls);
    await mesh.addCalls(minuteMs, calls(11));
    await mesh.sweepAfter(0);
    if (input !== null) await mesh.saveAlert(input);
    else await askForData(mesh.subgraph, alertAdmin, 'mutation ($id: ID!) { deleteAlert(id: $id) }', { id });
    expect(await mesh.episodes()).toMatchObject([{ endReason }]);
    await mesh.sweepAfter(minuteMs);
    expect((await mesh.published()).map(({ type }) => type)).toEqual(['alert.started', 'alert.ended']);
  });

  it('that was begun while its alert was deleted ends by a later sweep', async () => {
    await mesh.saveAlert(manyCalls);
    await mesh.addCalls(minuteMs, calls(11));
    await mesh.sweepAfter(0);
    await alerts(mesh.database.connection).deleteMany({});
    await mesh.sweepAfter(3 * hourMs);
    expect(await mesh.episodes()).toMatchObject([{ endReason: 'ALERT_DELETED' }]);
  });

  it('is not begun by an evaluation during which the alert was saved again', async () => {
    await mesh.saveAlert(manyCalls);
    await mesh.addCalls(minuteMs, calls(11));
    const [begun] = await alerts(mesh.database.connection).find().lean();
    await mesh.saveAlert({ ...manyCalls, threshold: 100 });
    if (begun !== undefined) await evaluateAlert(begun, mesh.deps);
    expect(await mesh.episodes()).toEqual([]);
  });
});

describe('an alert', () => {
  it('is of the tenant that saved it: no other sees it or its episodes, by list, by ID or by node', async () => {
    const id = await mesh.saveAlert(manyCalls);
    await mesh.addCalls(minuteMs, calls(12));
    await mesh.sweepAfter(0);
    const read = `query ($id: ID!) {
      alert(id: $id) { id } node(id: $id) { id } alerts { edges { node { id } } }
      alertEpisodes { edges { node { alertId } } }
    }`;
    const seen = { alert: { id }, node: { id } };
    const list = (entries: object[]) => ({ edges: entries.map((node) => ({ node })) });
    const everything = { ...seen, alerts: list([{ id }]), alertEpisodes: list([{ alertId: id }]) };
    const nothing = { alert: null, node: null, alerts: list([]), alertEpisodes: list([]) };
    expect(await askForData(mesh.subgraph, alertAdmin, read, { id })).toEqual(everything);
    expect(await askForData(mesh.subgraph, operator, read, { id })).toEqual(everything);
    expect(await askForData(mesh.subgraph, otherAdmin, read, { id })).toEqual(nothing);
    const filtered = `{ alerts(filter: { tenantId: "acme" }) { edges { node { id } } }
      alertEpisodes(filter: { tenantId: "acme", alertId: "${id}" }) { edges { node { id } } } }`;
    expect(await askForData(mesh.subgraph, otherAdmin, filtered)).toEqual({
      alerts: list([]),
      alertEpisodes: list([]),
    });
  });

  it.each([
    ['a key without scopes', testCaller('acme')],
    ['a key that only calls', testCaller('acme', 'inference:invoke')],
    ['a caller of no tenant', testCaller(null)],
  ])('is neither read nor changed by %s', async (_who, caller) => {
    await mesh.saveAlert(manyCalls);
    for (const query of [
      '{ alerts { edges { node { id } } } }',
      '{ alertEpisodes { edges { node { id } } } }',
      '{ alert(id: "alert:acme:busy") { id } }',
      'mutation { deleteAlert(id: "alert:acme:busy") }',
      'mutation { saveAlert(input: { id: "x", metric: COST, condition: ABOVE, threshold: 1, window: HOUR }) { id } }',
    ]) {
      const { errors } = await ask(mesh.subgraph, caller, query);
      expect(errors?.[0]?.code, query).toMatch(/^(FORBIDDEN|UNAUTHENTICATED)$/);
    }
  });

  it('is saved by no one with usage:read alone', async () => {
    const save =
      'mutation { saveAlert(input: { id: "x", metric: COST, condition: ABOVE, threshold: 1, window: HOUR }) { id } }';
    for (const caller of [testCaller('acme', 'usage:read'), testCaller('acme', 'tenants:write')]) {
      expect((await ask(mesh.subgraph, caller, save)).errors).toMatchObject([{ code: 'FORBIDDEN' }]);
    }
  });

  it('is not changed or deleted by another tenant, and its name is free there', async () => {
    const id = await mesh.saveAlert(manyCalls);
    for (const attempt of [
      `mutation { deleteAlert(id: "${id}") }`,
      `mutation { saveAlert(input: { id: "${id}", metric: COST, condition: ABOVE, threshold: 1, window: HOUR }) { id } }`,
      'mutation { saveAlert(input: { id: "y", tenantId: "acme", metric: COST, condition: ABOVE, threshold: 1, window: HOUR }) { id } }',
    ]) {
      expect((await ask(mesh.subgraph, otherAdmin, attempt)).errors).toMatchObject([{ code: 'NOT_FOUND' }]);
    }
    expect(await mesh.saveAlert(manyCalls, otherAdmin)).toBe('alert:other:busy');
    expect(await mesh.saveAlert(manyCalls, operator)).toBe('alert:busy');
  });

  it.each([
    ['appId', 'app9', 'There is no app "app9".'],
    ['appId', 'nothing', 'There is no app "nothing".'],
    ['keyId', 'k9', 'There is no API key "k9".'],
    ['modelId', 'other:demo/echo', 'There is no AI model "other:demo/echo".'],
  ])(
    'is refused for the %s %s of another tenant, as for one that is not there',
    async (field, value, message) => {
      const save = 'mutation ($input: AlertInput!) { saveAlert(input: $input) { id } }';
      const input = { ...manyCalls, [field]: value };
      expect((await ask(mesh.subgraph, alertAdmin, save, { input })).errors).toMatchObject([
        { code: 'NOT_FOUND', message },
      ]);
    },
  );

  it.each([
    [{ metric: 'HAPPINESS' }, 'does not exist in "AlertMetric" enum'],
    [{ condition: 'SOMETIMES' }, 'does not exist in "AlertCondition" enum'],
    [{ threshold: null }, 'input.threshold is required with ABOVE.'],
    [{ threshold: -1 }, 'input.threshold must be at least 0'],
    [{ condition: 'BELOW', threshold: 0 }, 'input.threshold must be more than 0'],
    [{ threshold: 1e300 }, 'input.threshold must be at least 0 and at most'],
    [{ window: 'SECOND' }, 'input.window must be one of MINUTE, HOUR, DAY, MONTH.'],
    [{ window: 'INFLIGHT' }, 'input.window must be one of MINUTE, HOUR, DAY, MONTH.'],
    [{ by: ['TAG'] }, 'input.by[0] must be one of TENANT, APP, KEY, MODEL.'],
    [{ metric: 'REFUSALS', window: 'MINUTE' }, 'input.window must be HOUR or longer with REFUSALS'],
    [{ metric: 'LATENCY_P95', perRequest: true }, 'input.perRequest cannot be combined with LATENCY_P95.'],
    [{ condition: 'ANOMALY', window: 'DAY' }, 'input.window must be HOUR with ANOMALY.'],
    [{ condition: 'SECURITY' }, 'input.threshold cannot be combined with SECURITY.'],
    [{ condition: 'BURN_RATE' }, 'input.metric must be COST with BURN_RATE.'],
    [{ condition: 'FORECAST', metric: 'COST', by: ['APP'] }, 'input.by cannot be combined with FORECAST.'],
    [
      { condition: 'FORECAST', metric: 'COST', appId: 'app1' },
      'input.appId cannot be combined with FORECAST.',
    ],
    [{ budgetId: 'b' }, 'input.budgetId cannot be combined with ABOVE.'],
    [{ side: 'LOW' }, 'input.side cannot be combined with ABOVE.'],
    [{ patterns: ['NEW_MODEL'] }, 'input.patterns cannot be combined with ABOVE.'],
    [{ condition: 'SECURITY', threshold: null, patterns: [] }, 'input.patterns must not be empty.'],
    [{ requestsMin: -1 }, 'input.requestsMin must lie between 0 and'],
    [{ id: 'Not an ID' }, 'input.id must be 1 to 64 lower-case letters'],
  ])('with %j is refused: %s', async (wrong, message) => {
    const save = 'mutation ($input: AlertInput!) { saveAlert(input: $input) { id } }';
    const { errors } = await ask(mesh.subgraph, alertAdmin, save, { input: { ...manyCalls, ...wrong } });
    expect(errors?.[0]?.message).toContain(message);
  });

  it('of the mesh is about the calls of all tenants, apart by tenant, and seen by operators alone', async () => {
    await mesh.saveAlert({ ...manyCalls, by: ['TENANT'] }, operator);
    await mesh.addCalls(minuteMs, [...calls(12), ...calls(14, { tenantId: 'other' })]);
    await mesh.sweepAfter(0);
    expect((await mesh.episodes()).map(({ keys, tenantId }) => [keys.tenant, tenantId]).sort()).toEqual([
      ['acme', null],
      ['other', null],
    ]);
    const list = '{ alerts { edges { node { id } } } alertEpisodes { edges { node { id } } } }';
    expect(await askForData(mesh.subgraph, alertAdmin, list)).toEqual({
      alerts: { edges: [] },
      alertEpisodes: { edges: [] },
    });
  });

  it('of a tenant counts no calls of another', async () => {
    await mesh.saveAlert(manyCalls);
    await mesh.addCalls(minuteMs, [...calls(6), ...calls(20, { tenantId: 'other' })]);
    await mesh.sweepAfter(0);
    expect(await mesh.episodes()).toEqual([]);
  });

  it('with more series than can be looked at states so, and holds no process up', async () => {
    const bounded = { ...mesh.deps, groupsMax: 5 };
    const readAlert = async () => {
      const query = '{ alert(id: "alert:acme:busy") { problem evaluatedAt } }';
      type Answer = { readonly alert: { readonly problem: string | null; readonly evaluatedAt: string } };
      return (await askForData<Answer>(mesh.subgraph, alertAdmin, query)).alert;
    };
    await mesh.saveAlert({ ...manyCalls, by: ['KEY', 'MODEL'] });
    for (let key = 0; key < 5; key++) await mesh.addCalls(minuteMs, [{ keyId: `k${key}` }]);
    await sweepAlerts(bounded);
    expect((await readAlert()).problem).toBeNull();
    mesh.clock.ms += 2 * minuteMs;
    await mesh.addCalls(minuteMs, [{ keyId: 'one more' }]);
    expect(await sweepAlerts(bounded)).toBe(1);
    const { problem, evaluatedAt } = await readAlert();
    expect(problem).toContain('more than 5 buckets');
    expect(Date.parse(evaluatedAt)).toBe(mesh.clock.ms);
    expect(await sweepAlerts(bounded)).toBe(0);
  });

  it('counts rows of processes whose clock is ahead, up to a minute', async () => {
    await mesh.saveAlert(manyCalls);
    await mesh.addCalls(-50_000, calls(6));
    await mesh.addCalls(0, calls(6));
    await mesh.addCalls(-2 * minuteMs, calls(50));
    await mesh.sweepAfter(0);
    expect(await mesh.episodes()).toMatchObject([{ value: 12 }]);
  });

  it('is evaluated by the clock of the database where none is injected', async () => {
    const { now: _now, ...deps } = mesh.deps;
    await mesh.saveAlert(manyCalls);
    await mesh.addCalls(mesh.clock.ms - Date.now() + minuteMs, calls(12));
    await sweepAlerts(deps);
    const [episode] = await mesh.episodes();
    expect(Math.abs((episode?.startedAt.getTime() ?? 0) - Date.now())).toBeLessThan(hourMs);
  });

  it('leaves its record in the audit log when it is saved and when it is deleted', async () => {
    const id = await mesh.saveAlert(manyCalls);
    await mesh.saveAlert({ ...manyCalls, threshold: 20 });
    await askForData(mesh.subgraph, alertAdmin, 'mutation ($id: ID!) { deleteAlert(id: $id) }', { id });
    const list = '{ auditLog(orderBy: OLDEST_FIRST) { edges { node { action targetId before after } } } }';
    const { auditLog } = await askForData<{ auditLog: { edges: { node: Record<string, unknown> }[] } }>(
      ...[mesh.subgraph, testCaller('acme', 'audit:read'), list],
    );
    const changes = auditLog.edges.map(({ node }) => node).filter(({ after, before }) => after ?? before);
    expect(changes).toMatchObject([
      { action: 'alert.save', targetId: 'acme:busy', before: null, after: { threshold: 10 } },
      { action: 'alert.save', before: { threshold: 10 }, after: { threshold: 20 } },
      { action: 'alert.delete', before: { threshold: 20 }, after: null },
    ]);
  });
});

it('keeps the events of a tenant with that tenant', async () => {
  await mesh.saveAlert(manyCalls);
  await mesh.addCalls(minuteMs, calls(12));
  await mesh.sweepAfter(0);
  const found = await events(mesh.database.connection).find({ type: 'alert.started' }).lean();
  expect(found.map(({ tenantId }) => tenantId)).toEqual(['acme']);
});
