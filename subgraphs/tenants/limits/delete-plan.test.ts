import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Caller } from '#core/caller.ts';
import { parseCountLimits } from '#core/count-limits.ts';
import { auditLog } from '#mongo/audit/log.ts';
import { findNodeRecords } from '#mongo/node-records.ts';
import { plans } from '#mongo/plans.ts';
import { tenants } from '#mongo/tenants.ts';
import { ask, askForData } from '#test/support/subgraph.ts';
import { startTenants, type TestTenants } from '#test/support/tenants.ts';
import type { Subgraph } from '#transport/executor.ts';
import { createTenantsSubgraph } from '../subgraph.ts';

const savePlan = 'mutation ($input: PlanInput!) { savePlan(input: $input) { id } }';
const deletePlan = 'mutation ($id: ID!) { deletePlan(id: $id) }';
const assignPlan =
  'mutation ($tenantId: ID!, $id: ID!) { assignPlan(tenantId: $tenantId, planId: $id) { id } }';
const createTenant =
  'mutation ($name: String!, $id: ID) { createTenant(input: { name: $name, planId: $id }) { id } }';

let mesh: TestTenants;
let count = 0;

beforeAll(async () => {
  mesh = await startTenants();
});
afterAll(() => mesh?.[Symbol.asyncDispose]());

const data = <T = Record<string, unknown>>(query: string, variables = {}) =>
  askForData<T>(mesh.subgraph, mesh.admin, query, variables);

async function refusal(
  query: string,
  variables = {},
  caller: Caller = mesh.admin,
  subgraph: Subgraph = mesh.subgraph,
): Promise<string> {
  const [error] = (await ask(subgraph, caller, query, variables)).errors ?? [];
  return `${error?.code}: ${error?.message}`;
}

async function newPlan(): Promise<string> {
  count += 1;
  const limits = [{ meter: 'REQUESTS', window: 'MINUTE', amount: 7 }];
  await data(savePlan, { input: { id: `plan${count}`, name: `Plan ${count}`, limits } });
  return `plan${count}`;
}

async function newTenantOn(id: string): Promise<string> {
  count += 1;
  const made = await data<{ createTenant: { id: string } }>(createTenant, { name: `tenant ${count}`, id });
  return made.createTenant.id;
}

const isStored = async (id: string) => (await plans(mesh.database.connection).exists({ _id: id })) !== null;

describe('deletePlan', () => {
  it('removes a plan that no tenant is on from every read, records it, and frees its id and name', async () => {
    const id = await newPlan();
    const name = `Plan ${count}`;
    const tenantId = await newTenantOn(id);
    await data(assignPlan, { tenantId, id: 'unlimited' });
    expect(await data(deletePlan, { id })).toEqual({ deletePlan: id });
    const reads = `query ($id: ID!, $name: String, $of: [_Any!]!) {
      plan(id: $id) { id } plans(filter: { search: $name }) { id } _entities(representations: $of) { ... on Plan { id } } }`;
    expect(await data(reads, { id, name, of: [{ __typename: 'Plan', id }] })).toEqual({
      plan: null,
      plans: [],
      _entities: [null],
    });
    const { connection } = mesh.database;
    expect(await findNodeRecords(connection, 'Plan', [id])).toEqual([]);
    const record = await auditLog(connection).findOne({ action: 'plan.delete', targetId: id }).lean();
    expect(record).toMatchObject({
      outcome: 'SUCCEEDED',
      tenantId: null,
      targetType: 'Plan',
      before: { name, limits: [{ meter: 'REQUESTS', window: 'MINUTE' }] },
      after: null,
    });
    expect(await refusal(assignPlan, { tenantId, id })).toBe(`NOT_FOUND: There is no plan "${id}".`);
    await data(savePlan, { input: { id, name, limits: [] } });
    expect(await isStored(id)).toBe(true);
  });

  it('answers NOT_FOUND for one that is gone as for one that never was', async () => {
    const id = await newPlan();
    await data(deletePlan, { id });
    for (const unknown of [id, 'never'])
      expect(await refusal(deletePlan, { id: unknown })).toBe(`NOT_FOUND: There is no plan "${unknown}".`);
  });

  it('requires tenants:admin', async () => {
    const id = await newPlan();
    const { caller } = await mesh.addTenant(`Writer ${count}`, ['tenants:read', 'tenants:write']);
    expect(await refusal(deletePlan, { id }, caller)).toMatch(/^FORBIDDEN/);
    expect(await isStored(id)).toBe(true);
  });

  it.each([1, 10, 12])('is a CONFLICT that names up to 10 of the %i tenants on it', async (on) => {
    const id = await newPlan();
    const ids: string[] = [];
    for (let n = 0; n < on; n += 1) ids.push(await newTenantOn(id));
    const message = await refusal(deletePlan, { id });
    expect(message).toMatch(
      `CONFLICT: The plan "${id}" is that of ${on === 1 ? '1 tenant' : `${on} tenants`}: `,
    );
    const named = ids.filter((tenantId) => message.includes(JSON.stringify(tenantId)));
    expect(named).toEqual(ids.slice(0, 10));
    expect(message.includes(', 2 more.')).toBe(on === 12);
    expect(await isStored(id)).toBe(true);
    for (const tenantId of ids) await data(assignPlan, { tenantId, id: 'unlimited' });
    expect(await data(deletePlan, { id })).toEqual({ deletePlan: id });
  });

  it.each(['default', 'unlimited'])('keeps the plan %s, whether tenants are on it or not', async (id) => {
    await newTenantOn('unlimited');
    await data(createTenant, { name: `Of no plan ${id}` });
    const on = await tenants(mesh.database.connection).find({ planId: id }).lean();
    expect(on.length).toBeGreaterThan(0);
    expect(await refusal(deletePlan, { id })).toMatch(/^CONFLICT: The plan "\w+" stays: /);
    const spare = await newPlan();
    for (const { _id } of on) await data(assignPlan, { tenantId: _id, id: spare });
    expect(await refusal(deletePlan, { id })).toMatch(/^CONFLICT: The plan "\w+" stays: /);
    expect(await isStored(id)).toBe(true);
  });

  it('makes room for another plan', async () => {
    const { connection } = mesh.database;
    const counts = parseCountLimits(`plans=${(await plans(connection).countDocuments({})) + 1}`);
    await using full = createTenantsSubgraph({ ...mesh.deps, counts });
    const id = await newPlan();
    const input = { id: `${id}-more`, name: `${id} more`, limits: [] };
    expect(await refusal(savePlan, { input }, mesh.admin, full)).toMatch(/^CONFLICT: .*raise plans\./);
    await data(deletePlan, { id });
    expect(await askForData(full, mesh.admin, savePlan, { input })).toEqual({ savePlan: { id: input.id } });
  });
});

