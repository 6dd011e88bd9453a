import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '#core/caller.ts';
import { createEgress } from '#core/egress.ts';
import { builtInRoles } from '#core/roles.ts';
import { createLocalRootKey } from '#core/secrets/local-root-key.ts';
import { auditLog } from '#mongo/audit/log.ts';
import { openConsentSourceSecret } from '#mongo/consent-source-secret.ts';
import { consents } from '#mongo/consents.ts';
import type { Keyring } from '#mongo/keyring/keyring.ts';
import { addDataKeyVersions } from '#mongo/keyring/rotate.ts';
import { tenants } from '#mongo/tenants.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { openTestKeyring } from '#test/support/seal.ts';
import { ask, askForData } from '#test/support/subgraph.ts';
import { startTenants, type TestTenants } from '#test/support/tenants.ts';
import { resealConsentSources } from './reseal-consent-sources.ts';

const key = randomBytes(32);
const url = 'https://consent.example/ask';
const makeSecret = (byte: number) => `whsec_${Buffer.alloc(32, byte).toString('base64')}`;
const secret = makeSecret(7);

let mesh: TestTenants;
let keyring: Keyring;
let other: Caller;
let count = 0;
beforeAll(async () => {
  const database = await openTestDatabase();
  keyring = openTestKeyring(database.connection, key);
  const egress = createEgress('*.example');
  mesh = await startTenants(async () => database, { secrets: keyring.secrets, egress });
  other = { ...(await mesh.addTenant('Other')).caller, scopes: builtInRoles.OWNER };
});
afterAll(async () => {
  await keyring?.[Symbol.asyncDispose]();
  await mesh?.[Symbol.asyncDispose]();
});

const fields = 'url region timeoutMs';
const saving = `mutation ($input: SaveConsentSourceInput!) { saveConsentSource(input: $input) { ${fields} updatedAt } }`;
const deleting = 'mutation ($t: ID) { deleteConsentSource(tenantId: $t) }';
const withdrawing = `mutation ($input: WithdrawConsentInput!) { withdrawConsent(input: $input) { id purposes withdrawn withdrawnAll expiresAt } }`;
const consenting = `mutation ($input: SaveConsentInput!) { saveConsent(input: $input) { id purposes withdrawn withdrawnAll expiresAt } }`;

async function newOwner(): Promise<Caller & { readonly tenantId: string }> {
  const { tenantId, caller } = await mesh.addTenant(`Acme ${++count}`);
  return { ...caller, tenantId, scopes: builtInRoles.OWNER };
}
const save = (caller: Caller, input: object) =>
  askForData(mesh.subgraph, caller, saving, { input: { url, ...input } });
const show = async (caller: Caller, tenantId = caller.tenantId) =>
  (
    await askForData<{ tenant: { consentSource: object | null } | null }>(
      mesh.subgraph,
      caller,
      `query ($id: ID!) { tenant(id: $id) { consentSource { ${fields} } } }`,
      { id: tenantId },
    )
  ).tenant?.consentSource;
const refusal = async (query: string, variables: object, caller: Caller) => {
  const { errors } = await ask(mesh.subgraph, caller, query, { ...variables });
  return `${errors?.[0]?.code}: ${errors?.[0]?.message}`;
};
const readStored = async (tenantId: string) =>
  (await tenants(mesh.database.connection).findById(tenantId).lean())?.consentSource ?? null;
const openStored = async (tenantId: string, boxes = keyring.secrets) => {
  const stored = await readStored(tenantId);
  return stored && openConsentSourceSecret(stored.secret, { tenantId, url: stored.url }, boxes);
};

