import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller, Scope } from '#core/caller.ts';
import { builtInRoles, meshScopes, rolesToScopes } from '#core/roles.ts';
import { auditLog } from '#mongo/audit/log.ts';
import { issuers } from '#mongo/issuers.ts';
import { members } from '#mongo/members.ts';
import { roles } from '#mongo/roles.ts';
import { ask, askForData } from '#test/support/subgraph.ts';
import { startTenants, type TestTenant, type TestTenants } from '#test/support/tenants.ts';
import { findRoleScopes } from './find-role.ts';

interface Role {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly builtIn: boolean;
  readonly tenant: { readonly id: string } | null;
}

const save = `mutation ($input: RoleInput!) { saveRole(input: $input) { name scopes builtIn tenant { id } } }`;
const remove = 'mutation ($name: ID!, $tenantId: ID) { deleteRole(name: $name, tenantId: $tenantId) }';
const list = 'query ($filter: RoleFilter) { roles(filter: $filter) { name scopes builtIn tenant { id } } }';
const saveMember = 'mutation ($input: MemberInput!) { saveMember(input: $input) { id role customRole } }';

let mesh: TestTenants;
let acme: TestTenant;
let other: TestTenant;
let count = 0;
const newName = () => `role-${++count}`;

beforeAll(async () => {
  mesh = await startTenants();
  acme = await mesh.addTenant('Acme', [...builtInRoles.OWNER]);
  other = await mesh.addTenant('Other', [...builtInRoles.OWNER]);
});
afterAll(() => mesh?.[Symbol.asyncDispose]());

const data = <T = { saveRole: Role; roles: readonly Role[] }>(
  query: string,
  variables: Record<string, unknown>,
  caller: Caller = acme.caller,
) => askForData<T>(mesh.subgraph, caller, query, variables);
const refusal = async (query: string, variables: Record<string, unknown>, caller: Caller = acme.caller) => {
  const { errors } = await ask(mesh.subgraph, caller, query, variables);
  return errors?.map(({ code, message }) => `${code} ${message}`)[0] ?? 'none';
};
const saveRole = (input: Record<string, unknown>, caller?: Caller) => data(save, { input }, caller);
const find = (name: string, tenantId = acme.tenantId) =>
  findRoleScopes(name, tenantId, mesh.database.connection);

describe('the built-in roles', () => {
  it('have no scope of the mesh, and the owner every other one that an administrator has', () => {
    for (const scopes of Object.values(builtInRoles)) {
      expect(scopes.filter((scope: Scope) => meshScopes.has(scope))).toEqual([]);
      expect(scopes.filter((scope) => !(builtInRoles.OWNER as readonly Scope[]).includes(scope))).toEqual([]);
    }
    expect(builtInRoles.ADMIN).not.toEqual(builtInRoles.OWNER);
  });

  it.each([
    'owner',
    'Owner',
    'OWNER ',
    'ОWNER',
    'ＯＷＮＥＲ',
    'OWNER\u200b',
    '__proto__',
    'constructor',
    'toString',
    'CUSTOM',
    '*',
    '',
  ])('are found by their exact names alone, not by %j', async (name) => {
    expect(rolesToScopes(name)).toBeUndefined();
    expect(await find(name)).toBeNull();
  });
});

