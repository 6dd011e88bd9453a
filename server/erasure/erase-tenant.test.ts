import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAuditKeys } from '#mongo/audit/keys.ts';
import { auditLog, closeOccurrences } from '#mongo/audit/log.ts';
import { type AuditProblem, verifyAuditLog } from '#mongo/audit/verify.ts';
import { tenantRules } from '#mongo/erasure-rules.ts';
import { events } from '#mongo/events.ts';
import { invocations } from '#mongo/invocations.ts';
import { freeLocks } from '#mongo/locks.ts';
import { tenantKeys } from '#mongo/tenant-keys.ts';
import { killedAfter } from '#test/support/processes/killed.ts';
import { findTraces, readStore, startErasing, type TestErasing } from '#test/support/setups/erasing.ts';
import {
  type FilledTenant,
  openTenantFiller,
  type TestTenantFiller,
} from '#test/support/setups/filled-tenant.ts';
import { ask, askForData } from '#test/support/subgraph.ts';
import { freeErasures } from './erasure-run.ts';
import { computeProof } from './report-erasure.ts';

const hourMs = 3_600_000;

let erasing: TestErasing;
let filler: TestTenantFiller;
beforeAll(async () => {
  erasing = await startErasing();
  filler = await openTenantFiller(erasing);
});
afterAll(async () => {
  await filler?.[Symbol.asyncDispose]();
  await erasing?.[Symbol.asyncDispose]();
});

const mutation =
  'mutation ($id: ID!, $name: String!) { eraseTenant(input: { id: $id, name: $name }) { id } }';
async function erase({ tenantId, name }: FilledTenant): Promise<string> {
  const { subgraph, admin } = erasing.tenants;
  const { eraseTenant } = await askForData<{ eraseTenant: { id: string } }>(subgraph, admin, mutation, {
    ...{ id: tenantId, name },
  });
  return eraseTenant.id;
}
const refusal = async (query: string, variables = {}, caller = erasing.tenants.admin) => {
  const { errors } = await ask(erasing.tenants.subgraph, caller, query, variables);
  return errors?.map(({ code, message }) => `${code}: ${message}`).join();
};

/** Continues past every wait. */
async function passTime(): Promise<void> {
  await erasing.continue();
  for (const hours of [2, 3, 4]) {
    erasing.clock.laterMs = hours * hourMs;
    await closeOccurrences(erasing.database.connection, Date.now() + erasing.clock.laterMs);
    await erasing.continue();
  }
  erasing.clock.laterMs = 0;
}

async function finish(id: string) {
  await passTime();
  return erasing.read(id);
}

async function verify(keys?: ReadonlyMap<string, string>): Promise<readonly AuditProblem[]> {
  const problems: AuditProblem[] = [];
  await verifyAuditLog(erasing.database.connection, { keys }, (problem) => problems.push(problem));
  return problems;
}

const sumRows = async (tenantId: string) => {
  const rows = await invocations(erasing.database.connection).find({ tenantId }).sort({ _id: 1 }).lean();
  return rows.map(
    ({ _id, kind, status, usage, costNanos, cache, modelId, providerId, startedAt, endedAt }) => ({
      ...{ _id, kind, status, usage, costNanos, cache, modelId, providerId, startedAt, endedAt },
    }),
  );
};

/** The collections in which erasing a tenant finds records. */
const erasedCollections = Object.entries(tenantRules)
  .filter(([name, { how }]) => how !== 'KEPT' && name !== 'tenant_keys')
  .map(([name]) => name);

