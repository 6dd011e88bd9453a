import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Caller, systemCaller } from '#core/caller.ts';
import { builtInRoles } from '#core/roles.ts';
import { type TenantRecord, tenants } from '#mongo/tenants.ts';
import { upgradeTenants } from '#mongo/upgrade-tenants.ts';
import { testSecrets } from '#test/support/seal.ts';
import { ask, askForData } from '#test/support/subgraph.ts';
import { startTenants, type TenantsData, type TestTenant, type TestTenants } from '#test/support/tenants.ts';
import { hashInvitationSecret } from '../invitations/invitation-link.ts';

let mesh: TestTenants;
let acme: TestTenant;
let owner: Caller;
let count = 0;

beforeAll(async () => {
  mesh = await startTenants(undefined, { publicUrl: 'https://heddle.example', secrets: testSecrets });
});
afterAll(() => mesh?.[Symbol.asyncDispose]());
beforeEach(async () => {
  acme = await mesh.addTenant(`Names ${++count}`);
  owner = { ...acme.caller, scopes: builtInRoles.OWNER };
});

const asAdmin = (query: string, variables = {}) =>
  askForData<TenantsData>(mesh.subgraph, mesh.admin, query, variables);
const refusal = async (query: string, variables = {}, caller: Caller = owner) =>
  (await ask(mesh.subgraph, caller, query, variables)).errors?.[0];

const createTenant = 'mutation ($input: CreateTenantInput!) { createTenant(input: $input) { id } }';
const inviteMember = `mutation ($email: String!) {
  inviteMember(input: { email: $email, role: VIEWER }) { link } }`;

describe('tenants', () => {
  it.each([
    ['in other case', 'LOOKS ALIKE'],
    ['with an invisible character', 'Looks\u200b alike'],
    ['in Cyrillic letters of a whole word', 'Looks \u0430\u04cf\u0456\u043a\u0435'],
    ['in full width', 'Ｌｏｏｋｓ alike'],
    ['with another space', 'Looks\u00a0\u00a0alike'],
    ['with digits', 'L00ks a1ike'],
  ])('are refused a name that looks like that of another: %s', async (_what, alike) => {
    const update =
      'mutation ($id: ID!, $name: String!) { updateTenant(id: $id, input: { name: $name }) { name } }';
    const message = `There is a tenant already whose name looks like ${JSON.stringify(alike)}`;
    const name = 'Looks alike';
    const { id } = (await asAdmin(createTenant, { input: { name } })).createTenant;
    const tryCreate = () => refusal(createTenant, { input: { name: alike } }, mesh.admin);
    expect(await tryCreate()).toMatchObject({ code: 'CONFLICT', message: `${message}.` });
    expect(await refusal(update, { id: acme.tenantId, name: alike }, mesh.admin)).toMatchObject({
      code: 'CONFLICT',
      message: `${message}.`,
    });
    // Its own name in another form is no other's.
    await asAdmin(update, { id, name: alike });
    await asAdmin(update, { id, name });
    await asAdmin('mutation ($id: ID!) { archiveTenant(id: $id) }', { id });
    const other = (await asAdmin(createTenant, { input: { name: alike } })).createTenant;
    const restore = 'mutation ($id: ID!) { restoreTenant(id: $id) { name } }';
    expect(await refusal(restore, { id }, mesh.admin)).toMatchObject({
      code: 'CONFLICT',
      message: `There is a tenant already whose name looks like "${name}": rename or archive that one first.`,
    });
    await asAdmin(update, { id: other.id, name: `Another one than ${id}` });
    await asAdmin(restore, { id });
    expect((await tryCreate())?.code).toBe('CONFLICT');
    await asAdmin(update, { id, name: `Not that one but ${id}` });
  });

  it('of older versions keep their names, and are found by names that look the same', async () => {
    const { connection } = mesh.database;
    const { id } = (await asAdmin(createTenant, { input: { name: 'Older one' } })).createTenant;
    const record = await tenants(connection)
      .findByIdAndUpdate(id, { $unset: { nameKey: 1 } })
      .lean();
    const { nameKey: _, ...older } = { ...record } as TenantRecord;
    await tenants(connection).create({ ...older, _id: 'older-2', name: 'OLDER ONE', createdAt: new Date() });
    await Promise.all([upgradeTenants(connection), upgradeTenants(connection)]);
    const found = await tenants(connection)
      .find({ _id: { $in: [id, 'older-2'] } })
      .lean();
    expect(found.map(({ name }) => name).toSorted()).toEqual(['OLDER ONE', 'Older one']);
    expect(found.find(({ _id }) => _id === id)?.nameKey).toBe('older one');
    expect((await refusal(createTenant, { input: { name: 'OlDeR oNe' } }, mesh.admin))?.code).toBe(
      'CONFLICT',
    );
    await tenants(connection).deleteOne({ _id: 'older-2' });
  });
});

describe('an invitation', () => {
  it('for an address that looks like that of another invitation or member is refused', async () => {
    await askForData(mesh.subgraph, owner, inviteMember, { email: 'josé@example.com' });
    const tryAs = (email: string) => refusal(inviteMember, { email });
    expect(await tryAs('JOSE\u0301@example.com')).toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('There is an open invitation for'),
    });
    expect(await tryAs('ｊosé@example.com')).toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('looks like "josé@example.com"'),
    });
    expect(await tryAs('j\u043esé@example.com')).toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(await tryAs('jose@example.com')).toBeUndefined();
    const saveMember =
      'mutation { saveMember(input: { subject: "s", role: VIEWER, email: "j0se@example.com" }) { id } }';
    expect(await refusal(saveMember)).toMatchObject({ code: 'CONFLICT' });
    const other = await mesh.addTenant(`Names ${++count}`);
    expect(await refusal(saveMember, {}, { ...other.caller, scopes: builtInRoles.OWNER })).toBeUndefined();
  });

  it('is accepted with the address in whatever form of Unicode, and with none that looks like it', async () => {
    const { inviteMember: made } = await askForData<{ inviteMember: { link: string } }>(
      mesh.subgraph,
      owner,
      inviteMember,
      { email: 'Jose\u0301@example.com' },
    );
    const secretHash = hashInvitationSecret(new URL(made.link).searchParams.get('token') ?? '');
    const accept = async (email: string) => {
      const person = { issuerId: 'default', subject: 'jose', email, isEmailVerified: true };
      const offer = { secretHash, person, expiresAtMs: Date.now() + 60_000 };
      const state = testSecrets.seal(JSON.stringify(offer), ['sign-in', 'invitation']);
      const query = 'mutation ($state: String!) { _acceptInvitation(stateSecret: $state) }';
      const { data, errors } = await ask<Readonly<Record<string, unknown>>>(
        mesh.subgraph,
        systemCaller,
        query,
        { state },
      );
      return errors?.[0]?.code ?? data._acceptInvitation;
    };
    expect(await accept('j0sé@example.com')).toBe('FORBIDDEN');
    expect(await accept('jos\u00e9@example.com')).toEqual({ tenantId: acme.tenantId, issuerId: 'default' });
  });
});