describe('saveRole', () => {
  it('makes a role of the own tenant that no other tenant has, sees or changes', async () => {
    const name = newName();
    const expected = { name, scopes: ['usage:read'], builtIn: false, tenant: { id: acme.tenantId } };
    expect((await saveRole({ name, scopes: ['usage:read'] })).saveRole).toEqual(expected);
    expect(await find(name)).toEqual(['usage:read']);
    expect(await find(name, other.tenantId)).toBeNull();
    expect((await data(list, {})).roles).toContainEqual(expected);
    for (const filter of [null, { tenantId: acme.tenantId }, { search: name }]) {
      expect((await data(list, { filter }, other.caller)).roles.map((role) => role.name)).not.toContain(name);
    }
    const missing = await refusal(remove, { name: 'missing' }, other.caller);
    expect(await refusal(remove, { name }, other.caller)).toBe(missing.replace('missing', name));
    const foreign = await refusal(
      save,
      { input: { name, scopes: [], tenantId: acme.tenantId } },
      other.caller,
    );
    expect(foreign).toBe(`NOT_FOUND There is no tenant "${acme.tenantId}".`);
    expect(await find(name)).toEqual(['usage:read']);
  });

  it('makes a role of all tenants for an operator that names none, and a tenant its own beside it', async () => {
    const name = newName();
    await saveRole({ name, scopes: ['models:read', 'usage:read'] }, mesh.admin);
    expect(await find(name, other.tenantId)).toEqual(['models:read', 'usage:read']);
    await saveRole({ name, scopes: ['audit:read'] });
    expect([await find(name), await find(name, other.tenantId)]).toEqual([
      ['audit:read'],
      ['models:read', 'usage:read'],
    ]);
    await data(remove, { name });
    expect(await find(name)).toEqual(['models:read', 'usage:read']);
    expect(await refusal(remove, { name })).toMatch(/^NOT_FOUND/);
  });

  it.each(['0wner', 'audit0r', 'deve1oper', 'adrnin', '\u043ewner', 'owner\u200b', 'Ｏｗｎｅｒ', ' OWNER '])(
    'refuses %j, which looks like a built-in role',
    async (name) => {
      expect(await refusal(save, { input: { name, scopes: [] } })).toMatch(
        /^BAD_USER_INPUT input\.name must not be or look like a built-in role/,
      );
    },
  );

  it('refuses a name that looks like another role that the tenant has', async () => {
    const suffix = newName();
    const saveAs = (name: string, caller = acme.caller) =>
      refusal(save, { input: { name, scopes: [] } }, caller);
    expect(await saveAs(`operator-l.${suffix}`)).toBe('none');
    expect(await saveAs(`operator-1.${suffix}`)).toBe(
      `CONFLICT The name "operator-1.${suffix}" looks like the role "operator-l.${suffix}": choose another.`,
    );
    expect(await saveAs(`operator-l.${suffix}`)).toBe('none');
    expect(await saveAs(`operator-1.${suffix}`, other.caller)).toBe('none');
    expect(await saveAs(`of-all-0.${suffix}`, mesh.admin)).toBe('none');
    expect(await saveAs(`of-all-o.${suffix}`)).toMatch(/^CONFLICT/);
    expect(await saveAs(`of-a11-0.${suffix}`, mesh.admin)).toMatch(/^CONFLICT/);
  });

  it('is bound to the scopes of the caller, before and after', async () => {
    const name = newName();
    const narrow: Caller = { ...acme.caller, scopes: ['tenants:write', 'usage:read'] };
    expect(await refusal(save, { input: { name, scopes: ['audit:read'] } }, narrow)).toBe(
      `FORBIDDEN The role "${name}" has scopes that you lack: audit:read.`,
    );
    await saveRole({ name, scopes: ['audit:read'] });
    expect(await refusal(save, { input: { name, scopes: ['usage:read'] } }, narrow)).toMatch(/^FORBIDDEN/);
    expect(await refusal(remove, { name }, narrow)).toMatch(/^FORBIDDEN/);
    for (const scope of meshScopes) {
      expect(await refusal(save, { input: { name, scopes: [scope] } })).toMatch(/^FORBIDDEN .*you lack/);
    }
    await saveRole({ name, scopes: ['tenants:admin'], tenantId: acme.tenantId }, mesh.admin);
    expect(await refusal(save, { input: { name, scopes: [] } })).toMatch(/^FORBIDDEN/);
    expect(await find(name)).toEqual(['tenants:admin']);
  });

  it.each([
    ['OWNER', 'built-in'],
    ['owner', 'built-in'],
    ['Owner ', 'built-in'],
    ['custom', 'built-in'],
    ['', 'lower-case'],
    [' ', 'lower-case'],
    ['Support', 'lower-case'],
    ['ѕupport', 'lower-case'],
    ['ｓupport', 'lower-case'],
    ['sup\u200bport', 'lower-case'],
    ['a:b', 'lower-case'],
    ['*', 'lower-case'],
    ['x'.repeat(65), 'lower-case'],
  ])('refuses the name %j', async (name, words) => {
    expect(await refusal(save, { input: { name, scopes: [] } })).toMatch(
      new RegExp(`^BAD_USER_INPUT input.name .*${words}`),
    );
  });

  it.each([['*'], ['**'], [''], ['tenants:*'], ['Usage:read'], ['usage:read '], ['uѕage:read']])(
    'refuses the scope %j',
    async (scope) => {
      expect(await refusal(save, { input: { name: newName(), scopes: [scope] } })).toMatch(
        /^BAD_USER_INPUT input.scopes has an unknown scope/,
      );
    },
  );

  it('leaves an audit record with the scopes before and after', async () => {
    const name = newName();
    await saveRole({ name, scopes: ['usage:read'] });
    await saveRole({ name, scopes: [] });
    const records = await auditLog(mesh.database.connection)
      .find({ targetId: `${acme.tenantId}:${name}` })
      .sort({ _id: 1 })
      .lean();
    expect(records.map(({ before, after }) => [before, after])).toMatchObject([
      [null, { scopes: ['usage:read'] }],
      [{ scopes: ['usage:read'] }, { scopes: [] }],
    ]);
  });
});