describe('the consent source of a tenant', () => {
  it('is saved, shown without its secret, replaced and deleted', async () => {
    const owner = await newOwner();
    expect(await show(owner)).toBeNull();
    await save(owner, { secret });
    expect(await show(owner)).toEqual({ url, region: null, timeoutMs: 2_000 });
    await save(owner, { url: 'https://second.example', region: 'eu', timeoutMs: 500, secret });
    expect(await show(owner)).toEqual({ url: 'https://second.example', region: 'eu', timeoutMs: 500 });
    expect(await openStored(owner.tenantId)).toBe(secret);
    expect(await askForData(mesh.subgraph, owner, deleting, {})).toEqual({
      deleteConsentSource: owner.tenantId,
    });
    expect(await show(owner)).toBeNull();
    expect(await readStored(owner.tenantId)).toBeNull();
    expect(await refusal(deleting, {}, owner)).toContain('NOT_FOUND');
  });

  it('keeps its secret where a change leaves it out, and at no other address', async () => {
    const owner = await newOwner();
    await save(owner, { secret });
    await save(owner, { timeoutMs: 100 });
    expect(await openStored(owner.tenantId)).toBe(secret);
    const moved = { input: { url: 'https://moved.example' } };
    expect(await refusal(saving, moved, owner)).toContain('BAD_USER_INPUT: input.secret must be stated');
    expect(await show(owner)).toMatchObject({ url, timeoutMs: 100 });
  });

  it('has its secret nowhere in the clear: not at rest, not in the audit log', async () => {
    const owner = await newOwner();
    await save(owner, { secret });
    await refusal(saving, { input: { url: 'http://10.0.0.1', secret } }, owner);
    await askForData(mesh.subgraph, owner, deleting, {});
    await save(owner, { secret });
    const { connection } = mesh.database;
    const stored = JSON.stringify([
      await tenants(connection).find().lean(),
      await auditLog(connection).find().lean(),
    ]);
    expect(stored).toContain('consentSource.save');
    expect(stored).toContain(url);
    expect(stored).not.toContain(secret.slice(6, 30));
  });

  it('is reported to every process, with each change', async () => {
    const owner = await newOwner();
    const changes: unknown[] = [];
    await using _ = await mesh.deps.bus.subscribe('consents.changed', (change) => void changes.push(change));
    await save(owner, { secret });
    await askForData(mesh.subgraph, owner, deleting, {});
    const change = { tenantId: owner.tenantId, endUserId: null };
    expect(changes).toEqual([change, change]);
  });

  it.for<[string, object, string]>([
    ['no address', { url: 'consent' }, 'input.url must be an https:// URL'],
    ['a user in it', { url: 'https://me:pw@consent.example' }, 'input.url must be an https:// URL'],
    ['an address inside the network', { url: 'https://10.0.0.1' }, 'input.url may not be called'],
    ['metadata', { url: 'https://169.254.169.254' }, 'input.url may not be called'],
    ['a region of another form', { region: 'EU 1' }, 'input.region must be'],
    ['no secret', { secret: null }, 'input.secret must be stated'],
    ['a secret that signs nothing', { secret: 'password' }, 'input.secret must be whsec_'],
    ['too little time', { timeoutMs: 49 }, 'input.timeoutMs must be 50 to 10000'],
    ['too much time', { timeoutMs: 10_001 }, 'input.timeoutMs must be 50 to 10000'],
  ])('with %s is refused, and the field is named', async ([, input, message]) => {
    const owner = await newOwner();
    const complete = { input: { url, secret, ...input } };
    expect(await refusal(saving, complete, owner)).toContain(`BAD_USER_INPUT: ${message}`);
    expect(await readStored(owner.tenantId)).toBeNull();
  });

  it('is in a region of the tenant, where that has some', async () => {
    const owner = await newOwner();
    const { tenantId } = owner;
    await tenants(mesh.database.connection).updateOne(
      { _id: tenantId },
      { $set: { allowedRegions: ['eu'] } },
    );
    for (const region of [null, 'us']) {
      expect(await refusal(saving, { input: { url, secret, region } }, owner)).toContain('input.region');
    }
    await save(owner, { secret, region: 'eu' });
    expect(await show(owner)).toMatchObject({ region: 'eu' });
  });

  it('is neither seen nor changed by another tenant, and requires guardrails:write', async () => {
    const owner = await newOwner();
    const { tenantId } = owner;
    await save(owner, { secret });
    expect(await show(other, tenantId)).toBeUndefined();
    const foreign = { input: { tenantId, url, secret } };
    expect(await refusal(saving, foreign, other)).toContain('NOT_FOUND');
    expect(await refusal(deleting, { t: tenantId }, other)).toContain('NOT_FOUND');
    const weak = { ...owner, scopes: ['tenants:write', 'tenants:read'] };
    expect(await refusal(saving, { input: { url, secret } }, weak)).toContain('FORBIDDEN');
    expect(await refusal(deleting, {}, weak)).toContain('FORBIDDEN');
    const query = `{ tenant(id: "${tenantId}") { consentSource { url } } }`;
    expect(await refusal(query, {}, weak)).toContain('FORBIDDEN');
    expect(await show(mesh.admin, tenantId)).toMatchObject({ url });
  });

  it('of an archived tenant is deleted, and not saved', async () => {
    const { tenantId, ...owner } = await newOwner();
    await save({ ...owner, tenantId }, { secret });
    await askForData(mesh.subgraph, mesh.admin, 'mutation ($t: ID!) { archiveTenant(id: $t) { id } }', {
      t: tenantId,
    });
    expect(await refusal(saving, { input: { tenantId, url, secret } }, mesh.admin)).toContain('CONFLICT');
    await askForData(mesh.subgraph, mesh.admin, deleting, { t: tenantId });
    expect(await readStored(tenantId)).toBeNull();
  });

  it('has its secret sealed anew with the present key, unless no key opens it', async () => {
    const { connection } = mesh.database;
    await tenants(connection).updateMany({}, { $unset: { consentSource: 1 } });
    const [owner, lost] = [await newOwner(), await newOwner()];
    await save(owner, { secret });
    await save(lost, { secret });
    const broken = (await readStored(owner.tenantId))?.secret ?? '';
    await tenants(connection).updateOne({ _id: lost.tenantId }, { $set: { 'consentSource.secret': broken } });
    await using next = openTestKeyring(connection, key, { now: () => Date.now() + 7_200_000 });
    await addDataKeyVersions(connection, [createLocalRootKey(key)], () => Date.now() + 3_700_000);
    const box = await next.secrets.of(owner.tenantId);
    expect(box.isCurrent(broken)).toBe(false);
    const left = new Set<string>();
    expect(await resealConsentSources(connection, next.secrets, left)).toEqual({
      ...{ resealed: 1, unreadable: 1 },
    });
    expect(left.size).toBe(1);
    expect(box.isCurrent((await readStored(owner.tenantId))?.secret ?? '')).toBe(true);
    expect(await openStored(owner.tenantId, next.secrets)).toBe(secret);
    expect(await openStored(lost.tenantId, next.secrets)).toBeUndefined();
    expect(await resealConsentSources(connection, next.secrets)).toEqual({ resealed: 0, unreadable: 1 });
  });
});

