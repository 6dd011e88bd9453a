import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '#core/caller.ts';
import { createEgress } from '#core/egress.ts';
import { builtInRoles } from '#core/roles.ts';
import { meshOwner } from '#core/secrets/owner-boxes.ts';
import { auditLog } from '#mongo/audit/log.ts';
import { guardrailPolicies } from '#mongo/guardrail-policies.ts';
import { openRuleSecrets } from '#mongo/guardrail-secrets.ts';
import type { Keyring } from '#mongo/keyring/keyring.ts';
import { tenants } from '#mongo/tenants.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { openTestKeyring } from '#test/support/seal.ts';
import { ask, askForData } from '#test/support/subgraph.ts';
import { startTenants, type TestTenants } from '#test/support/tenants.ts';
import { resealRuleSecrets } from './reseal-rule-secrets.ts';
import { toSecretPlace } from './rule-secrets.ts';

let mesh: TestTenants;
let keyring: Keyring;
let owner: Caller;
const key = randomBytes(32);
beforeAll(async () => {
  const database = await openTestDatabase();
  keyring = openTestKeyring(database.connection, key);
  const egress = createEgress('*.example,presidio.internal');
  mesh = await startTenants(async () => database, { secrets: keyring.secrets, egress });
  owner = { ...(await mesh.addTenant('Acme')).caller, scopes: builtInRoles.OWNER };
});
afterAll(async () => {
  await keyring?.[Symbol.asyncDispose]();
  await mesh?.[Symbol.asyncDispose]();
});

const url = 'https://guard.example/check';
const makeSecret = (byte: number) => `whsec_${Buffer.alloc(32, byte).toString('base64')}`;
const rule = (options: object) => ({
  ...{ rule: 'webhook', stages: ['INPUT'], action: 'BLOCK' },
  options: { url, ...options },
});
const saving = `mutation ($input: GuardrailPolicyInput!) { saveGuardrailPolicy(input: $input) {
  version rules { options } versions { version rules { options } } } }`;

interface Shown {
  readonly version: number;
  readonly rules: readonly { readonly options: Readonly<Record<string, unknown>> }[];
}
interface Saved extends Shown {
  readonly versions: readonly Shown[];
}
const save = async (id: string, options: readonly object[], caller = owner) =>
  (
    await askForData<{ saveGuardrailPolicy: Saved }>(mesh.subgraph, caller, saving, {
      input: { id, rules: options.map(rule) },
    })
  ).saveGuardrailPolicy;
const refusal = async (id: string, options: object, caller = owner) => {
  const input = { id, rules: [rule(options)] };
  const { errors } = await ask(mesh.subgraph, caller, saving, { input });
  return `${errors?.[0]?.code}: ${errors?.[0]?.message}`;
};
const storedId = (id: string, tenantId = owner.tenantId) => (tenantId === null ? id : `${tenantId}:${id}`);
const read = async (_id: string) => {
  const found = await guardrailPolicies(mesh.database.connection).findById(_id).lean();
  if (found === null) throw new Error(`There is no policy ${_id}.`);
  return found;
};
/** The secrets that the rules of the present version have, opened. */
const openStored = async (id: string, boxes = keyring.secrets) => {
  const { _id, rules } = await read(storedId(id));
  return Promise.all(
    rules.map(async (stored) =>
      stored.secrets == null
        ? null
        : openRuleSecrets(stored.secrets.sealed, toSecretPlace(_id, stored), boxes),
    ),
  );
};
const set = { isSet: true };

