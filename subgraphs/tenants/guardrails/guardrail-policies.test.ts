import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Catalog, openCatalog } from '#catalog/catalog.ts';
import type { Caller } from '#core/caller.ts';
import { builtInRoles } from '#core/roles.ts';
import { guardrailPolicies } from '#mongo/guardrail-policies.ts';
import { models } from '#mongo/models.ts';
import { prompts } from '#mongo/prompts.ts';
import { createMemoryBus } from '#state/bus/memory.ts';
import { ask, askForData } from '#test/support/subgraph.ts';
import { startTenants, type TestTenant, type TestTenants } from '#test/support/tenants.ts';

interface Shown {
  readonly id: string;
  readonly version: number;
  readonly mode: string;
  readonly rules: readonly Readonly<Record<string, unknown>>[];
  readonly versions: readonly { readonly version: number; readonly restored: number | null }[];
}

let mesh: TestTenants;
let acme: TestTenant;
let owner: Caller;
let other: Caller;
beforeAll(async () => {
  mesh = await startTenants();
  acme = await mesh.addTenant('Acme');
  owner = { ...acme.caller, scopes: builtInRoles.OWNER };
  other = { ...(await mesh.addTenant('Other')).caller, scopes: builtInRoles.OWNER };
  const model = { capabilities: [], inputModalities: [], outputModalities: [], prices: [] };
  await models(mesh.database.connection).collection.insertMany([
    { _id: 'alpha/one' as never, providerId: 'alpha', name: 'one', ...model },
    { _id: 'other:own/one' as never, tenantId: other.tenantId, providerId: 'other:own', ...model },
  ]);
  await prompts(mesh.database.connection).collection.insertMany([
    { _id: 'recipe' as never, tenantId: acme.tenantId },
    { _id: 'foreign' as never, tenantId: other.tenantId },
  ]);
});
afterAll(() => mesh?.[Symbol.asyncDispose]());

const rule = (more: object = {}) => ({ rule: 'secrets', stages: ['INPUT'], action: 'BLOCK', ...more });
const saveQuery = `mutation ($input: GuardrailPolicyInput!) { saveGuardrailPolicy(input: $input) {
  id name tenantId app { id } promptId model version mode rules { rule stages action options sample note reroute } } }`;
const save = async (input: object, caller = owner) =>
  (
    await askForData<{ saveGuardrailPolicy: Shown }>(mesh.subgraph, caller, saveQuery, {
      input: { rules: [rule()], ...input },
    })
  ).saveGuardrailPolicy;
const refusal = async (input: object, caller = owner) => {
  const { errors } = await ask(mesh.subgraph, caller, saveQuery, { input: { rules: [rule()], ...input } });
  return `${errors?.[0]?.code}: ${errors?.[0]?.message}`;
};
const list = async (caller: Caller, tenantId?: string) =>
  (
    await askForData<{ guardrailPolicies: readonly Shown[] }>(
      mesh.subgraph,
      caller,
      'query ($t: ID) { guardrailPolicies(tenantId: $t) { id version mode } }',
      { t: tenantId },
    )
  ).guardrailPolicies.map(({ id, version, mode }) => `${id} ${version} ${mode}`);
const versions = async (id: string, args = '') =>
  (
    await askForData<{ guardrailPolicy: Shown }>(
      mesh.subgraph,
      owner,
      `query ($id: ID!) { guardrailPolicy(id: $id) { versions${args} { version restored mode createdBy } } }`,
      { id },
    )
  ).guardrailPolicy.versions;
const run = (mutation: string, caller = owner) => ask(mesh.subgraph, caller, `mutation { ${mutation} }`);

