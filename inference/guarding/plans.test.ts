import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Catalog, openCatalog } from '#catalog/catalog.ts';
import { emptyPlan } from '#guardrails/pipeline/policy.ts';
import type { Database } from '#mongo/connect.ts';
import { guardrailPolicies } from '#mongo/guardrail-policies.ts';
import { models } from '#mongo/models.ts';
import { providers } from '#mongo/providers.ts';
import { routes } from '#mongo/routes.ts';
import { createMemoryBus } from '#state/bus/memory.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { createGuardrailPlans, type PolicyTarget } from './plans.ts';

const at = new Date('2026-05-01T00:00:00Z');
const rules = [
  {
    rule: 'secrets',
    stages: ['INPUT'],
    action: 'LOG',
    optionsJson: '{}',
    sample: 1,
    note: null,
    reroute: null,
  },
] as const;

let database: Database;
let catalog: Catalog;

async function store(_id: string, tenantId: string | null, more: object = {}): Promise<void> {
  const place = { appId: null, promptId: null, model: null };
  const policy = {
    tenantId,
    ...place,
    mode: 'ENFORCE',
    rules,
    version: 1,
    createdAt: at,
    updatedAt: at,
    ...more,
  };
  await guardrailPolicies(database.connection).updateOne({ _id }, { $set: policy }, { upsert: true });
}

beforeAll(async () => {
  database = await openTestDatabase();
  const { connection } = database;
  for (const [_id, tenantId] of [
    ['p', null],
    ['t1:p', 't1'],
  ] as const) {
    const provider = {
      kind: 'DEMO',
      baseUrl: null,
      region: null,
      enabled: true,
      createdAt: at,
      updatedAt: at,
    };
    await providers(connection).collection.insertOne({ _id: _id as never, tenantId, ...provider });
    const model = { capabilities: [], inputModalities: [], outputModalities: [], prices: [], createdAt: at };
    for (const name of ['a', 'b']) {
      await models(connection).collection.insertOne({
        ...{ _id: `${_id}/${name}` as never, tenantId, providerId: _id, name, lifecycle: 'ACTIVE', ...model },
      });
    }
  }
  const timeouts = { connectMs: 1, firstTokenMs: 1, interTokenMs: 1, totalMs: 1 };
  const targets = [{ modelId: 'p/b', weight: 1, regions: null }];
  await routes(connection).collection.insertOne({
    ...{ _id: 'smart' as never, strategy: 'PRIORITY', targets, timeouts, maxAttempts: 1 },
  });
  await store('everywhere', null);
  await store('of-model', null, { model: 'p/b' });
  await store('switched-off', null, { mode: 'OFF' });
  await store('t1:model', 't1', { model: 'p/a' });
  await store('t1:alias', 't1', { model: 'fast' });
  await store('t1:prompt', 't1', { promptId: 'recipe' });
  await store('t1:app', 't1', { appId: 'a1' });
  await store('t1:tenant', 't1', { mode: 'SHADOW' });
  await store('t2:tenant', 't2');
  catalog = await openCatalog(connection, { bus: createMemoryBus(pino({ level: 'silent' })) });
});
afterAll(async () => {
  await catalog?.[Symbol.asyncDispose]();
  await database?.close();
});

const target = (
  tenantId: string | null,
  modelId: string,
  more: Partial<PolicyTarget> & { appId?: string } = {},
) => {
  const { appId = null, ...rest } = more;
  return { caller: { tenantId, appId }, promptId: null, name: modelId, modelId, ...rest };
};
const ids = (plan: { readonly rules: readonly { readonly policyId: string | null }[] }) =>
  plan.rules.map(({ policyId }) => policyId);

