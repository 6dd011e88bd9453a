import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Database } from '#mongo/connect.ts';
import { type IssuerRecord, issuers } from '#mongo/issuers.ts';
import { members } from '#mongo/members.ts';
import { tenants } from '#mongo/tenants.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { standardClaims } from '../identity/save-issuer.ts';
import { eraseOwnIssuers } from './erase-own-issuers.ts';

let database: Database;
beforeEach(async () => {
  database = await openTestDatabase();
});
afterEach(() => database?.close());

const subject = { _id: 'e1', kind: 'TENANT', tenantId: 'acme', requestedAt: new Date() } as const;
const rule = (tenantId: string) => ({ claim: 'sub', value: tenantId, tenantId, role: 'VIEWER', appId: null });
const other = rule('other');

async function save(_id: string, rules: IssuerRecord['rules'], more: Partial<IssuerRecord> = {}) {
  await issuers(database.connection).create({
    ...{ _id, issuer: `https://${_id}.example`, audience: ['a'], jwksUrl: null, claims: standardClaims },
    ...{ rules, createdAt: new Date(), ...more },
  });
}

const addMember = (tenantId: string, issuerId?: string) =>
  members(database.connection).create({
    ...{ _id: `${tenantId}-${issuerId}`, tenantId, subject: 'ada', email: null, role: 'VIEWER' },
    ...{ createdAt: new Date(), ...(issuerId === undefined ? {} : { issuerId }) },
  });

const provision = (_id: string, issuerId: string) =>
  tenants(database.connection).create({
    ...{ _id, name: _id, planId: 'p', allowedRegions: null, payloadLogging: 'NONE', cacheByDefault: false },
    createdAt: new Date(),
    provisioning: {
      ...{ issuerId, role: 'VIEWER', customRole: null, groupRoles: [], revokeKeysMade: true },
      ...{ departuresMax: null, departuresMaxUntil: null },
    },
  });

async function eraseAll(): Promise<readonly string[]> {
  const eraser = eraseOwnIssuers(database.connection);
  const erased: string[] = [];
  for (let after: string | null = null; ; ) {
    const page = await eraser.find(subject, after, 1);
    await eraser.erase(subject, page.found);
    erased.push(...(page.found.issuers ?? []));
    if (page.next === null) return erased;
    after = page.next;
  }
}

const left = async () =>
  (await issuers(database.connection).find().sort({ _id: 1 }).lean<IssuerRecord[]>()).map(
    ({ _id, rules }) => [_id, rules.map(({ tenantId }) => tenantId)],
  );

it('deletes the issuers that sign people in to the tenant alone', async () => {
  await save('own', [rule('acme'), rule('acme')]);
  await addMember('acme', 'own');
  await provision('acme', 'own');
  await save('mixed', [rule('acme'), other]);
  await save('claims', [rule('acme')], { claims: { ...standardClaims, tenant: 'tenant' } });
  await save('without', []);
  // What other tenants have of its people counts for nothing.
  await save('bound', [], { tenantIds: ['acme'] });
  await addMember('other', 'bound');
  await save('partly', [rule('acme')], { tenantIds: ['acme', 'third'] });
  await addMember('other', 'partly');
  expect(await eraseAll()).toEqual(['bound', 'own', 'partly']);
  expect(await left()).toEqual([
    ['claims', ['acme']],
    ['mixed', ['acme', 'other']],
    ['without', []],
  ]);
});

it.each([
  ['members', () => addMember('other', 'shared')],
  ['provisioning', () => provision('other', 'shared')],
])('keeps an issuer that %s of another tenant use, without the rules of the tenant', async (_what, use) => {
  await save('shared', [rule('acme')]);
  await use();
  expect(await eraseAll()).toEqual(['shared']);
  expect(await left()).toEqual([['shared', []]]);
  expect(await eraseAll()).toEqual([]);
});

it.each([['default'], [undefined]])(
  'keeps the first issuer with its rules where members of another tenant name it as %s: without rules it would state tenants',
  async (issuerId) => {
    await save('default', [rule('acme')]);
    await addMember('other', issuerId);
    expect(await eraseAll()).toEqual([]);
    expect(await left()).toEqual([['default', ['acme']]]);
  },
);