describe('a plan that is deleted at the same time', () => {
  const rounds = 8;
  const done = (run: Promise<unknown>) =>
    run.then(
      () => true,
      () => false,
    );

  /** Lets `change` begin between what the deletion has found and its write. */
  async function whileDeleting(id: string, change: () => Promise<unknown>): Promise<readonly boolean[]> {
    const records = plans(mesh.database.connection);
    const started = Promise.withResolvers<boolean>();
    const original = records.findOneAndDelete.bind(records);
    const spy = vi.spyOn(records, 'findOneAndDelete').mockImplementationOnce(((filter: object) => {
      started.resolve(done(change()));
      return {
        // One command of the other subgraph's: enough for whoever waits for no lock.
        lean: async () => {
          for (let n = 0; n < 10; n += 1) await records.countDocuments({});
          return original(filter).lean();
        },
      };
    }) as never);
    const deleted = await done(data(deletePlan, { id }));
    const changed = await await started.promise;
    spy.mockRestore();
    return [deleted, changed];
  }

  it.each<[string, (id: string, tenantId: string) => Promise<unknown>]>([
    ['is given to a tenant', (id, tenantId) => data(assignPlan, { id, tenantId })],
    ['is given to a new tenant', (id) => newTenantOn(id)],
  ])('%s: never leaves a tenant without a plan', async (_what, change) => {
    const { connection } = mesh.database;
    const between = await newPlan();
    const moved = await newTenantOn('unlimited');
    expect(await whileDeleting(between, () => change(between, moved))).toEqual([true, false]);
    expect(await tenants(connection).countDocuments({ planId: between })).toBe(0);
    for (let round = 0; round < rounds; round += 1) {
      const id = await newPlan();
      const tenantId = await newTenantOn('unlimited');
      const runs = [() => change(id, tenantId), () => data(deletePlan, { id })];
      const results = await Promise.all((round % 2 === 0 ? runs : runs.reverse()).map((run) => done(run())));
      expect(results.filter(Boolean)).toHaveLength(1);
      expect((await tenants(connection).countDocuments({ planId: id })) > 0).toBe(await isStored(id));
    }
  });

  it('keeps callers of a tenant that was on it within the limits of its next plan', async () => {
    const { connection } = mesh.database;
    const [former, next] = [await newPlan(), await newPlan()];
    const { tenantId, secret } = await mesh.addTenant(`Moved ${count}`);
    await data(assignPlan, { tenantId, id: former });
    const records = plans(connection);
    const original = records.findById.bind(records);
    const spy = vi.spyOn(records, 'findById').mockImplementationOnce(((id: string) => ({
      lean: async () => {
        await data(assignPlan, { tenantId, id: next });
        await data(deletePlan, { id: former });
        return original(id).lean();
      },
    })) as never);
    const caller = await mesh.findCaller(secret);
    spy.mockRestore();
    expect(caller?.limits).toEqual([
      { subject: `tenant:${tenantId}`, meter: 'REQUESTS', window: 'MINUTE', amount: '7' },
    ]);
  });

  it('lets in no caller of a tenant whose plan is missing', async () => {
    const { tenantId, secret } = await mesh.addTenant(`Lost ${count}`);
    expect(await mesh.findCaller(secret)).not.toBeNull();
    await tenants(mesh.database.connection).updateOne({ _id: tenantId }, { $set: { planId: 'missing' } });
    expect(await mesh.findCaller(secret)).toBeNull();
  });
});
