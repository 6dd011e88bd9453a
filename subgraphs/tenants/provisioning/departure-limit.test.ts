import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { auditLog } from '#mongo/audit/log.ts';
import { tenants } from '#mongo/tenants.ts';
import { type ProvisionedTenant, provisionTenant, REMOVE, SAVE, UPDATE } from '#test/support/provisioning.ts';
import { startTenants, type TestTenants } from '#test/support/tenants.ts';

let mesh: TestTenants;
let acme: ProvisionedTenant;
let count = 0;

beforeAll(async () => {
  mesh = await startTenants();
});
afterAll(() => mesh?.[Symbol.asyncDispose]());
beforeEach(async () => {
  mesh.clock.ms = null;
  acme = await provisionTenant(mesh, await mesh.addTenant(`Departing ${++count}`));
});

describe('the limit on departures', () => {
  const hour = 3_600_000;
  const end = (id: string) => acme.findCode(UPDATE, { id, input: { active: false } });
  const provisionMany = (size: number, prefix = 'p') =>
    Promise.all(Array.from({ length: size }, (_, index) => acme.provision(`${prefix}${index}`)));
  /** The ids of members that were there before the hour. */
  const addMany = async (size: number) => {
    mesh.clock.ms ??= Date.UTC(2026, 9, 1);
    const ids = await provisionMany(size);
    mesh.clock.ms += 2 * hour;
    return ids;
  };

  it('keeps all but five members of a small tenant within an hour, whatever ends them, with one event', async () => {
    mesh.clock.ms = Date.UTC(2026, 10, 1, 12, 0, 30);
    const ids = await addMany(9);
    const codes = [];
    for (const [index, id] of ids.slice(0, 7).entries())
      codes.push(index % 2 === 0 ? await end(id) : await acme.findCode(REMOVE, { id }));
    expect(codes).toEqual([null, null, null, null, null, 'QUOTA_EXCEEDED', 'QUOTA_EXCEEDED']);
    expect((await acme.listEvents()).filter((type) => type === 'provisioning.limited')).toHaveLength(1);
    expect(
      await auditLog(mesh.database.connection).countDocuments({ targetId: ids[5] ?? '', outcome: 'FAILED' }),
    ).toBe(1);
    mesh.clock.ms += hour - 60_000;
    expect(await end(ids[7] ?? '')).toBe('QUOTA_EXCEEDED');
    mesh.clock.ms += 120_000;
    expect(await end(ids[7] ?? '')).toBeNull();
  });

  it('is a fifth of the active members of a larger one, also where they end at once', async () => {
    const ids = await addMany(40);
    const codes = await Promise.all(ids.slice(0, 12).map(end));
    expect(codes.filter((code) => code === null)).toHaveLength(8);
    expect(codes.filter((code) => code === 'QUOTA_EXCEEDED')).toHaveLength(4);
  });

  it('counts no member twice, none that is deactivated already, and none that an owner ends', async () => {
    const ids = await addMany(8);
    const [first = '', ...others] = ids;
    await end(first);
    await end(first);
    await acme.run(REMOVE, { id: first });
    await acme.run('mutation ($id: ID!) { removeMember(id: $id) }', { id: others[0] }, acme.owner);
    const { tenant } = await acme.run<{ tenant: { provisioning: object } }>(
      '{ tenant { provisioning { departuresMax departuresLeft } } }',
      {},
      acme.owner,
    );
    expect(tenant.provisioning).toEqual({ departuresMax: 5, departuresLeft: 4 });
  });

  it('is neither used up nor raised by members that are added and ended again', async () => {
    const ids = await addMany(30);
    const added = await provisionMany(35, 'new');
    // A fifth of the others, not of all.
    for (const id of added.slice(0, 4)) expect(await end(id)).toBeNull();
    for (const id of ids.slice(0, 6)) expect(await end(id)).toBeNull();
    expect(await end(ids[6] ?? '')).toBe('QUOTA_EXCEEDED');
    // The new ones have a limit of their own.
    const codes = await Promise.all(added.slice(4, 12).map(end));
    expect(codes.filter((code) => code === null)).toHaveLength(3);
  });

  it('counts a member once that is ended, accepted and ended again', async () => {
    const ids = await addMany(9);
    const [first = ''] = ids;
    for (let times = 0; times < 8; times += 1) {
      expect(await end(first)).toBeNull();
      await acme.run(UPDATE, { id: first, input: { active: true } });
      if (mesh.clock.ms !== null) mesh.clock.ms += 60_000;
    }
    const tenant = await tenants(mesh.database.connection).findById(acme.tenant.tenantId).lean();
    expect(tenant?.departures).toHaveLength(1);
    for (const id of ids.slice(1, 5)) expect(await end(id)).toBeNull();
    expect(await end(ids[5] ?? '')).toBe('QUOTA_EXCEEDED');
    expect(await end(first)).toBeNull();
  });

  it('is raised by an owner for a while, and lowered to none', async () => {
    mesh.clock.ms = Date.UTC(2026, 10, 2);
    const ids = await addMany(9);
    const { saveProvisioning } = await acme.run<{ saveProvisioning: object }>(
      SAVE,
      { input: { departuresMax: 7 } },
      acme.owner,
    );
    expect(saveProvisioning).toEqual({ departuresMax: 7, departuresLeft: 7 });
    for (const id of ids.slice(0, 7)) expect(await end(id)).toBeNull();
    expect(await end(ids[7] ?? '')).toBe('QUOTA_EXCEEDED');
    mesh.clock.ms += 25 * hour;
    expect(await end(ids[7] ?? '')).toBeNull();
    await acme.run(SAVE, { input: { departuresMax: 0 } }, acme.owner);
    expect(await end(ids[8] ?? '')).toBe('QUOTA_EXCEEDED');
    await acme.run(SAVE, { input: { departuresMax: null } }, acme.owner);
    expect(await end(ids[8] ?? '')).toBeNull();
  });
});
