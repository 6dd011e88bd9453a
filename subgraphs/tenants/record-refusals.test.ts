import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type EventType, eventTypes } from '#core/events/event-types.ts';
import { RefusalAudit } from '#gateway/log/refusal-audit.ts';
import type { NotedRefusal } from '#gateway/log/refusal-facts.ts';
import { apiKeys } from '#mongo/api-keys.ts';
import { auditLog } from '#mongo/audit/log.ts';
import { events } from '#mongo/events.ts';
import { askForData } from '#test/support/subgraph.ts';
import { startTenants, type TestTenant, type TestTenants } from '#test/support/tenants.ts';

let mesh: TestTenants;
beforeAll(async () => {
  mesh = await startTenants();
});
afterAll(() => mesh?.[Symbol.asyncDispose]());

it('addresses that have to wait are events of the mesh, one a minute for each address, whatever the number of gateways', async () => {
  let nowMs = Date.parse('2026-01-01T00:00:30Z');
  const report = async () => {
    const gateways = [1, 2].map(
      () => new RefusalAudit(mesh.subgraph, pino({ level: 'silent' }), () => nowMs),
    );
    for (const gateway of gateways) {
      for (const network of ['192.0.2.1', '2001:db8:0:1::/64', '192.0.2.1']) gateway.throttled(network);
    }
    await Promise.all(gateways.map((gateway) => gateway[Symbol.asyncDispose]()));
    const found = await events(mesh.database.connection)
      .find({ type: 'auth.throttled' })
      .sort({ sequence: 1 })
      .lean();
    return found.map(({ tenantId, subject, data }) => [tenantId, subject, data]);
  };
  const once = ['192.0.2.1', '2001:db8:0:1::/64'].map((address) => [null, address, { address }]);
  expect((await report()).toSorted()).toEqual(once);
  nowMs += 29_999;
  expect(await report()).toHaveLength(2);
  nowMs += 1;
  expect(await report()).toHaveLength(4);
});

it('a refused change names the member or the service that its key belongs to', async () => {
  const gateway = new RefusalAudit(mesh.subgraph, pino({ level: 'silent' }), Date.now);
  const about = {
    action: 'app.create',
    code: 'FORBIDDEN',
    requestId: 'r',
    clientRequestId: null,
    clientAddress: null,
  };
  const owners = [{ memberId: 'm1' }, { service: 'import' }];
  for (const [index, owner] of owners.entries())
    gateway.add({ ...about, caller: { ...mesh.admin, keyId: `k${index}`, ...owner } });
  await gateway[Symbol.asyncDispose]();
  const records = await auditLog(mesh.database.connection)
    .find({ outcome: 'REFUSED' })
    .sort({ 'actor.keyId': 1 })
    .lean();
  expect(records.map(({ actor: { memberId, service } }) => ({ memberId, service }))).toEqual([
    { memberId: 'm1', service: undefined },
    { memberId: undefined, service: 'import' },
  ]);
});

/** The events of a type of a tenant, which have exactly the fields that docs/events.md names. */
async function listEvents(type: EventType, tenantId: string) {
  const found = await events(mesh.database.connection).find({ type, tenantId }).sort({ sequence: 1 }).lean();
  for (const { data } of found)
    expect(Object.keys(data).toSorted()).toEqual([...eventTypes[type].data].toSorted());
  return found;
}

/** Has each of two gateways hand over what it noted. */
async function note(...refusals: readonly NotedRefusal[]): Promise<void> {
  for (let gateway = 0; gateway < 2; gateway++) {
    const audit = new RefusalAudit(mesh.subgraph, pino({ level: 'silent' }), Date.now);
    for (const refusal of refusals) audit.note(refusal);
    await audit[Symbol.asyncDispose]();
  }
}

const refused = ({ caller }: TestTenant, more: Partial<NotedRefusal> = {}): NotedRefusal => ({
  ...{ code: 'BUDGET_EXCEEDED', caller, clientAddress: '192.0.2.9', isOfAddress: false },
  extensions: { subject: 'budget:b1', meter: 'COST', window: 'MONTH' },
  ...more,
});

it('a limit that refuses is one event an hour of its tenant, whatever the number of gateways', async () => {
  const tenant = await mesh.addTenant('Limited');
  await note(refused(tenant), refused(tenant));
  expect(await listEvents('quota.refused', tenant.tenantId)).toMatchObject([
    {
      subject: 'budget:b1',
      data: { code: 'BUDGET_EXCEEDED', meter: 'COST', window: 'MONTH', keyId: tenant.keyId },
    },
  ]);
});

it('a key is misused once an hour for each reason, as an event of its own tenant', async () => {
  const [tenant, other] = [await mesh.addTenant('Misused'), await mesh.addTenant('Innocent')];
  const ofAddress = { code: 'FORBIDDEN', extensions: {}, isOfAddress: true } as const;
  // A key of another tenant than the caller's is none that a gateway has looked up.
  const forged = { ...tenant.caller, tenantId: other.tenantId };
  await note(refused(tenant, ofAddress), refused({ ...tenant, caller: forged }, ofAddress));
  await askForData(mesh.subgraph, mesh.admin, 'mutation ($id: ID!) { revokeApiKey(id: $id) { id } }', {
    id: tenant.keyId,
  });
  for (let n = 0; n < 3; n++) expect(await mesh.findCaller(tenant.secret)).toBeNull();
  await apiKeys(mesh.database.connection).updateOne(
    { _id: other.keyId },
    { $set: { expiresAt: new Date(Date.now() - 1) } },
  );
  expect(await mesh.findCaller(other.secret)).toBeNull();
  await expect
    .poll(async () => (await listEvents('key.misused', tenant.tenantId)).map(({ data }) => data.reason))
    .toEqual(['NETWORK', 'REVOKED']);
  await expect
    .poll(async () => (await listEvents('key.misused', other.tenantId)).map(({ data }) => data.reason))
    .toEqual(['EXPIRED']);
  const [network] = await listEvents('key.misused', tenant.tenantId);
  expect(network).toMatchObject({
    subject: tenant.keyId,
    data: { address: '192.0.2.9', appId: tenant.appId },
  });
});

it('a new key is one event, and the successor of a rotation none', async () => {
  const tenant = await mesh.addTenant('Created');
  expect(await listEvents('key.created', tenant.tenantId)).toMatchObject([
    { subject: tenant.keyId, data: { appId: tenant.appId } },
  ]);
  await askForData(
    mesh.subgraph,
    mesh.admin,
    'mutation ($id: ID!) { rotateApiKey(id: $id) { key { id } } }',
    {
      id: tenant.keyId,
    },
  );
  expect(await listEvents('key.created', tenant.tenantId)).toHaveLength(1);
});
