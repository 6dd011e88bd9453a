import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anonymousCaller } from '#core/caller.ts';
import { auditLog } from '#mongo/audit/log.ts';
import type { BusMessages } from '#state/bus/bus.ts';
import { ask } from '#test/support/subgraph.ts';
import { startTenants, type TestTenants } from '#test/support/tenants.ts';

let mesh: TestTenants;
const heard: BusMessages['log.level'][] = [];
beforeAll(async () => {
  mesh = await startTenants();
  await mesh.deps.bus.subscribe('log.level', (message) => void heard.push(message));
});
afterAll(() => mesh?.[Symbol.asyncDispose]());

const set = (input: object, caller = mesh.admin) =>
  ask(
    mesh.subgraph,
    caller,
    'mutation ($input: SetLogLevelInput!) { setLogLevel(input: $input) { level until } }',
    { input },
  );

describe('setLogLevel', () => {
  it('publishes the level to every process, with how long it applies, and is audited as a change of the mesh', async () => {
    mesh.clock.ms = Date.parse('2026-11-29T10:00:00Z');
    expect(await set({ level: 'DEBUG', minutes: 15 })).toEqual({
      data: { setLogLevel: { level: 'DEBUG', until: '2026-11-29T10:15:00.000Z' } },
    });
    expect(await set({ level: 'WARN' })).toEqual({ data: { setLogLevel: { level: 'WARN', until: null } } });
    expect(await set({})).toEqual({ data: { setLogLevel: { level: null, until: null } } });
    expect(heard.splice(0)).toEqual([
      { level: 'debug', forMs: 900_000 },
      { level: 'warn', forMs: null },
      { level: null, forMs: null },
    ]);
    const records = await auditLog(mesh.database.connection).find({ action: 'log.setLevel' }).lean();
    expect(records.map(({ tenantId, outcome }) => [tenantId, outcome])).toEqual(
      Array.from({ length: 3 }, () => [null, 'SUCCEEDED']),
    );
  });

  it.each([
    [{ level: 'DEBUG', minutes: 0 }],
    [{ level: 'DEBUG', minutes: 1_441 }],
    [{ minutes: 5 }],
    [{ level: 'SILENT' }],
  ])('refuses %j, and publishes nothing', async (input) => {
    expect(await set(input)).toMatchObject({ errors: [{ code: 'BAD_USER_INPUT' }] });
    expect(heard).toEqual([]);
  });

  it('is for operators alone', async () => {
    const { caller } = await mesh.addTenant('Acme', ['tenants:write', 'audit:read']);
    expect(await set({ level: 'DEBUG' }, caller)).toMatchObject({
      errors: [{ code: 'FORBIDDEN' }],
    });
    expect(await set({ level: 'DEBUG' }, anonymousCaller)).toMatchObject({
      errors: [{ code: 'UNAUTHENTICATED' }],
    });
    expect(heard).toEqual([]);
  });
});
