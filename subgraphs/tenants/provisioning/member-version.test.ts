import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { memberGroups } from '#mongo/member-groups.ts';
import { members } from '#mongo/members.ts';
import { type ProvisionedTenant, provisionTenant } from '#test/support/provisioning.ts';
import { startTenants, type TestTenants } from '#test/support/tenants.ts';

const UPDATE =
  'mutation ($id: ID!, $input: UpdateProvisionedMemberInput!) { updateProvisionedMember(id: $id, input: $input) { id version } }';
const REMOVE = 'mutation ($id: ID!, $v: String) { removeProvisionedMember(id: $id, ifVersion: $v) }';
const SAVE_GROUP = 'mutation ($input: MemberGroupInput!) { saveMemberGroup(input: $input) { id revision } }';
const DELETE_GROUP = 'mutation ($id: ID!, $r: Int) { deleteMemberGroup(id: $id, ifRevision: $r) }';
const changed = { code: 'CONFLICT', message: expect.stringContaining('has changed meanwhile') };

let mesh: TestTenants;
let acme: ProvisionedTenant;
let id: string;
let count = 0;

beforeAll(async () => {
  mesh = await startTenants();
});
afterAll(() => mesh?.[Symbol.asyncDispose]());
beforeEach(async () => {
  acme = await provisionTenant(mesh, await mesh.addTenant(`Versions ${++count}`));
  id = await acme.provision('ada');
});

const readVersion = async () => {
  const query = 'query ($id: ID!) { provisionedMember(id: $id) { version } }';
  const { provisionedMember } = await acme.run<{ provisionedMember: { version: string } }>(query, { id });
  return provisionedMember.version;
};
const update = (input: object) => acme.findError(UPDATE, { id, input });

describe('the version of a provisioned member', () => {
  it('is another one after each change, also of its groups, and the same in between', async () => {
    const seen = [await readVersion()];
    const group = await acme.saveGroup({ displayName: 'Staff', memberIds: [id] });
    seen.push(await readVersion());
    for (const change of [
      () => acme.saveGroup({ id: group, displayName: 'Team' }),
      () => acme.saveGroup({ id: group, memberIds: [] }),
      () => update({ displayName: 'Ada' }),
      () => update({ email: null }),
      () => update({ active: false }),
      () => update({ active: true }),
    ]) {
      await change();
      seen.push(await readVersion());
    }
    // Back in no group and active again, only the time of the change differs.
    expect(new Set(seen).size).toBeGreaterThanOrEqual(seen.length - 1);
    expect(await readVersion()).toBe(seen.at(-1));
  });

  it.each([
    ['an update', (ifVersion: string) => update({ displayName: 'Eve', ifVersion })],
    ['a deactivation', (ifVersion: string) => update({ active: false, ifVersion })],
    ['a removal', (v: string) => acme.findError(REMOVE, { id, v })],
  ])('is a condition of %s: nothing changes of another one', async (_what, change) => {
    const stale = await readVersion();
    await update({ displayName: 'Ada' });
    const before = await members(mesh.database.connection).findById(id).lean();
    expect(await change(stale)).toMatchObject(changed);
    expect(await members(mesh.database.connection).findById(id).lean()).toEqual(before);
    expect(await change(await readVersion())).toBeUndefined();
    expect(await members(mesh.database.connection).findById(id).lean()).not.toEqual(before);
  });

  it('is a condition of a reactivation', async () => {
    const stale = await readVersion();
    await update({ active: false });
    expect(await update({ active: true, ifVersion: stale })).toMatchObject(changed);
    expect(await acme.readMember(id)).toMatchObject({ isActive: false });
    expect(await update({ active: true, ifVersion: await readVersion() })).toBeUndefined();
    expect(await acme.readMember(id)).toMatchObject({ isActive: true });
  });

  it('lets one of several changes at once through', async () => {
    const ifVersion = await readVersion();
    const errors = await Promise.all(
      [1, 2, 3, 4].map((n) =>
        update({ displayName: `Ada ${n}`, ...(n % 2 ? { active: false } : {}), ifVersion }),
      ),
    );
    expect(errors.filter((error) => error === undefined)).toHaveLength(1);
    for (const error of errors) if (error !== undefined) expect(error).toMatchObject(changed);
  });
});

describe('the revision of a group', () => {
  it('is a condition of its changes and its deletion, of which one of several at once gets through', async () => {
    const group = await acme.saveGroup({ displayName: 'Staff' });
    const save = (input: object) => acme.findError(SAVE_GROUP, { input: { id: group, ...input } });
    const errors = await Promise.all(
      [1, 2, 3].map((n) => save({ displayName: `Staff ${n}`, ifRevision: 1 })),
    );
    expect(errors.filter((error) => error === undefined)).toHaveLength(1);
    const before = await memberGroups(mesh.database.connection).findById(group).lean();
    expect(before?.revision).toBe(2);
    expect(await save({ memberIds: [id], ifRevision: 1 })).toMatchObject(changed);
    expect(await acme.findError(DELETE_GROUP, { id: group, r: 1 })).toMatchObject(changed);
    expect(await memberGroups(mesh.database.connection).findById(group).lean()).toEqual(before);
    expect(await acme.findError(DELETE_GROUP, { id: group, r: 2 })).toBeUndefined();
  });
});