describe('eraseTenant', () => {
  it('leaves no name, no id of people and no content of the tenant, and the amounts of its calls', async () => {
    const { connection } = erasing.database;
    const tenant = await filler.fill('Quillwort');
    const other = await filler.fill('Bramblefern');
    const rows = await sumRows(tenant.tenantId);
    expect(rows).toHaveLength(1);
    await passTime();
    const id = await erase(tenant);
    const before = await readStore(connection);
    const record = await finish(id);
    expect(record).toMatchObject({ status: 'FINISHED', proof: computeProof(record), subjectHash: null });
    expect(Object.keys(record.counts).toSorted()).toEqual(erasedCollections.toSorted());

    // The id of the tenant begins with its name, and stays.
    expect(await findTraces(connection, tenant.traces, tenant.tenantId)).toEqual([]);
    expect(await sumRows(tenant.tenantId)).toEqual(rows);
    const row = await invocations(connection).findOne({ tenantId: tenant.tenantId }).lean();
    expect(row).toMatchObject({ appId: null, keyId: null, keyLineId: null, subject: null, erased: 'TENANT' });
    expect(row).not.toHaveProperty('sizes');

    const after = await readStore(connection);
    const ofOther = [...before].filter(
      ([, text]) => text.includes(other.tenantId) && !text.includes(tenant.tenantId),
    );
    expect(ofOther.length).toBeGreaterThan(30);
    expect(ofOther.filter(([key, text]) => after.get(key) !== text)).toEqual([]);
    expect(await tenantKeys(connection).findById(tenant.tenantId).lean()).toMatchObject({
      destroyedAt: expect.any(Date),
    });
  });

  it('ends its keys at once, leaves a tombstone with the id, and frees the name', async () => {
    const { subgraph, admin } = erasing.tenants;
    const tenant = await filler.fill('Hawkbit');
    const id = await erase(tenant);
    expect(await erasing.tenants.findCaller(tenant.secret)).toBeNull();
    const restore = 'mutation ($id: ID!) { restoreTenant(id: $id) { id } }';
    const refused = `CONFLICT: The tenant "${tenant.tenantId}" is erased: it cannot be restored.`;
    expect(await refusal(restore, { id: tenant.tenantId })).toBe(refused);
    expect(await erase(tenant)).toBe(id);
    await finish(id);
    expect(await refusal(restore, { id: tenant.tenantId })).toBe(refused);
    expect(await erase(tenant)).toBe(id);
    const query =
      'query ($id: ID!) { tenant(id: $id) { name erasedAt archivedAt apps { id } members { id } budgets { id } } }';
    expect(await askForData(subgraph, admin, query, { id: tenant.tenantId })).toEqual({
      tenant: {
        ...{ name: '[erased]', erasedAt: expect.any(String), archivedAt: expect.any(String) },
        ...{ apps: [], members: [], budgets: [] },
      },
    });
    const again = await erasing.tenants.addTenant(tenant.name);
    expect(again.tenantId).not.toBe(tenant.tenantId);
    const create = 'mutation ($id: ID!) { createApp(input: { tenantId: $id, name: "x" }) { id } }';
    expect(await refusal(create, { id: tenant.tenantId })).toMatch(/^CONFLICT: .*archived/);
    expect(await events(erasing.database.connection).find({ subject: id }).lean()).toMatchObject([
      { type: 'erasure.finished', tenantId: null, data: { kind: 'TENANT', tenantId: tenant.tenantId } },
      { type: 'job.finished', tenantId: null, data: { job: 'ERASURE', tenantId: tenant.tenantId } },
    ]);
  });

  it('leaves an audit log that verifies, and shows whoever alters what is left of it', async () => {
    const { connection } = erasing.database;
    const tenant = await filler.fill('Sweetgale');
    await finish(await erase(tenant));
    const keys = await readAuditKeys(connection);
    expect(await verify(keys)).toEqual([]);
    const erased = await auditLog(connection)
      .find({ tenantId: tenant.tenantId, erased: { $ne: null } })
      .lean();
    expect(erased.length).toBeGreaterThan(10);
    for (const { arguments: args, before, after, requestId, clientAddress, targetId, actor } of erased) {
      const { kind: _, ...who } = actor;
      expect([args, before, after, clientAddress, targetId, requestId]).toEqual([
        ...Array(5).fill(null),
        'erased',
      ]);
      expect(who).toEqual({ keyId: null, appId: null, subject: null });
    }
    const [one] = erased;
    if (one === undefined) throw new Error('Nothing was erased.');
    const { _id, action, at } = one;
    for (const change of [
      { action: 'tenant.none' },
      { at: new Date(at.getTime() + 1) },
      { outcome: 'FAILED' as const },
    ]) {
      await auditLog(connection).updateOne({ _id }, { $set: change });
      expect(await verify(keys)).toMatchObject([{ kind: 'ALTERED', recordId: _id }]);
      await auditLog(connection).updateOne({ _id }, { $set: { action, at, outcome: one.outcome } });
    }
    expect(await verify(keys)).toEqual([]);
    const unsigned = new Set((await verify()).map(({ kind }) => kind));
    expect(unsigned).toEqual(new Set(['ALTERED']));
    await auditLog(connection).deleteOne({ _id });
    expect((await verify(keys)).map(({ kind }) => kind)).toContain('REMOVED');
    await auditLog(connection).create(one);
  });

  it('has the same result wherever its process is killed', { timeout: 240_000 }, async () => {
    const { connection } = erasing.database;
    const [whole, cut] = [await filler.fill('Tormentil'), await filler.fill('Woodruff')];
    const expected = await finish(await erase(whole));
    const id = await erase(cut);
    let kills = 0;
    // Enough writes for every batch, and so few that each of them is once the last one before a kill.
    for (let writes = 2; (await erasing.read(id)).status === 'RUNNING'; writes = 2 + ((writes + 1) % 7)) {
      erasing.clock.laterMs = (2 + kills * 0.01) * hourMs;
      await closeOccurrences(connection, Date.now() + erasing.clock.laterMs);
      await killedAfter(connection, writes, () => erasing.continue());
      await freeErasures(connection);
      await freeLocks(connection);
      kills += 1;
      expect(kills).toBeLessThan(400);
    }
    erasing.clock.laterMs = 0;
    const record = await erasing.read(id);
    expect(record.counts).toEqual(expected.counts);
    expect(record.proof).toBe(computeProof(record));
    expect(kills).toBeGreaterThan(20);
    expect(await findTraces(connection, cut.traces, cut.tenantId)).toEqual([]);
    expect(await verify(await readAuditKeys(connection))).toEqual([]);
    expect(await events(connection).countDocuments({ subject: id })).toBe(2);
  });

  it('requires the name, tenants:admin, and another tenant than the own and the first', async () => {
    const tenant = await erasing.tenants.addTenant('Meadowsweet', ['tenants:write']);
    const { tenantId: id, caller } = tenant;
    expect(await refusal(mutation, { id, name: 'Meadow' })).toMatch(/^BAD_USER_INPUT: input.name/);
    expect(await refusal(mutation, { id, name: 'Meadowsweet' }, caller)).toMatch(
      /^FORBIDDEN: .*tenants:admin/,
    );
    expect(await refusal(mutation, { id: 'none', name: 'x' })).toMatch(/^NOT_FOUND/);
    const own = { ...caller, scopes: ['tenants:admin'] as const };
    expect(await refusal(mutation, { id, name: 'Meadowsweet' }, own)).toMatch(
      /^FORBIDDEN: No key archives its own/,
    );
    const other = { ...erasing.tenants.admin, tenantId: 'other' };
    expect(await refusal(mutation, { id: 'default', name: 'x' }, other)).toMatch(
      /^CONFLICT: The tenant of the first start/,
    );
    expect(await erasing.tenants.findCaller(tenant.secret)).not.toBeNull();
  });
});