describe('the plan of a call', () => {
  it.for<[string, PolicyTarget, readonly string[]]>([
    ['no tenant', target(null, 'p/a'), ['everywhere']],
    ['another tenant', target('t2', 'p/a'), ['everywhere', 't2:tenant']],
    ['a tenant without policies', target('t3', 'p/a'), ['everywhere']],
    ['an AI model of the mesh', target('t3', 'p/b'), ['everywhere', 'of-model']],
    ['a route with that AI model', target('t3', 'smart'), ['everywhere', 'of-model']],
    ['the tenant', target('t1', 'p/c'), ['everywhere', 't1:tenant']],
    ['its app', target('t1', 'p/c', { appId: 'a1' }), ['everywhere', 't1:tenant', 't1:app']],
    ['another app', target('t1', 'p/c', { appId: 'a2' }), ['everywhere', 't1:tenant']],
    ['its prompt', target('t1', 'p/c', { promptId: 'recipe' }), ['everywhere', 't1:tenant', 't1:prompt']],
    ['its alias', target('t1', 'p/c', { name: 'fast' }), ['everywhere', 't1:tenant', 't1:alias']],
    // What the tenant calls p/a is its own; the mesh's policy of p/b does not mean the tenant's.
    ['its own AI model', target('t1', 't1:p/a', { name: 'p/a' }), ['everywhere', 't1:tenant', 't1:model']],
    ['its own of the name of the mesh', target('t1', 't1:p/b', { name: 'p/b' }), ['everywhere', 't1:tenant']],
    [
      'all of them',
      target('t1', 'p/a', { appId: 'a1', promptId: 'recipe', name: 'fast' }),
      ['everywhere', 't1:tenant', 't1:app', 't1:prompt', 't1:alias', 't1:model'],
    ],
  ])('has of %s the policies that apply, from the widest to the narrowest', ([, call, expected]) => {
    expect(ids(createGuardrailPlans('', catalog).planFor(call))).toEqual(expected);
    // HEDDLE_GUARDRAILS comes before them.
    const plan = createGuardrailPlans('secrets', catalog).planFor(call);
    expect(ids(plan)).toEqual([null, ...expected]);
    const levels = plan.rules.map(({ level }) => level ?? 0);
    expect(levels).toEqual(levels.toSorted((a, b) => a - b));
    const isOfMesh = plan.rules.map((rule) => rule.isOfMesh === true);
    expect(levels.map((level) => level < 4)).toEqual(isOfMesh);
  });

  it('is the same object for equal calls, and another one for others', () => {
    const plans = createGuardrailPlans('', catalog);
    const first = plans.planFor(target('t1', 'p/a'));
    expect(plans.planFor(target('t1', 'p/a'))).toBe(first);
    expect(plans.planFor(target('t2', 'p/a'))).not.toBe(first);
    expect(plans.planFor(target('t1', 'p/a', { appId: 'a1' })).fingerprint).not.toBe(first.fingerprint);
  });

  it('changes with the policy, and what has not changed stays prepared', async () => {
    const plans = createGuardrailPlans('', catalog);
    const before = plans.planFor(target('t2', 'p/a'));
    await store('t2:tenant', 't2', { version: 2, mode: 'SHADOW' });
    await catalog.refresh();
    const after = plans.planFor(target('t2', 'p/a'));
    expect(after.rules.map(({ isShadow }) => isShadow)).toEqual([false, true]);
    expect(after.fingerprint).not.toBe(before.fingerprint);
    expect(after.rules[0]?.prepared).toBe(before.rules[0]?.prepared);
    await guardrailPolicies(database.connection).deleteOne({ _id: 't2:tenant' });
    await catalog.refresh();
    expect(ids(plans.planFor(target('t2', 'p/a')))).toEqual(['everywhere']);
  });

  it('reads no policy again that has not changed', async () => {
    const before = catalog.snapshot().guardrails;
    await catalog.refresh();
    expect(catalog.snapshot().guardrails).toBe(before);
    // Deleted and made again, it has the same version.
    await store('t3:again', 't3', { updatedAt: new Date(1) });
    await catalog.refresh();
    await store('t3:again', 't3', { updatedAt: new Date(2), mode: 'SHADOW' });
    await catalog.refresh();
    expect(catalog.snapshot().guardrails.get('t3')?.[0]?.mode).toBe('SHADOW');
    const plans = createGuardrailPlans('', catalog);
    const { fingerprint } = plans.planFor(target('t3', 'p/a'));
    await store('t3:again', 't3', { updatedAt: new Date(3), mode: 'SHADOW' });
    await catalog.refresh();
    expect(plans.planFor(target('t3', 'p/a')).fingerprint).not.toBe(fingerprint);
    expect(catalog.snapshot().guardrails.get('t1')).toHaveLength(5);
    expect(catalog.snapshot().guardrails.get('t1')?.[0]).toBe(before.get('t1')?.[0]);
  });

  it('fails where a rule is not known here: what protects blocks', async () => {
    await store('t4:newer', 't4', { rules: [{ ...rules[0], rule: 'of-a-newer-version', action: 'BLOCK' }] });
    await catalog.refresh();
    const plan = createGuardrailPlans('', catalog).planFor(target('t4', 'p/a'));
    const newer = plan.rules.find(({ policyId }) => policyId === 't4:newer');
    expect(() => newer?.prepared.check([], {} as never)).toThrow('not known');
  });

  it('is empty without any policy, and looks nothing up', async () => {
    await using empty = await openTestDatabase().then((opened) => ({
      ...opened,
      [Symbol.asyncDispose]: () => opened.close(),
    }));
    const bus = createMemoryBus(pino({ level: 'silent' }));
    await using without = await openCatalog(empty.connection, { bus });
    expect(createGuardrailPlans('', without).planFor(target('t1', 'p/a'))).toBe(emptyPlan);
  });
});
