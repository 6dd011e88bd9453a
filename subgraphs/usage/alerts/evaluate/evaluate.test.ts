import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AlertMetric } from '#core/graph-enums.generated.ts';
import { apiKeys } from '#mongo/api-keys.ts';
import { budgets } from '#mongo/budgets.ts';
import { type InvocationRecord, invocations } from '#mongo/invocations.ts';
import { models } from '#mongo/models.ts';
import {
  type AlertMesh,
  alertAdmin,
  calls,
  dayMs,
  hourMs,
  minuteMs,
  openAlertMesh,
  operator,
} from '#test/support/alert-mesh.ts';
import { ask } from '#test/support/subgraph.ts';
import { row } from '#test/support/usage-mesh.ts';
import { keyNames } from '../series.ts';

let mesh: AlertMesh;
beforeEach(async () => {
  mesh = await openAlertMesh();
});
afterEach(() => mesh?.[Symbol.asyncDispose]());

const dollar = 1_000_000_000n;
const alert = { id: 'a', metric: 'REQUESTS', condition: 'ABOVE', threshold: 10, window: 'HOUR' };

/** Counts refusals of a key of acme, for the AI model that they name. */
const refuse = (
  count: number,
  {
    tenantId = 'acme',
    errorCode = 'QUOTA_EXCEEDED',
    ...who
  }: {
    readonly tenantId?: string;
    readonly keyId: string;
    readonly appId?: string;
    readonly errorCode?: string;
  },
  modelId: string | null = 'demo/echo',
) =>
  mesh.deps.audit.count({
    ...{ tenantId, errorCode, action: 'completion.call', requestId: 'r', clientAddress: null },
    actor: { kind: 'API_KEY', appId: 'app1', subject: null, ...who },
    ...(modelId === null ? {} : { targetType: 'Model', targetId: modelId }),
    ...{ outcome: 'REFUSED', count },
  });

