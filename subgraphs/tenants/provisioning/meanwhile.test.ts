import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { auditLog } from '#mongo/audit/log.ts';
import { members } from '#mongo/members.ts';
import { PROVISION, provisionTenant, toPerson, UPDATE } from '#test/support/provisioning.ts';
import { startTenants, type TestTenants } from '#test/support/tenants.ts';
import { withTenant } from '../tenants/below-tenant.ts';

const DEACTIVATE = 'mutation ($id: ID!) { deactivateMember(id: $id) { id } }';

let mesh: TestTenants;
let count = 0;

beforeAll(async () => {
  mesh = await startTenants();
});
afterAll(() => mesh?.[Symbol.asyncDispose]());

it.each([
  ['active', { active: true }, { active: false }],
  ['deactivated', { active: false }, { active: true }],
  ['deactivated', { active: false }, { active: false }],
  ['deactivated', { active: false }, { displayName: 'Countess' }],
])(
  'a member that its provider made %s, and an owner deactivates while the provider changes it, stays deactivated: %j to %j',
  async (_state, made, change) => {
    const acme = await provisionTenant(mesh, await mesh.addTenant(`Meanwhile ${++count}`));
    for (const isOwnerFirst of [true, false]) {
      const id = await acme.provision(`ada-${isOwnerFirst}`, made);
      const steps = [
        () => acme.findError(DEACTIVATE, { id }, acme.owner),
        () => acme.findError(UPDATE, { id, input: change }),
      ];
      const order = isOwnerFirst ? steps : steps.toReversed();
      expect(await Promise.all(order.map((step) => step()))).toEqual([undefined, undefined]);
      for (const active of [true, false, true]) await acme.run(UPDATE, { id, input: { active } });
      expect(await acme.readMember(id)).toMatchObject({ isActive: false });
    }
  },
);

it('a member that an owner deactivates while its provider links it as one that is not active stays so', async () => {
  const acme = await provisionTenant(mesh, await mesh.addTenant(`Meanwhile ${++count}`));
  const id = await acme.saveMember({ subject: 'ada', role: 'ADMIN' });
  const link = () => acme.findError(PROVISION, toPerson('ada', { active: false }));
  await Promise.all([acme.run(DEACTIVATE, { id }, acme.owner), link()]);
  // Refused where the owner was first: its provider sends it again.
  await link();
  await acme.run(UPDATE, { id, input: { active: true } });
  expect(await acme.readMember(id)).toMatchObject({ isActive: false });
});

it('a member that its provider deactivates while an owner is about to stays deactivated', async () => {
  const acme = await provisionTenant(mesh, await mesh.addTenant(`Meanwhile ${++count}`));
  const { connection } = mesh.database;
  const { tenantId } = acme.tenant;
  const id = await acme.provision('ada');
  let deactivating: Promise<unknown> = Promise.resolve();
  await withTenant(tenantId, mesh.deps, async () => {
    deactivating = acme.run(DEACTIVATE, { id }, acme.owner);
    // The owner has read the member, and waits for the lock.
    await vi.waitFor(async () =>
      expect(await auditLog(connection).exists({ action: 'member.deactivate', targetId: id })).not.toBeNull(),
    );
    const ended = { deactivatedAt: new Date(), 'provisioned.active': false };
    await members(connection).updateOne({ _id: id }, { $set: ended });
  });
  await deactivating;
  await acme.run(UPDATE, { id, input: { active: true } });
  expect(await acme.readMember(id)).toMatchObject({ isActive: false });
});
