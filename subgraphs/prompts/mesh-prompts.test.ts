import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '#core/caller.ts';
import { auditLog } from '#mongo/audit/log.ts';
import { plans } from '#mongo/plans.ts';
import { tenants } from '#mongo/tenants.ts';
import { openPromptsMesh, type PromptsMesh } from '#test/support/prompts-mesh.ts';
import { askForData, testCaller } from '#test/support/subgraph.ts';

const operator = testCaller('root', 'tenants:admin', 'prompts:write', 'inference:invoke');
const owner = (tenantId: string) => testCaller(tenantId, 'prompts:write', 'inference:invoke');
const named = owner('named');
const gold: Caller = { ...owner('rich'), planId: 'gold' };
const other = owner('other');
const tenantless: Caller = { ...testCaller('', 'prompts:read'), tenantId: null };
const runner: Caller = { ...other, scopes: ['inference:invoke'] };

const secret = 'what the mesh wrote';
let mesh: PromptsMesh;
/** Prompts of the mesh: offered to all, and to the plan gold and the tenant named. */
let open: string;
let dear: string;
let versionId: string;

const run = <T = Record<string, never>>(caller: Caller, query: string, variables: object = {}) =>
  askForData<T>(mesh.subgraph, caller, query, { ...variables });
const refusal = (caller: Caller, query: string, variables: object = {}) =>
  mesh.refusal(caller, query, { ...variables });
const create = 'mutation ($input: CreatePromptInput!) { createPrompt(input: $input) { id } }';
const update =
  'mutation ($id: ID!, $input: UpdatePromptInput!) { updatePrompt(id: $id, input: $input) { offeredTo { plans tenants } } }';
const offer = (id: string, offeredTo: object | null) => run(operator, update, { id, input: { offeredTo } });
const toSome = { plans: ['gold'], tenants: ['named'] };

async function listNames(caller: Caller, filter = ''): Promise<readonly string[]> {
  const found = await run<{ prompts: { edges: { node: { name: string } }[]; totalCount: number } }>(
    caller,
    `{ prompts(first: 200, orderBy: NAME_ASC${filter}) { totalCount edges { node { name } } } }`,
  );
  expect(found.prompts.totalCount).toBe(found.prompts.edges.length);
  return found.prompts.edges.map(({ node }) => node.name);
}

beforeAll(async () => {
  mesh = await openPromptsMesh();
  const { connection } = mesh.database;
  await plans(connection).create({ _id: 'gold', name: 'Gold', limits: [], models: null });
  for (const _id of ['named', 'other']) {
    await tenants(connection).create({
      ...{ _id, name: _id, planId: 'p', allowedRegions: null, payloadLogging: 'NONE', cacheByDefault: false },
      createdAt: new Date(),
    });
  }
  const version = {
    ...{
      model: 'demo/echo',
      template: `${secret} {{who}}`,
      system: secret,
      note: secret,
      label: 'production',
    },
    parameters: { temperature: 0 },
    variables: [{ name: 'who', description: 'The person.' }],
  };
  open = await mesh.add(operator, 'open', { description: 'For all.', version });
  dear = await mesh.add(operator, 'dear', { offeredTo: toSome, version });
  const found = await run<{ prompt: { version: { id: string } } }>(
    operator,
    '{ prompt(name: "dear") { version { id } } }',
  );
  versionId = found.prompt.version.id;
});
afterAll(() => mesh?.[Symbol.asyncDispose]());