describe('each metric', () => {
  const three = [
    { costNanos: 2n * dollar, latencyMs: 1_000, usage: { ...row('', '2026-01-01').usage, inputTokens: 95 } },
    { costNanos: dollar, status: 'FAILED', latencyMs: 100 },
    { cache: 'HIT', latencyMs: 100 },
  ] as const;

  it.each([
    ['COST', {}, 3],
    ['TOKENS', {}, 130],
    ['REQUESTS', {}, 3],
    ['FAILURES', {}, 1],
    ['CACHE_HITS', {}, 1],
    ['COST', { perRequest: true, requestsMin: 1 }, 1],
    ['FAILURES', { perRequest: true, requestsMin: 1 }, 1 / 3],
    ['CACHE_HITS', { perRequest: true, requestsMin: 1 }, 1 / 3],
  ])('is summed of the ledger: %s %j', async (metric, more, value) => {
    await mesh.addCalls(minuteMs, three);
    await mesh.addCalls(2 * hourMs, calls(50, { costNanos: dollar }));
    await mesh.saveAlert({ ...alert, metric, threshold: value * 0.99, ...more });
    await mesh.sweepAfter(0);
    expect((await mesh.episodes()).map((episode) => episode.value)).toEqual([expect.closeTo(value, 9)]);
  });

  it('is the 95th percentile of the latency, accurate to 2.5 percent', async () => {
    await mesh.addCalls(minuteMs, [...calls(94, { latencyMs: 100 }), ...calls(6, { latencyMs: 1_000 })]);
    await mesh.saveAlert({ ...alert, metric: 'LATENCY_P95', threshold: 900 });
    await mesh.sweepAfter(0);
    const [episode] = await mesh.episodes();
    expect(Math.abs((episode?.value ?? 0) - 1_000)).toBeLessThanOrEqual(25);
  });

  it('is the number of refusals that the audit log counts, by key, and of an AI model', async () => {
    mesh.clock.ms = Date.now();
    await models(mesh.database.connection).collection.insertOne({ _id: 'demo/echo' } as never);
    await refuse(12, { keyId: 'k1' });
    await refuse(3, { keyId: 'k2' });
    await refuse(20, { keyId: 'k2', errorCode: 'FORBIDDEN' }, null);
    await refuse(50, { tenantId: 'other', keyId: 'k9' });
    await mesh.saveAlert({ ...alert, metric: 'REFUSALS', by: ['KEY'] });
    await mesh.saveAlert({ ...alert, id: 'b', metric: 'REFUSALS', by: ['KEY'], modelId: 'demo/echo' });
    await mesh.saveAlert({ ...alert, id: 'c', metric: 'REFUSALS', by: ['MODEL'] });
    while ((await mesh.sweepAfter(0)) > 0);
    const found = (await mesh.episodes()).map(({ alertId, keys, value }) => [
      ...[alertId.at(-1), keys.key ?? keys.model ?? null, value],
    ]);
    expect(found.toSorted((one, two) => String(one).localeCompare(String(two)))).toEqual([
      ['a', 'k1', 12],
      ['a', 'k2', 23],
      ['b', 'k1', 12],
      ['c', null, 20],
      ['c', 'demo/echo', 15],
    ]);
  });

  it('is measured by each dimension', async () => {
    mesh.clock.ms = Date.now();
    const few = { tenantId: 'acme', appId: 'app1', keyId: 'k1', modelId: 'demo/echo' };
    const many = { tenantId: 'other', appId: 'app9', keyId: 'k9', modelId: 'demo/slow' };
    const failed = { status: 'FAILED', cache: 'HIT', costNanos: dollar, latencyMs: 100 } as const;
    await mesh.addCalls(minuteMs, [
      ...calls(2, { ...few, ...failed }),
      ...calls(4, { ...many, ...failed, costNanos: 2n * dollar, latencyMs: 200 }),
    ]);
    for (const [count, { modelId, ...who }] of [
      [3, few],
      [5, many],
    ] as const)
      await refuse(count, who, modelId);
    /** Of the few calls, of the many; for each call of both. */
    const expected: Readonly<Record<AlertMetric, readonly [number, number, number?, number?]>> = {
      COST: [2, 8, 1, 2],
      TOKENS: [30, 60, 15, 15],
      REQUESTS: [2, 4],
      FAILURES: [2, 4, 1, 1],
      REFUSALS: [3, 5, 1.5, 1.25],
      LATENCY_P95: [100, 200],
      CACHE_HITS: [2, 4, 1, 1],
    };
    const dimensions = Object.entries(keyNames).map(
      ([by, name]) => [by, name, `${by.toLowerCase()}Id`] as const,
    );
    const wanted: unknown[] = [];
    for (const [metric, [low, high, ...shares]] of Object.entries(expected)) {
      for (const [by, name, field] of dimensions) {
        for (const perRequest of shares.length > 0 ? [false, true] : [false]) {
          const id = `${metric}-${by}-${perRequest}`.toLowerCase().replaceAll('_', '-');
          const input = { ...alert, id, metric, by: [by], threshold: 0, perRequest, requestsMin: 1 };
          await mesh.saveAlert(input, operator);
          const [ofFew, ofMany] = perRequest ? shares : [low, high];
          for (const [of, value] of [
            [few, ofFew],
            [many, ofMany],
          ] as const) {
            const exact = metric === 'LATENCY_P95' ? expect.closeTo(value ?? 0, -1) : value;
            wanted.push([id, { [name]: of[field as keyof typeof few] }, exact]);
          }
        }
      }
    }
    while ((await mesh.sweepAfter(0)) > 0);
    const found = (await mesh.episodes()).map(({ alertId, keys, value }) => [alertId, keys, value]);
    expect(found).toHaveLength(wanted.length);
    expect(found).toEqual(expect.arrayContaining(wanted));
  });

  it('is not compared where there are too few calls for a share', async () => {
    await mesh.addCalls(minuteMs, calls(19, { status: 'FAILED' }));
    await mesh.saveAlert({ ...alert, metric: 'FAILURES', perRequest: true, threshold: 0.5 });
    await mesh.sweepAfter(0);
    expect(await mesh.episodes()).toEqual([]);
    await mesh.addCalls(minuteMs, calls(1));
    await mesh.sweepAfter(minuteMs);
    expect(await mesh.episodes()).toMatchObject([{ value: 0.95 }]);
  });

  it('is measured of the calls that the filter names, apart by app and AI model', async () => {
    await mesh.addCalls(minuteMs, [
      ...calls(11),
      ...calls(12, { modelId: 'demo/slow' }),
      ...calls(13, { appId: 'app2' }),
    ]);
    await mesh.saveAlert({ ...alert, appId: 'app1', by: ['APP', 'MODEL'] });
    await mesh.sweepAfter(0);
    expect((await mesh.episodes()).map(({ keys, value }) => [keys.app, keys.model, value]).sort()).toEqual([
      ['app1', 'demo/echo', 11],
      ['app1', 'demo/slow', 12],
    ]);
  });
});

