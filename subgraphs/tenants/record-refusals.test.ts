import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RefusalAudit } from '#gateway/log/refusal-audit.ts';
import { auditLog } from '#mongo/audit/log.ts';
import { events } from '#mongo/events.ts';
import { startTenants, type TestTenants } from '#test/support/tenants.ts';

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
