import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Caller } from '#core/caller.ts';
import { builtInRoles } from '#core/roles.ts';
import { apiKeys } from '#mongo/api-keys.ts';
import {
  DELETE_GROUP,
  PROVISION,
  type ProvisionedTenant,
  provisionTenant,
  REMOVE,
  SAVE,
  SAVE_GROUP,
  toPerson,
  UPDATE,
} from '#test/support/provisioning.ts';
import { startTenants, type TestTenants } from '#test/support/tenants.ts';

let mesh: TestTenants;
let acme: ProvisionedTenant;
let count = 0;

beforeAll(async () => {
  mesh = await startTenants();
});
afterAll(() => mesh?.[Symbol.asyncDispose]());
beforeEach(async () => {
  acme = await provisionTenant(mesh, await mesh.addTenant(`Reached ${++count}`));
});

describe('a caller that is no key of a provider', () => {
  const { OWNER, ADMIN } = builtInRoles;
  const setMaker = (madeByMemberId: string | null) =>
    apiKeys(mesh.database.connection).updateOne({ _id: acme.tenant.keyId }, { $set: { madeByMemberId } });

  it.each([
    'a person',
    'a key of a member',
    'a key that a member has made',
    'a key of a member that is gone',
  ])('neither assigns nor removes roles above its own over provisioning: %s', async (kind) => {
    const admin = await acme.saveMember({ subject: 'admin', role: 'ADMIN' });
    await acme.saveMember({ subject: 'boss', role: 'OWNER' });
    const boss = await acme.provision('boss');
    const ada = await acme.provision('ada');
    const owners = await acme.saveGroup({ displayName: 'Owners' });
    await acme.mapGroups({ groupId: owners, role: 'OWNER' });
    const keys = apiKeys(mesh.database.connection);
    const isOfMember = kind === 'a key of a member';
    if (isOfMember) await keys.updateOne({ _id: acme.tenant.keyId }, { $set: { ownerMemberId: admin } });
    else await setMaker(kind === 'a key of a member that is gone' ? 'gone' : admin);
    const person: Caller = { ...acme.provider, keyId: null, subject: 'admin', issuerId: 'default' };
    const scopes = kind === 'a person' || isOfMember ? ADMIN : (['members:write'] as const);
    const caller: Caller = { ...(kind === 'a person' ? person : acme.provider), scopes };
    const calls: readonly [string, Record<string, unknown>][] = [
      [SAVE_GROUP, { input: { id: owners, addMemberIds: [ada] } }],
      [UPDATE, { id: boss, input: { active: false } }],
      [UPDATE, { id: boss, input: { email: 'other@example.com' } }],
      [REMOVE, { id: boss }],
    ];
    for (const [query, variables] of calls) {
      expect(await acme.findCode(query, variables, caller)).toBe('FORBIDDEN');
    }
    const before = await acme.readMember(boss);
    expect(before).toMatchObject({ role: 'OWNER', isActive: true });
    expect(await acme.readRole(ada)).toBe('VIEWER');
    await keys.updateOne({ _id: acme.tenant.keyId }, { $set: { ownerMemberId: null, madeByMemberId: null } });
    await acme.run(SAVE_GROUP, { input: { id: owners, addMemberIds: [ada] } });
    expect(await acme.findCode(DELETE_GROUP, { id: owners }, person)).toBe('FORBIDDEN');
    await acme.mapGroups();
    await acme.run(SAVE, { input: { role: 'OWNER' } }, acme.owner);
    expect(await acme.findCode(PROVISION, toPerson('eve'), person)).toBe('FORBIDDEN');
    await acme.run(PROVISION, toPerson('eve'), { ...person, scopes: OWNER });
  });

  it('gets no further with a key that it makes or rotates with a key of its making', async () => {
    const admin = await acme.saveMember({ subject: 'admin', role: 'ADMIN' });
    const ada = await acme.provision('ada');
    const owners = await acme.saveGroup({ displayName: 'Owners' });
    await acme.mapGroups({ groupId: owners, role: 'OWNER' });
    await setMaker(admin);
    const maker: Caller = { ...acme.provider, scopes: ADMIN };
    const make = async (field: string, argument: string) => {
      const query = `mutation { made: ${field}(${argument}) { key { id } } }`;
      const { made } = await acme.run<{ made: { key: { id: string } } }>(query, {}, maker);
      return made.key.id;
    };
    const input = `input: { appId: "${acme.tenant.appId}", scopes: ["members:write"] }`;
    const first = await make('createApiKey', input);
    const second = await make('rotateApiKey', `id: "${first}", overlapSeconds: 60`);
    for (const keyId of [first, second]) {
      const caller: Caller = { ...acme.provider, keyId };
      const change = { input: { id: owners, addMemberIds: [ada] } };
      expect(await acme.findCode(SAVE_GROUP, change, caller)).toBe('FORBIDDEN');
    }
  });
});