describe('budgets', () => {
  const addBudget = (_id: string, rest: object = {}) =>
    budgets(mesh.database.connection).create({
      ...{ _id, tenantId: 'acme', appId: null, amountNanos: 100n * dollar, window: 'MONTH' },
      ...{ alertAt: [], hard: true, createdAt: new Date(mesh.clock.ms), ...rest },
    });
  const budgetAlert = { ...alert, metric: 'COST', window: 'HOUR' };

  it('are each a series: of the tenant, of an app, of a key with those that it was rotated to', async () => {
    await addBudget('whole');
    await addBudget('of-app', { appId: 'app1' });
    await addBudget('of-key', { appId: 'app1', keyLineId: 'k1' });
    await addBudget('foreign', { tenantId: 'other' });
    await apiKeys(mesh.database.connection).collection.insertMany([
      { _id: 'k1', lineId: 'k1', tenantId: 'acme', keyHash: '1' },
      { _id: 'k2', lineId: 'k1', tenantId: 'acme', keyHash: '2' },
    ] as never);
    await mesh.addCalls(dayMs, [
      { costNanos: 40n * dollar },
      { costNanos: 41n * dollar, keyId: 'k2' },
      { costNanos: 15n * dollar, keyId: 'k3' },
      { costNanos: 20n * dollar, appId: 'app2', keyId: 'k4' },
      { costNanos: 900n * dollar, tenantId: 'other' },
    ]);
    await mesh.addCalls(20 * dayMs, [{ costNanos: 1_000n * dollar }]);
    await mesh.saveAlert({ ...budgetAlert, condition: 'BUDGET_SHARE', threshold: 0.8 });
    await mesh.sweepAfter(0);
    const found = (await mesh.episodes()).map(({ keys, value }) => [keys.budget, value]);
    expect(found.sort()).toEqual([
      ['of-app', 0.96],
      ['of-key', 0.81],
      ['whole', 1.16],
    ]);
  });

  it('burn, and end to burn when the spending stops', async () => {
    await addBudget('whole');
    await mesh.addCalls(minuteMs, [{ costNanos: 3n * dollar }]);
    await mesh.saveAlert({ ...budgetAlert, condition: 'BURN_RATE', threshold: 14.4, budgetId: 'whole' });
    await mesh.sweepAfter(0);
    for (let minute = 0; minute < 8; minute++) await mesh.sweepAfter(minuteMs);
    expect(await mesh.episodes()).toMatchObject([{ keys: { budget: 'whole' }, endReason: 'RECOVERED' }]);
  });

  it('are forecast by the hours of the weeks before', async () => {
    await addBudget('whole');
    // One dollar an hour since three weeks: 17 days of June are over, and 13.5 are left.
    const rows: InvocationRecord[] = [];
    for (let hour = 1; hour <= 21 * 24; hour++) {
      rows.push(
        row(randomUUID(), new Date(mesh.clock.ms - hour * hourMs).toISOString(), { costNanos: dollar / 4n }),
      );
    }
    await invocations(mesh.database.connection).insertMany(rows);
    await mesh.saveAlert({ ...budgetAlert, condition: 'FORECAST', threshold: 1 });
    await mesh.sweepAfter(0);
    const [episode] = await mesh.episodes();
    expect(episode?.bound).toBe(100);
    expect(episode?.value).toBeGreaterThan(178);
    expect(episode?.value).toBeLessThan(182);
  });

  it('of another tenant cannot be named', async () => {
    await addBudget('foreign', { tenantId: 'other' });
    const save = 'mutation ($input: AlertInput!) { saveAlert(input: $input) { id } }';
    const input = { ...budgetAlert, condition: 'FORECAST', threshold: 1, budgetId: 'foreign' };
    expect((await ask(mesh.subgraph, alertAdmin, save, { input })).errors).toMatchObject([
      { code: 'NOT_FOUND' },
    ]);
  });
});