describe('a member', () => {
  it('has a custom role of its tenant, or a built-in one', async () => {
    const name = newName();
    await saveRole({ name, scopes: ['usage:read'] });
    const input = { subject: 'ada', role: 'CUSTOM', customRole: name };
    const { saveMember: member } = await data<Record<string, unknown>>(saveMember, { input });
    expect(member).toMatchObject({ role: 'CUSTOM', customRole: name });
    for (const wrong of [
      { role: 'CUSTOM' },
      { role: 'VIEWER', customRole: name },
      { role: 'CUSTOM', customRole: 'none' },
      { role: 'CUSTOM', customRole: 'owner' },
      { role: 'CUSTOM', customRole: name.toUpperCase() },
    ]) {
      expect(await refusal(saveMember, { input: { subject: 'ada', ...wrong } })).toMatch(
        /^BAD_USER_INPUT input.customRole/,
      );
    }
    expect(await refusal(saveMember, { input }, other.caller)).toMatch(/^BAD_USER_INPUT input.customRole/);
  });

  it('gets no role beyond the scopes of the caller, and is not changed or removed by one with fewer', async () => {
    const admin: Caller = { ...acme.caller, scopes: builtInRoles.ADMIN };
    expect(await refusal(saveMember, { input: { subject: 'eve', role: 'OWNER' } }, admin)).toMatch(
      /^FORBIDDEN The role "OWNER" has scopes that you lack: completions:read/,
    );
    const made = await data<{ saveMember: { id: string } }>(saveMember, {
      input: { subject: 'grace', role: 'OWNER' },
    });
    expect(await refusal(saveMember, { input: { subject: 'grace', role: 'VIEWER' } }, admin)).toMatch(
      /^FORBIDDEN/,
    );
    await data(saveMember, { input: { subject: 'hedy', role: 'OWNER' } });
    const removal = 'mutation ($id: ID!) { removeMember(id: $id) }';
    expect(await refusal(removal, { id: made.saveMember.id }, admin)).toMatch(/^FORBIDDEN/);
    expect(await refusal(removal, { id: made.saveMember.id })).toBe('none');
  });
});