describe('a secret option of a rule', () => {
  it('is shown nowhere: not by the policy, its versions, the audit log or the store', async () => {
    const secret = makeSecret(1);
    const saved = await save('hidden', [{ secret, apiKey: 'key-123456', headers: { 'x-a': 'value-1' } }]);
    const options = { url, secret: set, apiKey: set, headers: set };
    expect(saved.rules).toEqual([{ options }]);
    expect(saved.versions).toEqual([{ version: 1, rules: [{ options }] }]);
    const again = await save('hidden', [{ secret: makeSecret(2) }]);
    const { data } = await ask(
      mesh.subgraph,
      owner,
      `mutation { rollbackGuardrailPolicy(id: "hidden", version: 1) { rules { options } versions { rules { options } } } }`,
    );
    const misnamed = {
      id: 'hidden',
      rules: [{ ...rule({ headers: { 'x-a': 'value-1' } }), rule: 'webook' }],
    };
    expect((await ask(mesh.subgraph, owner, saving, { input: misnamed })).errors).toHaveLength(1);
    const audited = await auditLog(mesh.database.connection).find({ tenantId: owner.tenantId }).lean();
    const stored = await read(storedId('hidden'));
    const everything = JSON.stringify([saved, again, data, audited, stored]);
    for (const hidden of [secret, secret.slice(6), makeSecret(2), 'key-123456', 'value-1']) {
      expect(everything).not.toContain(hidden);
    }
    expect(everything).toContain('isSet');
  });

  it('is kept where a save leaves it out, or states it as it is shown', async () => {
    const secret = makeSecret(3);
    await save('kept', [{ secret, apiKey: 'key-1' }]);
    for (const options of [{}, { secret: set, apiKey: set }, { apiKey: set, timeoutMs: 100 }]) {
      const saved = await save('kept', [options]);
      expect(saved.rules[0]?.options).toMatchObject({ secret: set, apiKey: set });
      expect(await openStored('kept')).toEqual([{ secret, apiKey: 'key-1' }]);
    }
    await save('kept', [{ apiKey: 'key-2' }]);
    expect(await openStored('kept')).toEqual([{ secret, apiKey: 'key-2' }]);
    expect((await save('kept', [{ apiKey: null }])).rules).toEqual([{ options: { url, secret: set } }]);
    expect(await openStored('kept')).toEqual([{ secret }]);
  });

  it('is that of the same rule in the same order, where a policy has several at one address', async () => {
    const [first, second] = [makeSecret(4), makeSecret(5)];
    await save('several', [{ secret: first }, { secret: second }]);
    await save('several', [{}, {}]);
    expect(await openStored('several')).toEqual([{ secret: first }, { secret: second }]);
    expect(await refusal('several', { url: 'https://other.example' })).toContain('secret');
  });

  it('is sent to no other address than it was entered for', async () => {
    await save('moved', [{ secret: makeSecret(6) }]);
    const moved = { url: 'https://elsewhere.example/check' };
    expect(await refusal('moved', moved)).toContain('input.rules[0].options.secret');
    expect(await refusal('moved', { ...moved, secret: set })).toContain(
      'input.rules[0].options.secret must be stated',
    );
    const { _id, rules } = await read(storedId('moved'));
    const [stored] = rules;
    if (stored?.secrets == null) throw new Error('There is no secret.');
    const elsewhere = { ...stored, optionsJson: JSON.stringify(moved) };
    for (const place of [toSecretPlace(_id, elsewhere), toSecretPlace('other:moved', stored)]) {
      expect(await openRuleSecrets(stored.secrets.sealed, place, keyring.secrets)).toBeUndefined();
    }
  });

  it('stays with its address where rules before it are removed', async () => {
    const other = 'https://other.example/check';
    const secret = makeSecret(14);
    await save('fewer', [{ secret: makeSecret(13) }, { url: other, secret }]);
    await save('fewer', [{ url: other }]);
    expect(await openStored('fewer')).toEqual([{ secret }]);
  });

  it('of another policy, or of another tenant, is not kept', async () => {
    await save('theirs', [{ secret: makeSecret(7) }]);
    const other = { ...(await mesh.addTenant('Other')).caller, scopes: builtInRoles.OWNER };
    expect(await refusal('mine', { secret: set })).toContain('must be stated');
    expect(await refusal('theirs', { secret: set }, other)).toContain('must be stated');
  });

  it('comes back with the version that is restored', async () => {
    await save('back', [{ secret: makeSecret(8) }]);
    await save('back', [{ secret: makeSecret(9) }]);
    await ask(mesh.subgraph, owner, 'mutation { rollbackGuardrailPolicy(id: "back", version: 1) { id } }');
    expect(await openStored('back')).toEqual([{ secret: makeSecret(8) }]);
  });

  it('has to be stated again where no key opens the stored one', async () => {
    await save('lost', [{ secret: makeSecret(10) }]);
    const _id = storedId('lost');
    await guardrailPolicies(mesh.database.connection).updateOne(
      { _id },
      { $set: { 'rules.0.secrets.sealed': (await read(storedId('kept'))).rules[0]?.secrets?.sealed } },
    );
    expect(await refusal('lost', {})).toContain('options.secret must be stated');
    expect((await save('lost', [{ secret: makeSecret(11) }])).version).toBe(2);
  });

  it('is sealed with the key of its tenant, or of the mesh, and opens with no other', async () => {
    await save('ofMesh'.toLowerCase(), [{ secret: makeSecret(12) }], mesh.admin);
    const { _id, rules } = await read('ofmesh');
    const [stored] = rules;
    const sealed = stored?.secrets?.sealed ?? '';
    expect((await keyring.secrets.of(meshOwner)).isCurrent(sealed)).toBe(true);
    const ofTenant = (await read(storedId('kept'))).rules[0]?.secrets?.sealed ?? '';
    expect((await keyring.secrets.of(owner.tenantId ?? '')).isCurrent(ofTenant)).toBe(true);
    expect((await keyring.secrets.of(owner.tenantId ?? '')).isCurrent(sealed)).toBe(false);
    await using foreign = openTestKeyring(mesh.database.connection, randomBytes(32));
    expect(
      await openRuleSecrets(sealed, toSecretPlace(_id, stored as never), foreign.secrets),
    ).toBeUndefined();
  });
});