describe('an anomaly', () => {
  /** Ten calls in each hour of four weeks, by two keys. */
  async function addWeeks(): Promise<void> {
    const rows: InvocationRecord[] = [];
    for (let hour = 1; hour <= 28 * 24; hour++) {
      const at = new Date(mesh.clock.ms - (hour + 1) * hourMs).toISOString();
      for (const keyId of ['k1', 'k2'])
        for (let n = 0; n < 3; n++) rows.push(row(randomUUID(), at, { keyId }));
    }
    await invocations(mesh.database.connection).insertMany(rows);
  }

  it('is found in the last complete hour of each series, and ends with it', async () => {
    await addWeeks();
    await mesh.addCalls(hourMs, [...calls(40), ...calls(3, { keyId: 'k2' })]);
    await mesh.saveAlert({ ...alert, condition: 'ANOMALY', threshold: null, by: ['KEY'] });
    await mesh.sweepAfter(0);
    expect(await mesh.published()).toMatchObject([
      { type: 'anomaly.found', data: { keys: { key: 'k1' }, value: 40, baseline: 3, condition: 'ANOMALY' } },
    ]);
    expect(await mesh.sweepAfter(20 * minuteMs)).toBe(0);
    await mesh.addCalls(0, calls(3));
    expect(await mesh.sweepAfter(20 * minuteMs)).toBe(1);
    expect((await mesh.published()).map(({ type }) => type)).toEqual(['anomaly.found', 'anomaly.ended']);
  });

  it('is also what is missing, where the alert looks for that', async () => {
    await addWeeks();
    await mesh.addCalls(hourMs, calls(1, { keyId: 'k2' }));
    const input = { ...alert, condition: 'ANOMALY', threshold: 0.9 };
    await mesh.saveAlert({ ...input, id: 'low', side: 'LOW' });
    await mesh.saveAlert({ ...input, id: 'high' });
    await mesh.sweepAfter(0);
    expect((await mesh.episodes()).map(({ alertId }) => alertId)).toEqual(['acme:low']);
  });
});

