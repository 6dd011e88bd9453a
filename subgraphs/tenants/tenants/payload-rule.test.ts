import { afterAll, beforeAll, expect, it } from 'vitest';
import { tenants } from '#mongo/tenants.ts';
import { askForData } from '#test/support/subgraph.ts';
import { startTenants, type TestTenants } from '#test/support/tenants.ts';

let mesh: TestTenants;
beforeAll(async () => {
  mesh = await startTenants();
});
afterAll(() => mesh[Symbol.asyncDispose]());

it('tenants choose the days that payloads are kept for, and null is the default', async () => {
  const { tenantId, secret } = await mesh.addTenant('Days');
  const asAdmin = (query: string, variables: object) =>
    askForData<Record<string, unknown>>(mesh.subgraph, mesh.admin, query, { ...variables });
  const update =
    'mutation ($id: ID!, $input: UpdateTenantInput!) { updateTenant(id: $id, input: $input) { payloadDays } }';
  const choose = (payloadDays: number | null) => asAdmin(update, { id: tenantId, input: { payloadDays } });
  const read = await asAdmin('query ($id: ID!) { tenant(id: $id) { payloadDays } }', { id: tenantId });
  expect(read).toEqual({ tenant: { payloadDays: 30 } });
  for (const days of [1, 365]) {
    expect(await choose(days)).toEqual({ updateTenant: { payloadDays: days } });
    expect((await mesh.findCaller(secret))?.payloadDays).toBe(days);
  }
  for (const days of [0, -1, 366]) {
    await expect(choose(days)).rejects.toThrow('input.payloadDays must be 1 to 365 days.');
  }
  expect(await choose(null)).toEqual({ updateTenant: { payloadDays: 30 } });
  expect((await mesh.findCaller(secret))?.payloadDays).toBeUndefined();
  const created = await asAdmin(
    'mutation ($input: CreateTenantInput!) { createTenant(input: $input) { payloadDays } }',
    { input: { name: 'Week', payloadDays: 7 } },
  );
  expect(created).toEqual({ createTenant: { payloadDays: 7 } });
});

it('tenants have no payload rule until one is chosen, and a NONE stored before there were rules is none', async () => {
  const acme = await mesh.addTenant('Acme');
  const asAdmin = (query: string, variables: object) =>
    askForData<Record<string, unknown>>(mesh.subgraph, mesh.admin, query, { ...variables });
  const createTenant =
    'mutation ($input: CreateTenantInput!) { createTenant(input: $input) { payloadLogging } }';
  const is = (payloadLogging: string) => ({ tenant: { payloadLogging } });
  const read = (id: string) => asAdmin('query ($id: ID!) { tenant(id: $id) { payloadLogging } }', { id });
  const choose = (rule: string) =>
    asAdmin(
      'mutation ($id: ID!, $input: UpdateTenantInput!) { updateTenant(id: $id, input: $input) { id } }',
      {
        id: acme.tenantId,
        input: { payloadLogging: rule },
      },
    );
  expect(await read(acme.tenantId)).toEqual(is('DEFAULT'));
  expect(await read('default')).toEqual(is('DEFAULT'));
  for (const rule of ['NONE', 'METADATA', 'FULL', 'DEFAULT', 'NONE', 'DEFAULT']) {
    await choose(rule);
    expect(await read(acme.tenantId)).toEqual(is(rule));
    expect((await mesh.findCaller(acme.secret))?.payloadLogging).toBe(rule);
  }
  await choose('NONE');
  await tenants(mesh.database.connection).updateOne(
    { _id: acme.tenantId },
    { $unset: { hasPayloadRule: 1 } },
  );
  expect(await read(acme.tenantId)).toEqual(is('DEFAULT'));
  expect(
    (await asAdmin(createTenant, { input: { name: 'Strict', payloadLogging: 'NONE' } })).createTenant,
  ).toMatchObject({ payloadLogging: 'NONE' });
});
