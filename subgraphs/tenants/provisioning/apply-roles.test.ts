import type { CommandStartedEvent } from 'mongodb';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { provisionTenant } from '#test/support/provisioning.ts';
import { startTenants, type TestTenants } from '#test/support/tenants.ts';
import { withRoles } from '../roles/find-role.ts';

let mesh: TestTenants;
beforeAll(async () => {
  mesh = await startTenants();
});
afterAll(() => mesh?.[Symbol.asyncDispose]());

const provisionOne = async (name: string) => provisionTenant(mesh, await mesh.addTenant(name));

it('members in many states are changed by one command', async () => {
  const acme = await provisionOne('Acme');
  const ids = await Promise.all(Array.from({ length: 6 }, (_, n) => acme.provision(`p${n}`)));
  for (const n of [1, 2, 3]) await acme.saveGroup({ displayName: `g${n}`, memberIds: ids.slice(0, 2 * n) });
  const group = await acme.saveGroup({ displayName: 'all' });
  const commands: CommandStartedEvent[] = [];
  const client = mesh.database.connection.getClient().on('commandStarted', (event: CommandStartedEvent) => {
    if (event.command.update === 'members') commands.push(event);
  });
  await acme.mapGroups({ groupId: group, role: 'BILLING' });
  await acme.saveGroup({ id: group, memberIds: ids });
  client.removeAllListeners('commandStarted');
  expect(commands.map(({ command }) => command.updates.length)).toEqual([3]);
  for (const id of ids) expect(await acme.readRole(id)).toBe('BILLING');
});

it('tenants do not wait for each other, and all wait for a change of a role that they share', async () => {
  const [acme, other] = [await provisionOne('First'), await provisionOne('Second')];
  const { connection } = mesh.database;
  const [taken, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const order: string[] = [];
  const held = withRoles(acme.tenant.tenantId, connection, async () => {
    taken.resolve();
    await released.promise;
    order.push('the tenant');
  });
  await taken.promise;
  await other.saveMember({ subject: 'ada', role: 'OWNER' });
  const save = 'mutation { saveRole(input: { name: "shared", scopes: ["usage:read"] }) { name } }';
  const saving = acme.run(save, {}, mesh.admin).then(() => order.push('the role'));
  const locks = connection.collection<{ _id: string }>('locks');
  await vi.waitFor(async () => expect(await locks.findOne({ _id: 'roles' })).not.toBeNull(), 10_000);
  released.resolve();
  await Promise.all([held, saving]);
  expect(order).toEqual(['the tenant', 'the role']);
});