describe('a prompt of the mesh', () => {
  it('is what callers with tenants:admin create without a tenant, and others in their own', async () => {
    const query = (name: string, more: object = {}) => ({ input: { name, ...more } });
    const created =
      'mutation ($input: CreatePromptInput!) { createPrompt(input: $input) { id tenantId owner { id } tenant { id } } }';
    const archive = 'mutation ($id: ID!) { archivePrompt(id: $id) }';
    for (const [caller, more, tenantId] of [
      [operator, {}, null],
      [operator, { tenantId: 'root' }, 'root'],
      [operator, { tenantId: 'named' }, 'named'],
      [named, {}, 'named'],
    ] as const) {
      const { createPrompt } = await run<{ createPrompt: { id: string; tenantId: string | null } }>(
        caller,
        created,
        query('made', more),
      );
      const owner = tenantId === null ? null : { id: tenantId };
      // Of a prompt of the mesh the caller's tenant: the field cannot be null.
      const tenant = { id: tenantId ?? 'root' };
      expect(createPrompt).toEqual({ id: expect.any(String), tenantId, owner, tenant });
      await run(operator, archive, { id: createPrompt.id });
    }
    expect(await refusal(named, created, query('made', { tenantId: 'other' }))).toMatch(/^NOT_FOUND/);
  });

  it('is listed for all tenants, or for those that it is offered to, with and without prompts:read', async () => {
    for (const caller of [named, gold, operator]) expect(await listNames(caller)).toEqual(['dear', 'open']);
    for (const caller of [other, runner, tenantless]) expect(await listNames(caller)).toEqual(['open']);
    const limited = { ...runner, promptLists: [{ subject: 'key:k', patterns: ['d*'] }] };
    expect(await listNames(limited)).toEqual([]);
    expect(await listNames({ ...limited, tenantId: 'named' })).toEqual(['dear']);
    await mesh.add(other, 'mine');
    for (const [filter, shown] of [
      ['ofMesh: true', ['open']],
      ['ofMesh: false', ['mine']],
      ['tenantId: "other"', ['mine']],
      ['tenantId: "other", ofMesh: true', []],
      ['tenantId: "named"', []],
      ['search: "pe"', ['open']],
      ['label: "production"', ['mine', 'open']],
      ['label: "none"', []],
    ] as const)
      expect(await listNames(other, `, filter: { ${filter} }`), filter).toEqual(shown);
    for (const [filter, shown] of [
      ['ofMesh: true', ['dear', 'open']],
      ['ofMesh: false', ['mine']],
      ['tenantId: "other"', ['mine']],
      ['tenantId: "other", ofMesh: true', []],
    ] as const)
      expect(await listNames(operator, `, filter: { ${filter} }`), filter).toEqual(shown);
  });

  it('answers like a missing one where it is not offered: by id, name, version, and in every mutation', async () => {
    const read = (id: string, version: string, name: string) =>
      run(
        other,
        `query ($of: [_Any!]!) {
          prompt(id: "${id}") { id }
          byName: prompt(name: "${name}") { id }
          explainPrompt(name: "${name}") { resolvedId candidates { id } }
          _entities(representations: $of) { __typename }
        }`,
        {
          of: [
            { __typename: 'Prompt', id },
            { __typename: 'PromptVersion', id: version },
          ],
        },
      );
    expect(await read(dear, versionId, 'dear')).toEqual(await read('none', 'none', 'none'));
    for (const [mutation, input] of changes) {
      const hidden = await refusal(other, mutation, { id: dear, input });
      expect(hidden).toMatch(/^NOT_FOUND/);
      expect(await refusal(other, mutation, { id: 'none', input })).toBe(hidden.replace(dear, 'none'));
    }
  });

  it.each(['named', 'open'])(
    'is not changed or copied by a tenant that it is offered to: %s',
    async (which) => {
      const [id, caller] = which === 'named' ? [dear, named] : [open, other];
      for (const [mutation, input] of changes)
        expect(await refusal(caller, mutation, { id, input }), mutation).toMatch(
          /^FORBIDDEN: The prompt ".*" belongs to the mesh.*tenants:admin/,
        );
    },
  );

  it('shows tenants what a call needs, and of what its author wrote nothing', async () => {
    const fields = `description tenantId owner { id } requiresApproval access
      version { number model system template note createdBy createdByIssuerId parameters variables { name description } }
      versions { edges { node { system template note createdBy } } }
      labels { name version { template system note createdBy } }`;
    const read = (caller: Caller) =>
      run<{ prompt: object }>(caller, `{ prompt(id: "${open}") { ${fields} } }`);
    const shown = await read(other);
    expect(JSON.stringify(shown)).not.toContain(secret);
    const none = { system: null, template: '', note: null, createdBy: '' };
    expect(shown.prompt).toEqual({
      ...{ description: 'For all.', tenantId: null, owner: null, requiresApproval: false, access: 'OPEN' },
      version: {
        ...none,
        ...{ number: 1, model: 'demo/echo', createdByIssuerId: null, parameters: { temperature: 0 } },
        variables: [{ name: 'who', description: 'The person.' }],
      },
      versions: { edges: [{ node: none }] },
      labels: [{ name: 'production', version: none }],
    });
    expect(await read(operator)).toMatchObject({
      prompt: {
        version: { system: secret, template: `${secret} {{who}}`, note: secret, createdBy: 'key:root-key' },
      },
    });
    // A tenant's own is read by its tenant.
    const own = await mesh.add(other, 'readable');
    expect(await run(other, `{ prompt(id: "${own}") { version { template } } }`)).toEqual({
      prompt: { version: { template: 'of readable' } },
    });
  });

  it('comes after a tenant’s own of the same name, for its tenant alone, until that is archived', async () => {
    const own = await mesh.add(named, 'open');
    const explain =
      '{ explainPrompt(name: "open") { name resolvedId candidates { id tenantId chosen reason } } }';
    const ofMesh = { id: open, tenantId: null };
    const runnable = (caller: Caller) => run(caller, `{ prompt(id: "${open}") { version { runnable } } }`);
    expect(await run(named, explain)).toEqual({
      explainPrompt: {
        ...{ name: 'open', resolvedId: own },
        candidates: [
          { id: own, tenantId: 'named', chosen: true, reason: 'Your tenant owns it.' },
          { ...ofMesh, chosen: false, reason: 'The prompt of your tenant comes before it.' },
        ],
      },
    });
    expect(await run(other, explain)).toEqual({
      explainPrompt: {
        ...{ name: 'open', resolvedId: open },
        candidates: [{ ...ofMesh, chosen: true, reason: 'The mesh offers it to your tenant.' }],
      },
    });
    expect(await run(named, '{ prompt(name: "open") { id } }')).toEqual({ prompt: { id: own } });
    expect([await runnable(named), await runnable(other)]).toEqual(
      [false, true].map((one) => ({ prompt: { version: { runnable: one } } })),
    );
    expect(await mesh.runs(named, 'open')).toMatchObject({ promptId: own });
    expect(await mesh.runs(other, 'open')).toMatchObject({ promptId: open, tenantId: null });
    await run(named, `mutation { archivePrompt(id: "${own}") }`);
    expect(await mesh.runs(named, 'open')).toMatchObject({ promptId: open });
    expect(await runnable(named)).toEqual({ prompt: { version: { runnable: true } } });
  });

  it('calls what the mesh owns, which it names when it is published', async () => {
    const input = (model: string) => ({ input: { model, template: 't' } });
    const publish =
      'mutation ($id: ID!, $input: PromptVersionInput!) { publishPromptVersion(promptId: $id, input: $input) { id } }';
    for (const model of ['named:demo/echo', 'none/m', 'alias'])
      expect(await refusal(operator, publish, { id: dear, ...input(model) })).toMatch(/^BAD_USER_INPUT/);
  });

  it('is offered to existing plans and tenants only, and no tenant’s prompt is', async () => {
    for (const offeredTo of [{ plans: ['none'] }, { tenants: ['none'] }]) {
      for (const [query, variables] of [
        [create, { input: { name: 'wrong', offeredTo } }],
        [update, { id: dear, input: { offeredTo } }],
      ] as const)
        expect(await refusal(operator, query, variables)).toMatch(/^BAD_USER_INPUT: .*"none"/);
    }
    const own = await mesh.add(named, 'owned');
    expect(await refusal(named, update, { id: own, input: { offeredTo: {} } })).toMatch(
      /^BAD_USER_INPUT: .*of the mesh/,
    );
    expect(await refusal(named, create, { input: { name: 'wrong', offeredTo: {} } })).toMatch(
      /^BAD_USER_INPUT: .*of the mesh/,
    );
    await run(named, `mutation { archivePrompt(id: "${own}") }`);
  });

  it('is run by those alone that it is offered to, from the moment that the offer changes', async () => {
    const runs = async () => {
      const found = await Promise.all(
        [named, gold, other, operator].map((caller) =>
          mesh.catalog.promptVersion({ ...caller, name: 'dear' }),
        ),
      );
      return found.map((version) => version !== undefined);
    };
    expect(await runs()).toEqual([true, true, false, false]);
    expect(await mesh.catalog.promptNames(other)).not.toContain('dear');
    await offer(dear, { tenants: ['other'] });
    expect(await runs()).toEqual([false, false, true, false]);
    expect(await listNames(named, ', filter: { ofMesh: true }')).toEqual(['open']);
    await offer(dear, {});
    expect(await runs()).toEqual([false, false, false, false]);
    await offer(dear, null);
    expect(await runs()).toEqual([true, true, true, true]);
    expect(await mesh.catalog.promptNames(other)).toContain('dear');
    expect(await offer(dear, toSome)).toEqual({ updatePrompt: { offeredTo: toSome } });
    // Another plan is another offer.
    expect(await mesh.catalog.promptVersion({ ...gold, planId: 'silver', name: 'dear' })).toBeUndefined();
  });

  it('is copied by operators, within the mesh with its offer and to a tenant without one', async () => {
    const copy = (args: string) =>
      run<{ copyPrompt: { id: string } }>(
        operator,
        `mutation { copyPrompt(id: "${dear}", ${args}) { id tenantId offeredTo { plans tenants } } }`,
      );
    const within = await copy('name: "copied"');
    expect(within).toEqual({
      copyPrompt: { id: expect.any(String), tenantId: null, offeredTo: toSome },
    });
    const to = await copy('tenantId: "named"');
    expect(to).toEqual({ copyPrompt: { id: expect.any(String), tenantId: 'named', offeredTo: null } });
    expect(await run(named, `{ prompt(id: "${to.copyPrompt.id}") { version { template } } }`)).toEqual({
      prompt: { version: { template: `${secret} {{who}}` } },
    });
    for (const { copyPrompt } of [within, to])
      await run(operator, `mutation { archivePrompt(id: "${copyPrompt.id}") }`);
  });

  it('is archived for all, and restored with its offer', async () => {
    await run(operator, `mutation { archivePrompt(id: "${dear}") }`);
    expect(await mesh.runs(named, 'dear')).toBeUndefined();
    const read = `{ prompt(id: "${dear}") { id } }`;
    expect(await run(named, read)).toEqual({ prompt: null });
    expect(await listNames(named, ', filter: { archived: true, search: "dear" }')).toEqual(['dear']);
    expect(await listNames(other, ', filter: { archived: true, search: "dear" }')).toEqual([]);
    expect(await listNames(operator, ', filter: { archived: true, ofMesh: true, search: "dear" }')).toEqual([
      'dear',
    ]);
    await run(operator, `mutation { restorePrompt(id: "${dear}") { id } }`);
    expect(await run(named, read)).toEqual({ prompt: { id: dear } });
    expect(await run(other, read)).toEqual({ prompt: null });
  });

  it('has a name that the mesh has once, whatever tenants have', async () => {
    expect(await refusal(operator, create, { input: { name: 'open' } })).toMatch(/^CONFLICT/);
    await mesh.add(gold, 'open');
  });

  it('is changed in records of the mesh, which belong to no tenant', async () => {
    const records = await auditLog(mesh.database.connection).find({ targetId: dear }).lean();
    expect(new Set(records.map(({ tenantId }) => tenantId))).toEqual(new Set([null]));
    expect(records.map(({ action }) => action)).toContain('prompt.create');
  });
});

const changes: readonly (readonly [mutation: string, input?: object])[] = [
  ['mutation ($id: ID!, $input: UpdatePromptInput!) { updatePrompt(id: $id, input: $input) { id } }', {}],
  ['mutation ($id: ID!) { copyPrompt(id: $id, name: "stolen") { id } }'],
  ['mutation ($id: ID!) { archivePrompt(id: $id) }'],
  ['mutation ($id: ID!) { restorePrompt(id: $id) { id } }'],
  [
    'mutation ($id: ID!, $input: PromptVersionInput!) { publishPromptVersion(promptId: $id, input: $input) { id } }',
    { model: 'demo/echo', template: 'changed' },
  ],
  ['mutation ($id: ID!) { labelPromptVersion(promptId: $id, label: "x", number: 1) { id } }'],
  ['mutation ($id: ID!) { removePromptLabel(promptId: $id, label: "production") { id } }'],
];