describe('deleteRole', () => {
  it('is a CONFLICT that names the members and rules of issuers with the role', async () => {
    const name = newName();
    await saveRole({ name, scopes: ['usage:read'] });
    const input = { subject: 'linus', role: 'CUSTOM', customRole: name };
    const { saveMember: member } = await data<{ saveMember: { id: string } }>(saveMember, { input });
    const rule = { claim: 'groups', value: 'g', tenantId: acme.tenantId, role: name, appId: null };
    const claims = { subject: 'sub', email: 'email', tenant: null, role: null, groups: 'groups' };
    await issuers(mesh.database.connection).create({
      ...{ _id: 'idp', issuer: 'https://idp.example', audience: ['heddle'], jwksUrl: null, rules: [rule] },
      ...{ claims: { ...claims, scopes: 'scope', endUser: null }, createdAt: new Date(0) },
    });
    expect(await refusal(remove, { name })).toBe(
      `CONFLICT The role "${name}" is in use: the member "linus", a rule of the issuer "idp". Give them another role first.`,
    );
    await data('mutation ($id: ID!) { removeMember(id: $id) }', { id: member.id });
    expect(await refusal(remove, { name })).toMatch(/is in use: a rule of the issuer "idp"/);
    await issuers(mesh.database.connection).deleteOne({ _id: 'idp' });
    expect(await refusal(remove, { name })).toBe('none');
    expect(await find(name)).toBeNull();
  });

  it.each(['OWNER', 'owner', 'Auditor'])('refuses the built-in role %s', async (name) => {
    expect(await refusal(remove, { name })).toMatch(
      /^BAD_USER_INPUT name must not be or look like a built-in role/,
    );
  });

  it('and saveMember at once never leave a member without its role', async () => {
    for (let round = 0; round < 5; round++) {
      const name = newName();
      await saveRole({ name, scopes: [] });
      const subject = `racer ${round}`;
      await Promise.all([
        refusal(remove, { name }),
        refusal(saveMember, { input: { subject, role: 'CUSTOM', customRole: name } }),
      ]);
      const shown = await data<{ members: { edges: readonly unknown[] } }>(
        'query ($s: String) { members(filter: { search: $s }) { edges { node { id } } } }',
        { s: subject },
      );
      expect((await find(name)) === null).toBe(shown.members.edges.length === 0);
    }
  });
});

describe('a change of a role that would lock all callers out', () => {
  it('is a CONFLICT while no other way to manage the tenant is left, and allowed as soon as there is one', async () => {
    const created = await data<{ createTenant: { id: string } }>(
      'mutation { createTenant(input: { name: "Locked" }) { id } }',
      {},
      mesh.admin,
    );
    const tenantId = created.createTenant.id;
    const name = newName();
    const input = { name, scopes: ['tenants:write'], tenantId };
    const narrowed = { input: { ...input, scopes: ['tenants:read'] } };
    await saveRole(input, mesh.admin);
    const member = (subject: string, role: object) =>
      data<{ saveMember: { id: string } }>(saveMember, { input: { tenantId, subject, ...role } }, mesh.admin);
    await member('last', { role: 'CUSTOM', customRole: name });
    await member('viewer', { role: 'VIEWER' });
    expect(await refusal(save, narrowed, mesh.admin)).toMatch(/^CONFLICT Without tenants:write in the role/);
    expect(await roles(mesh.database.connection).findById(`${tenantId}:${name}`).lean()).toMatchObject({
      scopes: ['tenants:write'],
    });
    const second = await member('second', { role: 'ADMIN' });
    const records = members(mesh.database.connection);
    // One that is deactivated manages nothing.
    await records.updateOne({ _id: second.saveMember.id }, { $set: { deactivatedAt: new Date() } });
    expect(await refusal(save, narrowed, mesh.admin)).toMatch(/^CONFLICT/);
    await records.updateOne({ _id: second.saveMember.id }, { $unset: { deactivatedAt: 1 } });
    expect(await refusal(save, narrowed, mesh.admin)).toBe('none');
  });

  it('is none where an API key without an end manages the tenant', async () => {
    const name = newName();
    await saveRole({ name, scopes: ['tenants:write'] }, other.caller);
    const input = { subject: 'only', role: 'CUSTOM', customRole: name };
    await data(saveMember, { input }, other.caller);
    expect(await refusal(save, { input: { name, scopes: [] } }, other.caller)).toBe('none');
  });
});