describe('a guardrail policy', () => {
  it('is saved with what it leaves out, and is found by its id', async () => {
    const saved = await save({ id: 'complete', rules: [rule({ options: {} })] });
    expect(saved).toEqual({
      ...{ id: `guardrail:${acme.tenantId}:complete`, name: 'complete', tenantId: acme.tenantId },
      ...{ app: null, promptId: null, model: null, version: 1, mode: 'ENFORCE' },
      rules: [
        {
          ...{ rule: 'secrets', stages: ['INPUT'], action: 'BLOCK', options: {}, sample: 1 },
          ...{ note: null, reroute: null },
        },
      ],
    });
  });

  it('gets a new version with each save, by its name and by its id, and an earlier one by a rollback', async () => {
    const { id } = await save({ id: 'versioned', mode: 'SHADOW' });
    expect(await save({ id, mode: 'ENFORCE' })).toMatchObject({ id, version: 2, mode: 'ENFORCE' });
    expect(await save({ id: 'versioned', mode: 'OFF' })).toMatchObject({ id, version: 3, mode: 'OFF' });
    const rolledBack = await run(`rollbackGuardrailPolicy(id: "${id}", version: 1) { version mode }`);
    expect(rolledBack.data).toEqual({ rollbackGuardrailPolicy: { version: 4, mode: 'SHADOW' } });
    expect(await versions(id)).toMatchObject([
      { version: 4, restored: 1, mode: 'SHADOW', createdBy: `key:${acme.keyId}` },
      { version: 3, restored: null, mode: 'OFF' },
      { version: 2, restored: null, mode: 'ENFORCE' },
      { version: 1, restored: null, mode: 'SHADOW' },
    ]);
    expect(await versions(id, '(first: 1, before: 3)')).toMatchObject([{ version: 2 }]);
    const missing = await run(`rollbackGuardrailPolicy(id: "${id}", version: 5) { version }`);
    expect(missing.errors).toMatchObject([{ code: 'NOT_FOUND' }]);
  });

  it.for([
    ['a hundred versions', '{}', 100],
    ['4 MB of versions', JSON.stringify({ x: 'x'.repeat(65_000) }), 61],
  ] as const)('keeps at most %s', async ([_, optionsJson, kept]) => {
    const { id } = await save({ id: 'often' });
    const stored = guardrailPolicies(mesh.database.connection);
    const [first] = (await stored.findById(`${acme.tenantId}:often`).lean())?.versions ?? [];
    if (first === undefined) throw new Error('It has no version.');
    const rules = first.rules.map((one) => ({ ...one, optionsJson }));
    const before = Array.from({ length: 100 }, (_, index) => ({ ...first, rules, version: 100 - index }));
    await stored.updateOne({ _id: `${acme.tenantId}:often` }, { $set: { version: 100, versions: before } });
    await save({ id: 'often' });
    const after = await versions(id, '(first: 100)');
    expect([after.length, after[0]?.version]).toEqual([kept + (kept < 100 ? 1 : 0), 101]);
  });

  it('is deleted with its versions, and begins again with the first', async () => {
    const { id } = await save({ id: 'brief' });
    await save({ id: 'brief' });
    expect((await run(`deleteGuardrailPolicy(id: "${id}")`)).data).toEqual({ deleteGuardrailPolicy: id });
    expect((await run(`deleteGuardrailPolicy(id: "${id}")`)).errors).toMatchObject([{ code: 'NOT_FOUND' }]);
    expect(await save({ id: 'brief' })).toMatchObject({ version: 1 });
    expect(await versions(id)).toHaveLength(1);
  });

  it('of the mesh is saved, seen and changed by operators alone', async () => {
    const { id } = await save({ id: 'everywhere' }, mesh.admin);
    expect(id).toBe('guardrail:everywhere');
    expect(await list(mesh.admin)).toEqual(['guardrail:everywhere 1 ENFORCE']);
    expect((await list(owner)).join()).not.toContain('everywhere');
    expect((await run(`deleteGuardrailPolicy(id: "${id}")`)).errors).toMatchObject([{ code: 'NOT_FOUND' }]);
    const byId = 'query ($id: ID!) { guardrailPolicy(id: $id) { id } }';
    expect(await askForData(mesh.subgraph, owner, byId, { id })).toEqual({ guardrailPolicy: null });
    expect(await askForData(mesh.subgraph, mesh.admin, byId, { id })).toEqual({ guardrailPolicy: { id } });
    // Without tenants:admin the same name is one of the own tenant.
    expect(await save({ id: 'everywhere' })).toMatchObject({ id: `guardrail:${acme.tenantId}:everywhere` });
    expect(await list(mesh.admin, acme.tenantId)).toContain(
      `guardrail:${acme.tenantId}:everywhere 1 ENFORCE`,
    );
  });

  it('is neither seen nor changed by another tenant', async () => {
    const { id } = await save({ id: 'private' });
    expect(await list(other)).toEqual([]);
    expect(await list(other, acme.tenantId)).toEqual([]);
    expect(await refusal({ id }, other)).toContain('NOT_FOUND');
    expect(await refusal({ id: 'mine', tenantId: acme.tenantId }, other)).toContain('NOT_FOUND');
    for (const mutation of [
      `rollbackGuardrailPolicy(id: "${id}", version: 1) { id }`,
      `deleteGuardrailPolicy(id: "${id}")`,
    ]) {
      expect((await run(mutation, other)).errors).toMatchObject([{ code: 'NOT_FOUND' }]);
    }
  });

  it('is in the catalogs of this process at once, and in those of others after their next poll', async () => {
    const { connection } = mesh.database;
    const log = pino({ level: 'silent' });
    await using own = await openCatalog(connection, { bus: mesh.deps.bus, log, refreshMs: 3_600_000 });
    await using another = await openCatalog(connection, { bus: createMemoryBus(log), log, refreshMs: 5 });
    const find = (catalog: Catalog) =>
      catalog
        .snapshot()
        .guardrails.get(acme.tenantId)
        ?.find(({ _id }) => _id.endsWith(':spread'))?.version;
    await save({ id: 'spread' });
    await save({ id: 'spread' });
    expect(find(own)).toBe(2);
    await vi.waitFor(() => expect(find(another)).toBe(2));
    await run('deleteGuardrailPolicy(id: "spread")');
    expect(find(own)).toBeUndefined();
    await vi.waitFor(() => expect(find(another)).toBeUndefined());
  });

  it('requires guardrails:write', async () => {
    const weak = { ...owner, scopes: ['tenants:write'] };
    expect(await refusal({ id: 'x' }, weak)).toContain('FORBIDDEN');
    for (const mutation of [
      'rollbackGuardrailPolicy(id: "x", version: 1) { id }',
      'deleteGuardrailPolicy(id: "x")',
    ]) {
      expect((await run(mutation, weak)).errors).toMatchObject([{ code: 'FORBIDDEN' }]);
    }
  });

  it('applies to an app, a prompt, or an AI model of its tenant', async () => {
    expect(await save({ id: 'app', appId: acme.appId })).toMatchObject({ app: { id: acme.appId } });
    expect(await save({ id: 'prompt', promptId: 'recipe' })).toMatchObject({ promptId: 'recipe' });
    expect(await save({ id: 'model', model: 'alpha/one' })).toMatchObject({ model: 'alpha/one' });
  });

  it.for<[string, object, string]>([
    ['no rules', { rules: [] }, 'BAD_USER_INPUT: input.rules must have'],
    ['too many rules', { rules: Array(51).fill(rule()) }, 'BAD_USER_INPUT: input.rules must not'],
    ['an unknown rule', { rules: [rule({ rule: 'x' })] }, 'BAD_USER_INPUT: input.rules[0].rule is no rule'],
    ['no stage', { rules: [rule({ stages: [] })] }, 'BAD_USER_INPUT: input.rules[0].stages'],
    ['RETRY of the input', { rules: [rule({ action: 'RETRY' })] }, 'BAD_USER_INPUT: input.rules[0].stages'],
    [
      'REROUTE of the output',
      { rules: [rule({ stages: ['OUTPUT'], action: 'REROUTE', reroute: 'alpha/one' })] },
      'BAD_USER_INPUT: input.rules[0].stages',
    ],
    [
      'REROUTE to nothing',
      { rules: [rule({ action: 'REROUTE' })] },
      'BAD_USER_INPUT: input.rules[0].reroute is required',
    ],
    [
      'REROUTE to what another tenant owns',
      { rules: [rule({ action: 'REROUTE', reroute: 'own/one' })] },
      'BAD_USER_INPUT: input.rules[0].reroute is no AI model',
    ],
    ['a note of BLOCK', { rules: [rule({ note: 'x' })] }, 'BAD_USER_INPUT: input.rules[0].note'],
    [
      'a note that the policy blocks',
      {
        rules: [
          rule(),
          rule({ stages: ['OUTPUT'], action: 'RETRY', note: `Leave ghp_${'aB3'.repeat(12)} out.` }),
        ],
      },
      'BAD_USER_INPUT: input.rules[1].note is blocked by the rule secrets',
    ],
    ['a share below 0', { rules: [rule({ sample: -0.5 })] }, 'BAD_USER_INPUT: input.rules[0].sample'],
    ['a share above 1', { rules: [rule({ sample: 1.5 })] }, 'BAD_USER_INPUT: input.rules[0].sample'],
    [
      'options that the rule does not know',
      { rules: [rule({ options: { colour: 'red' } })] },
      'BAD_USER_INPUT: input.rules[0].options must not have colour: there are kinds, prefixes, entropy.',
    ],
    [
      'options that are too large',
      { rules: [rule({ options: { a: 'x'.repeat(65_536) } })] },
      'BAD_USER_INPUT: input.rules[0].options must not have more than 65536 bytes',
    ],
    ['a name with a space', { id: 'a b' }, 'BAD_USER_INPUT: input.id must be'],
    ['the name of the default policy', { id: 'default' }, 'BAD_USER_INPUT: input.id must not be "default"'],
    ['an app and a prompt', { appId: 'x', promptId: 'y' }, 'BAD_USER_INPUT: input must not have'],
    ['a foreign prompt', { promptId: 'foreign' }, 'NOT_FOUND'],
    ['an AI model of another tenant', { model: 'own/one' }, 'BAD_USER_INPUT: input.model is no AI model'],
  ])('with %s is refused, and the field is named', async ([, input, expected]) => {
    expect(await refusal({ id: 'bad', ...input })).toContain(expected);
    expect((await list(owner)).join()).not.toContain(':bad ');
  });

  it('of one tenant names no app of another, whoever saves it', async () => {
    const input = { id: 'bad', tenantId: other.tenantId, appId: acme.appId };
    expect(await refusal(input, mesh.admin)).toContain('NOT_FOUND: There is no app');
  });

  it('of the mesh names no app or prompt, and no AI model of a tenant', async () => {
    expect(await refusal({ id: 'bad', appId: acme.appId }, mesh.admin)).toContain(
      'input.tenantId is required',
    );
    expect(await refusal({ id: 'bad', model: 'own/one' }, mesh.admin)).toContain(
      'input.model is no AI model',
    );
    expect(await save({ id: 'model', model: 'alpha/one' }, mesh.admin)).toMatchObject({ model: 'alpha/one' });
    expect(await refusal({ id: 'guardrail:default' }, mesh.admin)).toContain(
      'input.id must not be "default"',
    );
  });
});
