import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { members } from '#mongo/members.ts';
import { sessions } from '#mongo/sessions.ts';
import { ask, askForData } from '#test/support/subgraph.ts';
import { startTenants, type TestTenant, type TestTenants } from '#test/support/tenants.ts';

let mesh: TestTenants;
let acme: TestTenant;
let count = 0;
beforeAll(async () => {
  mesh = await startTenants();
});
afterAll(() => mesh?.[Symbol.asyncDispose]());
beforeEach(async () => {
  acme = await mesh.addTenant(`Owners ${++count}`);
});

const SAVE = 'mutation ($input: MemberInput!) { saveMember(input: $input) { id } }';
const REMOVE = 'mutation ($id: ID!) { removeMember(id: $id) }';
const save = async (subject: string, role: string) =>
  ask<{ saveMember: { id: string } }>(mesh.subgraph, mesh.admin, SAVE, {
    input: { tenantId: acme.tenantId, subject, role },
  });
const add = async (subject: string, role = 'OWNER') => (await save(subject, role)).data.saveMember.id;
const remove = async (id: string) =>
  (await ask(mesh.subgraph, mesh.admin, REMOVE, { id })).errors?.[0]?.code ?? null;
const countOwners = () =>
  members(mesh.database.connection).countDocuments({ tenantId: acme.tenantId, role: 'OWNER' });

describe('the last owner', () => {
  it('is neither removed nor demoted, whatever other members there are', async () => {
    const ada = await add('ada');
    await add('grace', 'ADMIN');
    expect(await remove(ada)).toBe('CONFLICT');
    expect((await save('ada', 'ADMIN')).errors?.[0]?.code).toBe('CONFLICT');
    expect(await countOwners()).toBe(1);
    expect((await save('ada', 'OWNER')).errors).toBeUndefined();
  });

  it('can be removed or demoted once there is another owner in force', async () => {
    const ada = await add('ada');
    const grace = await add('grace');
    await members(mesh.database.connection).updateOne(
      { _id: grace },
      { $set: { deactivatedAt: new Date() } },
    );
    expect(await remove(ada)).toBe('CONFLICT');
    await members(mesh.database.connection).updateOne({ _id: grace }, { $unset: { deactivatedAt: 1 } });
    expect(await remove(ada)).toBeNull();
    await add('eve');
    expect((await save('grace', 'VIEWER')).errors).toBeUndefined();
  });

  it('remains where two owners remove, or demote, each other at once', async () => {
    const [ada, grace] = [await add('ada'), await add('grace')];
    expect([await Promise.all([remove(ada), remove(grace)])].flat().sort()).toEqual(
      ['CONFLICT', null].sort(),
    );
    expect(await countOwners()).toBe(1);
    await add('ada');
    await add('grace');
    const demoted = await Promise.all([save('ada', 'VIEWER'), save('grace', 'VIEWER')]);
    expect(demoted.filter(({ errors }) => errors !== undefined)).toHaveLength(1);
    expect(await countOwners()).toBe(1);
  });

  it('of another tenant does not count', async () => {
    const ada = await add('ada');
    acme = await mesh.addTenant(`Owners ${++count}`);
    await add('grace');
    expect(await remove(ada)).toBe('CONFLICT');
  });
});

it('a member that is removed has no session any more', async () => {
  const ada = await add('ada', 'DEVELOPER');
  const records = sessions(mesh.database.connection);
  const createSession = (subject: string) =>
    records.create({
      _id: `${acme.tenantId} ${subject}`,
      sessionHash: `${acme.tenantId} ${subject}`,
      tenantId: acme.tenantId,
      ...{ keyId: null, issuerId: 'default', subject, claims: '{}' },
      ...{ createdAt: new Date(), lastUsedAt: new Date(), expiresAt: new Date(Date.now() + 60_000) },
    });
  await createSession('ada');
  await createSession('grace');
  await askForData(mesh.subgraph, mesh.admin, REMOVE, { id: ada });
  const left = await records.find({ tenantId: acme.tenantId }).lean();
  expect(left.map(({ subject }) => subject)).toEqual(['grace']);
});