describe('a withdrawal, with a consent source', () => {
  const withdraw = async (caller: Caller, input: object) =>
    (
      await askForData<{ withdrawConsent: { id: string } }>(mesh.subgraph, caller, withdrawing, {
        input: { endUserId: 'ada', ...input },
      })
    ).withdrawConsent;
  const consent = async (caller: Caller, input: object) =>
    (
      await askForData<{ saveConsent: { id: string } }>(mesh.subgraph, caller, consenting, {
        input: { endUserId: 'ada', ...input },
      })
    ).saveConsent;
  const readRecord = (tenantId: string) =>
    consents(mesh.database.connection).findOne({ tenantId, endUserId: 'ada' }).lean();

  it.each([
    ['with a source', true],
    ['before there is a source', false],
  ])('is kept %s, also of an end user without a record, until a consent names it', async (_, hasSource) => {
    const owner = await newOwner();
    if (hasSource) await save(owner, { secret });
    const some = { purposes: [], withdrawn: ['a', 'b'], withdrawnAll: false };
    expect(await withdraw(owner, { purposes: ['a', 'b'] })).toMatchObject(some);
    expect(await consent(owner, { purposes: ['b'] })).toMatchObject({ purposes: ['b'], withdrawn: ['a'] });
    expect(await withdraw(owner, {})).toMatchObject({ purposes: [], withdrawn: [], withdrawnAll: true });
    expect(await consent(owner, { purposes: ['a'] })).toMatchObject({ purposes: ['a'], withdrawnAll: true });
  });

  it('does not end with the consent that it is of', async () => {
    const owner = await newOwner();
    await save(owner, { secret });
    const expiresAt = new Date(Date.now() + 60_000).toISOString();
    await consent(owner, { purposes: ['a', 'b'], expiresAt });
    expect((await readRecord(owner.tenantId))?.expiresAt).toEqual(new Date(expiresAt));
    expect(await withdraw(owner, { purposes: ['a'] })).toMatchObject({ purposes: ['b'], expiresAt });
    expect((await readRecord(owner.tenantId))?.expiresAt).toBeNull();
    expect(await consent(owner, { purposes: ['b'], expiresAt })).toMatchObject({ expiresAt });
    expect((await readRecord(owner.tenantId))?.expiresAt).toBeNull();
    expect(await consent(owner, { purposes: ['a', 'b'], expiresAt })).toMatchObject({ expiresAt });
    expect((await readRecord(owner.tenantId))?.expiresAt).toEqual(new Date(expiresAt));
  });

  it('of more purposes than are kept is one of all', async () => {
    const owner = await newOwner();
    await save(owner, { secret });
    const purposes = (start: number) => Array.from({ length: 100 }, (_, n) => `p${start + n}`);
    await withdraw(owner, { purposes: purposes(0) });
    expect(await withdraw(owner, { purposes: purposes(100) })).toMatchObject({ withdrawnAll: false });
    expect(await withdraw(owner, { purposes: ['one-more'] })).toMatchObject({
      ...{ withdrawn: [], withdrawnAll: true },
    });
  });

  it('is kept where the source is deleted', async () => {
    const owner = await newOwner();
    await save(owner, { secret });
    await withdraw(owner, { purposes: ['a'] });
    await askForData(mesh.subgraph, owner, deleting, {});
    expect(await withdraw(owner, { purposes: ['b'] })).toMatchObject({ withdrawn: ['a', 'b'] });
  });
});