describe('the address of a rule', () => {
  it.each<[string, object]>([
    ['inside the network', { url: 'https://10.0.0.1/' }],
    ['of a metadata service', { url: 'https://169.254.169.254/' }],
    ['without TLS, at a host that is not named', { url: 'http://guard.test/' }],
    ['at a host that is not named', { url: 'https://9.9.9.9/' }],
  ])('is refused %s', async (_what, options) => {
    expect(await refusal('where', { secret: makeSecret(1), ...options })).toMatch(
      /^BAD_USER_INPUT: input\.rules\[0\]\.options\.url may not be called/,
    );
  });

  it('may be without TLS at a host that the operator has named', async () => {
    const [saved] = (await save('named', [{ url: 'http://presidio.internal/analyze', format: 'PRESIDIO' }]))
      .rules;
    expect(saved?.options).toMatchObject({ url: 'http://presidio.internal/analyze' });
  });

  it('has to be in a region of its tenant', async () => {
    const eu = { ...(await mesh.addTenant('Europe')).caller, scopes: builtInRoles.OWNER };
    const records = tenants(mesh.database.connection);
    await records.updateOne({ _id: eu.tenantId ?? '' }, { $set: { allowedRegions: ['eu', 'eu-west-1'] } });
    const secret = makeSecret(1);
    for (const options of [{ secret }, { secret, region: 'us' }, { secret, region: null }]) {
      expect(await refusal('near', options, eu)).toMatch(
        /^BAD_USER_INPUT: input\.rules\[0\]\.options\.region must .* eu, eu-west-1\.$/,
      );
    }
    expect((await save('near', [{ secret, region: 'eu' }], eu)).version).toBe(1);
  });
});

it('seals secrets anew, those of versions too, and leaves what no key opens', async () => {
  await save('rotated', [{ secret: makeSecret(20) }]);
  await save('rotated', [{ secret: makeSecret(21) }]);
  await save('rotated', [{ secret: makeSecret(22) }, { secret: makeSecret(23), apiKey: 'k' }]);
  const before = await read(storedId('rotated'));
  await using next = openTestKeyring(mesh.database.connection, key, { now: () => Date.now() + 7_200_000 });
  const { addDataKeyVersions } = await import('#mongo/keyring/rotate.ts');
  const { createLocalRootKey } = await import('#core/secrets/local-root-key.ts');
  await addDataKeyVersions(mesh.database.connection, [createLocalRootKey(key)], () => Date.now() + 3_700_000);
  const left = new Set<string>();
  const { resealed, unreadable } = await resealRuleSecrets(mesh.database.connection, next.secrets, left);
  expect(resealed).toBeGreaterThanOrEqual(6);
  expect(left.size).toBe(unreadable === 0 ? 0 : 1);
  const after = await read(storedId('rotated'));
  const box = await next.secrets.of(owner.tenantId ?? '');
  const readSealed = ({ rules, versions }: typeof after) =>
    [...rules, ...versions.flatMap((version) => version.rules)].map(({ secrets }) => secrets?.sealed ?? '');
  expect(readSealed(before).some((sealed) => box.isCurrent(sealed))).toBe(false);
  expect(readSealed(after).every((sealed) => box.isCurrent(sealed))).toBe(true);
  expect(after.updatedAt).not.toEqual(before.updatedAt);
  expect(await openStored('rotated', next.secrets)).toEqual([
    { secret: makeSecret(22) },
    { secret: makeSecret(23), apiKey: 'k' },
  ]);
  expect(await resealRuleSecrets(mesh.database.connection, next.secrets)).toEqual({
    resealed: 0,
    unreadable,
  });
});
