import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  PROVISION,
  type ProvisionedTenant,
  provisionTenant,
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
  acme = await provisionTenant(mesh, await mesh.addTenant(`Alike ${++count}`));
});

const looksLike = (other: string) => ({
  code: 'CONFLICT',
  message: expect.stringContaining(`looks like ${JSON.stringify(other)}`),
});
const alike = 'ada@examp1e.com';
const invite = 'mutation ($email: String!) { inviteMember(input: { email: $email, role: VIEWER }) { link } }';

describe('an address of a provisioned member', () => {
  it.each([
    ['address', { email: alike }],
    ['user name', { email: null, userName: alike }],
  ])('is refused as %s where it looks like that of another member', async (_what, input) => {
    await acme.saveMember({ subject: 'local', role: 'OWNER', email: 'Ada@example.com' });
    expect(await acme.findError(PROVISION, toPerson('eve', input))).toMatchObject(
      looksLike('Ada@example.com'),
    );
    const id = await acme.provision('eve');
    expect(await acme.findError(UPDATE, { id, input })).toMatchObject(looksLike('Ada@example.com'));
  });

  it('is refused where it looks like that of a provisioned one or of an open invitation, also with a deactivation', async () => {
    await acme.provision('ada');
    await acme.run(invite, { email: 'grace@example.com' }, acme.owner);
    expect(await acme.findError(PROVISION, toPerson('eve', { email: alike }))).toMatchObject(
      looksLike('ada@example.com'),
    );
    const id = await acme.provision('eve');
    expect(
      await acme.findError(UPDATE, { id, input: { email: 'grace@exarnple.com', active: false } }),
    ).toMatchObject(looksLike('grace@example.com'));
    expect(await acme.readMember(id)).toMatchObject({ isActive: true });
  });

  it('may look like what the member had itself, and like nothing in another tenant', async () => {
    const id = await acme.provision('ada');
    const input = { email: alike, userName: alike };
    expect(await acme.findError(UPDATE, { id, input })).toBeUndefined();
    const other = await provisionTenant(mesh, await mesh.addTenant(`Alike other ${count}`));
    expect(await other.findError(PROVISION, toPerson('ada'))).toBeUndefined();
  });

  it('is one of several members where it is the same', async () => {
    await acme.provision('ada');
    expect(await acme.findError(PROVISION, toPerson('eve', { email: 'ADA@example.com' }))).toBeUndefined();
  });
});