describe('the use of keys', () => {
  const securityAlert = { ...alert, condition: 'SECURITY', threshold: null };
  const home = { keyLineId: 'k1', clientNetwork: '203.0.113.0/24' };
  const found = async () => (await mesh.episodes()).map(({ pattern, keys }) => [pattern, keys.key]);

  it('from a new network and of a new AI model is found, once the key is known for a week', async () => {
    await mesh.addCalls(10 * dayMs, calls(2, home));
    await mesh.addCalls(3 * dayMs, calls(2, { ...home, keyId: 'young', keyLineId: 'young' }));
    await mesh.saveAlert(securityAlert);
    await mesh.sweepAfter(0);
    expect(await found()).toEqual([]);
    const abroad = { clientNetwork: '198.51.100.0/24', modelId: 'demo/slow' };
    await mesh.addCalls(minuteMs, [
      ...calls(1, { ...home, ...abroad }),
      ...calls(1, { ...abroad, keyId: 'young', keyLineId: 'young' }),
      ...calls(1, { ...abroad, keyId: 'new', keyLineId: 'new' }),
    ]);
    await mesh.sweepAfter(3 * minuteMs);
    expect((await found()).sort()).toEqual([
      ['NEW_MODEL', 'k1'],
      ['NEW_NETWORK', 'k1'],
    ]);
    const [event] = await mesh.published();
    expect(event).toMatchObject({ type: 'anomaly.found', data: { keys: { key: 'k1' } } });
    // What was seen stays known.
    for (let n = 0; n < 8; n++) {
      await mesh.addCalls(0, calls(1, { ...home, ...abroad }));
      await mesh.sweepAfter(20 * minuteMs);
    }
    expect(await mesh.episodes()).toHaveLength(2);
    expect((await mesh.episodes()).map(({ endReason }) => endReason)).toEqual(['RECOVERED', 'RECOVERED']);
  });

  it('belongs to the line of the key: one that was rotated is at home where its predecessor was', async () => {
    await mesh.addCalls(10 * dayMs, calls(2, home));
    await mesh.saveAlert(securityAlert);
    await mesh.sweepAfter(0);
    await mesh.addCalls(minuteMs, calls(1, { ...home, keyId: 'rotated' }));
    await mesh.sweepAfter(3 * minuteMs);
    expect(await found()).toEqual([]);
  });

  it('from many networks, and with injections, is found', async () => {
    await mesh.addCalls(
      minuteMs,
      Array.from({ length: 10 }, (_, n) => ({ ...home, clientNetwork: `203.0.${n}.0/24` })),
    );
    const verdict = { rule: 'injection', policyId: null, policyVersion: null, stage: 'INPUT' as const };
    const fired = { ...verdict, action: 'BLOCK' as const, shadow: false, fired: true, failed: false };
    const guardrailVerdicts = [{ ...fired, reason: null, findings: [], durationMs: 1 }];
    await mesh.addCalls(minuteMs, calls(5, { keyId: 'k2', keyLineId: 'k2', guardrailVerdicts }));
    const failed = guardrailVerdicts.map((one) => ({ ...one, failed: true }));
    await mesh.addCalls(minuteMs, calls(9, { keyId: 'k3', keyLineId: 'k3', guardrailVerdicts: failed }));
    await mesh.saveAlert(securityAlert);
    await mesh.sweepAfter(0);
    expect((await found()).sort()).toEqual([
      ['INJECTION', 'k2'],
      ['MANY_NETWORKS', 'k1'],
    ]);
  });

  it('that is suddenly five times as busy as ever is found', async () => {
    for (let hour = 3; hour < 30; hour++) await mesh.addCalls(hour * hourMs, calls(5, { keyLineId: 'k1' }));
    await mesh.addCalls(minuteMs, calls(201, { keyLineId: 'k1' }));
    await mesh.saveAlert({ ...securityAlert, patterns: ['VOLUME_BURST'] });
    await mesh.sweepAfter(0);
    expect(await mesh.episodes()).toMatchObject([
      { pattern: 'VOLUME_BURST', value: 201, bound: 200, baseline: 5 },
    ]);
  });

  it('that is refused often is found, and not where it has no room', async () => {
    mesh.clock.ms = Date.now();
    await refuse(500, { keyId: 'k2' });
    await refuse(51, { keyId: 'k1', errorCode: 'FORBIDDEN' });
    await mesh.saveAlert({ ...securityAlert, patterns: ['MANY_REFUSALS'] });
    await mesh.sweepAfter(0);
    expect(await found()).toEqual([['MANY_REFUSALS', 'k1']]);
  });
});
